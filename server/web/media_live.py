"""The page Media while it is open: it hears that something changed and reads itself again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from litestar import get
from litestar.response import Stream

from server import media, media_health, state
from server.web import common, doors
from server.web.common import Asked

LOOK_SECONDS = 3.0
"""Laptops tell of sticks at any moment; adults' answers and watched laptops wake the page at once."""
BEATS_EVERY = 5
"""Looks without news between two beats, by which a page knows that the line holds."""


def fingerprint(house: state.ServerState, viewer: doors.Viewer, now: datetime) -> str:
    """Return a short text that is another one when the page would show something else."""
    rooms = doors.media_rooms(viewer)
    with house.db.read() as connection:
        shown = (
            media.list_waiting(connection, now, rooms=rooms),
            media.list_plugs(connection, rooms=rooms, since=media.day_begins(media.day_of(now))),
            media_health.list_detections(connection, unseen_only=True, rooms=rooms),
            common.policy_facts(connection).usb,
        )
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


@get("/media/live", guards=[common.opens("media")])
async def stream_media(request: Asked) -> Stream:
    """Say whenever the page would look different now."""
    headers = {"X-Accel-Buffering": "no"}
    return Stream(_news(request), media_type="text/event-stream", headers=headers)


async def _news(request: Asked) -> AsyncIterator[bytes]:
    house = state.of(request)
    before, quiet = "", 0
    while not house.stopping:
        version = house.live.version
        viewer = await asyncio.to_thread(common.still_viewer, request)
        if viewer is None or not doors.may_open(viewer, "media"):
            yield b"event: over\ndata: -\n\n"
            return
        now = await asyncio.to_thread(fingerprint, house, viewer, datetime.now(UTC))
        if now != before or quiet >= BEATS_EVERY:
            yield f"event: {'media' if now != before else 'beat'}\ndata: {now}\n\n".encode()
            before, quiet = now, 0
        quiet += 1
        await house.live.changed(version, LOOK_SECONDS)


ROUTES = [stream_media]
