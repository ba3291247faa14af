"""A teacher answers a pupil who asked for an app (R24): the forms, and a page that works without script."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from server import app_asks, state
from server.errors import Invalid, NotFound
from server.web import app_ask_view, common, render, room_door
from server.web.common import Asked
from server.web.sign_in import local_address


class Sent(msgspec.Struct):
    """The answer to script: empty, or why nothing was done, in the reader's language."""

    problem: str = ""


@get("/lab/{room:str}/asks", guards=[common.opens("lab")], sync_to_thread=True)
def show_asks(request: Asked, room: str) -> Response[str]:
    """Show who asks in this room for which app."""
    room_door.must_see_room(request, room)
    return _page(request, room)


@post("/lab/{room:str}/asks/{number:int}", guards=[common.opens("lab")], sync_to_thread=True, status_code=200)
def answer_ask(request: Asked, room: str, number: int, data: common.Form) -> Response[Any] | Redirect:
    """Say yes or no, once; a question that is over says so."""
    viewer = room_door.must_see_room(request, room)
    house, now = state.of(request), state.utc_now()
    said = common.text_of(data, "allowed", 9)
    try:
        if said not in ("yes", "no"):
            raise NotFound("neither yes nor no")
        with house.db.write() as connection:
            app_asks.answer(
                connection,
                number,
                room=room,
                allowed=said == "yes",
                minutes=app_ask_view.minutes_of(connection, room),
                by=viewer.name,
                staff=viewer.id,
                now=now,
            )
    except (Invalid, NotFound):
        words = render.words_of(request, viewer)
        problem = words.say("Nobody waits for that any more: it was answered or taken back meanwhile.")
        if request.headers.get("accept", "") == "application/json":
            return Response(Sent(problem), status_code=422)
        return _page(request, room, problem, 422)
    house.notice_changes()
    house.live.wake(room)
    if request.headers.get("accept", "") == "application/json":
        return Response(Sent())
    wanted = common.text_of(data, "next", 400)
    return common.go(local_address(wanted) if wanted else f"/lab/{quote(room)}/asks")


def _page(request: Asked, room: str, problem: str = "", status: int = 200) -> Response[str]:
    with state.of(request).db.read() as connection:
        desk = app_ask_view.read_desk(connection, room)
    return common.show(request, "asks.html", "lab", {"room": room, "desk": desk, "problem": problem}, status)


ROUTES = [show_asks, answer_ask]
