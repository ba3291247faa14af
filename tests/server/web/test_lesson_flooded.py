"""One laptop that floods its records, and what the lesson's page still knows of the others."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import insert

from policies.records import AppUsed, HelpAsked
from server import lesson_use
from server.lesson_use import Lesson
from server.tables import logins, records
from tests.support import lesson_school, school

LIAR = lesson_school.device_of(3)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def lesson(fresh_house):
    """A lesson of eight pupils on five laptops."""
    with fresh_house.db.write() as connection:
        since = lesson_school.fill(connection, NOW)
    return Lesson(school.ROOM, since, NOW)


def keep(connection, many):
    rows = [
        {
            "device": LIAR, "stream": "flood", "seq": seq, "type": type(said).__struct_config__.tag,
            "at": said.at, "received_at": said.at, "login": said.login,
            "body": msgspec.json.encode(said).decode(),
        }
        for seq, said in enumerate(many)
    ]  # fmt: skip
    connection.execute(insert(records), rows)


def test_a_laptop_that_invents_logins_crowds_no_other_out(fresh_house, lesson):
    with fresh_house.db.write() as connection:
        rows = [
            {
                "device": LIAR, "login": school.login_id(9000 + number), "os_user": f"u{number}",
                "person": None, "tier": "junior", "kind": "x11", "granted": "fresh",
                "started_at": NOW - timedelta(minutes=1),
            }
            for number in range(700)
        ]  # fmt: skip
        connection.execute(insert(logins), rows)
        there = lesson_use.sittings_in(connection, lesson)

    assert lesson_use.MOST_OF_LAPTOP == sum(each.device == LIAR for each in there)
    others = {lesson_school.login_of(place) for place in range(8) if lesson_school.device_of(place) != LIAR}
    assert others <= {each.login for each in there}


def test_a_laptop_that_floods_its_usage_hides_nobody_s(fresh_house, lesson, monkeypatch):
    monkeypatch.setattr(lesson_use, "MOST_RECORDS", 500)
    used = [
        AppUsed(at=NOW - timedelta(seconds=1 + number % 60), login=lesson_school.login_of(3), app="Game",
                program="game", focused_seconds=1.0, active_seconds=0.0)
        for number in range(2000)
    ]  # fmt: skip
    with fresh_house.db.write() as connection:
        keep(connection, used)
        sittings = lesson_use.sittings_in(connection, lesson)
        found = lesson_use.stretches_of(connection, lesson, sittings)

    writers = {each.pupil for each in found if each.app == "libreoffice-writer"}
    assert {"p1", "p2", "p3", "p5", "p6", "p11", "p12"} <= writers


def test_a_pupil_who_calls_for_help_all_the_time_hides_no_other_call(fresh_house, lesson):
    asked = [
        HelpAsked(at=lesson.since + timedelta(milliseconds=number), login=lesson_school.login_of(3),
                  os_user="ece", person="p4", place="panel")
        for number in range(1500)
    ]  # fmt: skip
    with fresh_house.db.write() as connection:
        keep(connection, asked)
        helped = lesson_use.helped_in(connection, lesson, lesson_use.sittings_in(connection, lesson))

    assert ["p4", "p2"] == [each.sitting.person for each in helped]
