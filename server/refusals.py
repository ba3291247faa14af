"""Teachers who asked for a room by its address and were refused, counted by day for Oversight (R38)."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from server import duties, duty_log
from server.duty_tables import room_refusals

MOST_ROOMS = 20
"""Named for one adult and day; further ones are counted under the empty name."""
Why = Literal["not-yours", "not-now"]


class Refusal(NamedTuple):
    """How often one adult asked for one room that was not theirs, on one day."""

    id: int
    by: str
    room: str
    why: Why
    times: int
    first_at: datetime
    last_at: datetime


def note_refusal(connection: Connection, number: int, by: str, room: str, now: datetime) -> None:
    """Count that an adult asked for a room that is not theirs now. A room that is not there has no name."""
    known = room in duty_log.known_rooms(connection)
    why: Why = "not-now" if room in duties.rooms_of(connection, number) else "not-yours"
    day, shown = now.astimezone().date(), room if known else ""
    named = select(room_refusals.c.id).where(
        room_refusals.c.staff == number, room_refusals.c.day == day, room_refusals.c.room != ""
    )
    if len(connection.execute(named).all()) >= MOST_ROOMS and not _was_refused(
        connection, number, day, shown
    ):
        shown = ""
    fresh = upsert(room_refusals).values(
        staff=number, by_name=by, room=shown, day=day, why=why, times=1, first_at=now, last_at=now
    )
    connection.execute(
        fresh.on_conflict_do_update(
            index_elements=["staff", "day", "room"],
            set_={"times": room_refusals.c.times + 1, "last_at": now, "why": why},
        )
    )


def list_refusals(
    connection: Connection,
    *,
    by: str | None = None,
    room: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 200,
) -> list[Refusal]:
    """Return refusals, newest first."""
    query = select(room_refusals).order_by(room_refusals.c.id.desc()).limit(limit)
    for column, wanted in ((room_refusals.c.by_name, by), (room_refusals.c.room, room)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(room_refusals.c.last_at >= since)
    if before_id is not None:
        query = query.where(room_refusals.c.id < before_id)
    return [
        Refusal(row.id, row.by_name, row.room, row.why, row.times, row.first_at, row.last_at)
        for row in connection.execute(query)
    ]


def _was_refused(connection: Connection, number: int, day: date, room: str) -> bool:
    query = select(room_refusals.c.id).where(
        room_refusals.c.staff == number, room_refusals.c.day == day, room_refusals.c.room == room
    )
    return connection.execute(query).first() is not None
