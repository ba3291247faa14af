"""Which open calls for help an adult is told, on whatever page they are."""

from typing import NamedTuple

from sqlalchemy import Connection

from server import help_calls
from server.help_calls import Call
from server.web import doors

MOST_SHOWN = 6
"""The oldest first; the next ones come up as these are answered."""


class Told(NamedTuple):
    """What stands above a page."""

    shown: tuple[tuple[Call, bool], ...] = ()
    """Each call, and whether this adult may open its lab."""
    more: int = 0


def told_to(connection: Connection, viewer: doors.Viewer) -> Told:
    """Return the calls that this adult can act on."""
    rooms = doors.rooms_heard(viewer)
    if rooms is not None and not rooms:
        return Told()
    calls = help_calls.open_calls(connection, rooms=rooms)
    shown = tuple((call, doors.may_see_room(viewer, call.room)) for call in calls[:MOST_SHOWN])
    return Told(shown, len(calls) - len(shown))
