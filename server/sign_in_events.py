"""What changed about how somebody signs in, and what the head has to hear of at once."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select, update

from server.sign_in_tables import sign_in_events
from server.tables import staff, staff_roles

What = Literal[
    "break-glass-used",
    "break-glass-sealed",
    "code-guessing",
    "password-known",
    "password-made",
    "invited",
    "invitation-used",
    "second-step-set",
    "second-step-removed",
    "second-step-reset",
    "recovery-used",
    "sessions-ended",
    "provider-linked",
    "provider-unlinked",
    "token-made",
    "token-ended",
]
TOLD: frozenset[str] = frozenset({"break-glass-used", "code-guessing"})
"""Sent to the head outside the pages, too."""
MOST_TRIES = 12


class Event(NamedTuple):
    """One entry."""

    id: int
    at: datetime
    staff: int
    name: str
    what: str
    by: str
    address: str


def write(
    connection: Connection,
    *,
    at: datetime,
    staff_id: int,
    name: str,
    what: What,
    by: str = "",
    address: str = "",
) -> None:
    """Keep one entry."""
    connection.execute(
        insert(sign_in_events).values(
            at=at,
            staff=staff_id,
            name=name[:120],
            what=what,
            by_name=by[:200],
            address=address[:64],
            told="waiting" if what in TOLD else "no",
        )
    )


def list_events(
    connection: Connection, *, since: datetime, staff_id: int | None = None, most: int = 200
) -> list[Event]:
    """Return entries, newest first; of one account if it is named."""
    query = select(sign_in_events).where(sign_in_events.c.at >= since)
    if staff_id is not None:
        query = query.where(sign_in_events.c.staff == staff_id)
    query = query.order_by(sign_in_events.c.id.desc()).limit(most)
    return [
        Event(row.id, row.at, row.staff, row.name, row.what, row.by_name, row.address)
        for row in connection.execute(query)
    ]


def has_recent(connection: Connection, what: What, staff_id: int, since: datetime) -> bool:
    """Say whether this happened to this account since then."""
    query = select(sign_in_events.c.id).where(
        sign_in_events.c.what == what, sign_in_events.c.staff == staff_id, sign_in_events.c.at >= since
    )
    return connection.execute(query.limit(1)).first() is not None


def list_waiting(connection: Connection) -> list[Event]:
    """Return what the head was not told yet."""
    query = select(sign_in_events).where(sign_in_events.c.told == "waiting").order_by(sign_in_events.c.id)
    return [
        Event(row.id, row.at, row.staff, row.name, row.what, row.by_name, row.address)
        for row in connection.execute(query.limit(20))
    ]


def heads(connection: Connection) -> list[tuple[str, str]]:
    """Return sign-in name and language of every head."""
    query = (
        select(staff.c.name, staff.c.language)
        .join(staff_roles, staff_roles.c.staff == staff.c.id)
        .where(staff_roles.c.role == "head", staff.c.active)
    )
    return [(row.name, row.language) for row in connection.execute(query)]


def note_told(connection: Connection, number: int, *, arrived: bool) -> None:
    """Write what became of telling; after an hour of tries it stays on the pages alone."""
    row = connection.execute(select(sign_in_events).where(sign_in_events.c.id == number)).one()
    state = "sent" if arrived else ("failed" if row.tries + 1 >= MOST_TRIES else "waiting")
    connection.execute(
        update(sign_in_events)
        .where(sign_in_events.c.id == number)
        .values(told=state, tries=sign_in_events.c.tries + 1)
    )


RECENT = timedelta(days=30)
