"""Who may log in on a laptop: OS user name → person, tier, language, room, year.

Each row is one account; whose they are, and everybody who was ever listed, stands in `server.roster`. A
leaver's account keeps its row with an end, so that their name stays beside what they did.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, Row, func, select

from policies.settings import Language, Tier
from server import spreadsheets
from server.errors import Invalid
from server.people_tables import roster
from server.roster import store
from server.roster.comparing import decide_diff
from server.roster.entries import Entry, kind_of
from server.tables import people

COLUMNS = ("os_user", "person", "display_name", "tier", "language", "room", "year")
MAX_PEOPLE = 100_000
Text = Annotated[str, Meta(max_length=200)]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One account and whose it is."""

    os_user: Annotated[str, Meta(min_length=1, max_length=200)]
    person: Annotated[str, Meta(min_length=1, max_length=200)]
    display_name: Text
    tier: Tier
    language: Language = "en"
    room: Annotated[str, Meta(max_length=80)] = ""
    year: Annotated[str, Meta(max_length=40)] = ""


class Counts(NamedTuple):
    """What an import did."""

    people: int
    removed: int


def read_csv(text: str) -> list[Person]:
    """
    Return the people of a CSV text with the header `os_user,person,display_name,tier,language,room,year`.

    Raises Invalid naming the first line that is wrong; `language`, `room` and `year` may be missing or empty.
    """
    table = spreadsheets.read_table(text.encode(), most_rows=MAX_PEOPLE, encoding="utf-8")
    missing = [name for name in COLUMNS[:4] if name not in table.columns]
    if missing:
        raise Invalid(f"the first line has to name the columns; missing: {', '.join(missing)}")
    found: dict[str, Person] = {}
    for number, line in table.dicts():
        person = _person(line, number)
        if person.os_user in found:
            raise Invalid(f"line {number}: {person.os_user!r} is listed twice")
        found[person.os_user] = person
    return list(found.values())


def _person(line: dict[str, str], number: int) -> Person:
    given = {name: line.get(name, "").strip() for name in COLUMNS}
    given["language"] = given["language"] or "en"
    if any(not character.isprintable() for value in given.values() for character in value):
        raise Invalid(f"line {number}: a name holds an invisible character")
    try:
        return msgspec.convert(given, Person)
    except msgspec.ValidationError as problem:
        raise Invalid(f"line {number}: {problem}") from problem


def write_csv(listed: Iterable[Person]) -> str:
    """Return the list as the CSV text that `read_csv` takes; no cell of it runs in a spreadsheet."""
    rows = [[getattr(person, name) for name in COLUMNS] for person in listed]
    return spreadsheets.write_csv([COLUMNS, *rows]).replace("\r\n", "\n")  # no cell holds a line break


def replace_people(
    connection: Connection,
    listed: Sequence[Person],
    *,
    by: str = "",
    now: datetime | None = None,
) -> Counts:
    """
    Make this the school's whole list, at once and without asking; whoever is missing leaves.

    For a school that begins; pages and `people import` show the difference first (server/roster).
    """
    entries: dict[str, Entry] = {}
    for someone in listed:
        before = entries.get(someone.person)
        accounts = (*before.accounts, someone.os_user) if before else (someone.os_user,)
        entries[someone.person] = Entry(
            person=someone.person,
            kind=kind_of(someone.tier),
            display_name=someone.display_name or someone.person,
            tier=someone.tier,
            language=someone.language,
            room=someone.room,
            year=someone.year,
            accounts=tuple(sorted(accounts)),
        )
    known = store.known_people(connection)
    diff = decide_diff(known, list(entries.values()))
    at = now or store.utc_now()
    store.apply_diff(connection, diff, by=store.By(by), now=at, source="list")
    return Counts(len(listed), sum(len(entry.accounts) for entry in diff.leaves))


def list_people(connection: Connection, room: str | None = None) -> list[Person]:
    """Return the accounts that are let in by display name, or those of one room."""
    query = select(people).where(people.c.left_at.is_(None))
    if room is not None:
        query = query.where(people.c.room == room)
    return [_row(row) for row in connection.execute(query.order_by(people.c.display_name, people.c.os_user))]


def find_person(connection: Connection, os_user: str) -> Person | None:
    """Return whoever logs in under this OS user name, if listed and still here."""
    query = select(people).where(people.c.os_user == os_user, people.c.left_at.is_(None))
    row = connection.execute(query).first()
    return _row(row) if row else None


def find_former(connection: Connection, os_user: str) -> Person | None:
    """Return the person who logged in under this name before they left the school, if it is nobody's now."""
    query = (
        select(people)
        .join(roster, roster.c.person == people.c.person)
        .where(people.c.os_user == os_user, people.c.left_at.is_not(None), roster.c.left_at.is_not(None))
    )
    row = connection.execute(query).first()
    return _row(row) if row else None


def names_of(connection: Connection) -> dict[str, str]:
    """Return everybody's display name, leavers' too, by the school's id of the person."""
    query = select(roster.c.person, roster.c.display_name)
    return {row.person: row.display_name for row in connection.execute(query)}


def names_for(connection: Connection, persons: Collection[str]) -> dict[str, str]:
    """Return the display names of these people only, leavers' too, by the school's id of the person."""
    query = select(roster.c.person, roster.c.display_name).where(roster.c.person.in_(list(persons)))
    return {row.person: row.display_name for row in connection.execute(query)}


def count_people(connection: Connection) -> int:
    """Return how many accounts are let in."""
    query = select(func.count()).select_from(people).where(people.c.left_at.is_(None))
    return connection.execute(query).scalar_one()


def _row(row: Row[Any]) -> Person:
    return Person(**{name: row._mapping[name] for name in COLUMNS})
