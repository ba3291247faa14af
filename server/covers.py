"""Covers: a room that is a teacher's for a while, given by somebody else with a reason."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from server import changes, duty_log
from server.duty_log import Giver
from server.duty_tables import cover_grants
from server.errors import Invalid, NotFound

LONGEST_COVER = timedelta(days=31)
EARLIEST_COVER = timedelta(days=366)
"""No cover begins later than this."""
MOST_COVERS = 20
"""That one adult has open at a time."""


LATELY = timedelta(days=1)
"""So long somebody is told that their cover has ended, and asking for the room again is no try."""


class Ended(NamedTuple):
    """A cover that is over."""

    room: str
    at: datetime


class Cover(NamedTuple):
    """A room that is somebody's for a while."""

    id: int
    staff: int
    name: str
    room: str
    from_at: datetime
    until: datetime
    reason: str
    at: datetime
    by: str
    ended_at: datetime | None
    ended_by: str


def give_cover(
    connection: Connection,
    number: int,
    room: str,
    *,
    from_at: datetime,
    until: datetime,
    reason: str,
    by: Giver,
    now: datetime,
) -> int:
    """
    Give a teacher a room for a while and return the grant's number. Raises Invalid.

    Nobody gives a cover to themselves: that another adult knows of it is the point.
    """
    name, reason = duty_log.name_of(connection, number), " ".join(reason.split())
    if by.staff == number:
        raise Invalid("somebody else gives you a cover")
    if not duty_log.teaches(connection, number):
        raise Invalid(f"{name} has not the office of a teacher; give it to them first")
    if room not in duty_log.known_rooms(connection):
        raise Invalid(f"there is no laptop in a room {room!r}")
    if not 3 <= len(reason) <= 400 or not reason.isprintable():
        raise Invalid("write why, in 3 to 400 visible characters")
    if until <= max(now, from_at):
        raise Invalid("a cover ends after it begins, and in the future")
    if until - from_at > LONGEST_COVER or from_at - now > EARLIEST_COVER:
        raise Invalid(f"a cover lasts at most {LONGEST_COVER.days} days")
    if len(list_covers(connection, now, number)) >= MOST_COVERS:
        raise Invalid(f"{name} has {MOST_COVERS} covers already; end one first")
    made = connection.execute(
        insert(cover_grants).values(
            staff=number,
            name=name,
            room=room,
            from_at=from_at,
            until=until,
            reason=reason,
            at=now,
            by_name=by.name,
            by_staff=by.staff,
        )
    )
    assert made.inserted_primary_key is not None
    duty_log.write(connection, by, now, number, name, "cover", room, from_at, until, reason)
    changes.bump(connection, changes.STAFF)
    return int(made.inserted_primary_key[0])


def end_cover(connection: Connection, grant: int, *, by: Giver, now: datetime) -> Cover:
    """End a cover at once; ended already is no error. Raises NotFound."""
    row = connection.execute(select(cover_grants).where(cover_grants.c.id == grant)).first()
    if row is None:
        raise NotFound(f"there is no cover number {grant}")
    if row.ended_at is None and row.until > now:
        connection.execute(
            update(cover_grants).where(cover_grants.c.id == grant).values(ended_at=now, ended_by=by.name)
        )
        duty_log.write(connection, by, now, row.staff, row.name, "cover-ended", row.room)
        changes.bump(connection, changes.STAFF)
    row = connection.execute(select(cover_grants).where(cover_grants.c.id == grant)).one()
    return _cover(row)


def list_covers(
    connection: Connection, now: datetime, number: int | None = None, *, room: str | None = None
) -> list[Cover]:
    """Return covers that hold or are still to come, the next first; of one adult or room if one is named."""
    query = (
        select(cover_grants)
        .where(cover_grants.c.until > now, cover_grants.c.ended_at.is_(None))
        .order_by(cover_grants.c.from_at, cover_grants.c.id)
    )
    if number is not None:
        query = query.where(cover_grants.c.staff == number)
    if room is not None:
        query = query.where(cover_grants.c.room == room)
    return [_cover(row) for row in connection.execute(query)]


def list_ended(connection: Connection, now: datetime, number: int) -> list[Ended]:
    """Return the rooms whose cover by this adult ended within a day and holds no more, the last first."""
    query = select(cover_grants).where(
        cover_grants.c.staff == number, cover_grants.c.from_at <= now, cover_grants.c.until > now - LATELY
    )
    return decide_ended([_cover(row) for row in connection.execute(query)], now)


def decide_ended(given: list[Cover], now: datetime) -> list[Ended]:
    """Return those that have been and are over for less than a day, one for each room. Pure."""
    ends: dict[str, datetime] = {}
    for each in given:
        end = each.until if each.ended_at is None else min(each.until, each.ended_at)
        if each.from_at < end:
            ends[each.room] = max(end, ends.get(each.room, end))
    found = [Ended(room, end) for room, end in ends.items() if now - LATELY < end <= now]
    return sorted(found, key=lambda each: each.at, reverse=True)


def list_all(connection: Connection, limit: int = 1000) -> list[Cover]:
    """Return covers whether or not they are over, the last given first."""
    query = select(cover_grants).order_by(cover_grants.c.id.desc()).limit(limit)
    return [_cover(row) for row in connection.execute(query)]


def _cover(row: Row[Any]) -> Cover:
    return Cover(
        row.id,
        row.staff,
        row.name,
        row.room,
        row.from_at,
        row.until,
        row.reason,
        row.at,
        row.by_name,
        row.ended_at,
        row.ended_by,
    )
