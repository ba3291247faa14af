"""Pupils who ask before they use an app, and the teacher's yes or no (R24).

The question is what a laptop recorded; the answer is a signed order to that laptop, kept with who gave it.
What became of it there stands among the outcomes: *sent* until the laptop said that it did so.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from policies.orders import AppAnswered
from server import changes, lab_actions
from server.ask_tables import app_asks
from server.errors import Invalid, NotFound
from server.media_tables import media_orders, order_outcomes
from server.tables import devices, people

WAITS = timedelta(hours=14)
"""No login lasts longer: an older question waits nowhere any more."""
SHOWN_AFTER = timedelta(minutes=10)
NO_IS_TOLD = timedelta(hours=2)
MOST_SHOWN = 60
MOST_OF_LAPTOP = 6
"""Of one laptop: nobody's questions are hidden behind one that asks for everything."""
State = Literal["waiting", "sent", "confirmed", "failed", "withdrawn", "ended"]


class Ask(NamedTuple):
    """One pupil and one app."""

    id: int
    device: str
    hostname: str
    room: str
    login: str
    os_user: str
    person: str | None
    shown: str
    """The name an adult knows, or the account's."""
    app: str
    words: str
    asked_at: datetime
    """When the server heard it."""
    state: State
    allowed: bool | None
    """The answer; None before there is one."""
    answered_by: str
    answered_at: datetime | None
    until: datetime | None
    """Until when a yes holds."""
    problem: str = ""
    """What the laptop said when it could not do as answered."""


def list_asks(
    connection: Connection,
    *,
    rooms: Iterable[str] | None,
    now: datetime,
    device: str = "",
    answered: bool = True,
) -> list[Ask]:
    """
    Return who waits in these rooms (None: every room), oldest first, then what was answered of late.

    With a device, only that laptop's.
    """
    shown = and_(app_asks.c.state == "waiting", app_asks.c.received_at > now - WAITS)
    if answered:
        late = and_(app_asks.c.state.in_(("allowed", "denied")), app_asks.c.answered_at > now - SHOWN_AFTER)
        shown = shown | late
    query = (
        select(
            app_asks,
            devices.c.hostname,
            devices.c.room,
            people.c.display_name,
            order_outcomes.c.outcome,
            order_outcomes.c.problem,
        )
        .join(devices, devices.c.id == app_asks.c.device)
        .outerjoin(people, (people.c.os_user == app_asks.c.os_user) & (people.c.person == app_asks.c.person))
        .outerjoin(
            order_outcomes,
            (order_outcomes.c.order_id == app_asks.c.order_id)
            & (order_outcomes.c.device == app_asks.c.device),
        )
        .where(shown)
        .order_by(app_asks.c.answered_at.is_not(None), app_asks.c.received_at, app_asks.c.id)
        .limit(1000)
    )
    if rooms is not None:
        query = query.where(devices.c.room.in_(sorted(rooms)))
    if device:
        query = query.where(app_asks.c.device == device)
    return decide_shown([_ask(row) for row in connection.execute(query)])


def decide_shown(asks: Iterable[Ask]) -> list[Ask]:
    """Return the questions that are shown, in their order: of one laptop only so many that wait. Pure."""
    waiting: Counter[str] = Counter()
    found = []
    for each in asks:
        waiting[each.device] += each.state == "waiting"
        if each.state != "waiting" or waiting[each.device] <= MOST_OF_LAPTOP:
            found.append(each)
    return found[:MOST_SHOWN]


def decide_state(stored: str, outcome: str | None) -> State:
    """Return how a question stands: an answer counts as given only once the laptop said so. Pure."""
    if stored in ("allowed", "denied"):
        if outcome is None:
            return "sent"
        return "confirmed" if outcome == "done" else "failed"
    states: dict[str, State] = {"waiting": "waiting", "withdrawn": "withdrawn"}
    return states.get(stored, "ended")


def _ask(row: Row[tuple[object, ...]]) -> Ask:
    allowed = {"allowed": True, "denied": False}.get(row.state)
    return Ask(
        row.id,
        row.device,
        row.hostname,
        row.room,
        row.login,
        row.os_user,
        row.person,
        row.display_name or row.os_user,
        row.app,
        row.words,
        row.received_at,
        decide_state(row.state, row.outcome),
        allowed,
        row.answered_by,
        row.answered_at,
        row.until,
        row.problem or "",
    )


def answer(
    connection: Connection,
    number: int,
    *,
    room: str,
    allowed: bool,
    minutes: int,
    by: str,
    staff: int | None,
    now: datetime,
) -> str:
    """
    Answer one question that waits in this room; return the order's id.

    Raises NotFound for a question of another room or none, and Invalid("over") for one that was answered,
    taken back or left meanwhile: nobody's answer is overwritten.
    """
    row = connection.execute(
        select(app_asks, devices.c.room)
        .join(devices, devices.c.id == app_asks.c.device)
        .where(app_asks.c.id == number, devices.c.room == room)
    ).one_or_none()
    if row is None:
        raise NotFound("nobody in this room asks that")
    until = now + (timedelta(minutes=minutes) if allowed else NO_IS_TOLD)
    order = secrets.token_hex(8)
    done = connection.execute(
        update(app_asks)
        .where(app_asks.c.id == number, app_asks.c.state == "waiting", app_asks.c.received_at > now - WAITS)
        .values(
            state="allowed" if allowed else "denied",
            answered_at=now,
            answered_by=by[:120],
            answered_staff=staff,
            order_id=order,
            until=until if allowed else None,
        )
    )
    if done.rowcount != 1:
        raise Invalid("over")
    said = AppAnswered(
        device=row.device,
        order=order,
        by=by[:120],
        login=row.login,
        app=row.app,
        allowed=allowed,
        until=until,
    )
    connection.execute(
        insert(media_orders).values(
            order_id=order,
            device=row.device,
            room="",
            until=until,
            body=msgspec.json.encode(said).decode(),
        )
    )
    changes.bump(connection, changes.MEDIA)
    lab_actions.write(
        connection,
        at=now,
        staff=staff,
        by=by,
        room=room,
        what="app-yes" if allowed else "app-no",
        device=row.device,
        devices=1,
        login=row.login,
        words=row.app,
        until=until if allowed else None,
        order=order,
    )
    return order


def forget(connection: Connection, before: datetime) -> int:
    """Remove questions heard before then, with their answers; return how many. The log keeps who answered."""
    old = select(app_asks.c.order_id).where(app_asks.c.received_at < before, app_asks.c.order_id != "")
    for table in (order_outcomes, media_orders):
        connection.execute(delete(table).where(table.c.order_id.in_(old)))
    return connection.execute(delete(app_asks).where(app_asks.c.received_at < before)).rowcount
