"""Who supervises a room: the log, what laptops are told, and that nobody stays supervisor by forgetting."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from policies import orders
from policies.lab_settings import HoursSettings
from server import accounts, covers, room_settings, state, supervising, supervision_log
from server.duty_log import Giver
from server.media_tables import media_orders
from server.supervising import Adult, SupervisionRefused
from server.supervision_log import Line, decide_until, fold
from tests.support.lab_story import LabStory

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROOM = "Lab 2"
HOURS = room_settings.decide_hours([HoursSettings()])
DIRECT = room_settings.decide_hours([HoursSettings(supervision="direct", direct_confirm_minutes=20)])
_words = msgspec.json.Decoder(orders.Order)


@pytest.fixture
def adults(here):
    """Ms Demir and Joan Reed, both teachers of Lab 2; Sam Lowe of Lab 1."""
    made = {}
    cast = (("l.demir", "Ms Demir", ROOM), ("j.reed", "Joan Reed", ROOM), ("s.lowe", "Sam Lowe", "Lab 1"))
    with here.db.write() as connection:
        for name, shown, room in cast:
            number = accounts.add_staff(
                connection,
                name=name,
                display_name=shown,
                roles=frozenset({"teacher"}),
                rooms=(room,),
                password=None,
                now=NOW,
            )
            made[name] = Adult(number, shown)
    return made


def does(here, act, *args, at=NOW, **named):
    with here.db.write() as connection:
        return act(connection, *args, now=at, **named)


def told(here):
    """Return every word about supervision that laptops of the room were told, oldest first."""
    with here.db.read() as connection:
        query = select(media_orders.c.body).where(media_orders.c.room == ROOM).order_by(media_orders.c.seq)
        words = [_words.decode(body) for body in connection.execute(query).scalars()]
    return [word for word in words if isinstance(word, orders.Supervised)]


def names(standing):
    return [each.name for each in standing.supervisors]


# -- deciding ----------------------------------------------------------------------------------------


def test_a_check_in_holds_as_long_as_was_chosen():
    assert NOW + timedelta(minutes=45) == decide_until(NOW, NOW, 45, HOURS, None)


def test_no_check_in_holds_longer_than_the_policy_says_however_often_it_is_confirmed():
    later = NOW + timedelta(minutes=110)

    assert NOW + timedelta(minutes=120) == decide_until(NOW, NOW, 600, HOURS, None)
    assert NOW + timedelta(minutes=120) == decide_until(NOW, later, 60, HOURS, None)


def test_r20_direct_supervision_holds_until_the_next_confirmation():
    assert NOW + timedelta(minutes=20) == decide_until(NOW, NOW, 60, DIRECT, None)


def test_a_check_in_ends_with_the_lesson_or_the_cover():
    assert NOW + timedelta(minutes=5) == decide_until(NOW, NOW, 60, HOURS, NOW + timedelta(minutes=5))


def test_r19_a_club_needs_a_supervisor_and_a_closed_room_lets_nobody_in():
    club = room_settings.decide_hours([HoursSettings(session="club")])
    closed = room_settings.decide_hours([HoursSettings(session="closed")])
    lesson = room_settings.decide_hours([HoursSettings(), HoursSettings(supervision="supervised")])

    assert (True, False) == (club.needs_supervisor, club.adults_only)
    assert (False, True) == (closed.needs_supervisor, closed.adults_only)
    assert (True, False) == (lesson.needs_supervisor, lesson.adults_only)


def test_where_settings_differ_the_strictest_cap_of_those_who_need_a_supervisor_holds():
    hours = room_settings.decide_hours(
        [
            HoursSettings(longest_check_in_minutes=15),
            HoursSettings(session="club", longest_check_in_minutes=90),
            HoursSettings(session="club", longest_check_in_minutes=60),
        ]
    )

    assert 60 == hours.longest_check_in_minutes


acts = st.tuples(
    st.sampled_from(["in", "confirmed", "offered", "took-over", "left", "ended"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 90),
    st.integers(0, 40),
)


@given(st.lists(acts, max_size=30))
def test_whatever_the_log_says_nobody_supervises_past_their_end_or_twice(said):
    at, lines = NOW, []
    for what, staff, other, lasts, passed in said:
        at += timedelta(minutes=passed)
        until = at + timedelta(minutes=lasts)
        lines.append(Line(len(lines), at, ROOM, staff, f"T{staff}", what, until, other, f"T{other}"))
    standing = fold(ROOM, lines, at)
    inside = [each.staff for each in standing.supervisors]

    assert len(set(inside)) == len(inside)
    assert all(at < each.until for each in standing.supervisors)
    assert all(offer.from_staff in inside for offer in standing.offers)
    assert (standing.until is None) == (not inside)


# -- the log and the word ----------------------------------------------------------------------------


def test_r19_checking_in_tells_the_room_who_supervises_and_until_when(here, adults):
    standing = does(here, supervising.check_in, adults["l.demir"], ROOM, minutes=45)
    (word,) = told(here)

    assert ["Ms Demir"] == names(standing)
    assert (True, "Ms Demir", NOW + timedelta(minutes=45)) == (word.on, word.by, word.until)


def test_another_room_cannot_be_supervised(here, adults):
    with pytest.raises(SupervisionRefused) as refused:
        does(here, supervising.check_in, adults["s.lowe"], ROOM)

    assert ("not-yours", []) == (refused.value.kind, told(here))


def test_a_cover_teacher_supervises_until_the_cover_ends(here, adults):
    with here.db.write() as connection:
        covers.give_cover(
            connection,
            adults["s.lowe"].staff,
            ROOM,
            from_at=NOW,
            until=NOW + timedelta(minutes=30),
            reason="Ms Demir is ill",
            by=Giver(None, "command line"),
            now=NOW,
        )
    standing = does(here, supervising.check_in, adults["s.lowe"], ROOM, minutes=60)

    assert NOW + timedelta(minutes=30) == standing.until


def test_a_cover_that_is_ended_ends_the_supervision(here, adults):
    with here.db.write() as connection:
        grant = covers.give_cover(
            connection,
            adults["s.lowe"].staff,
            ROOM,
            from_at=NOW,
            until=NOW + timedelta(minutes=30),
            reason="Ms Demir is ill",
            by=Giver(None, "command line"),
            now=NOW,
        )
    does(here, supervising.check_in, adults["s.lowe"], ROOM)
    does(here, supervising.end_cover, grant, by=Giver(None, "command line"))
    with here.db.read() as connection:
        left = supervision_log.is_supervised(connection, ROOM, NOW)

    assert (False, False) == (left, told(here)[-1].on)


def test_r20_leaving_tells_the_room_that_nobody_supervises_now(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM)
    standing = does(here, supervising.leave, adults["l.demir"], ROOM, at=NOW + timedelta(minutes=5))
    first, last = told(here)

    assert ([], False) == (names(standing), last.on)
    assert (first.order, first.until) == (last.order, last.until)
    assert first.issued_at < last.issued_at


def test_r20_a_handover_is_recorded_and_leaves_no_gap(here, adults):
    demir, reed = adults["l.demir"], adults["j.reed"]
    does(here, supervising.check_in, demir, ROOM)
    offered = does(here, supervising.offer, demir, ROOM, reed.staff, at=NOW + timedelta(minutes=10))
    taken = does(here, supervising.take_over, reed, ROOM, demir.staff, at=NOW + timedelta(minutes=12))
    with here.db.read() as connection:
        log = [
            (line.what, line.by, line.other) for line in supervision_log.list_check_ins(connection, room=ROOM)
        ]
    words = told(here)

    assert (["Ms Demir"], ["Joan Reed"]) == (names(offered), [each.to_name for each in offered.offers])
    assert (["Joan Reed"], ()) == (names(taken), taken.offers)
    assert [(True, "Ms Demir"), (True, "Joan Reed")] == [(word.on, word.by) for word in words]
    assert words[0].order == words[1].order
    assert [
        ("took-over", "Joan Reed", "Ms Demir"),
        ("offered", "Ms Demir", "Joan Reed"),
        ("in", "Ms Demir", ""),
    ] == log


def test_an_offer_to_somebody_who_may_not_be_there_is_refused(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM)
    for to in (adults["s.lowe"].staff, adults["l.demir"].staff, 999):
        with pytest.raises(SupervisionRefused) as refused:
            does(here, supervising.offer, adults["l.demir"], ROOM, to)

        assert "nobody" == refused.value.kind


def test_two_supervisors_are_named_and_the_room_stays_supervised_until_both_left(here, adults):
    demir, reed = adults["l.demir"], adults["j.reed"]
    does(here, supervising.check_in, demir, ROOM, minutes=60)
    does(here, supervising.check_in, reed, ROOM, minutes=30, at=NOW + timedelta(minutes=1))
    does(here, supervising.leave, demir, ROOM, at=NOW + timedelta(minutes=2))
    words = told(here)

    assert ["Ms Demir", "Ms Demir, Joan Reed", "Joan Reed"] == [word.by for word in words]
    assert [True, True, True] == [word.on for word in words]
    assert NOW + timedelta(minutes=31) == words[-1].until
    assert 1 == len({word.order for word in words})


def test_r20_supervision_lapses_by_itself_and_is_begun_anew_under_another_word(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM, minutes=30)
    later = NOW + timedelta(minutes=30)
    with here.db.read() as connection:
        lapsed = supervision_log.is_supervised(connection, ROOM, later)
    with pytest.raises(SupervisionRefused):
        does(here, supervising.confirm, adults["l.demir"], ROOM, at=later)
    does(here, supervising.check_in, adults["l.demir"], ROOM, at=later)

    assert not lapsed
    assert 2 == len({word.order for word in told(here)})


def test_confirming_renews_the_same_word(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM, minutes=30)
    does(here, supervising.confirm, adults["l.demir"], ROOM, minutes=30, at=NOW + timedelta(minutes=20))
    first, second = told(here)

    assert first.order == second.order
    assert NOW + timedelta(minutes=50) == second.until


def test_a_clock_that_was_set_back_does_not_make_an_older_word(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM)
    does(here, supervising.leave, adults["l.demir"], ROOM, at=NOW - timedelta(minutes=10))
    first, last = told(here)

    assert first.issued_at < last.issued_at


def test_a_teacher_whose_room_is_taken_supervises_it_no_longer(here, adults):
    demir = adults["l.demir"]
    does(here, supervising.check_in, demir, ROOM)
    with here.db.write() as connection:
        accounts.set_roles(
            connection,
            demir.staff,
            frozenset({"teacher"}),
            ("Lab 1",),
            by="head",
            now=NOW + timedelta(minutes=1),
        )
        (ended, *_) = supervision_log.list_check_ins(connection, room=ROOM)

    assert ("ended", "duty", False) == (ended.what, ended.why, told(here)[-1].on)


def test_an_account_that_is_closed_supervises_no_longer(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM)
    with here.db.write() as connection:
        accounts.remove_staff(connection, "l.demir", by="head", now=NOW + timedelta(minutes=1))
        supervised = supervision_log.is_supervised(connection, ROOM, NOW + timedelta(minutes=1))

    assert not supervised


def test_a_flood_of_check_ins_is_refused(here, adults):
    for _ in range(supervising.MOST_A_MINUTE):
        does(here, supervising.check_in, adults["l.demir"], ROOM)
    with pytest.raises(SupervisionRefused) as refused:
        does(here, supervising.check_in, adults["l.demir"], ROOM)

    assert ("too-many", supervising.MOST_A_MINUTE) == (refused.value.kind, len(told(here)))


def test_r20_a_flood_of_one_adult_keeps_no_other_from_confirming(here, adults):
    does(here, supervising.check_in, adults["j.reed"], ROOM)
    for _ in range(supervising.MOST_A_MINUTE):
        does(here, supervising.check_in, adults["l.demir"], ROOM)
    found = does(here, supervising.confirm, adults["j.reed"], ROOM)

    assert found.of(adults["j.reed"].staff) is not None


def test_the_log_cannot_be_rewritten(here, adults):
    does(here, supervising.check_in, adults["l.demir"], ROOM)
    for statement in ("UPDATE check_ins SET until = until + 1", "DELETE FROM check_ins"):
        with pytest.raises(IntegrityError), here.db.write() as connection:
            connection.exec_driver_sql(statement)


# -- what reaches a laptop ---------------------------------------------------------------------------


@pytest.fixture
def story(here, enrolled):
    """Lab 1 with laptops, and its teacher Sam Lowe."""
    with here.db.write() as connection:
        number = accounts.add_staff(
            connection,
            name="s.lowe",
            display_name="Sam Lowe",
            roles=frozenset({"teacher"}),
            rooms=("Lab 1",),
            password=None,
            now=NOW,
        )
    made = LabStory(here, enrolled)
    made.sam = Adult(number, "Sam Lowe")
    return made


def supervises(story, act, **named):
    with story.here.db.write() as connection:
        act(connection, story.sam, "Lab 1", now=story.now, **named)
    story.here.notice_changes()


def supervised(story, **where):
    return [word for word in story.told(**where) if isinstance(word, orders.Supervised)]


def test_r19_every_laptop_of_the_room_is_told_and_no_other_room(story):
    supervises(story, supervising.check_in, minutes=30)

    assert [["Sam Lowe"]] * 3 == [
        [word.by for word in supervised(story, device=each)] for each in story.laptops
    ]
    assert [] == supervised(story, room="Lab 2")


def test_r20_a_laptop_that_was_away_is_told_the_last_word_alone(story):
    supervises(story, supervising.check_in, minutes=60)
    story.pass_time(minutes=2)
    supervises(story, supervising.confirm, minutes=60)
    story.pass_time(minutes=2)
    supervises(story, supervising.leave)
    (word,) = supervised(story)

    assert not word.on
    assert story.now < word.until


def test_r20_a_server_that_was_restarted_tells_who_supervises(story):
    supervises(story, supervising.check_in, minutes=60)
    again = state.open_state(story.here.folder)
    again.notice_changes()
    words = again.media_telling.newer(story.laptops[0], "Lab 1", 0, story.now)
    with again.db.read() as connection:
        kept = supervision_log.is_supervised(connection, "Lab 1", story.now)
    again.db.close()

    assert (True, ["Sam Lowe"]) == (kept, [word.by for word in words if isinstance(word, orders.Supervised)])


def test_r18_a_pause_makes_no_sense_where_nobody_supervises_or_the_room_is_closed(story):
    def refusal():
        with story.here.db.read() as connection:
            return supervising.pause_refusal(connection, "Lab 1", story.now)

    lesson = refusal()
    story.publish(hours={"session": "club"})
    alone = refusal()
    supervises(story, supervising.check_in, minutes=60)
    together = refusal()
    story.publish(hours={"session": "closed"})

    assert ("", "unsupervised", "", "closed") == (lesson, alone, together, refusal())
