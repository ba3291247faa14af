"""Self-tests: asked for as orders, told once, read with the failing first, signed by the head (R83)."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from policies import orders
from policies.device_records import SelfTested
from policies.recording import Stream
from policies.records import OrderDone
from server import coverage, device_list, devices, ingest, self_tests
from server.db import connect_plain
from server.errors import Invalid, NotFound
from server.self_tests import Result
from tests.support import device_school
from tests.support.started import NOW

FINE = device_school.FINE


@pytest.fixture
def bring(here):
    writer = connect_plain(here.folder.database)

    def take(laptop, *records, now=NOW):
        batch = laptop.seal(Stream.VITAL, list(records))
        ingest.store(
            writer, here.keys.record_private, [ingest.Upload(laptop.device, laptop.public, (batch,), now)]
        )

    yield take
    writer.close()


def told_to(here, laptop, room="Lab 1", cursor=0):
    with here.db.read() as connection:
        here.media_telling.refresh(connection, NOW)
    return [
        order
        for order in here.media_telling.newer(laptop.device, room, cursor, NOW)
        if isinstance(order, orders.SelfTest)
    ]


def answered(order="", at=NOW, **results):
    return SelfTested(at=at, order=order, results=results, problems={})


def test_r83_one_laptop_is_asked_and_no_other(here, enrolled):
    asked, other = enrolled(), enrolled()
    with here.db.write() as connection:
        number = self_tests.order(connection, device=asked.device, by="Tom Ashby", now=NOW)

    assert [(number, "Tom Ashby")] == [(each.order, each.by) for each in told_to(here, asked)]
    assert [] == told_to(here, other)


@pytest.mark.parametrize(("room", "reached"), [("Lab 1", [1, 0]), ("", [1, 1])])
def test_r83_a_room_or_the_whole_school_is_asked_by_one_order(here, enrolled, room, reached):
    first, second = enrolled(room="Lab 1"), enrolled(room="Lab 2")
    with here.db.write() as connection:
        self_tests.order(connection, room=room, by="Tom", now=NOW)

    assert reached == [len(told_to(here, first)), len(told_to(here, second, "Lab 2"))]


def test_r83_a_laptop_that_did_it_is_not_told_again(here, enrolled, bring):
    laptop = enrolled()
    with here.db.write() as connection:
        number = self_tests.order(connection, device=laptop.device, by="Tom", now=NOW)
    bring(laptop, answered(number, gate="passed"), OrderDone(at=NOW, order=number, outcome="done"))

    assert [] == told_to(here, laptop)
    with here.db.read() as connection:
        asked = self_tests.list_asked(connection, NOW)

    assert [(1, 1)] == [(one.answered, one.asked) for one in asked]


@pytest.mark.parametrize("state", ["retired", "cloned"])
def test_a_laptop_we_no_longer_talk_to_is_not_asked(here, enrolled, state):
    laptop = enrolled()
    with here.db.write() as connection:
        devices.set_state(connection, laptop.device, state, "")
    with pytest.raises(NotFound), here.db.write() as connection:
        self_tests.order(connection, device=laptop.device, by="Tom", now=NOW)


def result(hostname, **results):
    return Result(hostname, hostname, "Lab", NOW if results else None, "", results, {}, None)


def test_r83_a_fault_stands_first_and_names_the_failing_part():
    well, lacking = result("a", gate="passed"), result("b", gate="passed", stick="lacking")
    never, failing = result("c"), result("d", gate="passed", lock="failed")
    twice = result("e", report="failed", gate="failed")
    listed = sorted([well, lacking, never, failing, twice], key=self_tests.decide_place)

    assert ["e", "d", "c", "b", "a"] == [one.hostname for one in listed]
    assert (["gate", "report"], ["lock"]) == (twice.failed, failing.failed)


def test_r83_a_laptop_whose_last_test_failed_is_listed_as_such(here, enrolled, bring):
    laptop = enrolled()
    bring(laptop, answered(gate="passed", lock="failed"))
    rule = coverage.decide_rule(NOW, 1440)
    with here.db.read() as connection:
        facts = device_list.facts_of(connection, laptop.device, lambda _: True, NOW)

    assert "test-failed" in coverage.decide_coverage(facts, rule)


def test_the_figures_of_a_period_count_each_part_and_what_was_mended(here, enrolled, bring):
    mended, broken = enrolled(), enrolled()
    enrolled()
    bring(mended, answered(gate="passed", lock="failed"), now=NOW)
    bring(mended, answered(gate="passed", lock="passed"), now=NOW + timedelta(days=1))
    bring(broken, answered(gate="failed", stick="lacking"), now=NOW + timedelta(days=2))
    bring(broken, answered(gate="passed"), now=NOW + timedelta(days=40))
    day = NOW.astimezone().date()
    with here.db.read() as connection:
        figures = self_tests.figures_of(connection, day, day + timedelta(days=30))

    assert (3, 2, 3) == (figures.laptops, figures.tested, figures.tests)
    assert {"passed": 2, "failed": 1} == figures.parts["gate"]
    assert [(broken.device, ("gate",), False), (mended.device, ("lock",), True)] == [
        (one.device, one.parts, one.mended) for one in figures.failing
    ]


def test_r83_what_a_head_signed_stays_as_it_was(here, enrolled, bring):
    laptop = enrolled()
    bring(laptop, answered(gate="failed"))
    day = NOW.astimezone().date()
    with here.db.write() as connection:
        figures = self_tests.figures_of(connection, day, day)
        number = self_tests.sign(connection, figures, staff=5, by="Neil Okafor", note="Seen.", now=NOW)
    bring(laptop, answered(gate="passed"))
    with here.db.read() as connection:
        signed = self_tests.get_sign(connection, number)

    assert figures == signed.figures
    assert ("Neil Okafor", "Seen.", 1) == (signed.by, signed.note, signed.figures.tests)


@pytest.mark.parametrize(
    "change", ["UPDATE self_test_signs SET by_name = 'x'", "DELETE FROM self_test_signs"]
)
def test_r83_nobody_changes_a_signature(here, change):
    day = NOW.date()
    with here.db.write() as connection:
        figures = self_tests.figures_of(connection, day, day)
        self_tests.sign(connection, figures, staff=5, by="Neil Okafor", note="", now=NOW)
    with pytest.raises(IntegrityError, match="stay as they were"), here.db.write() as connection:
        connection.exec_driver_sql(change)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-03-03", "2026-03-02"), ("2026-03-01", "2026-03-09"), ("2024-01-01", "2026-03-01"), ("x", "y")],
)
def test_a_period_that_is_none_is_refused(first, last):
    with pytest.raises(Invalid):
        self_tests.read_period(first, last, date(2026, 3, 2))
