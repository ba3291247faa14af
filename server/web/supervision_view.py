"""Who supervises one room, as its teacher sees it: what stands at the top of the Lab and on its own page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection

from server import duties, room_settings, supervising, supervision_log
from server.duties import Duty
from server.room_settings import RoomHours
from server.supervision_log import CheckIn, Offer, Standing
from server.web import doors, render
from server.web.lab_asking import Asking

CHOICES = (15, 30, 45, 60, 90, 120, 180, 240, 360, 480)
SOON = timedelta(minutes=5)
"""So long before its end a check-in asks to be confirmed."""
State = Literal["mine", "theirs", "asked", "wanted", "free"]
"""mine: this adult supervises. theirs: somebody else does. asked: somebody else does and asks them to take
over. wanted: nobody does, and pupils wait for it. free: nobody does, and nobody has to."""


class Desk(NamedTuple):
    """Everything the box and the page are made of."""

    room: str
    state: State
    standing: Standing
    hours: RoomHours
    mine: CheckIn | None
    others: tuple[CheckIn, ...]
    offer: Offer | None
    """To this adult where the state is asked; from them where it is mine."""
    colleagues: tuple[tuple[int, str], ...]
    """Who may take the room over."""
    minutes: tuple[int, ...]
    """For how long one may check in; empty where every few minutes have to be confirmed."""
    usual: int
    soon: bool
    """The own check-in is nearly over."""
    duty: Duty | None


def decide_minutes(hours: RoomHours, duty_until: datetime | None, now: datetime) -> tuple[int, ...]:
    """Return for how many minutes somebody may check in: what the policy and their own time leave. Pure."""
    if hours.direct:
        return ()
    longest = hours.longest_check_in_minutes
    if duty_until is not None:
        longest = min(longest, max(1, int((duty_until - now).total_seconds() // 60)))
    return (*(each for each in CHOICES if each < longest), longest)


def decide_usual(minutes: Sequence[int]) -> int:
    """Return what is chosen before anybody chooses: an hour, or what there is. Pure."""
    return max(
        (each for each in minutes if each <= supervising.USUAL_MINUTES), default=supervising.USUAL_MINUTES
    )


def decide_state(
    standing: Standing, hours: RoomHours, staff: int
) -> tuple[State, CheckIn | None, Offer | None]:
    """Return how the room stands for this adult, their check-in, and the offer that concerns them. Pure."""
    mine = standing.of(staff)
    if mine is not None:
        return "mine", mine, next((each for each in standing.offers if each.from_staff == staff), None)
    asked = next((each for each in standing.offers if each.to_staff == staff), None)
    if asked is not None:
        return "asked", None, asked
    if standing.supervisors:
        return "theirs", None, None
    return ("wanted" if hours.needs_supervisor else "free"), None, None


def read_desk(connection: Connection, viewer: doors.Viewer, room: str, now: datetime) -> Desk:
    """Return the room's supervision as this adult sees it."""
    standing = supervision_log.standing(connection, room, now)
    hours = room_settings.hours_of_room(connection, room, now.astimezone())
    duty = duties.duties_of(connection, viewer.id, now).get(room)
    state, mine, offer = decide_state(standing, hours, viewer.id)
    minutes = decide_minutes(hours, None if duty is None else duty.until, now)
    colleagues = duties.adults_for(connection, room, now) if state == "mine" else []
    return Desk(
        room,
        state,
        standing,
        hours,
        mine,
        tuple(each for each in standing.supervisors if each.staff != viewer.id),
        offer,
        tuple(each for each in colleagues if each[0] != viewer.id),
        minutes,
        decide_usual(minutes),
        mine is not None and mine.until - now <= SOON,
        duty,
    )


def draw(asking: Asking) -> str:
    """Return the box at the top of the Lab."""
    with asking.house.db.read() as connection:
        desk = read_desk(connection, asking.viewer, asking.room, asking.now)
    return render.fragment(
        asking.words.language,
        "supervision_parts.html",
        "box",
        desk=desk,
        csrf=asking.csrf,
        next=f"/lab/{quote(asking.room)}",
        now=asking.now,
    )
