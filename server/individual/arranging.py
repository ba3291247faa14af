"""Private arrangements: what one person needs otherwise, without anybody seeing why (R5).

The newest entry of a person holds until its last day. Only the offices that set it read its reason; a teacher
sees that it works; the laptop gets the values and nothing else, and no screen marks the child.
"""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, get_args

import msgspec
from sqlalchemy import Connection, Row, func, insert, select

from policies.orders import Arrangement
from policies.settings import Language, Tier
from server.errors import NotFound
from server.individual.common import By, Refused, clean_reason, tell_laptops
from server.individual_tables import arrangements

MAY_ARRANGE = frozenset({"safeguarding", "head"})
MOST_DAYS = 400


class Wish(NamedTuple):
    """What is to be otherwise; None is as for everybody."""

    tier: Tier | None = None
    language: Language | None = None
    idle_after_seconds: int | None = None
    answer_within_seconds: int | None = None
    text_scale_percent: int = 100
    reads_aloud: bool = False


class Entry(NamedTuple):
    """One entry of a person's history."""

    id: int
    person: str
    at: datetime
    by_name: str
    until_day: date
    wish: Wish
    reason: str
    ended: bool


def may_arrange(roles: frozenset[str]) -> bool:
    """Say whether these offices set arrangements and read their reasons."""
    return bool(roles & MAY_ARRANGE)


def arrange(
    connection: Connection, person: str, wish: Wish, *, until_day: date, reason: str, by: By, now: datetime
) -> int:
    """Set an arrangement from now on; it replaces the one before. Raises Invalid."""
    today = now.astimezone().date()
    if wish == Wish():
        raise Refused("nothing", "nothing is otherwise: choose at least one thing, or end the arrangement")
    if not today <= until_day <= today + timedelta(days=MOST_DAYS):
        raise Refused("day", f"the last day: choose one from today on, at most {MOST_DAYS} days away")
    for value, allowed in ((wish.tier, get_args(Tier)), (wish.language, get_args(Language))):
        if value is not None and value not in allowed:
            raise Refused("value", f"{value!r} is none of {', '.join(allowed)}")
    _order_of(wish)
    return _add(connection, person, wish, until_day, clean_reason(reason), by, now, ended=False)


def end(connection: Connection, person: str, *, reason: str, by: By, now: datetime) -> None:
    """End what holds. Raises NotFound if nothing does."""
    current = current_of(connection, person, now.astimezone().date())
    if current is None:
        raise NotFound("there is no arrangement that could end")
    _add(connection, person, Wish(), now.astimezone().date(), clean_reason(reason), by, now, ended=True)


def _add(
    connection: Connection,
    person: str,
    wish: Wish,
    until_day: date,
    reason: str,
    by: By,
    now: datetime,
    *,
    ended: bool,
) -> int:
    made = connection.execute(
        insert(arrangements).values(
            person=person,
            at=now,
            staff=by.staff,
            by_name=by.name,
            until_day=until_day,
            reason=reason,
            ended=ended,
            **wish._asdict(),
        )
    )
    tell_laptops(connection, person, now)
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def _order_of(wish: Wish) -> Arrangement:
    given = {name: getattr(wish, name) for name in Arrangement.__struct_fields__}
    try:
        return msgspec.convert(given, Arrangement)
    except msgspec.ValidationError as problem:
        raise Refused("value", str(problem)) from problem


def history(connection: Connection, person: str) -> list[Entry]:
    """Return everything that was ever set for this person, newest first."""
    query = select(arrangements).where(arrangements.c.person == person).order_by(arrangements.c.id.desc())
    return [_entry(row) for row in connection.execute(query)]


def current_of(connection: Connection, person: str, today: date) -> Entry | None:
    """Return what holds for this person today, if anything does."""
    query = (
        select(arrangements)
        .where(arrangements.c.person == person)
        .order_by(arrangements.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _entry(row) if row is not None and not row.ended and today <= row.until_day else None


def current(connection: Connection, today: date) -> list[Entry]:
    """Return every arrangement that holds today."""
    newest = select(func.max(arrangements.c.id)).group_by(arrangements.c.person)
    query = select(arrangements).where(
        arrangements.c.id.in_(newest), arrangements.c.until_day >= today, arrangements.c.ended.is_(False)
    )
    return [_entry(row) for row in connection.execute(query)]


def overrides(connection: Connection, today: date) -> dict[str, tuple[Tier | None, Language | None]]:
    """Return whose tier or language is otherwise today: lists have to count with the same as the gate."""
    found = {entry.person: (entry.wish.tier, entry.wish.language) for entry in current(connection, today)}
    return {person: both for person, both in found.items() if both != (None, None)}


def order_of(entry: Entry | None) -> Arrangement | None:
    """Return what a laptop is told: values, no reason, no name."""
    if entry is None:
        return None
    order = _order_of(entry.wish)
    return None if order == Arrangement() else order


def _entry(row: Row[Any]) -> Entry:
    wish = Wish(**{name: row._mapping[name] for name in Wish._fields})
    return Entry(row.id, row.person, row.at, row.by_name, row.until_day, wish, row.reason, row.ended)
