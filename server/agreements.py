"""The agreements register: who answered which version when, who refused, who is still due (R1, R7)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, func, or_, select

from policies.agreements import Agreement
from policies.orders import Accepted
from policies.settings import Tier
from server import policy_store
from server.individual import arranging, resigning
from server.lab_tables import class_acceptances
from server.people_tables import roster
from server.tables import agreement_versions, answers, devices, people

CLASS_DEVICE = "class"
"""Stands in `answers` where a laptop would, for what was answered in class (R4; server/classes.py)."""
_child = roster.alias("child")
"""Whoever answered in class may have no account."""


class Answer(NamedTuple):
    """One answer at one gate. `person` is empty for an account nobody listed."""

    at: datetime
    """By the laptop's clock."""
    received_at: datetime
    person: str
    display_name: str
    os_user: str
    tier: str
    language: str
    version: int
    text_hash: str
    answer: str
    """accepted, declined or timed-out."""
    reading_seconds: int
    device: str
    hostname: str
    room: str
    """Where the laptop stands; of an answer in class, where they sat."""
    year: str
    witnessed_by: str = ""
    """The adult who saw it, where it was given in class (R4) and at no laptop."""
    picture: str = ""
    """What the child tapped there."""


class Due(NamedTuple):
    """A listed person who has not accepted the current text this school year."""

    person: str
    display_name: str
    os_user: str
    tier: str
    room: str
    year: str
    version: int
    """What they will be asked."""
    last_at: datetime | None
    """When they last accepted anything, if ever."""
    last_version: int | None


def believable(at: datetime, received_at: datetime) -> datetime:
    """
    Return the time to judge an answer by.

    A laptop's clock may be wrong: an answer cannot have been given after it came, so it counts from then.
    """
    return received_at if at > received_at + timedelta(minutes=5) else at


def year_start(today: date, month_day: str) -> date:
    """Return the day this school year began, e.g. `09-01` seen from March is last September's first."""
    month, day = int(month_day[:2]), int(month_day[3:])
    try:
        this = date(today.year, month, day)
    except ValueError:
        this = date(today.year, month, 28)
    if this <= today:
        return this
    return date(today.year - 1, this.month, this.day)


class Tallies(NamedTuple):
    """The register in four numbers, for listed people of the rooms asked about."""

    people: int
    accepted: int
    """Who accepted the current text this school year."""
    refused: int
    """Who has not, and said no or let the time run out at their last gate."""
    due: int
    """Who has not, whatever they said; `accepted + due == people`."""


def list_answers(
    connection: Connection,
    *,
    rooms: tuple[str, ...] | None = None,
    person: str | None = None,
    answer: str | None = None,
    tier: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Answer]:
    """Return answers, newest first. `rooms=None` is every room, `rooms=()` is none."""
    query = _filtered(_joined(), rooms, person, answer, tier, since, until)
    query = query.order_by(answers.c.received_at.desc(), answers.c.seq.desc()).limit(limit).offset(offset)
    return [_answer(row) for row in connection.execute(query)]


def count_answers(
    connection: Connection,
    *,
    rooms: tuple[str, ...] | None = None,
    person: str | None = None,
    answer: str | None = None,
    tier: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Return how many answers `list_answers` would find without a limit."""
    inner = _filtered(_joined(), rooms, person, answer, tier, since, until).subquery()
    return connection.execute(select(func.count()).select_from(inner)).scalar_one()


def last_accepted(connection: Connection, person: str) -> Accepted | None:
    """Return a person's newest acceptance, on whichever laptop it was given."""
    query = (
        select(answers)
        .where(answers.c.person == person, answers.c.answer == "accepted")
        .order_by(answers.c.received_at.desc(), answers.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Accepted(tier=row.tier, version=row.version, at=believable(row.at, row.received_at))


def accepted_by(connection: Connection, wanted: Collection[str]) -> dict[str, Accepted]:
    """Return the newest acceptance of each of these people who ever gave one."""
    query = select(answers).where(answers.c.person.in_(list(wanted)), answers.c.answer == "accepted")
    return {
        row.person: Accepted(tier=row.tier, version=row.version, at=believable(row.at, row.received_at))
        for row in connection.execute(query.order_by(answers.c.received_at, answers.c.seq))
    }


def list_due(
    connection: Connection, today: date, school_year_starts: str, *, rooms: tuple[str, ...] | None = None
) -> list[Due]:
    """Return the listed people who will be asked at their next login, by room and name."""
    return [due for due, _ in _standing(connection, today, school_year_starts, rooms) if due is not None]


def tallies(
    connection: Connection, today: date, school_year_starts: str, *, rooms: tuple[str, ...] | None = None
) -> Tallies:
    """Return the register in numbers; `rooms` are the rooms that people belong to."""
    standing = _standing(connection, today, school_year_starts, rooms)
    due = [last for found, last in standing if found is not None]
    refused = sum(last in ("declined", "timed-out") for last in due)
    return Tallies(len(standing), len(standing) - len(due), refused, len(due))


def agreement_of(connection: Connection, tier: str, version: int) -> Agreement | None:
    """Return a tier's agreement as it stood in this version, in every language it had."""
    query = select(agreement_versions.c.texts).where(
        agreement_versions.c.tier == tier, agreement_versions.c.version == version
    )
    texts = connection.execute(query).scalar()
    return None if texts is None else msgspec.json.decode(texts, type=Agreement)


def current_versions(connection: Connection) -> dict[str, int]:
    """Return each tier's version that is asked now; of a tier that is not asked any more, its last."""
    query = select(
        agreement_versions.c.tier, func.max(agreement_versions.c.version).label("newest")
    ).group_by(agreement_versions.c.tier)
    newest: dict[str, int] = {row.tier: row.newest for row in connection.execute(query)}
    # Settings that were taken back brought their older texts back, which nobody has to accept anew.
    newest.update(policy_store.asked_versions(connection).items())
    return newest


def decide_due(
    tier: Tier, accepted: Accepted | None, current: dict[str, int], year_began: date
) -> tuple[bool, int]:
    """Say whether a person has to be asked, and for which version (R9: text, school year or tier changed)."""
    version = current.get(tier, 1)
    if accepted is None or accepted.tier != tier or accepted.version < version:
        return True, version
    return accepted.at.date() < year_began, version


def _standing(
    connection: Connection, today: date, starts: str, rooms: tuple[str, ...] | None
) -> list[tuple[Due | None, str]]:
    """Return for each listed person what is due, if anything, and their last answer of any kind."""
    began = year_start(today, starts)
    current = current_versions(connection)
    newest: dict[str, Accepted] = {}
    last: dict[str, str] = {}
    for row in connection.execute(
        select(answers).where(answers.c.person.is_not(None)).order_by(answers.c.received_at, answers.c.seq)
    ):
        last[row.person] = row.answer
        if row.answer == "accepted":
            at = believable(row.at, row.received_at)
            newest[row.person] = Accepted(tier=row.tier, version=row.version, at=at)
    here = people.c.left_at.is_(None)
    query = select(people).where(here).order_by(people.c.room, people.c.display_name)
    if rooms is not None:
        query = query.where(people.c.room.in_(rooms))
    otherwise = arranging.overrides(connection, today)
    anew = resigning.all_accept_after(connection)
    found: list[tuple[Due | None, str]] = []
    for row in connection.execute(query):
        accepted = newest.get(row.person)
        tier: Tier = otherwise.get(row.person, (None, None))[0] or row.tier
        if accepted is not None and accepted.at < anew.get(row.person, accepted.at):
            accepted = None  # given before a meeting was recorded: asked anew (R10)
        is_due, version = decide_due(tier, accepted, current, began)
        due = Due(
            person=row.person,
            display_name=row.display_name,
            os_user=row.os_user,
            tier=tier,
            room=row.room,
            year=row.year,
            version=version,
            last_at=accepted.at if accepted else None,
            last_version=accepted.version if accepted else None,
        )
        found.append((due if is_due else None, last.get(row.person, "")))
    return found


def _joined() -> Select[Any]:
    in_class = class_acceptances
    return (
        select(
            answers,
            func.coalesce(devices.c.hostname, "").label("hostname"),
            func.coalesce(devices.c.room, in_class.c.lab, "").label("room"),
            func.coalesce(people.c.display_name, _child.c.display_name).label("display_name"),
            func.coalesce(people.c.year, _child.c.year).label("year"),
            func.coalesce(in_class.c.witnessed_by, "").label("witnessed_by"),
            func.coalesce(in_class.c.picture, "").label("picture"),
        )
        .outerjoin(devices, devices.c.id == answers.c.device)
        .outerjoin(in_class, (answers.c.device == CLASS_DEVICE) & (in_class.c.id == answers.c.seq))
        .outerjoin(people, (people.c.os_user == answers.c.os_user) & (people.c.person == answers.c.person))
        .outerjoin(_child, (answers.c.device == CLASS_DEVICE) & (_child.c.person == answers.c.person))
        .where(devices.c.id.is_not(None) | in_class.c.id.is_not(None))
    )


def _filtered(
    query: Select[Any],
    rooms: tuple[str, ...] | None,
    person: str | None,
    answer: str | None,
    tier: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Select[Any]:
    if rooms is not None:
        somewhere = (devices.c.room, class_acceptances.c.lab, people.c.room, _child.c.room)
        query = query.where(or_(*[place.in_(rooms) for place in somewhere]))
    if person is not None:
        query = query.where(answers.c.person == person)
    if answer is not None:
        query = query.where(answers.c.answer == answer)
    if tier is not None:
        query = query.where(answers.c.tier == tier)
    if since is not None:
        query = query.where(answers.c.received_at >= since)
    if until is not None:
        query = query.where(answers.c.received_at < until)
    return query


def _answer(row: Row[Any]) -> Answer:
    given = {name: row._mapping[name] for name in Answer._fields}
    for name in ("person", "display_name", "year"):
        given[name] = given[name] or ""
    return Answer(**given)
