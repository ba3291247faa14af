"""After something serious: not let in before a meeting is recorded; then the agreement is asked anew (R10).

What blocks is a person's demand; what clears it is another entry by an adult, and then the pupil's own
acceptance. An acceptance given before the meeting was recorded does not count, wherever it was given.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from server.errors import NotFound
from server.individual.common import By, Refused, clean, clean_reason, tell_laptops
from server.individual_tables import resigns

MAY_DEMAND = frozenset({"safeguarding", "head"})
MAY_RECORD = frozenset({"safeguarding", "head", "teacher"})
"""A teacher only for the people of their own rooms; the page sees to that."""


class Resign(NamedTuple):
    """One demand and how it stands."""

    id: int
    person: str
    at: datetime
    by_name: str
    reason: str
    met_on: date | None
    met_with: str
    met_at: datetime | None
    met_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_why: str

    @property
    def waits(self) -> bool:
        """Say whether the meeting is still to come."""
        return self.met_at is None and self.withdrawn_at is None


def demand(connection: Connection, person: str, *, reason: str, by: By, now: datetime) -> int:
    """Let this person in only after a meeting. Raises Invalid if that is so already."""
    if waiting_of(connection, person) is not None:
        raise Refused("waits", "a meeting is waited for already")
    made = connection.execute(
        insert(resigns).values(
            person=person, at=now, staff=by.staff, by_name=by.name, reason=clean_reason(reason)
        )
    )
    tell_laptops(connection, person, now)
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def record_meeting(
    connection: Connection, person: str, *, met_on: date, met_with: str, by: By, now: datetime
) -> None:
    """Record that the meeting was held: from now on the agreement is asked anew. Raises NotFound, Invalid."""
    waiting = waiting_of(connection, person)
    if waiting is None:
        raise NotFound("no meeting is waited for")
    if not waiting.at.astimezone().date() <= met_on <= now.astimezone().date():
        raise Refused("day", "the day of the meeting lies between the demand and today")
    connection.execute(
        update(resigns)
        .where(resigns.c.id == waiting.id)
        .values(
            met_on=met_on,
            met_with=clean(met_with, "with", "with whom", least=2, most=200),
            met_at=now,
            met_by=by.name,
        )
    )
    tell_laptops(connection, person, now)


def withdraw(connection: Connection, person: str, *, why: str, by: By, now: datetime) -> None:
    """Take a demand back: it was a mistake. Nothing is asked anew. Raises NotFound."""
    waiting = waiting_of(connection, person)
    if waiting is None:
        raise NotFound("no meeting is waited for")
    connection.execute(
        update(resigns)
        .where(resigns.c.id == waiting.id)
        .values(
            withdrawn_at=now,
            withdrawn_by=by.name,
            withdrawn_why=clean(why, "why", "why it is taken back", least=3, most=400),
        )
    )
    tell_laptops(connection, person, now)


def history(connection: Connection, person: str) -> list[Resign]:
    """Return every demand there ever was for this person, newest first."""
    query = select(resigns).where(resigns.c.person == person).order_by(resigns.c.id.desc())
    return [_resign(row) for row in connection.execute(query)]


def waiting_of(connection: Connection, person: str) -> Resign | None:
    """Return the demand whose meeting is still to come."""
    return next((each for each in history(connection, person) if each.waits), None)


def waiting(connection: Connection) -> list[Resign]:
    """Return every demand whose meeting is still to come, oldest first."""
    query = (
        select(resigns)
        .where(resigns.c.met_at.is_(None), resigns.c.withdrawn_at.is_(None))
        .order_by(resigns.c.id)
    )
    return [_resign(row) for row in connection.execute(query)]


def accept_after(connection: Connection, person: str) -> datetime | None:
    """Return the moment before which acceptances count no longer."""
    query = select(func.max(resigns.c.met_at)).where(resigns.c.person == person)
    return connection.execute(query).scalar()


def all_accept_after(connection: Connection) -> dict[str, datetime]:
    """Return the same for everybody of whom there is one."""
    query = (
        select(resigns.c.person, func.max(resigns.c.met_at).label("after"))
        .where(resigns.c.met_at.is_not(None))
        .group_by(resigns.c.person)
    )
    return {row.person: row.after for row in connection.execute(query)}


def _resign(row: Row[Any]) -> Resign:
    return Resign(**{name: row._mapping[name] for name in Resign._fields})
