"""One person at two seats: an account that is in use on two laptops at once (R15).

Left out are accounts that several people share by design: the youngest's and visitors'. A laptop that has
been silent for a while may have lost the end of a login, and says nothing about now.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.tables import devices, logins, people

SHARED_TIERS = frozenset({"early", "visitor"})
SILENT_AFTER = timedelta(minutes=15)
LONGEST = timedelta(hours=14)
"""A login that began before this is one whose end was lost."""


class Seat(NamedTuple):
    """Where an account is in use."""

    device: str
    hostname: str
    room: str
    since: datetime


class TwoSeats(NamedTuple):
    """One account in use at several laptops, the first seat first."""

    person: str
    name: str
    os_user: str
    seats: tuple[Seat, ...]


def find(connection: Connection, now: datetime, rooms: frozenset[str] | None = None) -> list[TwoSeats]:
    """Return who is at two seats now, by name; with `rooms`, those of whom one seat is in these."""
    query = (
        select(
            logins.c.person,
            logins.c.os_user,
            logins.c.tier,
            logins.c.started_at,
            devices.c.id,
            devices.c.hostname,
            devices.c.room,
            people.c.display_name,
        )
        .join(devices, devices.c.id == logins.c.device)
        .outerjoin(people, people.c.os_user == logins.c.os_user)
        .where(
            logins.c.ended_at.is_(None),
            logins.c.person.is_not(None),
            logins.c.started_at > now - LONGEST,
            devices.c.state == "active",
            devices.c.last_seen_at > now - SILENT_AFTER,
        )
        .order_by(logins.c.started_at)
    )
    seats: dict[str, dict[str, Seat]] = defaultdict(dict)
    names: dict[str, tuple[str, str]] = {}
    for row in connection.execute(query):
        if row.tier in SHARED_TIERS:
            continue
        seats[row.person].setdefault(row.id, Seat(row.id, row.hostname, row.room, row.started_at))
        names[row.person] = (row.display_name or row.os_user, row.os_user)
    found = [
        TwoSeats(person, *names[person], tuple(at.values())) for person, at in seats.items() if len(at) > 1
    ]
    return sorted(
        (each for each in found if rooms is None or any(seat.room in rooms for seat in each.seats)),
        key=lambda each: each.name.casefold(),
    )
