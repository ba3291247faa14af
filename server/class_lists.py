"""Which children of the list are asked in class (R4), class by class, each with their own picture."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from policies.settings import AgreementSettings, Language
from server import agreements, policy_store
from server.class_pictures import Picture, decide_pictures, read_picture
from server.individual import arranging, resigning
from server.lab_tables import class_pictures
from server.people_tables import roster
from server.tables import people


class SchoolClass(NamedTuple):
    """Children of the list who belong to one room and one year group."""

    room: str
    year: str
    children: int
    due: int
    """Who has not accepted what is asked now."""


class Child(NamedTuple):
    """One child who is asked in class."""

    person: str
    display_name: str
    language: Language
    os_user: str
    """One of their accounts; empty: they have none."""
    picture: Picture


class _Listed(NamedTuple):
    person: str
    display_name: str
    language: Language
    room: str
    year: str


def list_classes(connection: Connection, rooms: Collection[str], now: datetime) -> list[SchoolClass]:
    """Return the classes of these rooms that have somebody who is asked in class, by name."""
    listed = _listed(connection, rooms, now)
    waiting = due_among(connection, [each.person for each in listed], now)
    children = Counter((each.room, each.year) for each in listed)
    due = Counter((each.room, each.year) for each in listed if each.person in waiting)
    return [SchoolClass(*key, children[key], due[key]) for key in sorted(children)]


def children_of(connection: Connection, room: str, year: str, now: datetime) -> list[Child]:
    """
    Return a class by name. Whoever has no picture that is theirs alone in this class is left out.

    `give_pictures` gives everybody one; a class larger than there are pictures is asked in two groups.
    """
    listed = _listed(connection, [room], now, year)
    held = _pictures(connection, listed)
    accounts = _accounts(connection, held)
    return [
        Child(
            each.person,
            each.display_name,
            each.language,
            accounts.get(each.person, ""),
            held[each.person],
        )
        for each in listed
        if each.person in held
    ]


def give_pictures(connection: Connection, room: str, year: str, now: datetime) -> None:
    """Write down which picture each child of a class has from now on; whoever has one keeps it."""
    listed = [each.person for each in _listed(connection, [room], now, year)]
    before = pictures_of(connection, listed)
    rows = [
        {"at": now, "person": person, "picture": picture.code}
        for person, picture in decide_pictures(listed, before).items()
        if before.get(person) != picture
    ]
    if rows:
        connection.execute(insert(class_pictures), rows)


def usual_language(connection: Connection, room: str, year: str, now: datetime) -> Language:
    """Return the language that most of a class read in."""
    often = Counter(each.language for each in _listed(connection, [room], now, year))
    return often.most_common(1)[0][0] if often else "en"


def _pictures(connection: Connection, listed: list[_Listed]) -> dict[str, Picture]:
    people = [each.person for each in listed]
    return decide_pictures(people, pictures_of(connection, people))


def pictures_of(connection: Connection, wanted: Collection[str]) -> dict[str, Picture]:
    """Return these people's pictures, of those who were ever given one."""
    query = select(class_pictures).where(class_pictures.c.person.in_(list(wanted)))
    rows = connection.execute(query.order_by(class_pictures.c.id))
    found = ((row.person, read_picture(row.picture)) for row in rows)
    return {person: picture for person, picture in found if picture is not None}


def picture_of(connection: Connection, person: str) -> Picture | None:
    """Return one person's picture."""
    query = select(class_pictures.c.picture).where(class_pictures.c.person == person)
    code = connection.execute(query.order_by(class_pictures.c.id.desc()).limit(1)).scalar()
    return None if code is None else read_picture(code)


def _accounts(connection: Connection, wanted: Iterable[str]) -> dict[str, str]:
    query = select(people.c.person, people.c.os_user).where(
        people.c.person.in_(list(wanted)), people.c.left_at.is_(None)
    )
    return {row.person: row.os_user for row in connection.execute(query.order_by(people.c.os_user.desc()))}


def due_among(connection: Connection, wanted: Collection[str], now: datetime) -> set[str]:
    """Return who of these children still has to accept, as the gate will decide."""
    today = now.astimezone().date()
    newest = policy_store.newest_number(connection)
    settings = policy_store.settings_in(connection, newest[1]).agreement if newest else AgreementSettings()
    began = agreements.year_start(today, settings.school_year_starts)
    current = agreements.current_versions(connection)
    anew = resigning.all_accept_after(connection)
    accepted = agreements.accepted_by(connection, wanted)
    due = set()
    for person in wanted:
        given = accepted.get(person)
        if given is not None and given.at < anew.get(person, given.at):
            given = None
        if agreements.decide_due("early", given, current, began)[0]:
            due.add(person)
    return due


def _listed(
    connection: Connection, rooms: Collection[str], now: datetime, year: str | None = None
) -> list[_Listed]:
    """Return who of these rooms is of the youngest tier, also by an arrangement (R5), by name."""
    today = now.astimezone().date()
    otherwise = arranging.overrides(connection, today)
    query = select(roster).where(
        roster.c.room.in_(sorted(rooms)), roster.c.kind == "pupil", roster.c.left_at.is_(None)
    )
    if year is not None:
        query = query.where(roster.c.year == year)
    found = []
    for row in connection.execute(query.order_by(func.alphabet_key(roster.c.display_name), roster.c.person)):
        tier, language = otherwise.get(row.person, (None, None))
        if row.room and (tier or row.tier) == "early":
            found.append(_Listed(row.person, row.display_name, language or row.language, row.room, row.year))
    return found
