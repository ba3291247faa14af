"""Parents' consents to one app for their child (R24): written down by the office, told to laptops.

A consent holds until it is taken back; the line stays, crossed out. Which apps need one, the lists say.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from policies.app_rules import key_of
from server.ask_tables import consents
from server.errors import Invalid, NotFound
from server.individual.common import tell_laptops
from server.people_tables import roster

HOWS = ("paper", "meeting", "mail", "phone")
OLDEST = timedelta(days=1100)
MOST_TOLD = 16
"""More apps than this one person can have consents for; a grant carries no more."""


class Consent(NamedTuple):
    """One line of what the office wrote down."""

    id: int
    person: str
    app: str
    given_on: date
    how: str
    at: datetime
    by: str
    taken_back_at: datetime | None
    taken_back_by: str
    taken_back_reason: str

    @property
    def holds(self) -> bool:
        """Say whether it counts."""
        return self.taken_back_at is None


class Standing(NamedTuple):
    """One pupil, and what their parents consented to."""

    person: str
    display_name: str
    year: str
    apps: tuple[str, ...]


def give(
    connection: Connection,
    people: Sequence[str],
    app: str,
    *,
    on: date,
    how: str,
    by: str,
    staff: int | None,
    now: datetime,
) -> int:
    """
    Write down that parents of these pupils consented to this app; return for how many it is new.

    Raises Invalid for a day in the future, a way or an app that is none, and a person who is no pupil here.
    """
    app = app.strip()
    if how not in HOWS:
        raise Invalid(f"how: one of {', '.join(HOWS)}")
    if not app or len(app) > 120 or not app.isprintable():
        raise Invalid("the app: as the list of apps names it, at most 120 letters")
    if not now.astimezone().date() - OLDEST <= on <= now.astimezone().date():
        raise Invalid("the day: not after today, and not more than three years ago")
    wanted = list(dict.fromkeys(people))
    known = set(
        connection.execute(
            select(roster.c.person).where(
                roster.c.person.in_(wanted), roster.c.kind == "pupil", roster.c.left_at.is_(None)
            )
        ).scalars()
    )
    if len(known) != len(wanted):
        raise Invalid("one of them is no pupil who is here")
    has = {person for person, apps in held(connection, wanted).items() if key_of(app) in map(key_of, apps)}
    rows = [
        {
            "person": person,
            "app": app,
            "given_on": on,
            "how": how,
            "at": now,
            "by_name": by[:120],
            "staff": staff,
        }
        for person in wanted
        if person not in has
    ]
    for person, apps in held(connection, wanted).items():
        if person not in has and len(apps) >= MOST_TOLD:
            raise Invalid(f"one of them has {MOST_TOLD} consents already: take one back first")
    if rows:
        connection.execute(insert(consents), rows)
    for row in rows:
        tell_laptops(connection, str(row["person"]), now)
    return len(rows)


def take_back(connection: Connection, number: int, *, reason: str, by: str, now: datetime) -> str:
    """End a consent, or cross out a line; return whose it was. Raises NotFound, Invalid."""
    if not reason.strip():
        raise Invalid("the reason: write a sentence")
    person = connection.execute(select(consents.c.person).where(consents.c.id == number)).scalar()
    done = connection.execute(
        update(consents)
        .where(consents.c.id == number, consents.c.taken_back_at.is_(None))
        .values(taken_back_at=now, taken_back_by=by[:120], taken_back_reason=reason.strip()[:200])
    )
    if done.rowcount != 1 or person is None:
        raise NotFound("there is no such line, or it is taken back already")
    tell_laptops(connection, str(person), now)
    return str(person)


def held(connection: Connection, people: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the apps that hold for each of these people, by name."""
    query = (
        select(consents.c.person, consents.c.app)
        .where(consents.c.person.in_(list(people)), consents.c.taken_back_at.is_(None))
        .order_by(consents.c.app)
    )
    found: dict[str, list[str]] = {}
    for person, app in connection.execute(query):
        found.setdefault(person, []).append(app)
    return {person: tuple(apps[:MOST_TOLD]) for person, apps in found.items()}


def apps_of(connection: Connection, person: str) -> tuple[str, ...]:
    """Return what a laptop is told of one person."""
    return held(connection, [person]).get(person, ())


def lines_of(connection: Connection, person: str) -> list[Consent]:
    """Return everything that was written down of one pupil, newest first."""
    query = select(consents).where(consents.c.person == person).order_by(consents.c.id.desc())
    return [
        Consent(
            row.id,
            row.person,
            row.app,
            row.given_on,
            row.how,
            row.at,
            row.by_name,
            row.taken_back_at,
            row.taken_back_by,
            row.taken_back_reason,
        )
        for row in connection.execute(query)
    ]


def standings(connection: Connection, *, rooms: Iterable[str] | None = None) -> list[Standing]:
    """Return every pupil who is here by class and name, with the apps that hold for them."""
    query = select(roster).where(roster.c.kind == "pupil", roster.c.left_at.is_(None))
    if rooms is not None:
        query = query.where(roster.c.room.in_(sorted(rooms)))
    pupils = connection.execute(query.order_by(roster.c.year, roster.c.display_name, roster.c.person)).all()
    held_by: dict[str, list[str]] = {}
    for person, app in connection.execute(
        select(consents.c.person, consents.c.app).where(consents.c.taken_back_at.is_(None))
    ):
        held_by.setdefault(person, []).append(app)
    return [
        Standing(row.person, row.display_name, row.year, tuple(sorted(held_by.get(row.person, ()))))
        for row in pupils
    ]
