"""Calls for help: open from the stored record until an adult says that somebody went.

A call is the record a laptop sent; the answer is a line among the looks, which nobody can change. So a call
outlives the login, the laptop's power and this process.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, func, literal_column, select

from server.tables import devices, logins, looks, people, records

ANSWERED = "helped"
_SAME_DAY = timedelta(hours=24)
_IS_CALL: ColumnElement[bool] = literal_column("records.type = 'help-asked'")
"""Written out, not bound: only so does SQLite use the small index of calls."""


class Call(NamedTuple):
    """One login's open call, however often help was pressed since the last answer."""

    device: str
    hostname: str
    room: str
    login: str
    shown: str
    """The name an adult knows, or the account's."""
    asked_at: datetime
    ended: bool
    """The login has ended since."""


def answer_code(login: str) -> str:
    """Return what stands in the looks when somebody went: one code per login."""
    return f"{ANSWERED}:{login}"


def decide_asked_at(said: datetime, received: datetime) -> datetime:
    """Return when help was asked: by the laptop's clock, unless that is absurd. Pure."""
    return said if received - _SAME_DAY <= said <= received else received


def open_calls(
    connection: Connection, *, rooms: Iterable[str] | None = None, device: str | None = None
) -> list[Call]:
    """Return the open calls, oldest first, of these rooms only if any are named."""
    answered = exists().where(
        looks.c.what == func.printf(answer_code("%s"), records.c.login),
        looks.c.device == records.c.device,
        looks.c.at >= records.c.received_at,
    )
    query = (
        select(
            records.c.device,
            devices.c.hostname,
            devices.c.room,
            records.c.login,
            records.c.os_user,
            people.c.display_name,
            records.c.at,
            records.c.received_at,
            logins.c.ended_at,
        )
        .join(devices, devices.c.id == records.c.device)
        .outerjoin(people, (people.c.os_user == records.c.os_user) & (people.c.person == records.c.person))
        .outerjoin(logins, (logins.c.device == records.c.device) & (logins.c.login == records.c.login))
        .where(_IS_CALL, ~answered)
        .order_by(records.c.received_at, records.c.device, records.c.seq)
    )
    if rooms is not None:
        query = query.where(devices.c.room.in_(list(rooms)))
    if device is not None:
        query = query.where(records.c.device == device)
    found: dict[tuple[str, str], Call] = {}
    for row in connection.execute(query):
        call = Call(
            row.device,
            row.hostname,
            row.room,
            row.login,
            row.display_name or row.os_user,
            decide_asked_at(row.at, row.received_at),
            row.ended_at is not None,
        )
        found.setdefault((row.device, row.login), call)
    return list(found.values())


def answered_logins(connection: Connection, asked: Iterable[str]) -> frozenset[str]:
    """Return those of these logins to whom somebody went at least once."""
    codes = {answer_code(login): login for login in asked}
    query = select(looks.c.what).where(looks.c.what.in_(list(codes))).distinct()
    return frozenset(codes[what] for (what,) in connection.execute(query))
