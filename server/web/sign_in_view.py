"""What an adult is told about signing in, on whatever page they are."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from server import break_glass, two_seats
from server.break_glass import Sealed
from server.two_seats import TwoSeats
from server.web import doors

IN_CHARGE = frozenset({"head", "technician"})
SEAT_PAGES = frozenset({"lab", "devices"})
"""Pages that say who is at two seats."""


class Told(NamedTuple):
    """What stands above a page."""

    broken: Sealed | None = None
    """The break-glass account, once it was used and until it is sealed anew."""
    seats: tuple[TwoSeats, ...] = ()


def told_to(connection: Connection, viewer: doors.Viewer, here: str, now: datetime) -> Told:
    """Return what this adult is told on this page: a teacher of their own rooms, a technician of all."""
    broken = None
    if viewer.roles & IN_CHARGE:
        sealed = break_glass.status(connection)
        broken = sealed if sealed is not None and sealed.used_at is not None else None
    seats: list[TwoSeats] = []
    if here in SEAT_PAGES:
        rooms = None if viewer.roles & IN_CHARGE and here == "devices" else viewer.rooms
        seats = two_seats.find(connection, now, rooms)
    return Told(broken, tuple(seats))
