"""Taking in sealed batches: verify, open, dedupe by (device, stream, seq), store, acknowledge.

One transaction takes many uploads; nothing is answered before it is on disk. What cannot be read is put
aside as bytes and passed, so that one bad batch never blocks the good ones behind it. Two different batches
at one place mean two machines with one identity: that laptop is shut out until it is enrolled again.
"""

import hashlib
import logging
import sqlite3
from datetime import datetime
from typing import Literal, NamedTuple

from policies import sealing, wire
from policies.recording import Stream
from policies.records import RecordGap
from server import projections
from server.errors import DeviceRefused
from server.registry import refusal_for
from server.tables import to_ms

QUARANTINE_BYTES = 64 * 1024 * 1024
"""Kept aside per laptop; a hostile one cannot fill the disk with junk."""
_LAST_SEQ = 2**53
_Key = tuple[str, str, int]
log = logging.getLogger(__name__)


class Upload(NamedTuple):
    """What one authenticated request brought."""

    device: str
    device_key: bytes
    batches: tuple[bytes, ...]
    received_at: datetime


class Outcome(NamedTuple):
    """What to answer. With a refusal, batches before the refused one may have been stored."""

    next_seq: dict[Stream, int]
    refusal: DeviceRefused | None = None


class Place(NamedTuple):
    """How far one stream of one laptop has come."""

    next_seq: int
    last_hash: bytes
    chain_breaks: int


Verdict = Literal["next", "known", "later", "earlier"]


def decide_place(next_seq: int, first_seq: int, batch_hash: bytes, stored_hash: bytes | None) -> Verdict:
    """
    Say where a batch belongs: next, known, later, or earlier: other bytes at a place that is taken.

    Pure. `stored_hash` is the hash of the batch stored at the same first number, if any.
    """
    if first_seq == next_seq:
        return "next"
    if first_seq > next_seq:
        return "later"
    return "known" if stored_hash == batch_hash else "earlier"


def store(connection: sqlite3.Connection, record_private: bytes, uploads: list[Upload]) -> list[Outcome]:
    """
    Take in uploads in one transaction and return their answers in order.

    Raises sqlite3.Error with nothing stored; the same uploads may come again.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        group = _Group(connection, record_private)
        outcomes = [group.take(upload) for upload in uploads]
        group.write()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


_FULL = DeviceRefused(
    409,
    "quarantine-full",
    "This laptop has sent too much that nobody can read. Keep its records, and ask the technician to look at "
    "it and enrol it again.",
)


class _Forked(Exception):
    """Other bytes at a place that is taken."""


class _Full(Exception):
    """No room left to put this laptop's unreadable bytes aside."""


class _Group:
    """One transaction's work: how far streams have come, and the records it will write at its end."""

    def __init__(self, connection: sqlite3.Connection, record_private: bytes) -> None:
        self._c = connection
        self._record_private = record_private
        self._places: dict[tuple[str, Stream], Place] = {}
        self._moved: set[tuple[str, Stream]] = set()
        self._records: list[tuple[object, ...]] = []

    def take(self, upload: Upload) -> Outcome:
        """Take one upload's batches in the order they came."""
        row = self._c.execute("SELECT state FROM devices WHERE id = ?", (upload.device,)).fetchone()
        refusal = refusal_for(row[0] if row else None)
        if refusal is not None:
            return Outcome({}, refusal)
        junk: bytes | None = None
        for number, encoded in enumerate(upload.batches):
            try:
                junk = self._take_batch(upload, encoded, junk)
            except _Full:
                refusal = _FULL
                break
            except _Forked:
                self._shut_out(upload, upload.batches[number:])
                refusal = refusal_for("cloned")
                break
        next_seq = {stream: self._place(upload.device, stream).next_seq for stream in Stream}
        return Outcome(next_seq, refusal)

    def write(self) -> None:
        """Write everything that was gathered."""
        self._c.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?)", self._records)
        self._c.executemany(
            "INSERT OR REPLACE INTO streams VALUES (?,?,?,?,?)",
            [(device, stream.value, *self._places[device, stream]) for device, stream in self._moved],
        )

    def _take_batch(self, upload: Upload, encoded: bytes, junk: bytes | None) -> bytes | None:
        """
        Take one batch; return the hash of the last bytes of this upload whose place nobody can tell, if any.

        Such junk is quarantined, and the next good batch behind it in the same upload says by its own
        signed place how many numbers the junk stood for.
        """
        batch_hash = hashlib.sha256(encoded).digest()
        try:
            batch = wire.read_batch(encoded)
            if batch.device != upload.device or batch.first_seq + batch.count > _LAST_SEQ:
                raise sealing.SealingError("not one of this laptop's batches")
            place = self._place(batch.device, batch.stream)
            stored = self._stored_hash((batch.device, batch.stream.value, batch.first_seq))
            verdict = decide_place(place.next_seq, batch.first_seq, batch_hash, stored)
            if verdict == "known" or (verdict == "later" and junk is None):
                return junk
            wire.verify_batch(upload.device_key, batch)
        except sealing.SealingError as problem:
            self._set_aside(upload, encoded, batch_hash, str(problem), None)
            return batch_hash
        fills_hole = verdict == "earlier" and self._fill_hole(batch)
        received_ms = to_ms(upload.received_at)
        try:
            opened = wire.open_batch(self._record_private, batch)
        except (sealing.SealingError, ValueError) as problem:
            if verdict == "earlier" and not fills_hole:
                raise _Forked from problem
            self._set_aside(upload, encoded, batch_hash, str(problem), batch)
            outcome, chain_hash = "quarantined", batch_hash
        else:
            gap = opened[0] if isinstance(opened[0], RecordGap) else None
            if verdict == "earlier" and not fills_hole:
                # Only the word that records were dropped may reach back over what we have already.
                if gap is None:
                    raise _Forked
                if gap.last_seq < place.next_seq:
                    return junk
            outcome = "stored" if gap is None else "gap"
            chain_hash = batch_hash if gap is None else bytes.fromhex(gap.chain_hash)
            first_row = batch.first_seq if gap is None else gap.last_seq
            stream = batch.stream.value
            self._records += projections.record_rows(upload.device, stream, first_row, opened, received_ms)
            projections.project(self._c, upload.device, stream, first_row, opened, received_ms)
        key = (upload.device, batch.stream.value, batch.first_seq)
        if not fills_hole:
            self._move(upload, batch, place, chain_hash, junk)
        self._note(key, batch.count, batch_hash, outcome, received_ms)
        return None

    def _move(
        self, upload: Upload, batch: wire.Batch, place: Place, chain_hash: bytes, junk: bytes | None
    ) -> None:
        """Move the stream behind this batch, and note a hole where junk stood before it."""
        breaks = place.chain_breaks
        if batch.first_seq > place.next_seq and junk is not None:
            key = (upload.device, batch.stream.value, place.next_seq)
            self._note(key, batch.first_seq - place.next_seq, junk, "hole", to_ms(upload.received_at))
        elif batch.first_seq == place.next_seq and batch.prev_hash != place.last_hash:
            log.warning("a laptop's hash chain broke", extra={"device": upload.device})
            breaks += 1
        self._places[upload.device, batch.stream] = Place(batch.first_seq + batch.count, chain_hash, breaks)
        self._moved.add((upload.device, batch.stream))

    def _fill_hole(self, batch: wire.Batch) -> bool:
        """Make room for a good batch that comes late, inside a hole that only junk stands for."""
        device, stream, first, end = (
            batch.device,
            batch.stream.value,
            batch.first_seq,
            batch.first_seq + batch.count,
        )
        row = self._c.execute(
            "SELECT first_seq, first_seq + count, hash, received_at FROM batches"
            " WHERE device = ? AND stream = ? AND outcome = 'hole'"
            " AND first_seq <= ? AND first_seq + count >= ?",
            (device, stream, first, end),
        ).fetchone()
        if row is None:
            return False
        hole_first, hole_end, junk, received_ms = row
        self._c.execute(
            "DELETE FROM batches WHERE device = ? AND stream = ? AND first_seq = ?",
            (device, stream, hole_first),
        )
        for left, right in ((hole_first, first), (end, hole_end)):
            if left < right:
                self._note((device, stream, left), right - left, junk, "hole", received_ms)
        return True

    def _note(self, key: _Key, count: int, batch_hash: bytes, outcome: str, received_ms: int) -> None:
        # Replaces only where a gap grew over an older one that began at the same number.
        self._c.execute(
            "INSERT OR REPLACE INTO batches VALUES (?,?,?,?,?,?,?)",
            (*key, count, batch_hash, outcome, received_ms),
        )

    def _place(self, device: str, stream: Stream) -> Place:
        place = self._places.get((device, stream))
        if place is None:
            row = self._c.execute(
                "SELECT next_seq, last_hash, chain_breaks FROM streams WHERE device = ? AND stream = ?",
                (device, stream.value),
            ).fetchone()
            place = self._places[device, stream] = Place(*row) if row else Place(1, wire.FIRST_HASH, 0)
        return place

    def _stored_hash(self, key: _Key) -> bytes | None:
        query = (
            "SELECT hash FROM batches WHERE device = ? AND stream = ? AND first_seq = ? AND outcome <> 'hole'"
        )
        row = self._c.execute(query, key).fetchone()
        return row[0] if row else None

    def _set_aside(
        self, upload: Upload, encoded: bytes, batch_hash: bytes, reason: str, batch: wire.Batch | None
    ) -> None:
        """Keep bytes that cannot be read; the same bytes again are kept once. Raises _Full."""
        key = (upload.device, batch_hash)
        if self._c.execute("SELECT 1 FROM quarantine WHERE device = ? AND hash = ?", key).fetchone():
            return
        query = "SELECT COALESCE(SUM(size_bytes), 0) FROM quarantine WHERE device = ?"
        (kept,) = self._c.execute(query, (upload.device,)).fetchone()
        if kept + len(encoded) > QUARANTINE_BYTES:
            raise _Full
        log.warning("unreadable bytes put aside", extra={"device": upload.device, "reason": reason})
        self._c.execute(
            "INSERT INTO quarantine (device, hash, stream, first_seq, count, reason, received_at,"
            " size_bytes, bytes) VALUES (?,?,?,?,?,?,?,?,?)",
            (
                *key,
                batch.stream.value if batch else None,
                batch.first_seq if batch else None,
                batch.count if batch else None,
                reason[:200],
                to_ms(upload.received_at),
                len(encoded),
                encoded,
            ),
        )

    def _shut_out(self, upload: Upload, rest: tuple[bytes, ...]) -> None:
        """Mark the laptop as cloned and keep what it brought aside: nothing is lost, nothing is believed."""
        log.error("one identity on two machines", extra={"device": upload.device})
        for encoded in rest:
            batch_hash = hashlib.sha256(encoded).digest()
            try:
                self._set_aside(upload, encoded, batch_hash, "sent by a cloned or rolled back laptop", None)
            except _Full:
                break
        self._c.execute(
            "UPDATE devices SET state = 'cloned', state_reason = ? WHERE id = ?",
            ("two different records at one place: a copied or rolled back disk", upload.device),
        )
        self._c.execute(
            "INSERT INTO versions VALUES ('devices', 1) ON CONFLICT (topic) DO UPDATE SET number = number + 1"
        )
