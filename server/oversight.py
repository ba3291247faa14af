"""Who looked at what. Entries are added and read; nothing here changes or removes one."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, or_, select

from server.tables import looks

KINDS = (
    "lab",
    "devices",
    "device",
    "media",
    "agreements",
    "agreements-print",
    "agreements-csv",
    "person",
    "oversight",
)
"""What can be looked at; pages have the words."""


class LookEntry(NamedTuple):
    """One look by one adult."""

    id: int
    at: datetime
    by: str
    what: str
    room: str
    person: str
    device: str


def write_look(
    connection: Connection,
    *,
    at: datetime,
    staff: int | None,
    by: str,
    what: str,
    room: str = "",
    person: str = "",
    device: str = "",
) -> None:
    """Note that an adult looked, before what they asked for is shown. `what` is one of KINDS."""
    connection.execute(
        insert(looks).values(
            at=at, staff=staff, by_name=by, what=what, room=room, person=person, device=device
        )
    )


def list_looks(
    connection: Connection,
    *,
    by: str | None = None,
    room: str | None = None,
    person: str | None = None,
    since: datetime | None = None,
    limit: int = 200,
    before_id: int | None = None,
) -> list[LookEntry]:
    """Return looks, newest first, narrowed by what is given."""
    query = select(looks).order_by(looks.c.id.desc()).limit(limit)
    for column, wanted in ((looks.c.by_name, by), (looks.c.room, room), (looks.c.person, person)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(looks.c.at >= since)
    if before_id is not None:
        query = query.where(looks.c.id < before_id)
    return [_entry(row) for row in connection.execute(query)]


def looks_at(connection: Connection, person: str | None, room: str, since: datetime) -> list[LookEntry]:
    """Return looks at this person or at this room's lab since then, newest first (the pupil's own view)."""
    at_room = (looks.c.room == room) & (looks.c.what == "lab") & (looks.c.room != "")
    about = or_(at_room, (looks.c.person == person) & (looks.c.person != "")) if person else at_room
    query = select(looks).where(about, looks.c.at >= since).order_by(looks.c.id.desc()).limit(100)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> LookEntry:
    return LookEntry(row.id, row.at, row.by_name, row.what, row.room, row.person, row.device)
