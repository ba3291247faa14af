"""The signed lists of officers as they were published: the newest goes to every laptop in the policy."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select

from policies.officers import OfficersList, RootChange, SignedOfficers
from server.report_tables import ceremonies, officers_lists

_changes = msgspec.json.Decoder(tuple[RootChange, ...])
_list = msgspec.json.Decoder(OfficersList)


class Published(NamedTuple):
    """One list."""

    signed: SignedOfficers
    listed: OfficersList
    root_box: bytes | None
    published_at: datetime
    by_name: str


def newest(connection: Connection) -> Published | None:
    """Return the list in force, if there ever was one."""
    row = connection.execute(select(officers_lists).order_by(officers_lists.c.seq.desc()).limit(1)).first()
    return None if row is None else _published(row)


def every(connection: Connection) -> list[Published]:
    """Return all lists, newest first."""
    query = select(officers_lists).order_by(officers_lists.c.seq.desc())
    return [_published(row) for row in connection.execute(query)]


def numbered(connection: Connection, seq: int) -> Published | None:
    """Return the list with this number."""
    row = connection.execute(select(officers_lists).where(officers_lists.c.seq == seq)).first()
    return None if row is None else _published(row)


def keep(
    connection: Connection,
    signed: SignedOfficers,
    seq: int,
    *,
    root_box: bytes | None,
    staff: int | None,
    by: str,
    now: datetime,
) -> None:
    """Store a list that was checked."""
    connection.execute(
        insert(officers_lists).values(
            seq=seq,
            list=signed.list,
            signature=signed.signature,
            root=signed.root,
            changes=msgspec.json.encode(signed.changes).decode(),
            root_box=root_box,
            published_at=now,
            staff=staff,
            by_name=by,
        )
    )


def note_ceremony(
    connection: Connection, what: str, *, staff: int | None, by: str, now: datetime, note: str = ""
) -> None:
    """Write what was done about keys; nobody removes it."""
    connection.execute(insert(ceremonies).values(at=now, staff=staff, by_name=by, what=what, note=note[:200]))


def _published(row: Row[Any]) -> Published:
    signed = SignedOfficers(
        list=row.list, signature=row.signature, root=row.root, changes=_changes.decode(row.changes)
    )
    return Published(signed, _list.decode(row.list), row.root_box, row.published_at, row.by_name)
