"""The journal's file: opened, doubted, set aside when torn, and never thrown away.

A torn file stays beside the new one as `journal.sqlite.broken-…` for a technician; what can still be read
and proves itself by its hash chain is carried over.
"""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from agent.backends.whole_files import move, reserve_space
from policies import sealing, wire

log = logging.getLogger(__name__)

RESERVE_BYTES = 1024 * 1024
_SCHEMA = """
create table about (device text not null, version integer not null);
create table streams (stream text primary key, next_seq integer not null, prev_hash blob not null);
create table batches (stream text not null, first_seq integer not null, count integer not null,
  encoded blob not null, primary key (stream, first_seq));
"""


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything in the block, synced, or nothing of it."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("rollback")
        raise


def open_or_replace(
    path: Path, device: str, *, is_first: bool, doubted: bool = False
) -> tuple[sqlite3.Connection, bool]:
    """
    Return the open journal and whether an earlier one was lost, wholly or in part.

    `is_first`: there was never a journal here. `doubted`: it has just failed in use.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        db = _connect(path)
    except sqlite3.Error:
        return _replace(path, device), True
    try:
        if db.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
            _create(db, device)
            return db, not is_first
        _check(db, thorough=doubted)
        if db.execute("select device from about").fetchone() != (device,):
            # Enrolled anew: the old batches carry the old name and nobody would take them.
            db.close()
            set_aside(path, "device")
            db = _connect(path)
            _create(db, device)
            return db, False
    except sqlite3.Error as problem:
        log.warning("journal torn", extra={"problem": str(problem)})
        db.close()
        return _replace(path, device), True
    return db, False


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        path.chmod(0o600)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.execute("pragma journal_size_limit = 1048576")
        db.execute("pragma wal_autocheckpoint = 200")
        db.execute("pragma cache_size = -512")
    except (sqlite3.Error, OSError) as problem:
        db.close()
        raise sqlite3.DatabaseError(str(problem)) from problem
    return db


def _create(db: sqlite3.Connection, device: str) -> None:
    with transaction(db):
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute("insert into about (device, version) values (?, 1)", (device,))


def _check(db: sqlite3.Connection, *, thorough: bool) -> None:
    """Raise sqlite3.DatabaseError unless the file and its chains are whole."""
    found = db.execute("pragma integrity_check(1)" if thorough else "pragma quick_check(1)").fetchone()
    if found != ("ok",):
        raise sqlite3.DatabaseError(str(found[0]))
    if db.execute("select count(*) from about").fetchone() != (1,):
        raise sqlite3.DatabaseError("it does not say whose it is")
    for stream, next_seq in db.execute("select stream, next_seq from streams").fetchall():
        last = db.execute(
            "select max(first_seq + count) from batches where stream = ?", (stream,)
        ).fetchone()[0]
        if last is not None and last > next_seq:
            raise sqlite3.DatabaseError("a stream ends before its last batch")


def _replace(path: Path, device: str) -> sqlite3.Connection:
    """Start a new journal with whatever the torn one still proves."""
    broken = set_aside(path, "broken")
    db = _connect(path)
    _create(db, device)
    saved = 0
    for stream, first, count, encoded in _readable(broken, device):
        with transaction(db), contextlib.suppress(sqlite3.IntegrityError):
            db.execute(
                "insert into batches (stream, first_seq, count, encoded) values (?, ?, ?, ?)",
                (stream, first, count, encoded),
            )
            saved += 1
    log.warning("journal replaced", extra={"aside": broken.name, "batches_saved": saved})
    return db


def _readable(broken: Path, device: str) -> Iterator[tuple[str, int, int, bytes]]:
    """Yield the batches of a torn file that are still exactly what was once written."""
    with contextlib.suppress(sqlite3.Error):
        torn = sqlite3.connect(f"{broken.absolute().as_uri()}?mode=rw", uri=True)
        try:
            rows = torn.execute("select rowid, encoded from batches order by rowid")
            while True:
                row = rows.fetchone()
                if row is None:
                    return
                try:
                    batch = wire.read_batch(bytes(row[1]))
                except (sealing.SealingError, TypeError):
                    continue
                if batch.device == device:
                    yield batch.stream.value, batch.first_seq, batch.count, bytes(row[1])
        finally:
            torn.close()


def set_aside(path: Path, why: str) -> Path:
    """Move the file and its companions out of the way, keeping them."""
    stamp = f"{why}-{int(time.time())}-{os.getpid()}"
    number = 0
    while (aside := path.with_name(f"{path.name}.{stamp}.{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            move(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))
    _forget_oldest(path, why)
    return aside


def _forget_oldest(path: Path, why: str) -> None:
    """Keep at most five set-aside files of a kind, so that they cannot fill the disk."""
    kept = [each for each in path.parent.glob(f"{path.name}.{why}-*") if each.suffix.lstrip(".").isdigit()]
    for each in sorted(kept, key=lambda file: file.stat().st_mtime)[:-5]:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):  # one that is being read goes next time
                each.with_name(each.name + suffix).unlink(missing_ok=True)


def fill_reserve(path: Path) -> bool:
    """Hold some disk back for the day it is full; False where there is no room for that."""
    reserve = path.with_name(path.name + ".reserve")
    if reserve.exists():
        return True
    try:
        reserve_space(reserve, RESERVE_BYTES)
    except OSError:
        with contextlib.suppress(OSError):
            reserve.unlink(missing_ok=True)
        return False
    return True


def free_reserve(path: Path) -> None:
    """Give the reserve back to the disk."""
    path.with_name(path.name + ".reserve").unlink(missing_ok=True)
