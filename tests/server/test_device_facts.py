"""What laptops say they are and how their self-tests went, as it arrives sealed and stands in the tables."""

from datetime import UTC, datetime

import pytest

from policies.device_records import InventorySeen, SelfTested
from policies.recording import Stream
from server import ingest, inventory, self_tests
from server.db import connect_plain

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def seen(**changes):
    given = {
        "maker": "Hazel", "model": "Birch 13", "serial": " br13-40217 ", "os": "Debian 12",
        "hostname": "L-023",
        "agent_version": "0.2.0", "disk_encryption": "on", "memory_bytes": 8 * 2**30, "battery_percent": 81,
    }  # fmt: skip
    return InventorySeen(at=NOW, **{**given, **changes})


def a_test(order="", **results):
    problems = {part: "no answer" for part, result in results.items() if result == "failed"}
    return SelfTested(at=NOW, order=order, results=results, problems=problems)


@pytest.fixture
def bring(here, enrolled):
    """Return a function that lets a laptop bring records, as sealed bytes through ingest."""
    writer = connect_plain(here.folder.database)

    def take(laptop, *records, now=NOW):
        batch = laptop.seal(Stream.VITAL, list(records))
        upload = ingest.Upload(laptop.device, laptop.public, (batch,), now)
        outcomes = ingest.store(writer, here.keys.record_private, [upload])

        assert outcomes[0].refusal is None

    yield take
    writer.close()


def test_r77_what_a_laptop_says_of_itself_is_on_its_page(here, enrolled, bring):
    laptop = enrolled()
    bring(laptop, seen())
    bring(laptop, seen(disk_encryption="part", agent_version="0.3.0"))
    with here.db.read() as connection:
        found = inventory.inventory_of(connection, laptop.device)

    assert ("br13-40217", "part", "0.3.0", 81) == (
        found.serial, found.disk_encryption, found.agent_version, found.battery_percent,
    )  # fmt: skip


def test_r83_of_two_self_tests_the_later_one_counts(here, enrolled, bring):
    laptop = enrolled()
    bring(laptop, a_test(gate="passed", lock="failed"))
    bring(laptop, a_test(order="abc", gate="passed", lock="passed", stick="lacking"))
    with here.db.read() as connection:
        newest = self_tests.list_newest(connection)
        before = self_tests.history(connection, laptop.device)

    assert [[]] == [one.failed for one in newest]
    assert [[], ["lock"]] == [one.failed for one in before]
    assert ["abc", ""] == [one.order for one in before]


def test_a_laptop_that_knows_nothing_of_itself_is_taken_too(here, enrolled, bring):
    laptop = enrolled()
    bring(laptop, seen(maker="", model="", serial="", hostname="", battery_percent=None, memory_bytes=0))
    with here.db.read() as connection:
        found = inventory.inventory_of(connection, laptop.device)

    assert ("", "", None) == (found.maker, found.serial, found.battery_percent)
