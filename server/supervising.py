"""Who supervises a room: checking in, confirming, handing over, leaving (R19, R20).

The log is only added to; who supervises now is read from it. Laptops are told one word for the room, which
is renewed under one id while anybody is checked in: a handover leaves no gap. Every check-in ends by itself.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, insert, select

from policies.lab_orders import Supervised
from policies.presence import may_pause
from server import covers, duties, lab_orders, room_settings
from server.case_entries import new_id
from server.covers import Cover
from server.duty_log import Giver
from server.duty_tables import check_ins
from server.errors import ServerError
from server.media_answers import NO_DEVICE
from server.supervision_log import (
    LONGEST,
    CheckIn,
    Line,
    Standing,
    What,
    decide_until,
    fold,
    is_supervised,
    read_lines,
    standing,
)

USUAL_MINUTES = 60
MOST_A_MINUTE = 20
"""Of one adult in one room: beyond any hand, below what a script would send, and nobody else's to use up."""
_A_MOMENT = timedelta(milliseconds=1)
Refusal = Literal["not-yours", "not-in", "nobody", "too-many"]
"""The room is not theirs now; they are not checked in; whom they named cannot take it, or left meanwhile;
more in a minute than anybody does."""


class SupervisionRefused(ServerError):
    """Nothing was changed. `kind` says why; pages have the words."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(f"not done: {kind}")
        self.kind: Refusal = kind


class Adult(NamedTuple):
    """Who supervises."""

    staff: int
    name: str
    """As pupils know them."""


def pause_refusal(connection: Connection, room: str, now: datetime) -> Literal["", "unsupervised", "closed"]:
    """Say why no laptop of this room would let its idle lock pause now (R18); empty where one may."""
    found = room_settings.settings_of_room(connection, room, now.astimezone())
    supervised = is_supervised(connection, room, now)
    if not found or any(may_pause(each.hours, supervised=supervised) for each in found):
        return ""
    return "closed" if all(each.hours.session == "closed" for each in found) else "unsupervised"


def check_in(
    connection: Connection, adult: Adult, room: str, *, minutes: int = USUAL_MINUTES, now: datetime
) -> Standing:
    """Begin to supervise, or begin anew. Raises SupervisionRefused."""
    until = _until(connection, adult, room, now, minutes, now)
    return _write(connection, adult, room, "in", until, now)


def confirm(
    connection: Connection, adult: Adult, room: str, *, minutes: int = USUAL_MINUTES, now: datetime
) -> Standing:
    """Say that one is still there. Raises SupervisionRefused."""
    mine = _mine(connection, adult, room, now)
    until = _until(connection, adult, room, mine.since, minutes, now)
    return _write(connection, adult, room, "confirmed", until, now)


def offer(connection: Connection, adult: Adult, room: str, to: int, *, now: datetime) -> Standing:
    """Ask a colleague to take over; until they do, nothing changes. Raises SupervisionRefused."""
    mine = _mine(connection, adult, room, now)
    names = dict(duties.adults_for(connection, room, now))
    if to == adult.staff or to not in names:
        raise SupervisionRefused("nobody")
    return _write(connection, adult, room, "offered", mine.until, now, (to, names[to]))


def take_over(
    connection: Connection,
    adult: Adult,
    room: str,
    from_staff: int,
    *,
    minutes: int = USUAL_MINUTES,
    now: datetime,
) -> Standing:
    """
    Supervise in somebody's place, offered or not: who is called away must not leave a gap (R20).

    Raises SupervisionRefused.
    """
    until = _until(connection, adult, room, now, minutes, now)
    before = standing(connection, room, now).of(from_staff)
    if before is None or from_staff == adult.staff:
        raise SupervisionRefused("nobody")
    return _write(connection, adult, room, "took-over", until, now, (before.staff, before.name))


def leave(connection: Connection, adult: Adult, room: str, *, now: datetime) -> Standing:
    """Stop supervising now; what follows on laptops is the policy's. Raises SupervisionRefused."""
    _mine(connection, adult, room, now)
    return _write(connection, adult, room, "left", now, now)


def end_without_duty(
    connection: Connection, number: int, now: datetime, *, closed: bool = False
) -> list[str]:
    """End an adult's check-ins in rooms that are theirs no longer; return the rooms."""
    query = select(check_ins.c.room).where(check_ins.c.staff == number, check_ins.c.at > now - 2 * LONGEST)
    rooms = list(connection.execute(query.distinct()).scalars())
    open_to_them = set() if closed else set(duties.duties_of(connection, number, now))
    ended = []
    for room in rooms:
        mine = standing(connection, room, now).of(number)
        if mine is not None and room not in open_to_them:
            why = "account" if closed else "duty"
            _write(connection, Adult(number, mine.name), room, "ended", now, now, why=why)
            ended.append(room)
    return ended


def end_cover(connection: Connection, grant: int, *, by: Giver, now: datetime) -> Cover:
    """End a cover at once, and the supervision that rested on it. Raises NotFound."""
    cover = covers.end_cover(connection, grant, by=by, now=now)
    end_without_duty(connection, cover.staff, now)
    return cover


def _mine(connection: Connection, adult: Adult, room: str, now: datetime) -> CheckIn:
    found = standing(connection, room, now).of(adult.staff)
    if found is None:
        raise SupervisionRefused("not-in")
    return found


def _until(
    connection: Connection, adult: Adult, room: str, since: datetime, minutes: int, now: datetime
) -> datetime:
    duty = duties.duties_of(connection, adult.staff, now).get(room)
    if duty is None:
        raise SupervisionRefused("not-yours")
    hours = room_settings.hours_of_room(connection, room, now.astimezone())
    until = decide_until(since, now, minutes, hours, duty.until)
    # Laptops judge a check-in by the hours of each moment: what a later window asks for ends it here, too.
    while hours.changes_at is not None and hours.changes_at < until:
        begins = hours.changes_at
        hours = room_settings.hours_of_room(connection, room, begins)
        if hours.needs_supervisor:
            until = min(until, max(begins, decide_until(since, now, minutes, hours, duty.until)))
    return until


def _write(
    connection: Connection,
    adult: Adult,
    room: str,
    what: What,
    until: datetime,
    now: datetime,
    other: tuple[int | None, str] = (None, ""),
    *,
    why: str = "",
) -> Standing:
    """Add a line and tell the room's laptops what it makes of their supervision."""
    lines = read_lines(connection, room, now)
    lately = sum(line.at > now - timedelta(minutes=1) for line in lines if line.staff == adult.staff)
    if what != "ended" and lately >= MOST_A_MINUTE:
        raise SupervisionRefused("too-many")
    before = fold(room, lines, now)
    line = Line(0, now, room, adult.staff, adult.name, what, until, other[0], other[1], why)
    line = line._replace(order=before.order or new_id(), issued_at=_issued_at(connection, room, now))
    after = fold(room, [*lines, line], now)
    connection.execute(
        insert(check_ins).values(
            at=now,
            room=room,
            staff=line.staff,
            by_name=line.by,
            what=line.what,
            until=line.until,
            other_staff=line.other_staff,
            other_name=line.other,
            why=line.why,
            order_id=line.order,
            issued_at=line.issued_at,
        )
    )
    if what != "offered":
        _tell(connection, line, before, after)
    return after


def _tell(connection: Connection, line: Line, before: Standing, after: Standing) -> None:
    until = after.until or before.until
    assert line.issued_at is not None
    if until is None:
        return
    # An earlier word may hold for longer than this one: laptops have to hear of it for as long.
    told_until = max(each for each in (before.until, after.until) if each is not None)
    word = Supervised(
        device=NO_DEVICE,
        order=line.order,
        on=bool(after.supervisors),
        by=after.by or before.by,
        issued_at=line.issued_at,
        until=until,
    )
    lab_orders.tell(connection, word, told_until, room=line.room)


def _issued_at(connection: Connection, room: str, now: datetime) -> datetime:
    """Return a moment later than every one that laptops were told, also where our clock was set back."""
    newest = connection.execute(
        select(func.max(check_ins.c.issued_at)).where(check_ins.c.room == room)
    ).scalar()
    return now if newest is None else max(now, newest + _A_MOMENT)
