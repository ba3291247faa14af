"""A case's history: entries are added, chained by hash, read and checked; nothing here edits one.

Ingest writes with plain `sqlite3`, everybody else through SQLAlchemy: both run the same statements here.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from policies import sealing
from server.tables import to_ms

FIRST_HASH = bytes(32)
Execute = Callable[[str, tuple[Any, ...]], Any]
"""`sqlite3.Connection.execute`, or SQLAlchemy's `Connection.exec_driver_sql`."""


class Who(NamedTuple):
    """Whose entry it is. `staff` is None for the server itself and for laptops."""

    staff: int | None
    name: str


SERVER = Who(None, "")


class Link(NamedTuple):
    """As much of an entry as its hash is made of."""

    case: str
    seq: int
    at_ms: int
    staff: int | None
    by_name: str
    kind: str
    plain: str
    envelope: bytes | None
    hash: bytes


def new_id() -> str:
    """Return a fresh id of a task or an order; it says nothing about its case."""
    return secrets.token_hex(8)


def entry_hash(entry: Link, before: bytes) -> bytes:
    """Return the hash of an entry that follows the one with the hash `before`. Its own is not looked at."""
    who = 0 if entry.staff is None else entry.staff
    sealed = hashlib.sha256(entry.envelope or b"").digest()
    bound = sealing.bind(
        "case-entry",
        *(entry.case, entry.seq, entry.at_ms, who, entry.by_name, entry.kind, entry.plain, sealed, before),
    )
    return hashlib.sha256(bound).digest()


def append(
    execute: Execute,
    case: str,
    kind: str,
    *,
    at: datetime,
    by: Who = SERVER,
    plain: Mapping[str, object] | None = None,
    envelope: bytes | None = None,
) -> int:
    """Add an entry as part of the caller's transaction and return its number in the case."""
    row = execute("SELECT last_seq, last_hash FROM cases WHERE id = ?", (case,)).fetchone()
    last_seq, last_hash = row
    words = msgspec.json.encode(dict(plain or {})).decode()
    entry = Link(case, last_seq + 1, to_ms(at), by.staff, by.name, kind, words, envelope, b"")
    made = entry_hash(entry, last_hash)
    execute(
        'INSERT INTO case_entries ("case", seq, at, staff, by_name, kind, plain, envelope, hash)'
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (*entry[:-1], made),
    )
    execute("UPDATE cases SET last_seq = ?, last_hash = ? WHERE id = ?", (entry.seq, made, case))
    return entry.seq


def broken_at(entries: Iterable[Link]) -> int | None:
    """Return the number of the first entry that does not follow from the one before; None if all do."""
    before = FIRST_HASH
    for seq, entry in enumerate(entries, 1):
        if entry.seq != seq or entry.hash != entry_hash(entry, before):
            return seq
        before = entry.hash
    return None
