"""Limits for a while: not at all, or only inside some hours; set by a person, with an end (R16).

No report, no record and no count leads here: there is no call from any of them, and a test keeps it so (R44).
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from policies.orders import Restriction
from policies.variants import Window
from server.errors import NotFound
from server.individual.common import By, Refused, clean, clean_reason, tell_laptops
from server.individual_tables import restrictions

MAY_RESTRICT = frozenset({"safeguarding", "head"})
MOST_DAYS = 366
MOST_AT_ONCE = 8


class Limit(NamedTuple):
    """One limit as it stands."""

    id: int
    person: str
    at: datetime
    by_name: str
    until: datetime
    only_in: Window | None
    reason: str
    lifted_at: datetime | None
    lifted_by: str
    lifted_why: str

    def holds(self, now: datetime) -> bool:
        """Say whether it is in force."""
        return self.lifted_at is None and now < self.until


def may_restrict(roles: frozenset[str]) -> bool:
    """Say whether these offices set limits, end them and read why."""
    return bool(roles & MAY_RESTRICT)


def restrict(
    connection: Connection,
    person: str,
    *,
    until: datetime,
    only_in: Window | None,
    reason: str,
    by: By,
    now: datetime,
) -> int:
    """Set a limit from now on. Raises Invalid."""
    if not by.name.strip():
        raise Refused("person", "a limit is set by a person, under their name")
    if not now < until <= now + timedelta(days=MOST_DAYS):
        raise Refused("day", f"the end: choose a day from today on, at most {MOST_DAYS} days away")
    if len([each for each in limits_of(connection, person) if each.holds(now)]) >= MOST_AT_ONCE:
        raise Refused("many", f"{MOST_AT_ONCE} limits hold for this person already: end one first")
    made = connection.execute(
        insert(restrictions).values(
            person=person,
            at=now,
            staff=by.staff,
            by_name=by.name,
            until=until,
            only_in=msgspec.json.encode(only_in).decode() if only_in else None,
            reason=clean_reason(reason),
        )
    )
    tell_laptops(connection, person, now)
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def lift(connection: Connection, number: int, *, person: str, why: str, by: By, now: datetime) -> None:
    """End a limit before its time. Raises NotFound if it does not hold."""
    found = next((each for each in limits_of(connection, person) if each.id == number), None)
    if found is None or not found.holds(now):
        raise NotFound("there is no such limit, or it has ended")
    connection.execute(
        update(restrictions)
        .where(restrictions.c.id == number)
        .values(
            lifted_at=now,
            lifted_by=by.name,
            lifted_why=clean(why, "why", "why it ends", least=3, most=400),
        )
    )
    tell_laptops(connection, person, now)


def limits_of(connection: Connection, person: str) -> list[Limit]:
    """Return every limit this person ever had, newest first."""
    query = select(restrictions).where(restrictions.c.person == person).order_by(restrictions.c.id.desc())
    return [_limit(row) for row in connection.execute(query)]


def in_force(connection: Connection, now: datetime) -> list[Limit]:
    """Return every limit that holds, the one that ends first in front."""
    query = (
        select(restrictions)
        .where(restrictions.c.until > now, restrictions.c.lifted_at.is_(None))
        .order_by(restrictions.c.until)
    )
    return [_limit(row) for row in connection.execute(query)]


def orders_of(limits: list[Limit], now: datetime) -> tuple[Restriction, ...]:
    """Return what a laptop is told: ends and hours, no reason."""
    held = [each for each in limits if each.holds(now)]
    return tuple(Restriction(until=each.until, only_in=each.only_in) for each in held[:MOST_AT_ONCE])


def _limit(row: Row[Any]) -> Limit:
    given = {name: row._mapping[name] for name in Limit._fields}
    given["only_in"] = msgspec.json.decode(row.only_in, type=Window) if row.only_in else None
    return Limit(**given)
