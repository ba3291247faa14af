"""Waiting for change, watch orders, and the writer that keeps one bad upload from harming the others."""

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest

from policies.recording import Stream
from server import changes, housekeeping, ingest, writer
from server.changes import Changes
from server.ingest import Upload
from server.watching import Watches
from server.writer import CannotStore, Writer
from tests.support import loops
from tests.support.laptop import some_usage

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_change_between_reading_and_waiting_is_not_missed():
    async def story():
        told = Changes()
        seen = told.seen(["a", "b"])
        told.notify("b")
        return await told.wait(["a", "b"], seen, 30)

    assert loops.run(story())


def test_a_change_wakes_from_another_thread_and_other_topics_do_not():
    async def story():
        told = Changes()
        waits = [asyncio.create_task(told.wait([t], told.seen([t]), 60 if t == "a" else 0.1)) for t in "ab"]
        await asyncio.sleep(0)
        await asyncio.to_thread(told.notify, "a")
        return [await wait for wait in waits]

    assert [True, False] == loops.run(story())


def test_a_change_made_elsewhere_is_noticed(here):
    async def story():
        here.notice_changes()
        house = asyncio.create_task(housekeeping.keep_house(here, None))
        seen = here.changes.seen([changes.PEOPLE])

        def elsewhere():
            with here.db.write() as connection:
                changes.bump(connection, changes.PEOPLE)

        await asyncio.to_thread(elsewhere)
        woken = await here.changes.wait([changes.PEOPLE], seen, 60)
        house.cancel()
        await asyncio.gather(house, return_exceptions=True)
        return woken

    assert loops.run(story())


def test_a_renewed_watch_is_the_same_order_with_a_later_end():
    watches = Watches(Changes())
    first = watches.watch("Lab 1", "Tom", NOW + timedelta(minutes=1))
    _, cursor = watches.newer("Lab 1", 0, NOW)
    second = watches.watch("Lab 1", "Tom", NOW + timedelta(minutes=9))
    (order,), _ = watches.newer("Lab 1", cursor, NOW)

    assert first == second == order.order
    assert NOW + timedelta(minutes=9) == order.until


def test_of_two_adults_of_one_name_each_has_an_own_watch_and_ends_it_alone():
    watches = Watches(Changes())
    first = watches.watch("Lab 1", "Ms Demir", NOW + timedelta(minutes=5), "2")
    second = watches.watch("Lab 1", "Ms Demir", NOW + timedelta(minutes=5), "7")
    watches.end("Lab 1", "Ms Demir", NOW, "7")
    still = [each.order for each in watches.newer("Lab 1", 0, NOW)[0]]

    assert first != second
    assert [first] == still


def test_a_laptop_that_never_heard_of_a_watch_is_not_told_of_its_end():
    watches = Watches(Changes())
    watches.watch("Lab 1", "Tom", NOW + timedelta(minutes=1))
    _, cursor = watches.newer("Lab 1", 0, NOW)
    watches.end("Lab 1", "Tom", NOW)

    assert 1 == len(watches.newer("Lab 1", cursor, NOW)[0])
    assert [] == watches.newer("Lab 1", 0, NOW)[0]


def test_a_watch_that_ended_is_forgotten_in_time():
    watches = Watches(Changes())
    cursor = watches.newer("Lab 1", 0, NOW)[1]
    first = watches.watch("Lab 1", "Tom", NOW)

    assert [] == watches.newer("Lab 1", cursor, NOW + timedelta(hours=2))[0]
    assert first != watches.watch("Lab 1", "Tom", NOW + timedelta(hours=3))


def test_a_cursor_from_the_future_hears_what_holds_now():
    watches = Watches(Changes())
    watches.watch("Lab 1", "Tom", NOW + timedelta(minutes=1))

    assert 1 == len(watches.newer("Lab 1", 2**60, NOW)[0])


@pytest.fixture
def running(here):
    started = Writer(here.folder.database, here.keys.record_private)
    started.start()
    yield started
    started.close()


def upload(laptop):
    batch = laptop.seal(Stream.USAGE, some_usage(5))
    return Upload(laptop.device, laptop.public, (batch,), NOW)


def test_uploads_that_come_together_share_a_transaction(enrolled, running):
    futures = [running.put(upload(enrolled())) for _ in range(20)]

    assert [6] * 20 == [future.result(60).next_seq[Stream.USAGE] for future in futures]
    assert running.batches_stored == 20
    assert running.transactions <= 20


def test_an_upload_that_breaks_its_group_harms_only_itself(enrolled, running, monkeypatch):
    bad, right = enrolled(), ingest.store

    def break_on_bad(connection, key, uploads):
        if any(one.device == bad.device for one in uploads):
            raise sqlite3.OperationalError("database or disk is full")
        return right(connection, key, uploads)

    monkeypatch.setattr(writer, "store", break_on_bad)
    futures = [running.put(upload(laptop)) for laptop in (enrolled(), bad, enrolled())]

    assert 6 == futures[0].result(60).next_seq[Stream.USAGE]
    assert 6 == futures[2].result(60).next_seq[Stream.USAGE]
    with pytest.raises(CannotStore):
        futures[1].result(60)


def test_too_many_waiting_uploads_are_told_to_come_later(here, enrolled):
    idle = Writer(here.folder.database, here.keys.record_private)
    one = upload(enrolled())
    for _ in range(writer.WAITING_UPLOADS):
        idle.put(one)

    with pytest.raises(CannotStore):
        idle.put(one)


def test_one_word_from_each_laptop_of_a_hall_waits_and_nobody_is_sent_away(here, enrolled):
    idle = Writer(here.folder.database, here.keys.record_private)
    one = upload(enrolled())
    futures = [idle.put(one) for _ in range(2000)]

    assert not any(future.done() for future in futures)


def test_large_uploads_that_wait_fill_no_memory(here, enrolled, monkeypatch):
    one = upload(enrolled())
    size = sum(len(batch) for batch in one.batches)
    monkeypatch.setattr(writer, "WAITING_BYTES", 3 * size)
    slow = Writer(here.folder.database, here.keys.record_private)
    futures = [slow.put(one) for _ in range(3)]
    with pytest.raises(CannotStore):
        slow.put(one)
    slow.start()
    for future in futures:
        future.result(60)
    wait_until_let_go(slow)

    assert slow.put(one).result(60)
    slow.close()


def wait_until_let_go(slow):
    for _ in range(12_000):
        if slow._bytes == 0:
            return
        threading.Event().wait(0.005)
    raise AssertionError("what was stored still counts as waiting")


def test_what_was_put_before_the_end_is_stored(here, enrolled):
    ending = Writer(here.folder.database, here.keys.record_private)
    ending.start()
    futures = [ending.put(upload(enrolled())) for _ in range(5)]
    ending.close()

    assert all(future.done() for future in futures)
