"""A lesson that is over, for tests of looking back: eight pupils of Lab 2 and what they used."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, insert

from policies.records import AppUsed, HelpAsked, Record
from server.tables import logins, people, records
from tests.support import school

MINUTES = 40
"""It lasts so long."""
MORE = (("finn", "p11", "Finn Oak"), ("gül", "p12", "Gül Şen"))
SIX = [user for user, _, _ in school.PUPILS]
LONER = "will"
"""The only one who used the game."""


@contextmanager
def around_noon() -> Iterator[None]:
    """Let the school's clocks stand around noon: a lesson that ends now began on the same day."""
    before, ahead = os.environ.get("TZ"), 12 - datetime.now(UTC).hour
    os.environ["TZ"] = f"<noon>{-ahead:+d}"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def login_of(place: int) -> str:
    """Return the login of the pupil in this place."""
    return school.login_id(100 + place)


def device_of(place: int) -> str:
    """Return whose laptop it is: two of them are used by two pupils each."""
    return list(school.LAPTOPS.values())[place % 5]


def fill(connection: Connection, now: datetime) -> datetime:
    """Put the lesson in and return when it began; it ended at `now`."""
    since = now - timedelta(minutes=MINUTES)
    for user, person, shown in MORE:
        connection.execute(
            insert(people).values(
                os_user=user,
                person=person,
                display_name=shown,
                tier="junior",
                language="en",
                room=school.ROOM,
                year="8B",
            )
        )
    for place, (user, person, _) in enumerate((*school.PUPILS, *MORE)):
        _log_in(connection, place, user, person, since)
        use(connection, place, since + timedelta(minutes=1), "firefox", 24 * 60, 0)
        use(connection, place, since + timedelta(minutes=26), "libreoffice-writer", 10 * 60, 1)
        if user == LONER:
            use(connection, place, since + timedelta(minutes=36), "supertux2", 3 * 60, 2)
    asked = HelpAsked(
        at=since + timedelta(minutes=12), login=login_of(1), os_user="ben", person="p2", place="panel"
    )
    _keep(connection, device_of(1), "vital", 900, asked, asked.at)
    return since


def _log_in(connection: Connection, place: int, user: str, person: str, since: datetime) -> None:
    connection.execute(
        insert(logins).values(
            device=device_of(place),
            login=login_of(place),
            os_user=user,
            person=person,
            tier="junior",
            kind="x11",
            granted="fresh",
            started_at=since,
        )
    )


def use(connection: Connection, place: int, at: datetime, app: str, seconds: float, number: int) -> None:
    """Let a pupil have used an app; `number` tells their records apart."""
    used = AppUsed(
        at=at, login=login_of(place), app=app, program=app, focused_seconds=seconds, active_seconds=seconds
    )
    _keep(connection, device_of(place), "usage", 1000 + 10 * place + number, used, at)


def _keep(connection: Connection, device: str, stream: str, seq: int, record: Record, at: datetime) -> None:
    connection.execute(
        insert(records).values(
            device=device,
            stream=stream,
            seq=seq,
            type=str(type(record).__struct_config__.tag),
            at=at,
            received_at=at,
            login=getattr(record, "login", None),
            os_user=getattr(record, "os_user", None),
            person=getattr(record, "person", None),
            body=msgspec.json.encode(record).decode(),
        )
    )
