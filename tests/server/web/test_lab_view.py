"""What a tile says follows from what the laptop said, and from how long ago."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.live import Heard
from server.room_layouts import usual_layout
from server.web import lab_map, lab_view, render
from server.web.lab_view import Laptop, Seat
from server.web.words import words_in
from tests.support import school

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
OPENED = NOW - timedelta(minutes=3)
NAMES = {"p1": "Ada Yıldız"}
ROOM = usual_layout({"a1": "L-001"})
OPEN_LOGIN = (school.login_id(1), "Ada Yıldız")


def laptop(*, connected: bool = True, seen: timedelta | None = None, logins=(OPEN_LOGIN,)) -> Laptop:
    return Laptop("a1", "L-001", None if seen is None else NOW - seen, connected, False, tuple(logins))


def heard(state: str = "active", *, ago: float = 5, help_asked: bool = False, app: str = "Writer") -> Heard:
    at = NOW - timedelta(seconds=ago)
    return Heard(at, school.status((1, "ada", "p1", state, app, 480.0, help_asked)), at)


def seats(of: Laptop, word: Heard) -> list[Seat]:
    return lab_view.decide_seats(of, word, OPENED, NAMES, NOW)


@pytest.mark.parametrize(("said", "shown"), [
    ("active", "work"), ("idle", "idle"), ("locked", "locked"), ("gate", "gate"),
])  # fmt: skip
def test_a_fresh_word_is_shown(said: str, shown: str):
    (seat,) = seats(laptop(), heard(said))

    assert ("Ada Yıldız", shown, 485.0) == (seat.person, seat.state, seat.since_seconds)


@pytest.mark.parametrize("said", ["active", "idle", "locked", "gate"])
def test_help_comes_before_everything(said: str):
    (seat,) = seats(laptop(), heard(said, help_asked=True))

    assert "help" == seat.state


@pytest.mark.parametrize("said", ["idle", "locked", "gate"])
def test_what_else_is_so_is_not_lost_to_a_call(said: str):
    (seat,) = seats(laptop(), heard(said, help_asked=True))
    words = {"idle": "idle 8 min", "locked": "locked for 8 min", "gate": "reading, 8 min"}
    tile = render.fragment(
        "en", "lab_parts.html", "tile", lab_map.decide_tiles([seat], ROOM, {})[0], "Lab", NOW
    )

    assert said == seat.under
    assert 1 == tile.count('<span class="state ')
    assert "Needs help" in tile
    assert words[said] in tile


CALL = (school.login_id(1), "Ada Yıldız", NOW - timedelta(minutes=9))


@pytest.mark.parametrize(("word", "logins", "under"), [
    (heard(), (OPEN_LOGIN,), "work"),
    (Heard(), (OPEN_LOGIN,), "asked"),
    (Heard(NOW, school.status(), NOW), (), "gone"),
    (Heard(), (), "gone"),
])  # fmt: skip
def test_a_call_stays_on_its_tile_whatever_the_laptop_says(word: Heard, logins, under: str):
    (seat,) = seats(laptop(logins=logins)._replace(calls=(CALL,)), word)

    assert ("help", under, "Ada Yıldız", CALL[2]) == (seat.state, seat.under, seat.person, seat.asked_at)


def test_an_answered_call_is_over_though_the_laptop_still_tells_it():
    answered = laptop()._replace(answered=frozenset({school.login_id(1)}))

    assert ["work"] == [seat.state for seat in seats(answered, heard(help_asked=True))]


def test_a_word_from_before_this_watch_is_not_shown_as_now():
    (seat,) = seats(laptop(), heard(ago=600))

    assert ("asked", "Ada Yıldız", "") == (seat.state, seat.person, seat.app)


def test_a_laptop_gone_during_a_login_is_silent():
    (seat,) = seats(laptop(connected=False, seen=timedelta(minutes=4)), Heard())

    assert ("silent", "Ada Yıldız", NOW - timedelta(minutes=4)) == (
        seat.state,
        seat.person,
        seat.last_seen_at,
    )


def test_a_laptop_gone_without_a_login_is_off():
    (seat,) = seats(laptop(connected=False, seen=timedelta(hours=4), logins=()), Heard())

    assert ("off", "") == (seat.state, seat.person)


def test_a_short_gap_between_two_holds_is_not_silence():
    (seat,) = seats(laptop(connected=False, seen=timedelta(seconds=20)), heard())

    assert "work" == seat.state


def test_a_free_laptop_is_free():
    (seat,) = seats(laptop(logins=()), Heard(NOW, school.status(), NOW))

    assert "free" == seat.state


def test_an_unlisted_account_is_shown_by_its_own_name():
    word = Heard(NOW, school.status((3, "guest7", None, "active", "Writer", 1.0, False)), NOW)

    assert ["guest7"] == [seat.person for seat in seats(laptop(), word)]


def test_tiles_stand_by_laptop_name_as_people_count():
    named = [Seat(n, n, "", "work", "", 0, None, False) for n in ("L-10", "L-9", "l-1")]

    assert ["l-1", "L-9", "L-10"] == [seat.laptop for seat in lab_view.order_seats(named)]


@given(
    st.lists(st.sampled_from(["help", "silent", "asked", "gate", "locked", "idle", "work", "free", "off"]))
)
def test_a_change_of_state_never_moves_a_tile(states):
    before = [Seat(f"a{n}-1", f"L-{n}", "", "work", "", 0, None, False) for n in range(len(states))]
    after = [seat._replace(state=state) for seat, state in zip(before, states, strict=True)]

    order = [seat.key for seat in lab_view.order_seats(before)]
    assert order == [seat.key for seat in lab_view.order_seats(after)]


@given(st.lists(st.sampled_from(["help", "silent", "gate", "locked", "idle", "work"]), max_size=40))
def test_totals_count_everybody_once(states):
    sums = lab_view.sum_up([Seat("a", "a", "", state, "", 0, None, False) for state in states])

    assert len(states) == sum(sums)


def test_the_live_region_sums_up_and_names_only_who_needs_somebody():
    before = {
        key: Seat(key, "L", who, "work", "", 0, None, False) for key, who in (("a", "Ece Tan"), ("b", "Ben"))
    }
    now = [before["a"]._replace(state="help"), before["b"]._replace(state="idle")]

    assert "2 changes: Ece Tan asks for help" == lab_view.say_changes(before, now, words_in("en"))
    assert "2 değişiklik: Ece Tan yardım istiyor" == lab_view.say_changes(before, now, words_in("tr"))


def test_the_live_region_is_silent_about_apps():
    seat = Seat("a", "L", "Ada", "work", "Writer", 0, None, False)

    assert "" == lab_view.say_changes({"a": seat}, [seat._replace(app="Calc")], words_in("en"))


@pytest.mark.parametrize(("changes", "said"), [
    ({"media": "asks"}, "1 change: Ada asks for a memory stick"),
    ({"app_asked": "Video call"}, "1 change: Ada asks for an app"),
    ({"state": "silent"}, "1 change: Ada is silent"),
    ({"media": "open"}, ""),
    ({"app_noticed": "Game"}, ""),
])  # fmt: skip
def test_who_asks_is_said_and_which_app_is_not(changes, said: str):
    seat = Seat("a", "L", "Ada", "work", "Writer", 0, None, False)

    assert said == lab_view.say_changes({"a": seat}, [seat._replace(**changes)], words_in("en"))
