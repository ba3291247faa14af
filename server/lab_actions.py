"""What teachers did in their rooms, line by line. Entries are added and read; nothing here changes one.

The database refuses every change, and forgets only what is older than a year.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select

from server.lab_tables import lab_actions

WORDS_CHARACTERS = 300


class Action(NamedTuple):
    """One thing one adult did."""

    id: int
    at: datetime
    staff: int | None
    by: str
    room: str
    what: str
    device: str
    """If it was for one laptop."""
    devices: int
    """How many laptops were meant; 0: the whole room."""
    login: str
    words: str
    until: datetime | None
    order: str


def write(
    connection: Connection,
    *,
    at: datetime,
    staff: int | None,
    by: str,
    room: str,
    what: str,
    device: str = "",
    devices: int = 0,
    login: str = "",
    words: str = "",
    until: datetime | None = None,
    order: str = "",
) -> None:
    """Note what an adult did, in the same transaction as doing it."""
    connection.execute(
        insert(lab_actions).values(
            at=at,
            staff=staff,
            by_name=by[:120],
            room=room,
            what=what,
            device=device,
            devices=devices,
            login=login,
            words=words[:WORDS_CHARACTERS],
            until=until,
            order_id=order,
        )
    )


def list_actions(
    connection: Connection,
    *,
    room: str | None = None,
    by: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 200,
) -> list[Action]:
    """Return what was done, newest first, narrowed by what is given."""
    query = select(lab_actions).order_by(lab_actions.c.id.desc()).limit(limit)
    if room is not None:
        query = query.where(lab_actions.c.room == room)
    if by is not None:
        query = query.where(lab_actions.c.by_name == by)
    if since is not None:
        query = query.where(lab_actions.c.at >= since)
    if before_id is not None:
        query = query.where(lab_actions.c.id < before_id)
    return [_action(row) for row in connection.execute(query)]


def count_since(connection: Connection, room: str, staff: int | None, since: datetime) -> int:
    """Return how much one adult began in one room since then; an end, or an answer, is never one too many."""
    query = (
        select(func.count())
        .select_from(lab_actions)
        .where(lab_actions.c.room == room, lab_actions.c.at > since, lab_actions.c.staff.is_(staff))
        .where(lab_actions.c.what.not_like("%-ended"), lab_actions.c.what.not_in(("app-yes", "app-no")))
    )
    return connection.execute(query).scalar_one()


def _action(row: Row[Any]) -> Action:
    return Action(
        row.id, row.at, row.staff, row.by_name, row.room, row.what, row.device, row.devices, row.login,
        row.words, row.until, row.order_id,
    )  # fmt: skip
