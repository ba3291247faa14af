"""Whose a room was in a time that is over: nobody looks back at a lesson of somebody else (R38).

Read from the lessons that stand now and the covers that were not ended early, minute by minute: it is not
enough that a time begins and ends in two lessons of one's own when a colleague's lies between.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from policies.windows import is_open
from server import covers, duties
from server.covers import Cover
from server.duties import Hours

LONGEST = timedelta(hours=14)
"""No login lasts longer; of a longer time only its last hours are asked."""
_STEP = timedelta(minutes=1)


class Had(NamedTuple):
    """What one adult has of rooms, now and of late."""

    rooms: tuple[str, ...]
    hours: tuple[Hours, ...]
    covers: tuple[Cover, ...]


def read_had(connection: Connection, number: int, since: datetime) -> Had:
    """Return what was an adult's since then."""
    return Had(
        tuple(duties.rooms_of(connection, number)),
        tuple(duties.hours_of(connection, number)),
        tuple(covers.list_covers(connection, since, number)),
    )


def decide_throughout(had: Had, room: str, since: datetime, until: datetime) -> bool:
    """Say whether a room was theirs the whole time, the minutes of grace included. Pure."""
    return all(
        room in duties.decide_duties(had.rooms, had.hours, had.covers, at, at.astimezone())
        for at in _minutes(since, until)
    )


def decide_ever(had: Had, room: str, since: datetime, until: datetime) -> bool:
    """
    Say whether a room was theirs at any minute of this time. Pure.

    Without the minutes of grace: who only packs up while the next lesson is opened is not of that lesson.
    """
    windows = [each.window for each in had.hours if each.room == room]
    if room in had.rooms and not windows:
        return True
    held: Sequence[Cover] = [each for each in had.covers if each.room == room and each.ended_at is None]
    return any(
        any(each.from_at <= at < each.until for each in held)
        or (room in had.rooms and any(is_open(window, at.astimezone()) for window in windows))
        for at in _minutes(max(since, until - LONGEST), until)
    )


def _minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since
    while at < until:
        yield at
        at += _STEP
    yield max(since, until - _STEP)
