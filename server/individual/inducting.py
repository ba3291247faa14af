"""Who had the lesson about safety, and when: for a whole class at once or for one pupil (R11)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from server.individual.common import By, Refused, tell_laptops
from server.individual_tables import inductions

MAY_INDUCT = frozenset({"teacher", "safeguarding", "head"})
"""A teacher only for the people of their own rooms; the page sees to that."""
PUPILS = frozenset({"early", "junior", "teen"})
"""Tiers that are asked for the lesson."""


class Induction(NamedTuple):
    """One entry."""

    person: str
    held_on: date | None
    """None: the date was taken away."""
    at: datetime
    by_name: str


def record(
    connection: Connection, people: Iterable[str], *, held_on: date | None, by: By, now: datetime
) -> int:
    """Record the lesson's day for these people, or take it away; return for how many that is news."""
    if held_on is not None and held_on > now.astimezone().date():
        raise Refused("day", "the day of the lesson: it may not lie ahead")
    before = dates(connection)
    changed = [person for person in dict.fromkeys(people) if before.get(person) != held_on]
    for person in changed:
        connection.execute(
            insert(inductions).values(person=person, held_on=held_on, at=now, staff=by.staff, by_name=by.name)
        )
        tell_laptops(connection, person, now)
    return len(changed)


def dates(connection: Connection) -> dict[str, date]:
    """Return everybody's day of the lesson, of those who had it."""
    newest = select(func.max(inductions.c.id)).group_by(inductions.c.person)
    query = select(inductions).where(inductions.c.id.in_(newest), inductions.c.held_on.is_not(None))
    return {row.person: row.held_on for row in connection.execute(query)}


def date_of(connection: Connection, person: str) -> date | None:
    """Return one person's day of the lesson."""
    newest = history(connection, person)[:1]
    return newest[0].held_on if newest else None


def history(connection: Connection, person: str) -> list[Induction]:
    """Return what was ever recorded of this person's lesson, newest first."""
    query = select(inductions).where(inductions.c.person == person).order_by(inductions.c.id.desc())
    return [Induction(row.person, row.held_on, row.at, row.by_name) for row in connection.execute(query)]
