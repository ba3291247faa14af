"""A teacher's own labs: which may be opened now, who supervises them, and what is theirs at another time.

Opening a lab is a step of its own, because pupils are told; checking in here is no look at anybody.
"""

from datetime import datetime
from typing import NamedTuple

from litestar import Response, get
from sqlalchemy import Connection

from server import covers, devices, duties, help_calls, state
from server.covers import Cover
from server.web import common, cover_over, doors, lab_view, render, supervision_view
from server.web.common import Asked
from server.web.individual_view import window_words
from server.web.supervision_view import Desk
from server.web.words import Words


class Card(NamedTuple):
    """One room that may be opened now."""

    desk: Desk
    laptops: int
    waiting: int
    """How many there ask for help."""


class Later(NamedTuple):
    """One room that is theirs at another time."""

    room: str
    lessons: str = ""
    """Their lessons there, in words."""
    cover: Cover | None = None


def read_labs(
    connection: Connection, viewer: doors.Viewer, words: Words, now: datetime
) -> tuple[list[Card], list[Later]]:
    """Return what the page shows."""
    standing = devices.list_devices(connection, active_only=True)
    calls = help_calls.open_calls(connection, rooms=viewer.rooms_now)
    cards = [
        Card(
            supervision_view.read_desk(connection, viewer, room, now),
            sum(device.room == room for device in standing),
            sum(call.room == room for call in calls),
        )
        for room in sorted(viewer.rooms_now, key=lab_view.natural)
    ]
    hours = duties.hours_of(connection, viewer.id)
    later = [
        Later(room, words.join(window_words(words, each.window) for each in hours if each.room == room))
        for room in sorted(viewer.rooms - viewer.rooms_now, key=lab_view.natural)
    ]
    later += [
        Later(each.room, cover=each)
        for each in covers.list_covers(connection, now, viewer.id)
        if each.from_at > now
    ]
    return cards, later


@get("/lab", guards=[common.opens("lab")], sync_to_thread=True)
def show_labs(request: Asked) -> Response[str]:
    """Show the adult's own rooms."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        cards, later = read_labs(connection, viewer, render.words_of(request, viewer), state.utc_now())
        ended = [
            each
            for each in covers.list_ended(connection, state.utc_now(), viewer.id)
            if each.room not in viewer.rooms_now
        ]
    words = render.words_of(request, viewer)
    told = [cover_over.words_for(words, each, state.utc_now()) for each in ended]
    context = {"cards": cards, "later": later, "ended": told, "another": cover_over.way_on(words)}
    return common.show(request, "labs.html", "lab", context)


ROUTES = [show_labs]
