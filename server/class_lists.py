"""Which children of the list are asked in class (R4), class by class, each with their own picture."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from policies.settings import Language
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
    due: bool


class _Listed(NamedTuple):
    person: str
    display_name: str
    language: Language
    room: str
    year: str
    due: bool


def list_classes(connection: Connection, rooms: Collection[str], now: datetime) -> list[SchoolClass]:
    """Return the classes of these rooms that have somebody who is asked in class, by name."""
    listed = _listed(connection, rooms, now)
    children, due = (
        Counter((each.room, each.year) for each in found)
        for found in (listed, [each for each in listed if each.due])
    )
    return [SchoolClass(*key, children[key], due[key]) for key in sorted(children)]


def children_of(connection: Connection, room: str, year: str, now: datetime) -> list[Child]:
    """
    Return a class by name. Whoever has no picture that is theirs alone in this class is left out.

    `give_pictures` gives everybody one; a class larger than there are pictures is asked in two groups.
    """
    listed = [each for each in _listed(connection, [room], now) if each.year == year]
    held = decide_pictures([each.person for each in listed], pictures_of(connection))
    accounts = _accounts(connection, held)
    return [
        Child(
            each.person,
            each.display_name,
            each.language,
            accounts.get(each.person, ""),
            held[each.person],
            each.due,
        )
        for each in listed
        if each.person in held
    ]


def give_pictures(connection: Connection, room: str, year: str, now: datetime) -> None:
    """Write down which picture each child of a class has from now on; whoever has one keeps it."""
    listed = [each.person for each in _listed(connection, [room], now) if each.year == year]
    before = pictures_of(connection)
    rows = [
        {"at": now, "person": person, "picture": picture.code}
        for person, picture in decide_pictures(listed, before).items()
        if before.get(person) != picture
    ]
    if rows:
        connection.execute(insert(class_pictures), rows)


def usual_language(connection: Connection, room: str, year: str, now: datetime) -> Language:
    """Return the language that most of a class read in."""
    often = Counter(each.language for each in _listed(connection, [room], now) if each.year == year)
    return often.most_common(1)[0][0] if often else "en"


def pictures_of(connection: Connection) -> dict[str, Picture]:
    """Return everybody's picture, of those who were ever given one."""
    newest = select(func.max(class_pictures.c.id)).group_by(class_pictures.c.person)
    rows = connection.execute(select(class_pictures).where(class_pictures.c.id.in_(newest)))
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


def _listed(connection: Connection, rooms: Collection[str], now: datetime) -> list[_Listed]:
    """Return who of these rooms is of the youngest tier, also by an arrangement (R5), by name."""
    today = now.astimezone().date()
    otherwise = arranging.overrides(connection, today)
    query = select(roster).where(
        roster.c.room.in_(sorted(rooms)), roster.c.kind == "pupil", roster.c.left_at.is_(None)
    )
    found = []
    standing = _Due(connection, today)
    for row in connection.execute(query.order_by(func.alphabet_key(roster.c.display_name), roster.c.person)):
        tier, language = otherwise.get(row.person, (None, None))
        if row.room and (tier or row.tier) == "early":
            found.append(
                _Listed(
                    row.person,
                    row.display_name,
                    language or row.language,
                    row.room,
                    row.year,
                    standing.is_due(row.person),
                )
            )
    return found


class _Due:
    """Who of the youngest still has to accept, as the gate will decide."""

    def __init__(self, connection: Connection, today: date) -> None:
        self._connection = connection
        newest = policy_store.newest_number(connection)
        settings = policy_store.settings_in(connection, newest[1]).agreement if newest else None
        starts = settings.school_year_starts if settings else "09-01"
        self._began = agreements.year_start(today, starts)
        self._current = agreements.current_versions(connection)
        self._anew = resigning.all_accept_after(connection)

    def is_due(self, person: str) -> bool:
        accepted = agreements.last_accepted(self._connection, person)
        if accepted is not None and accepted.at < self._anew.get(person, accepted.at):
            accepted = None
        return agreements.decide_due("early", accepted, self._current, self._began)[0]
