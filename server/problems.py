"""Broken things and virus warnings that people told of: plain, for whoever keeps the laptops."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from server.errors import NotFound
from server.report_tables import problems
from server.tables import devices, people


class Problem(NamedTuple):
    """Something is broken, somebody said."""

    device: str
    stream: str
    seq: int
    hostname: str
    room: str
    at: datetime
    received_at: datetime
    os_user: str
    person: str | None
    display_name: str
    kind: str
    words: str
    done_at: datetime | None
    done_by: str


def list_problems(
    connection: Connection, *, open_only: bool = False, device: str | None = None, limit: int = 200
) -> list[Problem]:
    """Return problems, open ones first, newest first."""
    query: Any = (
        select(
            problems,
            devices.c.hostname,
            devices.c.room,
            func.coalesce(people.c.display_name, "").label("display_name"),
        )
        .join(devices, devices.c.id == problems.c.device)
        .outerjoin(people, people.c.os_user == problems.c.os_user)
        .order_by(problems.c.done_at.is_not(None), problems.c.received_at.desc(), problems.c.seq.desc())
        .limit(limit)
    )
    if open_only:
        query = query.where(problems.c.done_at.is_(None))
    if device is not None:
        query = query.where(problems.c.device == device)
    return [
        Problem(**{name: row._mapping[name] for name in Problem._fields}) for row in connection.execute(query)
    ]


def count_open(connection: Connection) -> int:
    """Return how many nobody has dealt with."""
    query = select(func.count()).select_from(problems).where(problems.c.done_at.is_(None))
    return connection.execute(query).scalar_one()


def settle(connection: Connection, device: str, stream: str, seq: int, by: str, now: datetime) -> None:
    """Say that it is dealt with; the first word stands. Raises NotFound."""
    there = (problems.c.device == device, problems.c.stream == stream, problems.c.seq == seq)
    if connection.execute(select(problems.c.seq).where(*there)).first() is None:
        raise NotFound("there is no such problem")
    connection.execute(
        update(problems).where(*there, problems.c.done_at.is_(None)).values(done_at=now, done_by=by)
    )
