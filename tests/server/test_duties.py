"""Which adult may open which room when, and that asking for another one is counted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from policies.windows import Window
from server import accounts, covers, duties, duty_log, refusals
from server.covers import Cover
from server.duties import GRACE, Hours
from server.duty_log import Giver
from server.duty_tables import duty_log as log_table
from server.errors import Invalid, NotFound

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday
LOCAL = NOW
TUESDAY = Window(days=("tue",), starts="09:00", ends="10:00")
BY = Giver(99, "Neil Okafor")


@pytest.fixture
def teachers(here):
    """Return the numbers of two teachers by name: Ms Demir of Lab 2, Joan Reed of Lab 1."""
    made = {}
    with here.db.write() as connection:
        for name, shown, room in (("l.demir", "Ms Demir", "Lab 2"), ("j.reed", "Joan Reed", "Lab 1")):
            made[name] = accounts.add_staff(
                connection,
                name=name,
                display_name=shown,
                roles=frozenset({"teacher"}),
                rooms=(room,),
                password=None,
                by="Neil Okafor",
                now=NOW,
            )
    return made


def cover(room="Lab 1", from_at=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1), ended=None):
    return Cover(1, 1, "Ms Demir", room, from_at, until, "ill", NOW, "Neil Okafor", ended, "")


def give(here, number, room="Lab 1", **changed):
    values = {
        "from_at": NOW,
        "until": NOW + timedelta(hours=1),
        "reason": "Joan is ill",
        "by": BY,
        "now": NOW,
    }
    with here.db.write() as connection:
        return covers.give_cover(connection, number, room, **{**values, **changed})


# -- deciding ----------------------------------------------------------------------------------------


def test_a_room_without_lesson_hours_is_theirs_at_any_time():
    found = duties.decide_duties(["Lab 2"], [], [], NOW, LOCAL)

    assert {"Lab 2": duties.Duty("Lab 2", None)} == found


@pytest.mark.parametrize(
    ("clock", "opens"),
    [("08:54", False), ("08:55", True), ("09:00", True), ("10:04", True), ("10:05", False), ("12:00", False)],
)
def test_r38_a_room_with_lesson_hours_opens_in_them_and_a_little_around(clock, opens):
    local = LOCAL.replace(hour=int(clock[:2]), minute=int(clock[3:]))
    found = duties.decide_duties(["Lab 2"], [Hours("Lab 2", TUESDAY)], [], local, local)

    assert opens == ("Lab 2" in found)


def test_another_day_is_not_their_lesson():
    wednesday = LOCAL + timedelta(days=1)

    assert {} == duties.decide_duties(["Lab 2"], [Hours("Lab 2", TUESDAY)], [], wednesday, wednesday)


def test_the_end_of_a_lesson_is_the_end_of_the_duty():
    found = duties.decide_duties(["Lab 2"], [Hours("Lab 2", TUESDAY)], [], NOW, LOCAL)

    assert LOCAL.replace(hour=10, minute=5) == found["Lab 2"].until


def test_a_lesson_until_midnight_ends_on_the_next_day():
    late = LOCAL.replace(hour=23)
    window = Window(starts="22:00", ends="24:00")

    assert datetime(2026, 11, 25, 0, 5, tzinfo=UTC) == duties.window_until(window, late)


def test_r38_a_cover_opens_a_room_while_it_holds():
    assert {"Lab 1"} == set(duties.decide_duties([], [], [cover()], NOW, LOCAL))
    assert {} == duties.decide_duties([], [], [cover(until=NOW)], NOW, LOCAL)
    assert {} == duties.decide_duties([], [], [cover(from_at=NOW + timedelta(minutes=1))], NOW, LOCAL)
    assert {} == duties.decide_duties([], [], [cover(ended=NOW)], NOW, LOCAL)


def test_a_cover_outside_of_lesson_hours_opens_a_room_of_their_own():
    noon = LOCAL.replace(hour=12)
    later = cover("Lab 2", until=noon + timedelta(hours=1))
    found = duties.decide_duties(["Lab 2"], [Hours("Lab 2", TUESDAY)], [later], noon, noon)

    assert later == found["Lab 2"].cover


@given(
    st.integers(0, 7 * 24 * 60 - 1),
    st.lists(
        st.tuples(st.sampled_from(["mon", "tue", "sun"]), st.integers(0, 22), st.integers(1, 24)), max_size=4
    ),
)
def test_a_duty_that_holds_ends_later_and_within_a_day(minute, lessons):
    local = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=minute)
    hours = [
        Hours("Lab 2", Window(days=(day,), starts=f"{start:02}:00", ends=f"{end:02}:00"))
        for day, start, end in lessons
        if end > start
    ]
    duty = duties.decide_duties(["Lab 2"], hours, [], local, local).get("Lab 2")

    assert duty is None or duty.until is None or local < duty.until <= local + timedelta(days=1) + GRACE


@given(st.text(max_size=60))
def test_any_text_is_a_lesson_or_refused(text):
    try:
        window = duties.read_window(text)
    except Invalid:
        return

    assert window == duties.read_window(duties.say_window(window))


def test_a_lesson_can_be_written_and_read_again():
    window = Window(days=("wed", "mon"), starts="15:30", ends="17:00")

    assert "mon,wed 15:30-17:00" == duties.say_window(window)
    assert Window(days=("mon", "wed"), starts="15:30", ends="17:00") == duties.read_window(
        "mon,wed 15:30-17:00"
    )


# -- kept --------------------------------------------------------------------------------------------


def test_lesson_hours_are_kept_and_written_down(here, teachers):
    number = teachers["l.demir"]
    with here.db.write() as connection:
        duties.set_hours(connection, number, "Lab 2", [TUESDAY], by=BY, now=NOW)
        duties.set_hours(connection, number, "Lab 2", [TUESDAY], by=BY, now=NOW)
        noon = duties.duties_of(connection, number, NOW + timedelta(hours=20))
        lines = [(line.what, line.room, line.reason) for line in duty_log.list_log(connection, by="Ms Demir")]

    assert {} == noon
    assert [("hours", "Lab 2", "tue 09:00-10:00"), ("room", "Lab 2", "")] == lines


def test_hours_of_a_room_that_is_not_theirs_are_refused(here, teachers):
    with here.db.write() as connection, pytest.raises(Invalid):
        duties.set_hours(connection, teachers["l.demir"], "Lab 1", [TUESDAY], by=BY, now=NOW)


def test_a_room_that_is_taken_takes_its_hours_along(here, teachers):
    number = teachers["l.demir"]
    with here.db.write() as connection:
        duties.set_hours(connection, number, "Lab 2", [TUESDAY], by=BY, now=NOW)
        accounts.set_roles(connection, number, frozenset({"teacher"}), ("Lab 3",), by="Neil Okafor", now=NOW)
        accounts.set_roles(connection, number, frozenset({"teacher"}), ("Lab 2",), by="Neil Okafor", now=NOW)
        hours = duties.hours_of(connection, number)

    assert [] == hours


def test_a_cover_opens_the_room_for_that_time_alone_and_can_be_ended(here, teachers):
    number = teachers["l.demir"]
    grant = give(here, number)
    with here.db.write() as connection:
        during = set(duties.duties_of(connection, number, NOW))
        after = set(duties.duties_of(connection, number, NOW + timedelta(hours=1)))
        covers.end_cover(connection, grant, by=BY, now=NOW)
        ended = set(duties.duties_of(connection, number, NOW))
        whats = [line.what for line in duty_log.list_log(connection, room="Lab 1", by="Ms Demir")]

    assert ({"Lab 1", "Lab 2"}, {"Lab 2"}, {"Lab 2"}) == (during, after, ended)
    assert ["cover-ended", "cover"] == whats


@pytest.mark.parametrize(
    "changed",
    [
        {"until": NOW},
        {"until": NOW + timedelta(days=32)},
        {"from_at": NOW - timedelta(days=60)},
        {"from_at": NOW + timedelta(days=400), "until": NOW + timedelta(days=401)},
        {"reason": "x"},
        {"reason": "a" * 401},
        {"reason": "tab\x00here"},
        {"room": "Lab 77"},
    ],
)
def test_a_cover_that_makes_no_sense_is_refused(here, teachers, changed):
    with pytest.raises(Invalid):
        give(here, teachers["l.demir"], **changed)


def test_nobody_gives_a_cover_to_themselves(here, teachers):
    with pytest.raises(Invalid):
        give(here, teachers["l.demir"], by=Giver(teachers["l.demir"], "Ms Demir"))


def test_only_a_teacher_is_given_a_cover(here, teachers):
    with here.db.write() as connection:
        accounts.set_roles(connection, teachers["l.demir"], frozenset({"technician"}), (), now=NOW)
    with pytest.raises(Invalid):
        give(here, teachers["l.demir"])


def test_a_cover_that_is_not_there_cannot_be_ended(here):
    with here.db.write() as connection, pytest.raises(NotFound):
        covers.end_cover(connection, 77, by=BY, now=NOW)


def test_covers_and_their_log_cannot_be_rewritten(here, teachers):
    give(here, teachers["l.demir"])
    for statement in (
        "UPDATE cover_grants SET until = until + 1",
        "UPDATE cover_grants SET reason = 'other'",
        "DELETE FROM cover_grants",
        "UPDATE duty_log SET reason = ''",
        "DELETE FROM duty_log",
    ):
        with pytest.raises(IntegrityError), here.db.write() as connection:
            connection.exec_driver_sql(statement)


# -- refused -----------------------------------------------------------------------------------------


def test_r38_asking_for_another_room_by_address_is_counted(here, teachers):
    with here.db.write() as connection:
        for second in range(3):
            at = NOW + timedelta(seconds=second)
            refusals.note_refusal(connection, teachers["l.demir"], "Ms Demir", "Lab 1", at)
        (found,) = refusals.list_refusals(connection)

    assert ("Ms Demir", "Lab 1", "not-yours", 3) == (found.by, found.room, found.why, found.times)
    assert (NOW, NOW + timedelta(seconds=2)) == (found.first_at, found.last_at)


def test_ones_own_room_outside_of_lesson_time_is_counted_as_that(here, teachers):
    with here.db.write() as connection:
        refusals.note_refusal(connection, teachers["l.demir"], "Ms Demir", "Lab 2", NOW)
        (found,) = refusals.list_refusals(connection)

    assert "not-now" == found.why


def test_rooms_that_are_not_there_make_one_line_however_many_are_tried(here, teachers):
    with here.db.write() as connection:
        for number in range(50):
            refusals.note_refusal(connection, teachers["l.demir"], "Ms Demir", f"Lab {number + 100}", NOW)
        found = refusals.list_refusals(connection)

    assert [("", 50)] == [(each.room, each.times) for each in found]


def test_the_log_names_who_gave_a_room(here, teachers):
    with here.db.read() as connection:
        rows = list(connection.execute(select(log_table.c.by_name, log_table.c.name, log_table.c.what)))

    assert ("Neil Okafor", "Ms Demir", "room") in [tuple(row) for row in rows]
