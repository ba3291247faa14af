"""Which adult may look into which room now: their own rooms in their own lesson time, and rooms they cover.

A room of a teacher without windows is theirs at any time. A cover is a room for a while, given by somebody
else with a reason. Whoever asks for another room by its address is refused, and that is counted (R38).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, insert, select

from policies.windows import WEEKDAYS, Window, is_open
from server import changes, covers, duty_log
from server.covers import Cover
from server.duty_log import Giver
from server.duty_tables import duty_windows
from server.errors import Invalid
from server.tables import staff, staff_roles, staff_rooms

GRACE = timedelta(minutes=5)
"""A lesson is opened a little before it begins, and closed a little after it ends."""
MOST_WINDOWS = 40
"""Of one teacher, over all rooms."""


class Duty(NamedTuple):
    """One adult's room at this moment."""

    room: str
    until: datetime | None
    """When it is over, the minutes of grace included; None: not by itself."""
    cover: Cover | None = None


class Hours(NamedTuple):
    """One lesson in a room of a teacher's own."""

    room: str
    window: Window


def window_until(window: Window, local: datetime) -> datetime | None:
    """
    Return when a window that is open now, give or take the grace, is over; None if it is shut. Pure.

    `local` is aware; so is the answer, in the same zone.
    """
    for moment in (local, local + GRACE, local - GRACE):
        if is_open(window, moment):
            clock, midnight = window.ends, moment.replace(hour=0, minute=0, second=0, microsecond=0)
            hour, minute = int(clock[:2]), int(clock[3:])
            ends = midnight + timedelta(days=1) if hour == 24 else midnight.replace(hour=hour, minute=minute)
            return ends + GRACE
    return None


def decide_duties(
    rooms: Sequence[str], hours: Sequence[Hours], given: Sequence[Cover], now: datetime, local: datetime
) -> dict[str, Duty]:
    """Return the rooms that are somebody's at this moment, by name. Pure."""
    found: dict[str, Duty] = {}
    for room in rooms:
        windows = [each.window for each in hours if each.room == room]
        if not windows:
            found[room] = Duty(room, None)
            continue
        ends = [until for each in windows if (until := window_until(each, local)) is not None]
        if ends:
            found[room] = Duty(room, max(ends))
    for cover in given:
        if cover.ended_at is not None or not cover.from_at <= now < cover.until:
            continue
        before = found.get(cover.room)
        if before is None or (before.until is not None and before.until < cover.until):
            found[cover.room] = Duty(cover.room, cover.until, cover)
    return found


def duties_of(connection: Connection, number: int, now: datetime) -> dict[str, Duty]:
    """Return the rooms this account may look into now. Their office is asked elsewhere."""
    return decide_duties(
        rooms_of(connection, number),
        hours_of(connection, number),
        covers.list_covers(connection, now, number),
        now,
        now.astimezone(),
    )


def rooms_of(connection: Connection, number: int) -> list[str]:
    """Return a teacher's own rooms."""
    query = select(staff_rooms.c.room).where(staff_rooms.c.staff == number).order_by(staff_rooms.c.room)
    return list(connection.execute(query).scalars())


def hours_of(connection: Connection, number: int) -> list[Hours]:
    """Return when a teacher is in which of their rooms, by room, day and hour."""
    query = select(duty_windows).where(duty_windows.c.staff == number)
    found = [Hours(row.room, _window(row.body)) for row in connection.execute(query)]
    return sorted(
        found, key=lambda each: (each.room, WEEKDAYS.index(each.window.days[0]), each.window.starts)
    )


def set_hours(
    connection: Connection, number: int, room: str, windows: Sequence[Window], *, by: Giver, now: datetime
) -> None:
    """
    Say when this room is this teacher's; none: at any time. Raises Invalid.

    Whoever is checked in there stays so until their check-in ends.
    """
    name = duty_log.name_of(connection, number)
    if room not in rooms_of(connection, number):
        raise Invalid(f"{room} is not one of their rooms")
    others = [each for each in hours_of(connection, number) if each.room != room]
    if len(others) + len(windows) > MOST_WINDOWS:
        raise Invalid(f"a teacher has at most {MOST_WINDOWS} lessons in this list")
    before = [each.window for each in hours_of(connection, number) if each.room == room]
    fresh = list(dict.fromkeys(windows))
    if set(before) == set(fresh):
        return
    connection.execute(
        delete(duty_windows).where(duty_windows.c.staff == number, duty_windows.c.room == room)
    )
    if fresh:
        rows = [{"staff": number, "room": room, "body": msgspec.json.encode(each).decode()} for each in fresh]
        connection.execute(insert(duty_windows), rows)
    said = "; ".join(say_window(each) for each in fresh)
    duty_log.write(connection, by, now, number, name, "hours", room, reason=said[:400])
    changes.bump(connection, changes.STAFF)


def rooms_changed(
    connection: Connection,
    number: int,
    before: Sequence[str],
    after: Sequence[str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Write that rooms were given or taken; the hours of a room that was taken go with it."""
    name = duty_log.name_of(connection, number)
    for room in sorted(set(after) - set(before)):
        duty_log.write(connection, Giver(None, by), now, number, name, "room", room)
    for room in sorted(set(before) - set(after)):
        duty_log.write(connection, Giver(None, by), now, number, name, "room-ended", room)
        connection.execute(
            delete(duty_windows).where(duty_windows.c.staff == number, duty_windows.c.room == room)
        )


def adults_for(connection: Connection, room: str, now: datetime) -> list[tuple[int, str]]:
    """Return the teachers who may look into this room now, by name: number and display name."""
    owners = set(connection.execute(select(staff_rooms.c.staff).where(staff_rooms.c.room == room)).scalars())
    hours: dict[int, list[Hours]] = {}
    for row in connection.execute(select(duty_windows).where(duty_windows.c.room == room)):
        hours.setdefault(row.staff, []).append(Hours(room, _window(row.body)))
    given: dict[int, list[Cover]] = {}
    for cover in covers.list_covers(connection, now, room=room):
        given.setdefault(cover.staff, []).append(cover)
    query = (
        select(staff.c.id, staff.c.display_name)
        .join(staff_roles, (staff_roles.c.staff == staff.c.id) & (staff_roles.c.role == "teacher"))
        .where(staff.c.active)
        .order_by(staff.c.display_name)
    )
    local = now.astimezone()
    return [
        (row.id, row.display_name)
        for row in connection.execute(query)
        if decide_duties(
            [room] if row.id in owners else [], hours.get(row.id, []), given.get(row.id, []), now, local
        )
    ]


def say_window(window: Window) -> str:
    """Return a window as the command line and the log write it: `mon,tue 09:00-10:00`."""
    days = ",".join(sorted(window.days, key=WEEKDAYS.index))
    said = f"{days} {window.starts}-{window.ends}"
    if window.from_day or window.until_day:
        said += f" {window.from_day or ''}..{window.until_day or ''}"
    return said


def read_window(text: str) -> Window:
    """Return the window that `say_window` wrote. Raises Invalid."""
    days, _, rest = text.strip().partition(" ")
    hours, _, span = rest.strip().partition(" ")
    starts, _, ends = hours.partition("-")
    first, _, last = span.strip().partition("..")
    plain: dict[str, object] = {"days": [each.strip() for each in days.split(",")]}
    plain |= {"starts": starts.strip(), "ends": ends.strip()}
    plain |= {key: value for key, value in (("from_day", first), ("until_day", last)) if value}
    try:
        return msgspec.convert(plain, Window)
    except msgspec.ValidationError as problem:
        raise Invalid(f"{text[:60]!r} is no lesson; write it as: mon,tue 09:00-10:00") from problem


def _window(body: str) -> Window:
    return msgspec.json.decode(body, type=Window)
