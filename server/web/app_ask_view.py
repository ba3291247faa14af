"""Who asks for an app, as the teacher of a room sees it: the box above the map, and a page of its own."""

from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection

from policies.lab_settings import AppsSettings
from server import app_asks, devices, lesson_use, room_layouts, room_settings
from server.app_asks import Ask
from server.state import utc_now
from server.web import render
from server.web.lab_asking import Asking


class Desk(NamedTuple):
    """What the box is made of."""

    asks: tuple[Ask, ...]
    names: tuple[str, ...]
    """What each app is called here, in the same order."""
    minutes: int
    """How long a yes holds."""
    seats: tuple[int, ...]
    """Where each of them sits, as the map counts, in the same order; 0: no longer in this room."""


def minutes_of(connection: Connection, room: str) -> int:
    """Return how long a yes holds in this room now: the shortest that its pupils' settings say."""
    found = room_settings.settings_of_room(connection, room, utc_now().astimezone())
    default = AppsSettings().ask_allows_minutes
    return min((each.apps.ask_allows_minutes for each in found), default=default)


def read_desk(connection: Connection, room: str) -> Desk:
    """Return who asks in this room. Costs one small question while nobody does."""
    asks = app_asks.list_asks(connection, rooms=[room], now=utc_now())
    if not asks:
        return Desk((), (), 0, ())
    names = lesson_use.names_in_register(connection)
    called = tuple(lesson_use.app_name(names, each.app, "") for each in asks)
    here = {each.id: each.hostname for each in devices.list_devices(connection, room=room, active_only=True)}
    layout = room_layouts.read_layout(connection, room, here)
    seats = tuple(layout.number_of(each.device) for each in asks)
    return Desk(tuple(asks), called, minutes_of(connection, room), seats)


def draw(asking: Asking) -> str:
    """Return the box of the Lab's page; empty while nobody asks."""
    with asking.house.db.read() as connection:
        desk = read_desk(connection, asking.room)
    if not desk.asks:
        return ""
    return render.fragment(
        asking.words.language,
        "ask_parts.html",
        "box",
        desk=desk,
        room=asking.room,
        csrf=asking.csrf,
        next=f"/lab/{quote(asking.room)}",
        now=asking.now,
    )
