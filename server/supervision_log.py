"""The log of who supervised a room, and who supervises it now by what stands there. Nothing here writes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, select

from server.duty_tables import check_ins
from server.room_settings import RoomHours

LONGEST = timedelta(hours=8)
"""No policy lets a check-in hold for longer, so nothing older has to be read."""
_MOST_NAMES = 200
What = Literal["in", "confirmed", "offered", "took-over", "left", "ended"]


class Line(NamedTuple):
    """One line of the log."""

    id: int
    at: datetime
    room: str
    staff: int
    by: str
    what: What
    until: datetime
    other_staff: int | None = None
    other: str = ""
    why: str = ""
    order: str = ""
    issued_at: datetime | None = None


class CheckIn(NamedTuple):
    """One adult who supervises now."""

    staff: int
    name: str
    since: datetime
    until: datetime
    """Ends by itself then, unless they confirm."""


class Offer(NamedTuple):
    """Somebody would hand the room over, and is responsible until it is taken."""

    from_staff: int
    from_name: str
    to_staff: int
    to_name: str
    at: datetime


class Standing(NamedTuple):
    """Who supervises a room at this moment."""

    room: str
    supervisors: tuple[CheckIn, ...] = ()
    """Whoever checked in first stands first."""
    offers: tuple[Offer, ...] = ()
    order: str = ""
    """The word that laptops hold."""
    until: datetime | None = None
    """When the last of them is over."""

    @property
    def by(self) -> str:
        """Return the supervisors' names, as pupils read them."""
        names = ", ".join(dict.fromkeys(each.name for each in self.supervisors))
        return names if len(names) <= _MOST_NAMES else names[: _MOST_NAMES - 1] + "…"

    def of(self, staff: int) -> CheckIn | None:
        """Return one adult's check-in."""
        return next((each for each in self.supervisors if each.staff == staff), None)


def fold(room: str, lines: Iterable[Line], now: datetime) -> Standing:
    """Return who supervises after these lines, oldest first. Pure."""
    inside: dict[int, CheckIn] = {}
    offers: dict[int, Offer] = {}
    order = ""
    for line in lines:
        order = line.order or order
        mine = inside.get(line.staff)
        if line.what == "offered":
            if mine is not None and line.other_staff is not None:
                offers[line.staff] = Offer(line.staff, line.by, line.other_staff, line.other, line.at)
            continue
        if line.what == "confirmed" and mine is not None:
            inside[line.staff] = mine._replace(until=line.until)
            continue
        offers.pop(line.staff, None)
        if line.what in ("left", "ended"):
            inside.pop(line.staff, None)
            continue
        if line.what == "took-over" and line.other_staff is not None:
            inside.pop(line.other_staff, None)
            offers.pop(line.other_staff, None)
        inside[line.staff] = CheckIn(line.staff, line.by, line.at, line.until)
    holding = tuple(
        sorted((each for each in inside.values() if now < each.until), key=lambda each: each.since)
    )
    here = {each.staff for each in holding}
    return Standing(
        room,
        holding,
        tuple(offer for offer in offers.values() if offer.from_staff in here),
        order if holding else "",
        max((each.until for each in holding), default=None),
    )


def decide_until(
    since: datetime, now: datetime, minutes: int, hours: RoomHours, duty_until: datetime | None
) -> datetime:
    """
    Return how long a check-in of this moment holds. Pure.

    Never longer than the policy says since it began, nor than the room is theirs; where pupils are directly
    supervised only until the next confirmation.
    """
    if hours.direct:
        minutes = min(minutes, hours.direct_confirm_minutes)
    ends = [
        now + timedelta(minutes=max(1, minutes)),
        since + min(timedelta(minutes=hours.longest_check_in_minutes), LONGEST),
    ]
    return min([*ends, *([] if duty_until is None else [duty_until])])


def standing(connection: Connection, room: str, now: datetime) -> Standing:
    """Return who supervises this room now."""
    return fold(room, read_lines(connection, room, now), now)


def standings(connection: Connection, rooms: Iterable[str], now: datetime) -> dict[str, Standing]:
    """Return the same of several rooms."""
    return {room: standing(connection, room, now) for room in rooms}


def is_supervised(connection: Connection, room: str, now: datetime) -> bool:
    """Say whether anybody is checked in here now."""
    return bool(standing(connection, room, now).supervisors)


def list_check_ins(
    connection: Connection,
    *,
    by: str | None = None,
    room: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 200,
) -> list[Line]:
    """Return the log, newest first; `by` also finds to whom and from whom a room was handed."""
    query = select(check_ins).order_by(check_ins.c.id.desc()).limit(limit)
    if by is not None:
        query = query.where((check_ins.c.by_name == by) | (check_ins.c.other_name == by))
    if room is not None:
        query = query.where(check_ins.c.room == room)
    if since is not None:
        query = query.where(check_ins.c.at >= since)
    if before_id is not None:
        query = query.where(check_ins.c.id < before_id)
    return [_line(row) for row in connection.execute(query)]


def read_lines(connection: Connection, room: str, now: datetime) -> Sequence[Line]:
    """Return what may still matter, oldest first."""
    query = (
        select(check_ins)
        .where(check_ins.c.room == room, check_ins.c.at > now - 2 * LONGEST)
        .order_by(check_ins.c.id)
    )
    return [_line(row) for row in connection.execute(query)]


def _line(row: Row[Any]) -> Line:
    return Line(
        row.id,
        row.at,
        row.room,
        row.staff,
        row.by_name,
        row.what,
        row.until,
        row.other_staff,
        row.other_name,
        row.why,
        row.order_id,
        row.issued_at,
    )
