"""The live channel of a lab: news whenever the room changes, a beat when it does not."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from server import state
from server.web import common, cover_over, doors, lab_paint, lab_watch
from server.web.common import Asked
from server.web.words import Words

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
"""The page hears something at least this often, or says that it lost the server."""
GATHER_SECONDS = 0.15
"""Changes this close together are drawn at once."""
REST = 2.0
"""A page that took long to draw rests so many times as long: no room takes all of a small server."""

_ending: set[asyncio.Task[None]] = set()


async def stream_news(
    request: Asked, viewer: doors.Viewer, room: str, words: Words, view: lab_paint.View
) -> AsyncIterator[bytes]:
    """Give the events of one open page, until its adult may no longer look or goes."""
    house, staff = state.of(request), str(viewer.id)
    painter = lab_paint.Painter(request, room, words, view)
    house.live.page_opened(room, staff)
    try:
        await asyncio.to_thread(lab_watch.resume_watch, house, viewer, room)
        while True:
            now = datetime.now(UTC)
            version = house.live.version_of(room)
            watch = house.live.watch_of(room, staff, now)
            still = await asyncio.to_thread(common.still_viewer, request)
            if house.stopping:
                return
            if still is None:
                yield _event("out", "")
                return
            if watch is None or not doors.may_see_room(still, room):
                why = await asyncio.to_thread(_over_words, house, still, room, words)
                yield _event("over", why)
                return
            renewed = house.live.renew_watch(room, staff, now)
            if renewed is not None:
                house.watches.watch(room, renewed.by, renewed.until, staff)
            began = time.monotonic()
            watching = lab_watch.watching_words(words, watch, live=True)
            news = await asyncio.to_thread(painter.news, still, watch.opened_at, watching)
            took = time.monotonic() - began
            if news is None:
                yield _event("beat", words.clock(datetime.now(UTC), seconds=True))
            else:
                yield _event("room", lab_paint.encode(news))
            await house.live.changed(version, BEAT_SECONDS, room)
            await asyncio.sleep(max(GATHER_SECONDS, took * REST))
    finally:
        house.live.page_closed(room, staff)
        task = asyncio.create_task(_end_later(house, room, staff))
        _ending.add(task)
        task.add_done_callback(_ending.discard)


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def _over_words(house: state.ServerState, viewer: doors.Viewer, room: str, words: Words) -> str:
    """Return what ended, where there is more to say than that nobody is viewing; empty if not."""
    ended = cover_over.find(house, viewer, room)
    if ended is None:
        return ""
    return f"{cover_over.words_for(words, ended, state.utc_now())} {cover_over.way_on(words)}"


async def _end_later(house: state.ServerState, room: str, staff: str) -> None:
    await asyncio.sleep(house.live.close_grace_seconds)
    if not house.live.has_open_page(room, staff):
        await asyncio.to_thread(lab_watch.end_watch, house, room, staff)
