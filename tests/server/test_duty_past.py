"""Whose a room was in a time that is over."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.windows import Window
from server import duty_past
from server.covers import Cover
from server.duties import Hours
from server.duty_past import Had

ROOM = "Lab 2"
DAY = datetime(2026, 11, 24).astimezone()


def at(clock):
    hour, minute = clock.split(":")
    return DAY.replace(hour=int(hour), minute=int(minute)).astimezone(UTC)


def lesson(starts, ends):
    return Hours(ROOM, Window(starts=starts, ends=ends))


def cover(starts, ends, ended=None):
    return Cover(1, 7, "Sam", ROOM, at(starts), at(ends), "ill", at("07:00"), "Neil", ended, "")


def had(*hours, rooms=(ROOM,), covers=()):
    return Had(rooms, hours, covers)


TWO = had(lesson("09:00", "09:40"), lesson("13:00", "13:40"))


@pytest.mark.parametrize(("starts", "ends", "expected"), [
    ("09:00", "09:40", True),
    ("08:55", "09:45", True),
    ("13:00", "13:20", True),
    ("09:00", "13:40", False),
    ("08:50", "09:40", False),
    ("09:30", "09:46", False),
])  # fmt: skip
def test_a_time_from_one_lesson_of_one_s_own_into_the_next_holds_others_lessons_too(starts, ends, expected):
    assert expected == duty_past.decide_throughout(TWO, ROOM, at(starts), at(ends))


def test_a_room_without_lessons_was_theirs_at_any_time_and_another_never():
    assert duty_past.decide_throughout(had(), ROOM, at("08:00"), at("14:00"))
    assert not duty_past.decide_throughout(had(), "Lab 1", at("08:00"), at("14:00"))
    assert not duty_past.decide_ever(had(), "Lab 1", at("08:00"), at("14:00"))


def test_a_cover_counts_while_it_held():
    supply = had(rooms=(), covers=(cover("10:00", "11:00"),))

    assert duty_past.decide_throughout(supply, ROOM, at("10:00"), at("11:00"))
    assert not duty_past.decide_throughout(supply, ROOM, at("09:59"), at("11:00"))
    assert not duty_past.decide_throughout(supply, ROOM, at("10:00"), at("11:02"))
    taken = had(rooms=(), covers=(cover("10:00", "11:00", at("10:05")),))
    assert not duty_past.decide_ever(taken, ROOM, at("10:00"), at("11:00"))


@pytest.mark.parametrize(("starts", "ends", "expected"), [
    ("08:00", "08:59", False),
    ("08:00", "09:00", False),
    ("08:00", "09:01", True),
    ("09:20", "09:20", True),
    ("09:41", "12:59", False),
    ("08:00", "14:00", True),
])  # fmt: skip
def test_a_login_is_of_every_lesson_it_was_open_in(starts, ends, expected):
    assert expected == duty_past.decide_ever(TWO, ROOM, at(starts), at(ends))


def test_a_login_of_years_costs_no_more_than_one_of_a_day():
    assert not duty_past.decide_ever(TWO, ROOM, at("09:00") - timedelta(days=3650), at("08:00"))
