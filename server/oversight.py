"""Who looked at what. Entries are added and read; nothing here changes or removes one."""

from collections.abc import Set
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, not_, or_, select

from server.case_tables import case_looks, case_readers, cases
from server.tables import looks

KINDS = (
    "lab",
    "devices",
    "device",
    "media",
    "agreements",
    "agreements-print",
    "agreements-csv",
    "person",
    "person-export",
    "people",
    "access",
    "parents",
    "consents",
    "oversight",
    "reports",
    "helped",
    "seat",
    "after",
    "named",
    "class",
)
"""What can be looked at; pages have the words. `helped` (somebody went), `seat` (one pupil's detail) and
`named` (who used one app) carry their login behind a colon. `after`: what a class used, no name in it."""
REGISTERS = (
    "agreements",
    "agreements-print",
    "agreements-csv",
    "people",
    "access",
    "parents",
    "consents",
    "class",
)
"""Lists of everybody, or of everybody in one room."""
LABS = ("lab", "after")
"""Looks at everybody who works in one room."""
MOST_OWN_LOOKS = 200
Kind = Literal["people", "labs", "lists"]
"""A laptop's page, and help that was given, count as people."""


class CaseLook(NamedTuple):
    """One look at one case: its number, never what it is about."""

    id: int
    at: datetime
    by: str
    what: str
    """opened, printed, or sheet: with the recovery sheet"""
    number: str


class LookEntry(NamedTuple):
    """One look by one adult."""

    id: int
    at: datetime
    by: str
    what: str
    room: str
    person: str
    device: str
    reason: str = ""


def write_look(
    connection: Connection,
    *,
    at: datetime,
    staff: int | None,
    by: str,
    what: str,
    room: str = "",
    person: str = "",
    device: str = "",
    reason: str = "",
) -> None:
    """Note that an adult looked, before what they asked for is shown. `what` is one of KINDS."""
    connection.execute(
        insert(looks).values(
            at=at,
            staff=staff,
            by_name=by,
            what=what,
            room=room,
            person=person,
            device=device,
            reason=reason,
        )
    )


def list_looks(
    connection: Connection,
    *,
    by: str | None = None,
    room: str | None = None,
    person: str | None = None,
    since: datetime | None = None,
    kind: Kind | None = None,
    limit: int = 200,
    before_id: int | None = None,
) -> list[LookEntry]:
    """Return looks, newest first, narrowed by what is given."""
    query = select(looks).order_by(looks.c.id.desc()).limit(limit)
    for column, wanted in ((looks.c.by_name, by), (looks.c.room, room), (looks.c.person, person)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(looks.c.at >= since)
    if kind is not None:
        query = query.where(_is_kind(kind))
    if before_id is not None:
        query = query.where(looks.c.id < before_id)
    return [_entry(row) for row in connection.execute(query)]


def _is_kind(kind: Kind) -> ColumnElement[bool]:
    people = or_(
        looks.c.person != "",
        looks.c.what.in_(("person", "device")),
        looks.c.what.like("helped:%"),
        looks.c.what.like("seat:%"),
        looks.c.what.like("named:%"),
    )
    if kind == "people":
        return people
    at_labs = looks.c.what.in_(LABS)
    return and_(not_(people), at_labs if kind == "labs" else not_(at_labs))


def may_know(keys: Set[str], *, head: bool) -> ColumnElement[bool]:
    """
    Return which cases the reader may know of at all, as a condition on `cases`.

    A lead learns of those that one of their own keys opens; the head of all but reports about staff, of
    which the head too sees only their own: whoever it is about must find nothing (R50).
    """
    known = cases.c.id.in_(select(case_readers.c.case).where(case_readers.c.key_id.in_(keys)))
    return or_(known, cases.c.coarse != "staff") if head else known


def count_case_looks(connection: Connection, *, keys: Set[str], head: bool, after_id: int) -> int:
    """Return how many looks came after this one, at cases the reader may know of."""
    query = (
        select(func.count())
        .select_from(case_looks)
        .join(cases, cases.c.id == case_looks.c.case)
        .where(case_looks.c.id > after_id, may_know(keys, head=head))
    )
    return int(connection.execute(query).scalar() or 0)


def list_case_looks(
    connection: Connection,
    *,
    keys: Set[str],
    head: bool,
    by: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 200,
) -> list[CaseLook]:
    """Return looks at cases, newest first, as far as the reader may know of these cases."""
    query = (
        select(case_looks, cases.c.opened_year, cases.c.serial)
        .join(cases, cases.c.id == case_looks.c.case)
        .where(may_know(keys, head=head))
        .order_by(case_looks.c.id.desc())
        .limit(limit)
    )
    if by is not None:
        query = query.where(case_looks.c.by_name == by)
    if since is not None:
        query = query.where(case_looks.c.at >= since)
    if before_id is not None:
        query = query.where(case_looks.c.id < before_id)
    return [
        CaseLook(row.id, row.at, row.by_name, row.what, f"{row.opened_year}-{row.serial:03}")
        for row in connection.execute(query)
    ]


def looks_at(
    connection: Connection,
    person: str | None,
    room: str,
    since: datetime,
    *,
    person_room: str = "",
    login: str = "",
) -> list[LookEntry]:
    """
    Return looks at this person, this login or at this room's lab since then, newest first (the pupil's own).

    A look at a register that names everybody, or everybody of the person's own room, is a look at them.
    """
    at_room = (looks.c.room == room) & looks.c.what.in_(LABS) & (looks.c.room != "")
    if login:
        at_room = at_room | looks.c.what.in_((f"seat:{login}", f"named:{login}"))
    lists = looks.c.what.in_(REGISTERS) & looks.c.room.in_(("", person_room))
    about = or_(at_room, looks.c.person == person, lists) if person else at_room
    query = select(looks).where(about, looks.c.at >= since).order_by(looks.c.id.desc()).limit(MOST_OWN_LOOKS)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> LookEntry:
    return LookEntry(
        row.id, row.at, row.by_name, row.what.partition(":")[0], row.room, row.person, row.device, row.reason
    )
