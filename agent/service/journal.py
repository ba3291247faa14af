"""Everything kept on this laptop until the server has it: sealed batches in numbered, chained streams.

A record exists once its batch is committed here, synced. Nobody on the laptop, not even this service,
can open a batch again. One thread writes. What happens to the file is in `journal_file`.
"""

import errno
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agent.errors import JournalUnwritable
from agent.service import journal_file
from agent.service.numbering import Numbering
from policies import wire
from policies.recording import Stream
from policies.records import Record, RecordGap

log = logging.getLogger(__name__)

UPLOAD_BYTES = wire.MAX_UPLOAD_BYTES - 16 * 1024
UPLOAD_BATCHES = 64
KEEP_WHEN_FULL = 0.9
FREED_AT_ONCE_BYTES = 512 * 1024
_FULL = "the disk is full: only what must be kept is kept"
_MAX_NUMBER = 2**53


class Seal(NamedTuple):
    """What a journal seals with: the laptop's name and key, and the server's record key."""

    device: str
    device_private: bytes
    record_public: bytes


class Waiting(NamedTuple):
    """What has not reached the server yet."""

    records: int
    bytes: int


class Place(NamedTuple):
    """Where a stream stands, and what waits at one number of it."""

    batch: str
    """Hash of the waiting batch that holds the number; empty if none does."""
    next_seq: int


class Journal:
    """
    The laptop's outbox. `append` is durable when it returns; `acknowledged` forgets what the server has.

    Raises JournalUnwritable when a record cannot be kept: whatever depends on it must not happen.
    """

    def __init__(self, path: Path, seal: Seal, *, cap_bytes: int, now: Callable[[], datetime]) -> None:
        self._path = path
        self._seal = seal
        self._cap_bytes = cap_bytes
        self._now = now
        self._numbering = Numbering(path.with_name("seqs"))
        self.problem = ""
        """What a technician should know: a lost journal, a full disk. Empty when all is well."""
        self.losses = 0
        """How often since the start records may have gone without the server having them."""
        self._was_unwritable = False
        self._db = self._open()

    # ---- keeping ----

    def append(self, stream: Stream, records: Sequence[Record]) -> int:
        """Seal these records in order, cut into batches, on disk; return the last one's number."""
        for batch in wire.cut_batches(records):
            self._keep(stream, batch)
        return self._head(stream)[0] - 1

    def _keep(self, stream: Stream, records: list[Record]) -> None:
        try:
            self._insert(stream, records)
        except (sqlite3.Error, OSError) as problem:
            self._recover(problem)
            try:
                self._insert(stream, records)
            except (sqlite3.Error, OSError) as again:
                self.problem = _FULL if _is_full(again) else f"records cannot be written: {again}"
                self._was_unwritable = True
                raise JournalUnwritable(str(again)) from again
        self._numbering.note(self.next_seqs())
        if self._was_unwritable and journal_file.fill_reserve(self._path):
            self.problem, self._was_unwritable = "", False
        if stream is Stream.USAGE:
            self._shorten_usage()

    def _insert(self, stream: Stream, records: list[Record]) -> None:
        first, previous = self._head(stream)
        self._numbering.reserve(stream, first + len(records))
        encoded = self._sealed(stream, first, previous, records)
        with journal_file.transaction(self._db):
            self._put(stream, first, len(records), encoded)
            self._set_head(stream, first + len(records), wire.batch_hash(encoded))

    def _sealed(
        self, stream: Stream, first: int, previous: bytes, records: list[Record], count: int | None = None
    ) -> bytes:
        return wire.seal_batch(
            self._seal.device_private,
            self._seal.record_public,
            device=self._seal.device,
            stream=stream,
            first_seq=first,
            prev_hash=previous,
            records=records,
            count=count,
        )

    # ---- sending ----

    def next_upload(self) -> tuple[bytes, ...]:
        """Return the batches to send next, unchanged: reports, then vital ones, then usage."""
        chosen: list[bytes] = []
        total = 0
        for stream in Stream:
            rows = self._db.execute(
                "select encoded from batches where stream = ? order by first_seq limit ?",
                (stream.value, UPLOAD_BATCHES),
            )
            for (encoded,) in rows:
                total += len(encoded) + 8
                if len(chosen) >= UPLOAD_BATCHES or (chosen and total > UPLOAD_BYTES):
                    rows.close()
                    return tuple(chosen)
                chosen.append(encoded)
        return tuple(chosen)

    def waiting(self) -> Waiting:
        """Return how much the server does not have yet."""
        row = self._db.execute(
            "select coalesce(sum(count), 0), coalesce(sum(length(encoded)), 0) from batches"
        ).fetchone()
        return Waiting(int(row[0]), int(row[1]))

    def next_seqs(self) -> dict[Stream, int]:
        """Return the number the next record of each stream will get."""
        return {stream: self._head(stream)[0] for stream in Stream}

    def place_of(self, stream: Stream, seq: int) -> Place:
        """Return what is known of this number; raises JournalUnwritable if the journal cannot be read."""
        try:
            return self._place_of(stream, seq)
        except (sqlite3.Error, OSError) as problem:
            self._recover(problem)
            try:
                return self._place_of(stream, seq)
            except (sqlite3.Error, OSError) as again:
                raise JournalUnwritable(str(again)) from again

    def _place_of(self, stream: Stream, seq: int) -> Place:
        row = self._db.execute(
            "select encoded from batches where stream = ? and first_seq <= ? and first_seq + count > ?",
            (stream.value, seq, seq),
        ).fetchone()
        return Place(wire.batch_hash(row[0]).hex() if row else "", self._head(stream)[0])

    def acknowledged(self, next_seq: dict[Stream, int]) -> bool:
        """
        Forget what the server has, and mend the numbers where its idea differs from ours.

        Returns whether anything changed; False means that sending the same again would not help.
        """
        believable = {stream: number for stream, number in next_seq.items() if number <= _MAX_NUMBER}
        try:
            changed = [self._acknowledge(stream, number) for stream, number in believable.items()]
        except (sqlite3.Error, OSError) as problem:
            self._recover(problem)
            return True
        return any(changed)

    def _acknowledge(self, stream: Stream, number: int) -> bool:
        changed = False
        with journal_file.transaction(self._db):
            done = self._db.execute(
                "delete from batches where stream = ? and first_seq + count <= ?", (stream.value, number)
            )
            changed = done.rowcount > 0
            head, _previous = self._head(stream)
            if number > head:
                # The server has numbers that we have forgotten: an older journal came back. Go on behind
                # them; the hash of the last one is unknown here, so a gap of one says so.
                self._numbering.reserve(stream, number + 1)
                self._put_gap(stream, number, number, wire.FIRST_HASH, wire.FIRST_HASH)
                self._set_head(stream, number + 1, wire.FIRST_HASH)
                self.problem = "this journal is older than what the server has; records may be missing"
                self.losses += 1
                return True
            oldest = self._db.execute(
                "select first_seq, encoded from batches where stream = ? order by first_seq limit 1",
                (stream.value,),
            ).fetchone()
            first = int(oldest[0]) if oldest else head
            if number < first and (oldest or number < head):
                follows = wire.read_batch(oldest[1]).prev_hash if oldest else self._head(stream)[1]
                self._put_gap(stream, number, first - 1, wire.FIRST_HASH, follows)
                self.problem = "records were lost on this laptop; a gap was reported to the server"
                self.losses += 1
                changed = True
        return changed

    # ---- a full disk, a torn file ----

    def _shorten_usage(self) -> None:
        total = self.waiting().bytes
        if total > self._cap_bytes:
            self._drop_usage(total - int(self._cap_bytes * KEEP_WHEN_FULL))

    def _drop_usage(self, at_least_bytes: int) -> bool:
        """Drop the oldest usage batches and put one sealed gap in their place."""
        rows = self._db.execute(
            "select first_seq, count, encoded from batches where stream = ? order by first_seq",
            (Stream.USAGE.value,),
        )
        dropped: list[tuple[int, int, bytes, bytes]] = []
        freed = 0
        for first, count, encoded in rows:
            if dropped and (freed >= at_least_bytes or first != dropped[-1][0] + dropped[-1][1]):
                break
            freed += len(encoded)
            batch = wire.read_batch(encoded)
            dropped.append((first, count, batch.prev_hash, encoded))
        rows.close()
        if not dropped or (len(dropped) == 1 and freed < 1024):
            return False
        last = dropped[-1]
        with journal_file.transaction(self._db):
            self._db.execute(
                "delete from batches where stream = ? and first_seq between ? and ?",
                (Stream.USAGE.value, dropped[0][0], last[0]),
            )
            follows = self._chain_after(last[3], last[0] + last[1])
            self._put_gap(Stream.USAGE, dropped[0][0], last[0] + last[1] - 1, dropped[0][2], follows)
        self.problem = "the journal is full: the oldest app usage was dropped and a gap reported"
        log.warning("usage dropped", extra={"records": sum(each[1] for each in dropped)})
        return True

    def _chain_after(self, encoded: bytes, next_first: int) -> bytes:
        """Return the hash the batch after this one carries. After a gap that is not the gap's own hash."""
        row = self._db.execute(
            "select encoded from batches where stream = ? and first_seq = ?",
            (Stream.USAGE.value, next_first),
        ).fetchone()
        return wire.read_batch(row[0]).prev_hash if row else self._head(Stream.USAGE)[1]

    def _recover(self, problem: Exception) -> None:
        """Make writing possible again after this failure, or leave it to the next attempt to fail."""
        full = _is_full(problem)
        log.warning("journal failed", extra={"problem": str(problem), "full": full})
        try:
            if full:
                self.problem, self._was_unwritable = _FULL, True
                journal_file.free_reserve(self._path)
                # Folding the log into the file gives its space back; dropping usage frees pages in the file.
                self._db.execute("pragma wal_checkpoint(truncate)")
                self._drop_usage(FREED_AT_ONCE_BYTES)
                self._db.execute("pragma wal_checkpoint(truncate)")
            else:
                self._db.close()
                self._db = self._open(doubted=True)
        except (sqlite3.Error, OSError) as again:
            log.warning("journal not recovered", extra={"problem": str(again)})

    def _open(self, *, doubted: bool = False) -> sqlite3.Connection:
        db, lost = journal_file.open_or_replace(
            self._path, self._seal.device, is_first=self._numbering.is_new, doubted=doubted
        )
        newest = self._numbering.newest()
        for stream in Stream:
            row = db.execute("select next_seq from streams where stream = ?", (stream.value,)).fetchone()
            if row is not None and int(row[0]) >= newest.get(stream, 1):
                continue
            lost = lost or newest.get(stream, 1) > 1
            first = self._numbering.after_loss(stream) if lost else 1
            with journal_file.transaction(db):
                db.execute(
                    "insert or replace into streams (stream, next_seq, prev_hash) values (?, ?, ?)",
                    (stream.value, first, wire.FIRST_HASH),
                )
        if lost:
            self.problem = "the journal was torn; what could be read of it was kept"
            self.losses += 1
        self._numbering.begin()
        journal_file.fill_reserve(self._path)
        return db

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._db.close()

    # ---- rows ----

    def _head(self, stream: Stream) -> tuple[int, bytes]:
        row = self._db.execute(
            "select next_seq, prev_hash from streams where stream = ?", (stream.value,)
        ).fetchone()
        if row is None:
            raise sqlite3.DatabaseError("a stream's head is missing")
        return int(row[0]), bytes(row[1])

    def _set_head(self, stream: Stream, next_seq: int, prev_hash: bytes) -> None:
        self._db.execute(
            "update streams set next_seq = ?, prev_hash = ? where stream = ?",
            (next_seq, prev_hash, stream.value),
        )

    def _put(self, stream: Stream, first: int, count: int, encoded: bytes) -> None:
        self._db.execute(
            "insert into batches (stream, first_seq, count, encoded) values (?, ?, ?, ?)",
            (stream.value, first, count, encoded),
        )

    def _put_gap(self, stream: Stream, first: int, last: int, previous: bytes, follows: bytes) -> None:
        gap = RecordGap(at=self._now(), first_seq=first, last_seq=last, chain_hash=follows.hex())
        count = last - first + 1
        self._put(stream, first, count, self._sealed(stream, first, previous, [gap], count))


def _is_full(problem: Exception) -> bool:
    """Say whether this failure means that there is no room."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) or (
        getattr(problem, "errno", None) == errno.ENOSPC
    )
