"""Who is on the school's list: OS user name → person, tier, language, room, year.

A minimal file for now (CSV with a header); an import replaces the whole list or changes nothing.
"""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, Row, delete, func, insert, select

from policies.settings import Language, Tier
from server import changes
from server.errors import Invalid
from server.tables import people

COLUMNS = ("os_user", "person", "display_name", "tier", "language", "room", "year")
MAX_PEOPLE = 20_000
Text = Annotated[str, Meta(max_length=200)]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

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
    reader = csv.DictReader(io.StringIO(text.removeprefix("﻿")), strict=True)
    missing = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
    if missing:
        raise Invalid(f"the first line has to name the columns; missing: {', '.join(missing)}")
    found: dict[str, Person] = {}
    try:
        for line in reader:
            if len(found) >= MAX_PEOPLE:
                raise Invalid(f"more than {MAX_PEOPLE} people: split the file by school")
            person = _person(line, reader.line_num)
            if person.os_user in found:
                raise Invalid(f"line {reader.line_num}: {person.os_user!r} is listed twice")
            found[person.os_user] = person
    except csv.Error as problem:
        raise Invalid(f"line {reader.line_num}: not CSV: {problem}") from problem
    return list(found.values())


def _person(line: dict[str, Any], number: int) -> Person:
    given = {name: (line.get(name) or "").strip() for name in COLUMNS}
    given["language"] = given["language"] or "en"
    if any(not character.isprintable() for value in given.values() for character in value):
        raise Invalid(f"line {number}: a name holds an invisible character")
    try:
        return msgspec.convert(given, Person)
    except msgspec.ValidationError as problem:
        raise Invalid(f"line {number}: {problem}") from problem


def write_csv(listed: Sequence[Person]) -> str:
    """Return the list as the CSV text that `read_csv` takes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(person, name) for name in COLUMNS] for person in listed)
    return out.getvalue()


def replace_people(connection: Connection, listed: Sequence[Person]) -> Counts:
    """Make this the school's whole list."""
    before = {row.os_user for row in connection.execute(select(people.c.os_user))}
    connection.execute(delete(people))
    if listed:
        connection.execute(insert(people), [msgspec.structs.asdict(person) for person in listed])
    changes.bump(connection, changes.PEOPLE)
    return Counts(len(listed), len(before - {person.os_user for person in listed}))


def list_people(connection: Connection, room: str | None = None) -> list[Person]:
    """Return the list by display name, or one room's part of it."""
    query = select(people).order_by(people.c.display_name, people.c.os_user)
    if room is not None:
        query = query.where(people.c.room == room)
    return [_row(row) for row in connection.execute(query)]


def find_person(connection: Connection, os_user: str) -> Person | None:
    """Return whoever logs in under this OS user name, if listed."""
    row = connection.execute(select(people).where(people.c.os_user == os_user)).first()
    return _row(row) if row else None


def names_of(connection: Connection) -> dict[str, str]:
    """Return every person's display name by the school's id of the person."""
    return {row.person: row.display_name for row in connection.execute(select(people))}


def count_people(connection: Connection) -> int:
    """Return how many are listed."""
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def _row(row: Row[Any]) -> Person:
    return Person(**row._mapping)
