"""One pupil's detail: who sits at a laptop, what this one login used, and the reason an adult gave to see it.

A reason opens one login for ten minutes. It stands with the look, which nobody can change; the pupil's own
page says who looked and when (R38).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from policies.records import AppAsked, AppHandled, HelpAsked, ScreenLocked
from server import oversight, records_kept
from server.lesson_use import app_name, names_in_register
from server.records_kept import KeptRecord, Login
from server.tables import looks

REASON_HOLDS = timedelta(minutes=10)
LOGIN_MAY_LAST = timedelta(hours=14)
STILL_SHOWN = timedelta(hours=2)
"""Somebody who logged out so long ago can still be looked up, as after a lesson."""
MOST_SITTING = 20
MOST_APPS = 60
LONGEST_REASON = 200


class AppTime(NamedTuple):
    """One app of this login."""

    app: str
    seconds: float


class Detail(NamedTuple):
    """What is shown of one login."""

    apps: tuple[AppTime, ...]
    more: int
    helps: tuple[datetime, ...]
    locks: int
    handled: tuple[tuple[datetime, str, str], ...]
    """(when, app, what): apps that the list treats otherwise than allowed."""
    looks: tuple[tuple[datetime, str], ...]
    """Who opened this detail before, newest first."""


def sitting_at(connection: Connection, room: str, device: str, now: datetime) -> list[Login]:
    """Return who is logged in on a laptop of this room, or was within two hours; those there now first."""
    found = [
        login
        for login in records_kept.logins_of(
            connection, room=room, device=device, since=now - LOGIN_MAY_LAST, limit=MOST_SITTING
        )
        if login.ended_at is None or login.ended_at > now - STILL_SHOWN
    ]
    return sorted(found, key=lambda login: login.ended_at is not None)


def code_of(login: str) -> str:
    """Return what stands in the looks for this login's detail."""
    return f"seat:{login}"


def reason_holds(connection: Connection, staff: int, device: str, login: str, now: datetime) -> bool:
    """Say whether this adult opened this detail within the last ten minutes."""
    query = select(looks.c.id).where(
        looks.c.what == code_of(login),
        looks.c.device == device,
        looks.c.staff == staff,
        looks.c.at >= now - REASON_HOLDS,
    )
    return connection.execute(query.limit(1)).first() is not None


def write_look(
    connection: Connection, login: Login, *, staff: int, by: str, reason: str, at: datetime
) -> None:
    """Note that an adult opens this detail, before it is shown."""
    oversight.write_look(
        connection,
        at=at,
        staff=staff,
        by=by,
        what=code_of(login.login),
        room=login.room,
        person=login.person,
        device=login.device,
        reason=reason[:LONGEST_REASON],
    )


def detail_of(connection: Connection, login: Login) -> Detail:
    """Return what is kept of this login, as far as a teacher needs it; write the look first."""
    names = names_in_register(connection)
    seconds: dict[str, float] = {}
    for total in records_kept.apps_used(connection, login.device, login.login):
        name = app_name(names, total.app, total.program)
        seconds[name] = seconds.get(name, 0.0) + total.focused_seconds
    apps = sorted((AppTime(*each) for each in seconds.items()), key=lambda each: -each.seconds)
    kept = records_kept.records_of_login(connection, login.device, login.login)
    query = (
        select(looks.c.at, looks.c.by_name)
        .where(looks.c.what == code_of(login.login), looks.c.device == login.device)
        .order_by(looks.c.id.desc())
        .limit(20)
    )
    return Detail(
        tuple(apps[:MOST_APPS]),
        max(0, len(apps) - MOST_APPS),
        tuple(row.at for row in kept if isinstance(row.record, HelpAsked)),
        sum(isinstance(row.record, ScreenLocked) for row in kept),
        _handled(kept),
        tuple((row.at, row.by_name) for row in connection.execute(query)),
    )


def _handled(kept: Sequence[KeptRecord]) -> tuple[tuple[datetime, str, str], ...]:
    found: list[tuple[datetime, str, str]] = []
    for row in kept:
        if isinstance(row.record, AppHandled):
            found.append((row.at, row.record.app or row.record.program, row.record.what))
        elif isinstance(row.record, AppAsked):
            found.append((row.at, row.record.app or row.record.program, "asked"))
    return tuple(found[-20:])
