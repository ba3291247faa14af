"""The Lab: who is at which laptop of one room, live, and told that they are being viewed (R38)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Stream

from server import access, devices, help_calls, oversight, people, records_kept, state
from server.live import Watching
from server.web import common, doors, help_view, lab_view, render
from server.web.common import Asked
from server.web.words import Words

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
"""The page hears something at least this often, or says that it lost the server."""
GATHER_SECONDS = 0.15
"""Changes this close together are drawn at once."""
LOGIN_MAY_LAST = timedelta(hours=14)
"""An older login without an end is a laptop that was carried away, not somebody at work."""

_ending: set[asyncio.Task[None]] = set()


class Drawn(NamedTuple):
    """One state of the room, and which tiles the page already has."""

    seats: list[lab_view.Seat]
    html: dict[str, str]
    totals: str
    calls: str


def _read_room(house: state.ServerState, room: str, since: datetime) -> list[lab_view.Seat]:
    now = datetime.now(UTC)
    with house.db.read() as connection:
        known = devices.list_devices(connection, room=room, active_only=True)
        names = people.names_of(connection)
        records_apps = common.policy_facts(connection).records_apps
        logins = records_kept.logins_of(connection, room=room, since=now - LOGIN_MAY_LAST, limit=500)
        heard = house.live.heard([device.id for device in known])
        calls = help_calls.open_calls(connection, rooms=[room])
        said = [login for word in heard.values() if word.status for login in word.status.logins]
        answered = help_calls.answered_logins(connection, [one.login for one in said if one.help_asked])
    open_logins: dict[str, list[tuple[str, str]]] = {}
    for login in logins:
        if login.ended_at is None:
            shown = names.get(login.person or "") or login.os_user
            open_logins.setdefault(login.device, []).append((login.login, shown))
    seats: list[lab_view.Seat] = []
    for device in known:
        laptop = lab_view.Laptop(
            device.id,
            device.hostname,
            device.last_seen_at,
            house.is_connected(device.id),
            not records_apps,
            tuple(open_logins.get(device.id, ())),
            tuple((call.login, call.shown, call.asked_at) for call in calls if call.device == device.id),
            answered,
        )
        seats += lab_view.decide_seats(laptop, heard[device.id], since, names, now)
    return lab_view.order_seats(seats)


def _watching_words(words: Words, watch: Watching, *, live: bool) -> str:
    """Return the line about the viewing; the snapshot's one stands until the live channel replaces it."""
    told = words.say("Pupils are told that you are viewing.")
    if live:
        cap = words.clock(watch.cap_at)
        return told + " " + words.say("Ends when you close this page, at %(time)s at the latest.", time=cap)
    ends = words.say("Ends at %(time)s.", time=words.clock(watch.until))
    snapshot = words.say("This is how it was when the page was opened. Load it again to see how it is now.")
    return f"{told} {ends} {snapshot}"


def _begin(house: state.ServerState, viewer: doors.Viewer, room: str) -> Watching:
    """Start or go on watching; a new opening is written down before anything is shown."""
    now = datetime.now(UTC)
    watch, is_new = house.live.open_watch(room, str(viewer.id), viewer.name, now)
    if is_new:
        with house.db.write() as connection:
            oversight.write_look(connection, at=now, staff=viewer.id, by=viewer.name, what="lab", room=room)
        house.watches.watch(room, viewer.name, watch.until)
    return watch


def _end(house: state.ServerState, room: str, staff: str) -> None:
    ended = house.live.end_watch(room, staff)
    if ended is not None:
        house.watches.end(room, ended.by, datetime.now(UTC))


def _may_look(request: Asked, room: str) -> doors.Viewer:
    viewer = common.must_view(request)
    if not doors.may_see_room(viewer, room):
        raise access.NotAllowed
    return viewer


@get("/lab", guards=[common.opens("lab")], sync_to_thread=True)
def show_labs(request: Asked) -> Response[str]:
    """Show the adult's own rooms; opening one is a step of its own, because pupils are told."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        standing = devices.list_devices(connection, active_only=True)
        calls = help_calls.open_calls(connection, rooms=viewer.rooms)
    rooms = [
        (room, sum(device.room == room for device in standing), sum(call.room == room for call in calls))
        for room in sorted(viewer.rooms, key=lab_view.natural)
    ]
    return common.show(request, "labs.html", "lab", {"rooms": rooms})


@get("/lab/{room:str}", guards=[common.opens("lab")], sync_to_thread=True)
def show_lab(request: Asked, room: str) -> Response[str]:
    """Show one room as it is, tell its laptops, and write down who looked."""
    viewer = _may_look(request, room)
    house = state.of(request)
    watch = _begin(house, viewer, room)
    seats = _read_room(house, room, watch.opened_at)
    words = render.words_of(request, viewer)
    context = {
        "room": room,
        "seats": seats,
        "sums": lab_view.sum_up(seats),
        "laptops": len({seat.key.split("-")[0] for seat in seats}),
        "other_rooms": len(viewer.rooms) > 1,
        "watching": _watching_words(words, watch, live=False),
    }
    return common.show(request, "lab.html", "lab", context)


@post("/lab/{room:str}/close", guards=[common.opens("lab")], sync_to_thread=True, status_code=303)
def close_lab(request: Asked, room: str) -> Redirect:
    """Stop viewing now."""
    viewer = _may_look(request, room)
    _end(state.of(request), room, str(viewer.id))
    return common.go("/lab")


@get("/lab/{room:str}/live", guards=[common.opens("lab")])
async def stream_lab(request: Asked, room: str) -> Stream:
    """Send the room whenever it changes, and a beat when it does not."""
    viewer = _may_look(request, room)
    words = render.words_of(request, viewer)
    headers = {"X-Accel-Buffering": "no"}
    return Stream(_news(request, viewer, room, words), media_type="text/event-stream", headers=headers)


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def _draw(seats: list[lab_view.Seat], words: Words, calls: str) -> Drawn:
    now = datetime.now(UTC)
    html = {
        seat.key: render.fragment(words.language, "lab_parts.html", "tile", seat=seat, now=now)
        for seat in seats
    }
    totals = render.fragment(words.language, "lab_parts.html", "totals", sums=lab_view.sum_up(seats))
    return Drawn(seats, html, totals, calls)


def _calls_html(request: Asked, viewer: doors.Viewer, room: str, words: Words) -> str:
    with state.of(request).db.read() as connection:
        calls = help_view.told_to(connection, viewer)
    return render.fragment(
        words.language,
        "help_parts.html",
        "calls_note",
        calls=calls,
        csrf=access.csrf_token(request),
        next=f"/lab/{quote(room)}",
        now=datetime.now(UTC),
    )


async def _news(request: Asked, viewer: doors.Viewer, room: str, words: Words) -> AsyncIterator[bytes]:
    house, staff = state.of(request), str(viewer.id)
    house.live.page_opened(room, staff)
    try:
        await asyncio.to_thread(_begin, house, viewer, room)
        drawn: Drawn | None = None
        while True:
            now = datetime.now(UTC)
            version = house.live.version
            watch = house.live.watch_of(room, staff, now)
            still = await asyncio.to_thread(common.still_viewer, request)
            if house.stopping:
                return
            if watch is None or still is None or not doors.may_see_room(still, room):
                yield _event("over", words.clock(now, seconds=True))
                return
            renewed = house.live.renew_watch(room, staff, now)
            if renewed is not None:
                house.watches.watch(room, renewed.by, renewed.until)
            seats = await asyncio.to_thread(_read_room, house, room, watch.opened_at)
            calls = await asyncio.to_thread(_calls_html, request, still, room, words)
            before, drawn = drawn, _draw(seats, words, calls)
            yield _message(before, drawn, words, _watching_words(words, watch, live=True))
            await house.live.changed(version, BEAT_SECONDS)
            await asyncio.sleep(GATHER_SECONDS)
    finally:
        house.live.page_closed(room, staff)
        task = asyncio.create_task(_end_later(house, room, staff))
        _ending.add(task)
        task.add_done_callback(_ending.discard)


def _message(before: Drawn | None, drawn: Drawn, words: Words, watching: str) -> bytes:
    at = words.clock(datetime.now(UTC), seconds=True)
    if before is not None and (before.html, before.calls) == (drawn.html, drawn.calls):
        return _event("beat", at)
    had = before.html if before else {}
    told = {seat.key: seat for seat in before.seats} if before else {}
    news = {
        "at": at,
        "watching": watching,
        "calls": drawn.calls,
        "totals": drawn.totals,
        "order": [seat.key for seat in drawn.seats],
        "tiles": {key: html for key, html in drawn.html.items() if had.get(key) != html},
        "says": lab_view.say_changes(told, drawn.seats, words) if before else "",
    }
    return _event("room", msgspec.json.encode(news).decode())


async def _end_later(house: state.ServerState, room: str, staff: str) -> None:
    await asyncio.sleep(house.live.close_grace_seconds)
    if not house.live.has_open_page(room, staff):
        _end(house, room, staff)


ROUTES = [show_labs, show_lab, close_lab, stream_lab]
