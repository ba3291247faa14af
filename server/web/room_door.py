"""The door of one room: whoever opens an address below /lab/{room} comes through here (R38)."""

import anyio.to_thread

from server import access, refusals, state
from server.web import common, cover_over, doors
from server.web.common import Asked


def must_see_room(request: Asked, room: str) -> doors.Viewer:
    """
    Return the signed-in adult if this room is theirs now; else count it and raise NotAllowed.

    Whoever covered it until a moment ago is told so, and that is not counted.

    Call it from a sync handler, before anything is read.
    """
    viewer = common.must_view(request)
    if not doors.may_open(viewer, "lab"):
        raise access.NotAllowed
    if not doors.may_see_room(viewer, room):
        house = state.of(request)
        ended = cover_over.find(house, viewer, room)
        if ended is not None:
            raise cover_over.CoverOver(ended)
        with house.db.write() as connection:
            refusals.note_refusal(connection, viewer.id, viewer.name, room, state.utc_now())
        raise access.NotAllowed
    return viewer


async def must_see_room_async(request: Asked, room: str) -> doors.Viewer:
    """Do the same from a handler that runs on the event loop."""
    return await anyio.to_thread.run_sync(must_see_room, request, room)
