"""Who gave whom which room when: lines are added and read, never changed."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from server.duty_tables import duty_log
from server.errors import NotFound
from server.tables import devices, staff, staff_roles, staff_rooms


class Giver(NamedTuple):
    """Who gives duties; the command line has no account."""

    staff: int | None
    name: str


class Entry(NamedTuple):
    """One line of who gave whom which room."""

    id: int
    at: datetime
    by: str
    name: str
    what: str
    room: str
    from_at: datetime | None
    until: datetime | None
    reason: str


def write(
    connection: Connection,
    by: Giver,
    now: datetime,
    number: int,
    name: str,
    what: str,
    room: str,
    from_at: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
) -> None:
    """Write one line. `what`: cover, cover-ended, room, room-ended or hours."""
    connection.execute(
        insert(duty_log).values(
            at=now,
            by_name=by.name,
            by_staff=by.staff,
            staff=number,
            name=name,
            what=what,
            room=room,
            from_at=from_at,
            until=until,
            reason=reason,
        )
    )


def list_log(
    connection: Connection,
    *,
    by: str | None = None,
    of: int | None = None,
    room: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 200,
) -> list[Entry]:
    """Return who gave whom which room, newest first; `by`: who gave or was given; `of`: an account."""
    query = select(duty_log).order_by(duty_log.c.id.desc()).limit(limit)
    if by is not None:
        query = query.where((duty_log.c.by_name == by) | (duty_log.c.name == by))
    if of is not None:
        query = query.where(duty_log.c.staff == of)
    if room is not None:
        query = query.where(duty_log.c.room == room)
    if since is not None:
        query = query.where(duty_log.c.at >= since)
    if before_id is not None:
        query = query.where(duty_log.c.id < before_id)
    return [
        Entry(
            row.id, row.at, row.by_name, row.name, row.what, row.room, row.from_at, row.until, row.reason
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def name_of(connection: Connection, number: int) -> str:
    """Return an account's display name, closed or not; raise NotFound."""
    name = connection.execute(select(staff.c.display_name).where(staff.c.id == number)).scalar()
    if name is None:
        raise NotFound(f"there is no account number {number}")
    return str(name)


def teaches(connection: Connection, number: int) -> bool:
    """Say whether somebody has the office of a teacher."""
    query = select(staff_roles.c.role).where(staff_roles.c.staff == number, staff_roles.c.role == "teacher")
    return connection.execute(query).first() is not None


def known_rooms(connection: Connection) -> frozenset[str]:
    """Return the rooms that are there: a laptop stands in them, or they are somebody's."""
    query = select(devices.c.room).where(devices.c.state == "active").distinct()
    named = select(staff_rooms.c.room).distinct()
    return frozenset([*connection.execute(query).scalars(), *connection.execute(named).scalars()]) - {""}
