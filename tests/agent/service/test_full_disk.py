"""A disk that is really full: a small one of our own. Needs root to mount it."""

import contextlib
import ctypes
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.errors import JournalUnwritable
from agent.service.journal import Journal, Seal
from policies import sealing, wire
from policies.recording import Stream
from policies.records import AppUsed, PolicyApplied, RecordGap
from tests.support.report_laptop import DRAFT, ReportLaptop

NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
RECORD_KEY = sealing.new_opening_key()
SEAL = Seal("00" * 8, sealing.new_signing_key(), sealing.opening_public_key(RECORD_KEY))
LIBC = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def small_disk():
    with tempfile.TemporaryDirectory() as folder:
        options = b"size=6m"
        if os.geteuid() != 0 or LIBC.mount(b"none", folder.encode(), b"tmpfs", 0, options) != 0:
            pytest.skip("mounting a small disk needs root")
        try:
            yield Path(folder)
        finally:
            LIBC.umount2(folder.encode(), 2)


def fill(disk):
    with contextlib.suppress(OSError), (disk / "homework").open("ab") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()


def usage(number):
    program = os.urandom(90).hex()  # so that it does not compress
    return AppUsed(
        at=NOW,
        login="0" * 32,
        app=f"app{number}",
        program=program,
        focused_seconds=1.0,
        active_seconds=1.0,
    )


def test_on_a_full_disk_usage_gives_way_to_what_must_be_kept(small_disk):
    journal = Journal(small_disk / "journal.sqlite", SEAL, cap_bytes=10**9, now=lambda: NOW)
    for number in range(120):
        journal.append(Stream.USAGE, [usage(number * 10 + each) for each in range(10)])
    fill(small_disk)
    kept = 0
    with contextlib.suppress(JournalUnwritable):
        for number in range(1, 101):
            journal.append(Stream.VITAL, [PolicyApplied(at=NOW, number=number, body_hash="0" * 64)])
            kept = number
    journal.close()

    assert kept == 100
    journal = Journal(small_disk / "journal.sqlite", SEAL, cap_bytes=10**9, now=lambda: NOW)
    assert "torn" not in journal.problem
    opened = []
    while batches := journal.next_upload():
        for encoded in batches:
            batch = wire.read_batch(encoded)
            opened += [(batch, record) for record in wire.open_batch(RECORD_KEY, batch)]
            journal.acknowledged({batch.stream: batch.first_seq + batch.count})
    vital = [record.number for batch, record in opened if batch.stream is Stream.VITAL]
    gaps = [record for _batch, record in opened if isinstance(record, RecordGap)]
    apps = [record.app for _batch, record in opened if isinstance(record, AppUsed)]
    assert list(range(1, 101)) == vital
    assert 1200 == len(apps) + sum(gap.last_seq - gap.first_seq + 1 for gap in gaps)
    journal.close()


def test_with_nothing_left_to_give_the_caller_is_told_and_later_it_goes_on(small_disk):
    journal = Journal(small_disk / "journal.sqlite", SEAL, cap_bytes=10**9, now=lambda: NOW)
    kept = 0
    fill(small_disk)
    for number in range(1, 5000):
        try:
            journal.append(Stream.VITAL, [PolicyApplied(at=NOW, number=number, body_hash="0" * 64)])
        except JournalUnwritable:
            break
        kept = number
    assert kept < 4999
    (small_disk / "homework").unlink(missing_ok=True)
    journal.append(Stream.VITAL, [PolicyApplied(at=NOW, number=kept + 1, body_hash="0" * 64)])

    assert kept + 1 == journal.waiting().records
    assert "" == journal.problem
    journal.close()


def test_on_a_full_disk_a_child_is_heard_or_told_to_go_to_an_adult(small_disk):
    laptop = ReportLaptop(small_disk)
    try:
        _shell, session = laptop.log_in()
        laptop.server.online = False
        (login,) = laptop.service.ground.logins.values()
        fill(small_disk)
        promised = []
        for number in range(8):
            words = f"report {number} {os.urandom(1500).hex()}"
            before = len(laptop.receipts(session))
            laptop.tell(session, msgspec.structs.replace(DRAFT, words=words, urgency="danger"))
            said = laptop.receipts(session)[before:]
            assert said[0] in ("sending", "refused")
            if said[0] == "sending":
                promised.append(words)
            laptop.forward(2)
        (small_disk / "homework").unlink()
        laptop.server.online = True
        laptop.forward(60)

        assert promised
        assert promised == [laptop.open(laptop.office.lead, sent).draft.words for sent in laptop.reports]
        assert login.id in laptop.service.ground.logins
    finally:
        laptop.close()
