"""What a teacher passed on to safeguarding (R39): from then on it is not theirs to browse.

Nothing here names the pupil or the case. A pupil is a keyed hash: it answers "may this adult look at them",
and neither a list, an export nor a stolen copy of the database can be asked whom it means (R44).
"""

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from policies import sealing
from server.errors import Invalid, NotFound
from server.lab_tables import concern_marks


class Passed(NamedTuple):
    """One activity that was passed on, as Oversight lists it."""

    id: int
    at: datetime
    by: str
    room: str
    since: datetime
    until: datetime
    whole_lesson: bool
    lifted_at: datetime | None
    lifted_by: str
    staff: int


def mark_of(secret: bytes, staff: int, pupil: str) -> str:
    """
    Return what stands for this pupil beside this adult. Pure.

    `secret` never leaves the server's keys; `pupil` is the person's id, or the account where there is none.
    """
    return hmac.new(secret, sealing.bind("concern-mark", staff, pupil), hashlib.sha256).hexdigest()


def marks_for(secret: bytes, staff: int, person: str | None, os_user: str) -> frozenset[str]:
    """
    Return every mark that may stand for this pupil beside this adult. Pure.

    Somebody who was not on the list yet was marked by their account: the list that comes later opens nothing.
    """
    return frozenset(mark_of(secret, staff, pupil) for pupil in (person, os_user) if pupil)


def pass_on(
    connection: Connection,
    *,
    secret: bytes,
    staff: int,
    by: str,
    room: str,
    since: datetime,
    until: datetime,
    pupil: str = "",
    now: datetime,
) -> None:
    """Note that this adult looks no more at this pupil, or without one at this lesson. In `db.write()`."""
    connection.execute(
        insert(concern_marks).values(
            at=now,
            staff=staff,
            by_name=by[:120],
            room=room,
            since=since,
            until=until,
            mark=mark_of(secret, staff, pupil) if pupil else "",
        )
    )


def is_passed_on(connection: Connection, secret: bytes, staff: int, pupil: str, os_user: str = "") -> bool:
    """Say whether this adult passed something about this pupil on, and it is not open to them again."""
    query = select(concern_marks.c.id).where(
        concern_marks.c.staff == staff,
        concern_marks.c.mark.in_(marks_for(secret, staff, pupil, os_user)),
        concern_marks.c.lifted_at.is_(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def login_is_passed_on(
    connection: Connection,
    secret: bytes,
    staff: int,
    room: str,
    *,
    person: str | None,
    os_user: str,
    since: datetime,
    until: datetime,
) -> bool:
    """Say whether this adult passed on this pupil, or a lesson in which this login was open."""
    return is_passed_on(connection, secret, staff, person or "", os_user) or lesson_is_passed_on(
        connection, staff, room, since, until
    )


def marks_of(connection: Connection, staff: int) -> frozenset[str]:
    """Return the marks of every pupil whom this adult looks at no more: for lists, beside `mark_of`."""
    query = select(concern_marks.c.mark).where(
        concern_marks.c.staff == staff, concern_marks.c.mark != "", concern_marks.c.lifted_at.is_(None)
    )
    return frozenset(connection.execute(query).scalars())


def lesson_is_passed_on(
    connection: Connection, staff: int, room: str, since: datetime, until: datetime
) -> bool:
    """Say whether any part of this time in this room was passed on by this adult as a whole lesson."""
    query = select(concern_marks.c.id).where(
        concern_marks.c.staff == staff,
        concern_marks.c.room == room,
        concern_marks.c.mark == "",
        concern_marks.c.lifted_at.is_(None),
        concern_marks.c.since < until,
        concern_marks.c.until > since,
    )
    return connection.execute(query.limit(1)).first() is not None


def list_passed(connection: Connection, limit: int = 100) -> list[Passed]:
    """Return what was passed on, newest first."""
    query = select(concern_marks).order_by(concern_marks.c.id.desc()).limit(limit)
    return [
        Passed(
            row.id,
            row.at,
            row.by_name,
            row.room,
            row.since,
            row.until,
            not row.mark,
            row.lifted_at,
            row.lifted_by,
            row.staff,
        )
        for row in connection.execute(query)
    ]


def lift(connection: Connection, number: int, *, by: str, now: datetime, staff: int | None = None) -> None:
    """
    Let the adult look again; the line stays. Twice is no error. Raises NotFound, Invalid.

    Whoever passed it on does not open it to themselves, whatever other office they hold (R69).
    """
    query = select(concern_marks.c.lifted_at, concern_marks.c.staff).where(concern_marks.c.id == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("nothing was passed on under this number")
    if row.staff == staff:
        raise Invalid("somebody else opens again what you passed on")
    if row.lifted_at is None:
        connection.execute(
            update(concern_marks)
            .where(concern_marks.c.id == number)
            .values(lifted_at=now, lifted_by=by[:120])
        )
