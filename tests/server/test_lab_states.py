"""What became of an order on each laptop, said by the laptop's own words alone, by the server's clock."""

from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from policies import lab_records, records, wire
from server import lab_answers, lab_states
from server.lab_book import Given
from server.lab_states import Laptop, Outcome, Seat, decide_seat
from server.live import Heard
from tests.support.lab_story import ROOM, LabStory, login
from tests.support.started import NOW


@pytest.fixture
def story(here, enrolled):
    return LabStory(here, enrolled)


def attention(story, **values):
    return story.order("begin_attention", **({"minutes": 5} | values))


# ---- sent, confirmed, failed (why) ----


def test_a_laptop_that_calls_another_one_s_login_an_adult_s_uncovers_nobody_there(story):
    given = attention(story)
    story.say(story.laptops[0], login(1, attention=given.order))
    story.say(story.laptops[1], login(1, person="s1", os_user="ms-arat"))

    assert [("confirmed", ""), ("free", "")] == [story.state(given, each) for each in story.laptops[:2]]


def test_an_order_is_sent_and_confirmed_by_nothing_but_the_laptops_word(story):
    given = attention(story)

    assert ("sent", "") == story.state(given)
    story.done(story.laptops[0], given)
    assert ("confirmed", "") == story.state(given)
    assert (1, 3, []) == (*story.standing(given)[2:], story.standing(given).failed)


def test_a_cover_is_confirmed_by_the_status_as_soon_as_every_screen_shows_it(story):
    given = attention(story)
    story.say(story.laptops[0], login(1, attention=given.order), login(2))

    assert ("sent", "") == story.state(given)
    story.say(story.laptops[0], login(1, attention=given.order), login(2, attention=given.order))
    assert ("confirmed", "") == story.state(given)


def test_a_status_from_before_the_order_confirms_nothing(story):
    story.say(story.laptops[0], login(1, state="locked"))
    story.say(story.laptops[1])
    story.pass_time(seconds=1)
    locked, covered = story.order("lock"), attention(story)

    assert ("sent", "") == story.state(locked, story.laptops[0])
    assert ("sent", "") == story.state(covered, story.laptops[1])


def test_a_screen_under_a_newer_cover_counts_for_the_older_one_and_not_the_other_way_round(story):
    whole = attention(story)
    story.say(story.laptops[0], login(1, attention=whole.order))
    story.pass_time(seconds=1)
    one = attention(story, devices=story.laptops[:1])
    before = [standing.seats[story.laptops[0]].state for standing in story.standings()]
    story.say(story.laptops[0], login(1, attention=one.order))
    after = [standing.seats[story.laptops[0]].state for standing in story.standings()]

    assert ["sent", "confirmed"] == before  # newest first: the one seat's, then the room's
    assert ["confirmed", "confirmed"] == after


def test_a_failure_says_why_in_a_word_and_the_laptops_own_words_are_kept(story):
    given = attention(story)
    story.say(story.laptops[0], login(1, attention_problem="Wayland shows no window of ours"))
    story.done(story.laptops[1], given, "failed", "no screen")

    whose = frozenset({f"{1:032x}"})
    assert Seat("failed", "problem", story.now, "Wayland shows no window of ours", whose) == story.seat(given)
    assert {(story.laptops[0], "problem"), (story.laptops[1], "problem")} == set(story.standing(given).failed)


@pytest.mark.parametrize(("outcome", "expected"), [
    ("expired", "expired"), ("refused", "refused"), ("failed", "problem"),
])  # fmt: skip
def test_each_outcome_has_its_why(story, outcome, expected):
    given = story.order("lock")
    story.done(story.laptops[0], given, outcome, "why so")

    assert ("failed", expected) == story.state(given)


def test_a_relogin_that_is_not_covered_yet_is_no_longer_confirmed(story):
    given = attention(story)
    story.done(story.laptops[0], given)
    story.say(story.laptops[0], login(1, attention=given.order))
    story.pass_time(seconds=1)
    story.say(story.laptops[0], login(2))

    assert ("sent", "") == story.state(given)
    story.say(story.laptops[0], login(2, attention=given.order))
    assert ("confirmed", "") == story.state(given)


def test_a_record_that_comes_late_does_not_hide_that_a_cover_is_lost_now(story):
    given = attention(story)
    story.say(story.laptops[0], login(1, attention_problem="another window lies above"))
    story.pass_time(seconds=3)
    story.done(story.laptops[0], given)

    assert ("failed", "problem") == story.state(given)


def test_a_login_at_the_gate_and_an_adults_own_need_no_cover(story):
    given = attention(story)
    story.say(
        story.laptops[0],
        login(1, attention=given.order),
        login(2, state="gate"),
        login(3, person="s1", os_user="ms-arat"),
    )

    assert ("confirmed", "") == story.state(given)


def test_a_laptop_where_nobody_is_logged_in_is_free_and_not_counted(story):
    given = attention(story)
    story.say(story.laptops[0])
    story.done(story.laptops[1], given, "done", "nobody is logged in")

    assert [("free", "")] * 2 == [story.state(given, each) for each in story.laptops[:2]]
    assert 1 == story.standing(given).of


def test_a_laptop_that_comes_late_is_counted_and_one_that_left_the_room_is_not(story):
    given = attention(story)
    late = story.enrolled(room=ROOM).device
    story.connected.add(late)
    story.move(story.laptops[0], "Lab 2")

    assert {*story.laptops[1:], late} == set(story.standing(given).seats)


def test_after_a_restart_of_the_server_what_was_recorded_still_stands(story):
    given = attention(story)
    story.done(story.laptops[0], given)
    story.here.live._heard.clear()

    assert ("confirmed", "") == story.state(given)


# ---- no answer ----


def test_a_cut_in_the_middle_is_no_answer_and_the_word_that_comes_later_counts(story):
    given = attention(story)
    story.starts(story.laptops[0])
    story.connected.clear()
    story.here.live.note_contact(story.laptops[0], story.now)
    story.pass_time(seconds=41)

    assert ("silent", "silent") == story.state(given)
    assert [(story.laptops[0], "silent")] == story.standing(given).failed
    story.connected.add(story.laptops[0])
    story.done(story.laptops[0], given)
    assert ("confirmed", "") == story.state(given)


def test_a_laptop_that_is_there_and_says_nothing_gave_no_answer(story):
    given = attention(story)
    story.pass_time(seconds=16)

    assert ("silent", "no-answer") == story.state(given)


def test_of_a_room_of_sixty_twenty_that_are_off_are_not_counted(here, enrolled):
    story = LabStory(here, enrolled, laptops=60)
    story.connected = set(story.laptops[:40])
    story.pass_time(minutes=1)
    given = attention(story)
    for device in story.laptops[:40]:
        story.say(device, login(1, attention=given.order))
    standing = story.standing(given)

    assert (40, 40, []) == (standing.confirmed, standing.of, standing.failed)
    assert 20 == sum(seat.state == "off" for seat in standing.seats.values())


def test_what_was_never_confirmed_has_failed_when_its_time_is_over(story):
    given = attention(story)
    story.pass_time(minutes=5)

    assert ("failed", "expired") == story.state(given)


def test_a_laptop_with_a_wrong_clock_is_told_by_ours(story):
    given = attention(story)
    story.pass_time(seconds=3)
    long_ago = story.now - timedelta(days=400)
    story.record(story.laptops[0], records.OrderDone(at=long_ago, order=given.order, outcome="done"))

    assert Seat("confirmed", "", story.now) == story.seat(given)


# ---- lock and pause ----


def test_a_lock_is_confirmed_by_locked_screens_and_stays_so_when_the_pupil_is_back(story):
    given = story.order("lock")
    story.say(story.laptops[0], login(1, state="locked"), login(2))

    assert ("sent", "") == story.state(given)
    story.say(story.laptops[0], login(1, state="locked"), login(2, state="locked"))
    assert ("confirmed", "") == story.state(given)
    story.done(story.laptops[0], given)
    story.say(story.laptops[0], login(1), login(2))
    assert ("confirmed", "") == story.state(given)


def test_r18_a_pause_is_confirmed_ends_by_itself_and_is_refused_in_unsupervised_time(story):
    first, second, third = story.laptops
    paused = story.order("begin_pause", first, minutes=5)
    story.done(first, paused)
    refused = story.order("begin_pause", second, minutes=5)
    story.done(second, refused, "refused", "nobody supervises now")
    lapsed = story.order("begin_pause", third, minutes=5)
    story.say(third, login(1, paused=True))

    assert [("confirmed", ""), ("failed", "unsupervised"), ("confirmed", "")] == [
        story.state(paused, first), story.state(refused, second), story.state(lapsed, third),
    ]  # fmt: skip
    for device, given, reason in ((first, paused, "expired"), (third, lapsed, "unsupervised")):
        ended = lab_records.LockPauseEnded(at=story.now, order=given.order, reason=reason)
        story.record(device, ended)
    assert [("over", ""), ("failed", "unsupervised")] == [
        story.state(paused, first), story.state(lapsed, third),
    ]  # fmt: skip


# ---- messages ----


def answers(story, given):
    with story.here.db.read() as c:
        return lab_answers.answers(c, [given.order])[given.order]


def test_a_message_is_answered_by_one_of_three_buttons_and_the_last_press_holds(story):
    given = story.order("send_message", words="Save your work")
    story.done(story.laptops[0], given)
    story.answer(story.laptops[0], given, "not-yet")
    story.answer(story.laptops[0], given, "ok")
    story.answer(story.laptops[1], given, "help", 7)

    assert ("confirmed", "") == story.state(given)
    assert [("pupil1", "ok"), ("pupil7", "help")] == sorted(
        (each.shown, each.answer) for each in answers(story, given)
    )


def test_an_answer_to_what_a_laptop_was_never_sent_is_passed_over(story):
    given = story.order("send_message", words="Save your work", devices=story.laptops[:1])
    locked = story.order("lock")
    story.answer(story.laptops[1], given, "ok")
    story.answer(story.laptops[0], locked, "ok")

    assert ([], []) == (answers(story, given), answers(story, locked))


def test_a_laptop_that_answers_for_a_thousand_logins_is_taken_for_thirty_two(story):
    given = story.order("send_message", words="Save your work")
    for number in range(1, 50):
        story.answer(story.laptops[0], given, "ok", number)
    story.answer(story.laptops[0], given, "help", 1)

    assert 32 == len(answers(story, given))
    assert {"help"} == {each.answer for each in answers(story, given) if each.login == f"{1:032x}"}


def test_an_outcome_of_an_order_for_another_room_changes_nothing_there(story):
    other = story.enrolled(room="Lab 2").device
    given = attention(story)
    story.done(other, given)

    assert other not in story.standing(given).seats
    assert 0 == story.standing(given).confirmed


def test_pages_are_woken_by_an_order_and_by_what_laptops_say_of_it(story):
    for room in (ROOM, "Lab 2"):
        story.here.live.open_watch(room, "2", "Ms Demir", story.now)
    numbers, others = [story.here.live.version_of(ROOM)], story.here.live.version_of("Lab 2")
    given = attention(story)
    numbers.append(story.here.live.version_of(ROOM))
    story.done(story.laptops[0], given)
    numbers.append(story.here.live.version_of(ROOM))

    assert sorted(set(numbers)) == numbers
    assert others == story.here.live.version_of("Lab 2")


# ---- whatever a laptop says ----

MOMENTS = st.integers(-100, 1000).map(lambda seconds: NOW + timedelta(seconds=seconds))
KINDS = st.sampled_from(["attention", "lock", "unlock", "pause", "message", "thanks"])
LOGINS = st.builds(
    login,
    st.integers(1, 3),
    state=st.sampled_from(["gate", "active", "idle", "locked"]),
    attention=st.sampled_from(["", "o1", "o2"]),
    attention_problem=st.sampled_from(["", "no screen"]),
    paused=st.booleans(),
)
STATUSES = st.none() | st.lists(LOGINS, max_size=3).map(lambda each: wire.Status(logins=tuple(each)))
OUTCOMES = st.none() | st.builds(
    Outcome,
    st.sampled_from(["done", "expired", "refused", "failed", "?"]),
    st.sampled_from(["", "x" * 300]),
    MOMENTS,
)


@drawn(kind=KINDS, status=STATUSES, said_at=MOMENTS, outcome=OUTCOMES, connected=st.booleans(),
       occupied=st.booleans(), seen=st.none() | MOMENTS, now=MOMENTS, ended=st.none() | MOMENTS)  # fmt: skip
def test_whatever_a_laptop_says_only_its_word_about_this_order_confirms_it(
    kind, status, said_at, outcome, connected, occupied, seen, now, ended
):
    given = Given("o1", kind, "Lab 1", True, ("d",), "", "Ms Demir", 2, "", False, NOW,
                  NOW + timedelta(minutes=5), ended, "")  # fmt: skip
    laptop = Laptop(Heard(seen, status, said_at if status else None), connected, seen, occupied)
    seat = decide_seat(given, laptop, outcome, None, now)

    told = status is not None and said_at >= NOW and any(
        one.attention == "o1" or one.paused or one.state == "locked"
        or (kind == "unlock" and one.state in ("active", "idle"))
        for one in status.logins
    )  # fmt: skip
    if seat.state == "confirmed":
        assert told or (outcome is not None and outcome.outcome == "done")
    assert (seat.state in ("failed", "silent")) == (seat.why != "")
    assert len(seat.problem) <= lab_states.MOST_PROBLEM
