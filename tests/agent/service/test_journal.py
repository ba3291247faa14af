"""The outbox: every record exactly once and in order, whatever is killed, lost or cut."""

import contextlib
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import JournalUnwritable
from agent.service import journal_file
from agent.service.journal import Journal, Seal
from policies import sealing, wire
from policies.recording import Stream
from policies.records import AppUsed, PolicyApplied, RecordGap

DEVICE = "00" * 8
DEVICE_KEY = sealing.new_signing_key()
RECORD_KEY = sealing.new_opening_key()
NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
SEAL = Seal(DEVICE, DEVICE_KEY, sealing.opening_public_key(RECORD_KEY))


class ModelServer:
    """What a server must do, in its shortest form: store in order, once, and say what comes next."""

    def __init__(self):
        self.next = dict.fromkeys(Stream, 1)
        self.previous = dict.fromkeys(Stream, wire.FIRST_HASH)
        self.hashes = {}
        self.records = {stream: [] for stream in Stream}
        self.gaps = []
        self.forks = []
        self.broken_chains = 0

    def upload(self, batches):
        for encoded in batches:
            batch = wire.read_batch(encoded)
            wire.verify_batch(sealing.signing_public_key(DEVICE_KEY), batch)
            opened = wire.open_batch(RECORD_KEY, batch)
            expected = self.next[batch.stream]
            is_gap = isinstance(opened[0], RecordGap)
            if batch.first_seq + batch.count <= expected:
                place = (batch.stream, batch.first_seq)
                if self.hashes.get(place) != wire.batch_hash(encoded) and not is_gap:
                    self.forks += opened
                continue
            if batch.first_seq > expected or (batch.first_seq < expected and not is_gap):
                if batch.first_seq < expected:
                    self.forks += opened
                continue
            self.hashes[batch.stream, batch.first_seq] = wire.batch_hash(encoded)
            self.next[batch.stream] = batch.first_seq + batch.count
            if is_gap:
                self.gaps.append((batch.stream, opened[0].first_seq, opened[0].last_seq))
                self.previous[batch.stream] = bytes.fromhex(opened[0].chain_hash)
            else:
                self.broken_chains += batch.prev_hash != self.previous[batch.stream]
                self.previous[batch.stream] = wire.batch_hash(encoded)
                self.records[batch.stream] += opened
        return dict(self.next)


def open_journal(folder, cap_bytes=64 * 1024 * 1024):
    return Journal(Path(folder) / "journal.sqlite", SEAL, cap_bytes=cap_bytes, now=lambda: NOW)


def vital(number):
    return PolicyApplied(at=NOW, number=number, body_hash="0" * 64)


def usage(number):
    return AppUsed(
        at=NOW, login="0" * 32, app=f"app{number}", program="", focused_seconds=1.0, active_seconds=1.0
    )


def drain(journal, server):
    for _ in range(200):
        batches = journal.next_upload()
        changed = journal.acknowledged(server.upload(batches))
        if not changed and not journal.next_upload():
            return
    raise AssertionError("the journal never emptied")


def numbers(server):
    return [each.number for each in server.records[Stream.VITAL]]


def test_records_arrive_once_and_in_order(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    for number in range(1, 250):
        journal.append(Stream.VITAL, [vital(number)])
    drain(journal, server)

    assert list(range(1, 250)) == numbers(server)
    assert 0 == server.broken_chains


def test_more_than_a_batch_is_cut_into_batches(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    journal.append(Stream.USAGE, [usage(number) for number in range(250)])

    assert [100, 100, 50] == [wire.read_batch(each).count for each in journal.next_upload()]
    drain(journal, server)
    assert 250 == len(server.records[Stream.USAGE])


def test_vital_records_go_before_usage(tmp_path):
    journal = open_journal(tmp_path)
    journal.append(Stream.USAGE, [usage(1)])
    journal.append(Stream.VITAL, [vital(1)])

    assert [Stream.VITAL, Stream.USAGE] == [wire.read_batch(each).stream for each in journal.next_upload()]


def test_nothing_leaves_before_the_server_has_it(tmp_path):
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(1)])
    journal.append(Stream.VITAL, [vital(2)])
    journal.acknowledged({Stream.VITAL: 2})

    assert 1 == journal.waiting().records


def test_a_lost_answer_does_not_double_a_record(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    journal.append(Stream.VITAL, [vital(1)])
    server.upload(journal.next_upload())
    journal.close()
    drain(open_journal(tmp_path), server)

    assert [1] == numbers(server)
    assert [] == server.forks


def test_a_full_journal_drops_the_oldest_usage_and_says_so(tmp_path):
    journal, server = open_journal(tmp_path, cap_bytes=20_000), ModelServer()
    journal.append(Stream.VITAL, [vital(1)])
    for number in range(100):
        journal.append(Stream.USAGE, [usage(number)])

    assert journal.waiting().bytes <= 20_000
    drain(journal, server)
    kept = [each.app for each in server.records[Stream.USAGE]]
    (gap,) = server.gaps
    assert [f"app{number}" for number in range(gap[2], 100)] == kept
    assert (Stream.USAGE, 1) == gap[:2]
    assert [1] == numbers(server)
    assert 0 == server.broken_chains


def test_a_gap_over_batches_the_server_already_has_is_understood(tmp_path):
    journal, server = open_journal(tmp_path, cap_bytes=20_000), ModelServer()
    for number in range(10):
        journal.append(Stream.USAGE, [usage(number)])
    server.upload(journal.next_upload())
    for number in range(10, 100):
        journal.append(Stream.USAGE, [usage(number)])
    drain(journal, server)

    assert "app99" == server.records[Stream.USAGE][-1].app
    assert 0 == server.broken_chains


def test_a_lost_journal_goes_on_with_new_numbers_and_a_gap(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    journal.append(Stream.VITAL, [vital(1)])
    drain(journal, server)
    journal.append(Stream.VITAL, [vital(2)])
    journal.close()
    for file in tmp_path.glob("journal.sqlite*"):
        file.unlink()
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(3)])
    drain(journal, server)

    assert [1, 3] == numbers(server)
    assert 2 == server.gaps[0][1]


def test_losing_the_numbers_too_never_reuses_one(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    for number in range(5):
        journal.append(Stream.VITAL, [vital(number + 1)])
    drain(journal, server)
    journal.close()
    (tmp_path / "journal.sqlite").write_bytes(b"torn")
    (tmp_path / "seqs").write_bytes(b"{")
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(6)])
    drain(journal, server)

    assert [1, 2, 3, 4, 5, 6] == numbers(server)


def test_the_torn_file_is_kept_aside(tmp_path):
    open_journal(tmp_path).close()
    (tmp_path / "journal.sqlite").write_bytes(b"x" * 5000)
    journal = open_journal(tmp_path)

    assert 1 == len(list(tmp_path.glob("journal.sqlite.broken-*")))
    assert "torn" in journal.problem


def with_an_older_journal(tmp_path, server, *, whole_folder):
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(1)])
    journal.close()
    old = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    journal = open_journal(tmp_path)
    for number in (2, 3, 4):
        journal.append(Stream.VITAL, [vital(number)])
    drain(journal, server)
    journal.close()
    for name, content in old.items():
        if whole_folder or name == "journal.sqlite":
            (tmp_path / name).write_bytes(content)
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(5)])
    drain(journal, server)
    journal.append(Stream.VITAL, [vital(6)])
    drain(journal, server)
    return journal


def test_an_older_journal_put_back_is_noticed(tmp_path):
    server = ModelServer()
    journal = with_an_older_journal(tmp_path, server, whole_folder=False)

    assert [1, 2, 3, 4, 5, 6] == numbers(server)
    assert journal.problem


def test_an_older_disk_put_back_is_noticed_at_the_server(tmp_path):
    server = ModelServer()
    journal = with_an_older_journal(tmp_path, server, whole_folder=True)

    assert [1, 2, 3, 4, 6] == numbers(server)
    assert [5] == [each.number for each in server.forks]
    assert "older" in journal.problem


def test_a_new_enrolment_starts_a_new_journal(tmp_path):
    journal = open_journal(tmp_path)
    journal.append(Stream.VITAL, [vital(1)])
    journal.close()
    other = SEAL._replace(device="11" * 8)
    journal = Journal(tmp_path / "journal.sqlite", other, cap_bytes=10**6, now=lambda: NOW)

    assert (0, 0) == journal.waiting()
    assert 1 == len(list(tmp_path.glob("journal.sqlite.device-*")))


class FullDisk:
    """Stands in for the connection: every insert fails as on a full disk, as often as told."""

    def __init__(self, db, times):
        self._db = db
        self.times = times

    def execute(self, sql, *values):
        if sql.startswith("insert into batches") and self.times > 0:
            self.times -= 1
            problem = sqlite3.OperationalError("database or disk is full")
            problem.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise problem
        return self._db.execute(sql, *values)

    def close(self):
        self._db.close()


def test_on_a_full_disk_the_reserve_keeps_what_must_be_kept(tmp_path):
    journal, server = open_journal(tmp_path), ModelServer()
    journal._db = FullDisk(journal._db, times=1)
    journal.append(Stream.VITAL, [vital(1)])
    drain(journal, server)

    assert [1] == numbers(server)
    assert 0 == journal._db.times
    assert "" == journal.problem


def test_when_nothing_can_be_written_the_caller_is_told(tmp_path):
    journal = open_journal(tmp_path)
    journal._db = FullDisk(journal._db, times=100)

    with pytest.raises(JournalUnwritable):
        journal.append(Stream.VITAL, [vital(1)])


actions = st.lists(
    st.one_of(
        st.tuples(st.just("vital"), st.integers(1, 3)),
        st.tuples(st.just("usage"), st.integers(1, 120)),
        st.tuples(st.just("upload"), st.booleans()),
        st.tuples(st.just("kill"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions)
def test_exactly_once_in_order_over_any_kills(plan):
    with tempfile.TemporaryDirectory() as folder:
        journal, server = open_journal(folder), ModelServer()
        sent = {Stream.VITAL: 0, Stream.USAGE: 0}
        for what, amount in plan:
            if what == "vital":
                journal.append(Stream.VITAL, [vital(sent[Stream.VITAL] + n + 1) for n in range(amount)])
                sent[Stream.VITAL] += amount
            elif what == "usage":
                journal.append(Stream.USAGE, [usage(sent[Stream.USAGE] + n + 1) for n in range(amount)])
                sent[Stream.USAGE] += amount
            elif what == "upload":
                answer = server.upload(journal.next_upload())
                if amount:
                    journal.acknowledged(answer)
            else:
                journal.close()
                journal = open_journal(folder)
        drain(journal, server)
        journal.close()

        assert list(range(1, sent[Stream.VITAL] + 1)) == numbers(server)
        assert [f"app{n + 1}" for n in range(sent[Stream.USAGE])] == [
            each.app for each in server.records[Stream.USAGE]
        ]
        assert ([], [], 0) == (server.gaps, server.forks, server.broken_chains)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 30),
    st.integers(0, 30),
    st.sampled_from(["journal.sqlite", "journal.sqlite-wal"]),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_journal_cut_at_any_byte_loses_nothing_silently(before, uploaded, name, where, garble):
    with tempfile.TemporaryDirectory() as folder:
        journal, server = open_journal(folder), ModelServer()
        for number in range(1, before + 1):
            journal.append(Stream.VITAL, [vital(number)])
            if number == uploaded:
                drain(journal, server)
        with contextlib.suppress(FileNotFoundError):
            files = {each.name: each.read_bytes() for each in Path(folder).iterdir()}
            journal.close()
            for each, content in files.items():  # as after a power cut: the log was not folded in
                (Path(folder) / each).write_bytes(content)
        file = Path(folder) / name
        content = file.read_bytes() if file.exists() else b""
        cut = int(len(content) * where)
        file.write_bytes(content[:cut] + (b"\xa5" * (len(content) - cut) if garble else b""))
        journal = open_journal(folder)
        for number in range(before + 1, before + 4):
            journal.append(Stream.VITAL, [vital(number)])
        drain(journal, server)
        journal.append(Stream.VITAL, [vital(before + 4)])
        drain(journal, server)
        journal.close()

        forked = [each.number for each in server.forks]
        got = sorted(set(numbers(server) + forked))
        missing = set(range(1, before + 5)) - set(got)
        assert numbers(server) == sorted(set(numbers(server)))
        assert before + 4 in got
        assert {before + 1, before + 2, before + 3} <= set(got)
        assert not missing or server.gaps or server.forks or server.broken_chains


def test_the_reserve_is_made_anew_when_there_is_room(tmp_path):
    open_journal(tmp_path).close()
    journal_file.free_reserve(tmp_path / "journal.sqlite")
    open_journal(tmp_path).close()

    assert journal_file.RESERVE_BYTES == (tmp_path / "journal.sqlite.reserve").stat().st_size
