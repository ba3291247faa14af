"""The list of people as somebody looks at it: searched, page by page, and whom or what it does not fit."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from policies.settings import TIERS, AgreementSettings
from server import publishing
from server.agreements import year_start
from server.people_tables import roster, roster_changes
from server.roster.imports import School
from server.roster.values import fold
from server.tables import devices, logins, people

PAGE_ROWS = 100
SEEN_DAYS = 90
MOST_ORPHANS = 500
State = Literal["here", "left", "no-account"]
STATES: tuple[State, ...] = ("here", "left", "no-account")
_BY_NAME = (func.alphabet_key(roster.c.display_name), roster.c.person)


class Wanted(NamedTuple):
    """What of the list is asked for."""

    q: str = ""
    tier: str = ""
    room: str = ""
    year: str = ""
    state: State = "here"
    page: int = 1


class Row(NamedTuple):
    """One person in the list."""

    person: str
    display_name: str
    kind: str
    tier: str
    room: str
    year: str
    accounts: tuple[str, ...]
    left_at: datetime | None


class Page(NamedTuple):
    """One page of it."""

    rows: list[Row]
    total: int
    page: int
    last_page: int


class Seen(NamedTuple):
    """An account that laptops saw and the list does not let in."""

    os_user: str
    logins: int
    last_at: datetime
    hostname: str
    former: str
    """Whose it was before they left; empty: nobody's ever."""


class Orphans(NamedTuple):
    """What does not fit together."""

    without_account: list[Row]
    unlisted: list[Seen]
    without_room: list[tuple[str, int]]
    """Class, and how many pupils of it sit nowhere."""
    rooms_without_laptop: list[tuple[str, int]]


class Entry(NamedTuple):
    """One line of a person's history."""

    at: datetime
    by: str
    what: str
    field: str
    before: str
    after: str
    reason: str
    from_import: int | None


def school_of(connection: Connection, today: date) -> School:
    """Return what of the school an import has to know."""
    published = publishing.current(connection)
    if published is None:
        return School(year_start(today, AgreementSettings().school_year_starts), TIERS)
    starts = published.body.settings.agreement.school_year_starts
    return School(year_start(today, starts), tuple(each.tier for each in published.body.agreements))


def list_page(
    connection: Connection, wanted: Wanted, *, rooms: Collection[str] | None = None, rows: int = PAGE_ROWS
) -> Page:
    """
    Return one page of the list; `rooms` narrows it to a teacher's own.

    A name is searched as people write it (ı, I, i and İ are one letter), which SQLite cannot: with a search
    the names are gone through here.
    """
    query = select(roster).where(*_conditions(wanted, rooms))
    query = query.order_by(*_BY_NAME)
    if wanted.q:
        found = _searched(connection, wanted, rooms)
        page, last = _page_of(wanted.page, len(found), rows)
        here = found[(page - 1) * rows : page * rows]
        return Page(_rows(connection, query.where(roster.c.person.in_(here))), len(found), page, last)
    counted = select(func.count()).select_from(roster).where(*_conditions(wanted, rooms))
    total = connection.execute(counted).scalar_one()
    page, last = _page_of(wanted.page, total, rows)
    return Page(_rows(connection, query.limit(rows).offset((page - 1) * rows)), total, page, last)


def _page_of(asked: int, total: int, rows: int) -> tuple[int, int]:
    last = max(1, -(-total // rows))
    return min(max(1, asked), last), last


def _searched(connection: Connection, wanted: Wanted, rooms: Collection[str] | None) -> list[str]:
    """Return the ids that match, by name. All are folded as one text: ten thousand one by one are slow."""
    accounts: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(
        select(people.c.person, people.c.os_user).where(people.c.left_at.is_(None))
    ):
        accounts[row.person].append(row.os_user)
    names = select(roster.c.person, roster.c.display_name).where(*_conditions(wanted, rooms))
    found = connection.execute(names.order_by(*_BY_NAME)).all()
    hay = "\0".join(f"{name}\n{who}\n{' '.join(accounts.get(who, ()))}" for who, name in found)
    folded = hay.replace("İ", "i").casefold().replace("ı", "i").split("\0")
    needle = fold(wanted.q)
    return [who for (who, _), text in zip(found, folded, strict=True) if needle in text]


def _conditions(wanted: Wanted, rooms: Collection[str] | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        roster.c.left_at.is_not(None) if wanted.state == "left" else roster.c.left_at.is_(None)
    ]
    if wanted.state == "no-account":
        found.append(roster.c.person.not_in(select(people.c.person).where(people.c.left_at.is_(None))))
    for column, value in (
        (roster.c.tier, wanted.tier),
        (roster.c.room, wanted.room),
        (roster.c.year, wanted.year),
    ):
        if value:
            found.append(column == value)
    if rooms is not None:
        found.append(roster.c.room.in_(sorted(rooms)))
    return found


def _rows(connection: Connection, query: Any) -> list[Row]:
    found = list(connection.execute(query))
    accounts: dict[str, list[str]] = defaultdict(list)
    held = select(people.c.person, people.c.os_user).order_by(people.c.os_user)
    if len(found) <= 500:
        held = held.where(people.c.person.in_([row.person for row in found]))
    for row in connection.execute(held.where(people.c.left_at.is_(None))):
        accounts[row.person].append(row.os_user)
    return [
        Row(
            row.person,
            row.display_name,
            row.kind,
            row.tier,
            row.room,
            row.year,
            tuple(accounts.get(row.person, ())),
            row.left_at,
        )
        for row in found
    ]


def choices(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the rooms and the classes that people here belong to."""
    here = roster.c.left_at.is_(None)
    rooms = connection.execute(select(roster.c.room).where(here, roster.c.room != "").distinct()).scalars()
    years = connection.execute(select(roster.c.year).where(here, roster.c.year != "").distinct()).scalars()
    return sorted(rooms), sorted(years)


def tallies(connection: Connection) -> dict[str, int]:
    """Return how many are here, left, and here without an account."""
    count = select(func.count()).select_from(roster)
    return {
        state: int(connection.execute(count.where(*_conditions(Wanted(state=state), None))).scalar_one())
        for state in STATES
    }


def find_orphans(connection: Connection, now: datetime) -> Orphans:
    """Return what does not fit: people nobody can log in as, accounts nobody is, classes without a room."""
    missing = list_page(connection, Wanted(state="no-account"), rows=MOST_ORPHANS).rows
    here = roster.c.left_at.is_(None)
    roomless = (
        select(roster.c.year, func.count())
        .where(here, roster.c.kind == "pupil", roster.c.room == "", roster.c.year != "")
        .group_by(roster.c.year)
        .order_by(roster.c.year)
        .limit(MOST_ORPHANS)
    )
    stands = select(devices.c.room).where(devices.c.state == "active")
    bare = (
        select(roster.c.room, func.count())
        .where(here, roster.c.room != "", roster.c.room.not_in(stands))
        .group_by(roster.c.room)
        .order_by(roster.c.room)
        .limit(MOST_ORPHANS)
    )
    return Orphans(
        missing,
        _unlisted(connection, now),
        [(row[0], row[1]) for row in connection.execute(roomless)],
        [(row[0], row[1]) for row in connection.execute(bare)],
    )


def _unlisted(connection: Connection, now: datetime) -> list[Seen]:
    listed = people.alias("listed")
    query = (
        select(
            logins.c.os_user,
            func.count(),
            func.max(logins.c.started_at),
            func.max(devices.c.hostname),
            func.max(func.coalesce(people.c.display_name, "")),
        )
        .join(devices, devices.c.id == logins.c.device)
        .outerjoin(people, and_(people.c.os_user == logins.c.os_user, people.c.left_at.is_not(None)))
        .outerjoin(listed, and_(listed.c.os_user == logins.c.os_user, listed.c.left_at.is_(None)))
        .where(logins.c.started_at >= now - timedelta(days=SEEN_DAYS), listed.c.os_user.is_(None))
        .where(logins.c.os_user != "")
        .group_by(logins.c.os_user)
        .order_by(func.max(logins.c.started_at).desc())
        .limit(MOST_ORPHANS)
    )
    return [Seen(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]


def history_of(connection: Connection, person: str, limit: int = 100) -> list[Entry]:
    """Return what was changed about a person, newest first."""
    query = select(roster_changes).where(roster_changes.c.person == person)
    return [
        Entry(row.at, row.by_name, row.what, row.field, row.before, row.after, row.reason, row.from_import)
        for row in connection.execute(query.order_by(roster_changes.c.id.desc()).limit(limit))
    ]
