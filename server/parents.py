"""Parents have the agreement on paper and say so; the office writes it down, and sees who is lacking (R12).

An acknowledgement counts for the school year it was given in and for the tier it was given for: the same days
on which the gate asks the pupil anew (R9). A newer text within the year does not send 600 letters home again;
it is said beside the name.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from server import agreements
from server.errors import Invalid, NotFound
from server.people_tables import parents_copies, roster

HOWS = ("paper", "meeting", "mail", "phone")
OLDEST = timedelta(days=400)


class Standing(NamedTuple):
    """One pupil, and how their parents' copy stands."""

    person: str
    display_name: str
    tier: str
    room: str
    year: str
    acknowledged_on: date | None
    """The newest acknowledgement, whether it still counts or not."""
    how: str
    version: int
    counts: bool
    newer_text: bool
    """It counts, and the text has changed since."""


class Acknowledged(NamedTuple):
    """One line of what the office wrote down."""

    id: int
    acknowledged_on: date
    how: str
    tier: str
    version: int
    at: datetime
    by: str
    taken_back_at: datetime | None
    taken_back_by: str


def decide_counts(acknowledged_on: date | None, its_tier: str, tier: str, year_began: date) -> bool:
    """Say whether an acknowledgement still counts. Pure."""
    return acknowledged_on is not None and its_tier == tier and acknowledged_on >= year_began


def acknowledge(
    connection: Connection,
    people: Sequence[str],
    *,
    on: date,
    how: str,
    by: str,
    staff: int | None,
    now: datetime,
) -> int:
    """Write down that these pupils' parents acknowledged their copy; return of how many. Raises Invalid."""
    today = now.astimezone().date()
    if how not in HOWS:
        raise Invalid(f"how: one of {', '.join(HOWS)}")
    if not today - OLDEST <= on <= today:
        raise Invalid("the day: not after today, and not more than 400 days ago")
    versions = agreements.current_versions(connection)
    found = connection.execute(
        select(roster.c.person, roster.c.tier).where(
            roster.c.person.in_(list(people)), roster.c.kind == "pupil", roster.c.left_at.is_(None)
        )
    ).all()
    if len(found) != len(set(people)):
        raise Invalid("one of them is no pupil who is here")
    rows = [
        {
            "person": row.person,
            "tier": row.tier,
            "version": versions.get(row.tier, 1),
            "acknowledged_on": on,
            "how": how,
            "at": now,
            "by_name": by[:120],
            "staff": staff,
        }
        for row in found
    ]
    if rows:
        connection.execute(insert(parents_copies), rows)
    return len(rows)


def take_back(connection: Connection, number: int, *, by: str, now: datetime) -> None:
    """Say that a line was written by mistake; it stays, crossed out. Raises NotFound."""
    done = connection.execute(
        update(parents_copies)
        .where(parents_copies.c.id == number, parents_copies.c.taken_back_at.is_(None))
        .values(taken_back_at=now, taken_back_by=by[:120])
    )
    if done.rowcount != 1:
        raise NotFound("there is no such line, or it is taken back already")


def standings(
    connection: Connection, year_began: date, *, rooms: Collection[str] | None = None
) -> list[Standing]:
    """Return every pupil who is here by class and name, with how their parents' copy stands."""
    versions = agreements.current_versions(connection)
    newest = {}
    lines = select(parents_copies).where(parents_copies.c.taken_back_at.is_(None))
    for row in connection.execute(lines.order_by(parents_copies.c.acknowledged_on, parents_copies.c.id)):
        newest[row.person] = row
    query = select(roster).where(roster.c.kind == "pupil", roster.c.left_at.is_(None))
    if rooms is not None:
        query = query.where(roster.c.room.in_(sorted(rooms)))
    found = []
    for pupil in connection.execute(query.order_by(roster.c.year, roster.c.display_name, roster.c.person)):
        line = newest.get(pupil.person)
        on = line.acknowledged_on if line else None
        counts = decide_counts(on, line.tier if line else "", pupil.tier, year_began)
        version = line.version if line else 0
        found.append(
            Standing(
                pupil.person,
                pupil.display_name,
                pupil.tier,
                pupil.room,
                pupil.year,
                on,
                line.how if line else "",
                version,
                counts,
                counts and version < versions.get(pupil.tier, 1),
            )
        )
    return found


def lines_of(connection: Connection, person: str) -> list[Acknowledged]:
    """Return what was written down of one pupil, newest first."""
    query = select(parents_copies).where(parents_copies.c.person == person)
    return [
        Acknowledged(
            row.id,
            row.acknowledged_on,
            row.how,
            row.tier,
            row.version,
            row.at,
            row.by_name,
            row.taken_back_at,
            row.taken_back_by,
        )
        for row in connection.execute(query.order_by(parents_copies.c.id.desc()))
    ]
