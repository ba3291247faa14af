"""Whatever order, copies and damage batches come in: each record once, in order, or put aside."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies import sealing, wire
from policies.recording import Stream
from policies.records import (
    AgentStarted,
    AgreementAnswered,
    ConnectionReverted,
    LoginEnded,
    LoginStarted,
    PolicyApplied,
    PolicyRejected,
    Record,
    RecordGap,
)
from server import ingest
from server.db import Database, connect_plain
from server.ingest import Outcome, Upload
from server.state import ServerState
from tests.support.laptop import Laptop, some_usage

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LOGIN = "c" * 32
RECORD_KEY = sealing.new_opening_key()


class Shelf:
    """One laptop and a database, without the rest of the server."""

    def __init__(self, connection: sqlite3.Connection, record_private: bytes, laptop: Laptop) -> None:
        self.connection, self.record_private, self.laptop = connection, record_private, laptop

    def send(self, *batches: bytes) -> Outcome:
        upload = Upload(self.laptop.device, self.laptop.public, batches, NOW)
        return ingest.store(self.connection, self.record_private, [upload])[0]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()

    def state(self) -> object:
        return self.rows("SELECT state FROM devices")[0][0]

    def apps(self) -> list[str]:
        rows = self.rows("SELECT body FROM records WHERE type = 'app-used' ORDER BY seq")
        return [msgspec.json.decode(str(body))["app"] for (body,) in rows]


@pytest.fixture
def shelf(here: ServerState, enrolled: Callable[..., Laptop]) -> Iterator[Shelf]:
    laptop = enrolled()
    connection = connect_plain(here.folder.database)
    yield Shelf(connection, here.keys.record_private, laptop)
    connection.close()


def usage(laptop: Laptop, count: int = 2) -> bytes:
    first = laptop.next_seq[Stream.USAGE]
    made = [msgspec.structs.replace(r, app=f"n{first + i}") for i, r in enumerate(some_usage(count))]
    return laptop.seal(Stream.USAGE, made)


def test_a_batch_is_stored_and_acknowledged(shelf):
    outcome = shelf.send(usage(shelf.laptop, 3))

    assert 4 == outcome.next_seq[Stream.USAGE]
    assert ["n1", "n2", "n3"] == shelf.apps()


def test_an_empty_upload_tells_where_every_stream_stands(shelf):
    assert Outcome(dict.fromkeys(Stream, 1)) == shelf.send()


def test_a_replayed_batch_is_answered_and_not_stored_again(shelf):
    batch = usage(shelf.laptop)
    first = shelf.send(batch)

    assert first == shelf.send(batch, batch)
    assert ["n1", "n2"] == shelf.apps()


def test_a_batch_from_the_future_waits(shelf):
    one, two = usage(shelf.laptop), usage(shelf.laptop)

    assert 1 == shelf.send(two).next_seq[Stream.USAGE]
    assert 5 == shelf.send(one, two).next_seq[Stream.USAGE]
    assert ["n1", "n2", "n3", "n4"] == shelf.apps()


def test_other_bytes_at_a_taken_place_shut_the_laptop_out_and_are_kept(shelf):
    shelf.send(usage(shelf.laptop))
    shelf.laptop.next_seq[Stream.USAGE] = 1
    other = usage(shelf.laptop)
    outcome = shelf.send(other)

    assert (403, "cloned") == (outcome.refusal.status, outcome.refusal.error)
    assert "cloned" == shelf.state()
    assert [(other,)] == shelf.rows("SELECT bytes FROM quarantine")


def test_a_shut_out_laptop_stores_nothing_more(shelf):
    shelf.send(usage(shelf.laptop))
    fresh = usage(shelf.laptop)
    shelf.laptop.next_seq[Stream.USAGE] = 1
    shelf.send(usage(shelf.laptop))
    outcome = shelf.send(fresh)

    assert "cloned" == outcome.refusal.error
    assert ["n1", "n2"] == shelf.apps()


def test_what_cannot_be_opened_is_put_aside_and_passed(shelf):
    right, shelf.laptop.record_key = shelf.laptop.record_key, sealing.opening_public_key(RECORD_KEY)
    wrong = usage(shelf.laptop)
    shelf.laptop.record_key = right
    outcome = shelf.send(wrong, usage(shelf.laptop))

    assert 5 == outcome.next_seq[Stream.USAGE]
    assert ["n3", "n4"] == shelf.apps()
    assert [(1, 2, wrong)] == shelf.rows("SELECT first_seq, count, bytes FROM quarantine")


def test_a_damaged_batch_does_not_block_those_behind_it(shelf):
    one, two, three = (usage(shelf.laptop) for _ in range(3))
    cut = one[:-1]
    flipped = two[:60] + bytes([two[60] ^ 1]) + two[61:]
    outcome = shelf.send(cut, flipped, three)

    assert 7 == outcome.next_seq[Stream.USAGE]
    assert ["n5", "n6"] == shelf.apps()
    assert {(cut,), (flipped,)} == set(shelf.rows("SELECT bytes FROM quarantine"))
    assert "active" == shelf.state()


def test_a_batch_that_comes_whole_after_all_fills_its_hole(shelf):
    one, two, three = (usage(shelf.laptop) for _ in range(3))
    shelf.send(one[:-1], three)
    outcome = shelf.send(two, one)

    assert 7 == outcome.next_seq[Stream.USAGE]
    assert ["n1", "n2", "n3", "n4", "n5", "n6"] == shelf.apps()
    assert [] == shelf.rows("SELECT * FROM batches WHERE outcome = 'hole'")


def test_the_same_junk_is_kept_once(shelf):
    for _ in range(3):
        shelf.send(b"junk")

    assert [(b"junk",)] == shelf.rows("SELECT bytes FROM quarantine")


def test_another_laptops_batch_is_put_aside(shelf):
    other = Laptop(device="f" * 16, record_key=shelf.laptop.record_key)
    outcome = shelf.send(usage(other))

    assert 1 == outcome.next_seq[Stream.USAGE]
    assert [] == shelf.apps()


def test_numbers_beyond_reason_are_put_aside(shelf):
    shelf.laptop.next_seq[Stream.USAGE] = 2**63
    shelf.send(usage(shelf.laptop))

    assert [(1,)] == shelf.rows("SELECT COUNT(*) FROM quarantine")


def test_a_full_quarantine_refuses_only_what_would_go_there(shelf, monkeypatch):
    monkeypatch.setattr(ingest, "QUARANTINE_BYTES", 10)
    good = usage(shelf.laptop)
    outcome = shelf.send(b"123456", good, b"abcdef", usage(shelf.laptop))

    assert (409, "quarantine-full") == (outcome.refusal.status, outcome.refusal.error)
    assert ["n1", "n2"] == shelf.apps()
    assert 3 == shelf.send(good).next_seq[Stream.USAGE]


def gap(laptop: Laptop, first: int, last: int, chain_hash: bytes) -> bytes:
    record = RecordGap(at=NOW, first_seq=first, last_seq=last, chain_hash=chain_hash.hex())
    laptop.next_seq[Stream.USAGE] = first
    return laptop.seal(Stream.USAGE, [record], count=last - first + 1)


def test_a_gap_moves_the_stream_and_the_chain_goes_on(shelf):
    shelf.send(usage(shelf.laptop))
    before = shelf.laptop.last_hash[Stream.USAGE]
    dropped = wire.batch_hash([usage(shelf.laptop), usage(shelf.laptop)][-1])
    after = usage(shelf.laptop)
    shelf.laptop.last_hash[Stream.USAGE] = before
    outcome = shelf.send(gap(shelf.laptop, 3, 6, dropped), after)

    assert 9 == outcome.next_seq[Stream.USAGE]
    assert [(0,)] == shelf.rows("SELECT chain_breaks FROM streams")
    assert [("record-gap", 6)] == shelf.rows("SELECT type, seq FROM records WHERE type = 'record-gap'")


def test_a_gap_may_reach_back_over_what_arrived_after_all(shelf):
    shelf.send(usage(shelf.laptop), usage(shelf.laptop))
    shelf.laptop.last_hash[Stream.USAGE] = bytes(32)
    outcome = shelf.send(gap(shelf.laptop, 3, 8, bytes(32)))

    assert (9, None) == (outcome.next_seq[Stream.USAGE], outcome.refusal)
    assert ["n1", "n2", "n3", "n4"] == shelf.apps()


def test_a_gap_over_nothing_new_changes_nothing(shelf):
    shelf.send(usage(shelf.laptop), usage(shelf.laptop))
    outcome = shelf.send(gap(shelf.laptop, 3, 4, bytes(32)))

    assert (5, None) == (outcome.next_seq[Stream.USAGE], outcome.refusal)
    assert "active" == shelf.state()


def test_a_growing_gap_replaces_the_smaller_one(shelf):
    shelf.send(gap(shelf.laptop, 1, 4, bytes(32)))
    outcome = shelf.send(gap(shelf.laptop, 1, 9, bytes(32)))

    assert (10, None) == (outcome.next_seq[Stream.USAGE], outcome.refusal)


def test_a_broken_chain_is_stored_and_counted(shelf):
    shelf.send(usage(shelf.laptop))
    shelf.laptop.last_hash[Stream.USAGE] = bytes(32)
    shelf.send(usage(shelf.laptop))

    assert ["n1", "n2", "n3", "n4"] == shelf.apps()
    assert [(1,)] == shelf.rows("SELECT chain_breaks FROM streams")


def test_absurd_times_are_kept_beside_ours(shelf):
    records = [
        msgspec.structs.replace(some_usage(1)[0], at=datetime(year, 1, 1, tzinfo=UTC)) for year in (1, 9999)
    ]
    shelf.send(shelf.laptop.seal(Stream.USAGE, records))

    assert 2 == len(shelf.rows("SELECT at FROM records WHERE received_at > 0 AND at <> received_at"))


def test_hostile_names_are_data(shelf):
    name = "<b>\x00\x1b[2J‮" + "x" * 180
    record = msgspec.structs.replace(some_usage(1)[0], app=name)
    shelf.send(shelf.laptop.seal(Stream.USAGE, [record]))

    (app,) = shelf.apps()

    assert app.startswith("<b>")
    assert "\x1b" not in app


def test_logins_answers_and_devices_are_projected(shelf):
    sent: list[Record] = [
        AgentStarted(
            at=NOW, version="9", os="o", hostname="h", capabilities={"lock": "works"}, after_crash=False
        ),
        LoginStarted(
            at=NOW, login=LOGIN, os_user="may", person="p-1", tier="junior", kind="x11", grant="fresh"
        ),
        AgreementAnswered(
            at=NOW,
            login=LOGIN,
            os_user="may",
            person="p-1",
            tier="junior",
            language="en",
            version=1,
            text_hash="0" * 64,
            answer="accepted",
            reading_seconds=7.6,
        ),
        PolicyRejected(at=NOW, number=2, problem="no"),
        PolicyApplied(at=NOW, number=3, body_hash="0" * 64),
        LoginEnded(at=NOW, login=LOGIN, os_user="may", reason="signed-out"),
    ]
    shelf.send(shelf.laptop.seal(Stream.VITAL, sent))

    assert [("may", "p-1", "signed-out")] == shelf.rows("SELECT os_user, person, end_reason FROM logins")
    assert [("accepted", 8)] == shelf.rows("SELECT answer, reading_seconds FROM answers")
    assert [("9", "h", '{"lock": "works"}', 3, None)] == shelf.rows(
        "SELECT agent_version, hostname, capabilities, applied_number, rejected_number FROM devices"
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [(3, (3, "nothing answered at https://new:1; still with https://old:1")), (2, (None, ""))],
)
def test_settings_that_would_cost_a_laptop_its_server_count_as_refused(shelf, number, expected):
    reverted = ConnectionReverted(
        at=NOW, number=number, tried="https://new:1", kept="https://old:1", waited_seconds=60.0
    )
    shelf.send(
        shelf.laptop.seal(Stream.VITAL, [PolicyApplied(at=NOW, number=3, body_hash="0" * 64), reverted])
    )

    assert [expected] == shelf.rows("SELECT rejected_number, rejected_problem FROM devices")


def test_however_long_the_addresses_are_that_a_laptop_names_both_stand_there(shelf):
    tried, kept = "https://" + "n" * 190, "https://" + "o" * 190
    reverted = ConnectionReverted(at=NOW, number=3, tried=tried, kept=kept, waited_seconds=60.0)
    shelf.send(
        shelf.laptop.seal(Stream.VITAL, [PolicyApplied(at=NOW, number=3, body_hash="0" * 64), reverted])
    )

    assert [(f"nothing answered at {tried[:80]}; still with {kept[:80]}",)] == shelf.rows(
        "SELECT rejected_problem FROM devices"
    )


def test_nothing_is_stored_when_the_disk_says_no(shelf):
    shelf.connection.execute("PRAGMA max_page_count = 1")  # takes the smallest it can: the pages in use
    batch = shelf.laptop.seal(
        Stream.USAGE, [msgspec.structs.replace(r, app=str(i) * 150) for i, r in enumerate(some_usage(100))]
    )
    with pytest.raises(sqlite3.OperationalError):
        shelf.send(batch)
    shelf.connection.execute("PRAGMA max_page_count = 100000")

    assert 101 == shelf.send(batch).next_seq[Stream.USAGE]


# -- any interleaving, duplication, cut --------------------------------------------------------------

_template: list[Path] = []


def fresh_shelf(folder: Path) -> Shelf:
    """Return a shelf on a copy of one prepared database: many examples, one migration."""
    if not _template:
        made = Path(tempfile.mkdtemp(prefix="gatepost-test-")) / "empty.sqlite"
        db = Database(made)
        db.upgrade()
        db.close()
        connection = connect_plain(made)
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()
        _template.append(made)
    path = folder / "copy.sqlite"
    path.write_bytes(_template[0].read_bytes())
    connection = connect_plain(path)
    connection.execute("PRAGMA synchronous=OFF")
    laptop = Laptop(device="0" * 16, record_key=sealing.opening_public_key(RECORD_KEY))
    connection.execute(
        "INSERT INTO devices (id, device_key, machine, hostname, os, agent_version, room, state, enrolled_at)"
        " VALUES (?, ?, '', '', '', '', 'Lab', 'active', 0)",
        (laptop.device, laptop.public),
    )
    return Shelf(connection, RECORD_KEY, laptop)


damage = st.one_of(st.none(), st.none(), st.tuples(st.sampled_from(["cut", "flip"]), st.integers(0, 400)))
uploads = st.lists(st.lists(st.tuples(st.integers(0, 5), damage), max_size=5), max_size=6)


def harmed(batch: bytes, how: tuple[str, int] | None) -> bytes:
    if how is None:
        return batch
    kind, at = how
    at %= len(batch)
    return batch[:at] if kind == "cut" else batch[:at] + bytes([batch[at] ^ 0x41]) + batch[at + 1 :]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(uploads, st.lists(st.integers(1, 4), min_size=6, max_size=6))
def test_however_batches_come_each_record_is_stored_once_in_order(plan, sizes):
    with tempfile.TemporaryDirectory() as folder:
        shelf = fresh_shelf(Path(folder))
        batches = [usage(shelf.laptop, size) for size in sizes]
        before = 1
        for upload in plan:
            outcome = shelf.send(*(harmed(batches[number], how) for number, how in upload))
            assert outcome.refusal is None
            assert before <= outcome.next_seq[Stream.USAGE]
            before = outcome.next_seq[Stream.USAGE]
        outcome = shelf.send(*batches)
        stored = shelf.apps()
        shelf.connection.close()

    assert sum(sizes) + 1 == outcome.next_seq[Stream.USAGE]
    assert [f"n{number}" for number in range(1, sum(sizes) + 1)] == stored


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.binary(max_size=1), st.none() | st.binary(max_size=1))
def test_a_batch_is_only_known_if_its_very_bytes_are_stored(next_seq, first_seq, batch_hash, stored_hash):
    verdict = ingest.decide_place(next_seq, first_seq, batch_hash, stored_hash)

    assert (verdict == "known") == (first_seq < next_seq and batch_hash == stored_hash)
    assert (verdict == "next") == (first_seq == next_seq)
