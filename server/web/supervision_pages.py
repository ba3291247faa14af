"""Checking in to supervise a room, confirming, handing over and leaving: the forms, and a page for them.

Nothing here looks at a pupil: a teacher checks in without opening the lab.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from server import state, supervising, supervision_log
from server.supervising import Adult, SupervisionRefused
from server.web import common, doors, render, room_door, supervision_view
from server.web.common import Asked
from server.web.sign_in import local_address

MOST_LINES = 60
ACTS = ("in", "confirm", "leave", "offer", "take-over")


class Sent(msgspec.Struct):
    """The answer to script: empty, or why nothing was done, in the reader's language."""

    problem: str = ""


@get("/lab/{room:str}/supervision", guards=[common.opens("lab")], sync_to_thread=True)
def show_supervision(request: Asked, room: str) -> Response[str]:
    """Show who supervises this room, and who did."""
    return _page(request, room_door.must_see_room(request, room), room)


@post(
    "/lab/{room:str}/supervision/{act:str}",
    guards=[common.opens("lab")],
    sync_to_thread=True,
    status_code=200,
)
def supervise(request: Asked, room: str, act: str, data: common.Form) -> Response[Any] | Redirect:
    """Do one of ACTS, and go back to where the form stood."""
    viewer = room_door.must_see_room(request, room)
    house, now = state.of(request), datetime.now(UTC)
    try:
        with house.db.write() as connection:
            _do(connection, Adult(viewer.id, viewer.name), room, act, data, now)
    except SupervisionRefused as problem:
        return _refuse(request, viewer, room, problem.kind)
    house.notice_changes()
    house.live.wake()
    if _is_script(request):
        return Response(Sent())
    wanted = common.text_of(data, "next", 400)
    return common.go(local_address(wanted) if wanted else f"/lab/{quote(room)}/supervision")


def _do(connection: Any, adult: Adult, room: str, act: str, data: common.Form, now: datetime) -> None:
    minutes = _number(data, "minutes") or supervising.USUAL_MINUTES
    if act == "in":
        supervising.check_in(connection, adult, room, minutes=minutes, now=now)
    elif act == "confirm":
        supervising.confirm(connection, adult, room, minutes=minutes, now=now)
    elif act == "leave":
        supervising.leave(connection, adult, room, now=now)
    elif act == "offer":
        supervising.offer(connection, adult, room, _number(data, "to"), now=now)
    elif act == "take-over":
        supervising.take_over(connection, adult, room, _number(data, "from"), minutes=minutes, now=now)
    else:
        raise SupervisionRefused("nobody")


def _number(data: common.Form, key: str) -> int:
    """Return a whole number from a form; 0 for anything else."""
    text = common.text_of(data, key, 9)
    return int(text) if text.isascii() and text.isdigit() else 0


def _is_script(request: Asked) -> bool:
    return request.headers.get("accept", "") == "application/json"


def _refuse(request: Asked, viewer: doors.Viewer, room: str, kind: str) -> Response[Any]:
    if _is_script(request):
        said = render.labels_of(request, viewer)("supervision-refusal", kind)
        return Response(Sent(said), status_code=422)
    return _page(request, viewer, room, kind, 422)


def _page(
    request: Asked, viewer: doors.Viewer, room: str, problem: str = "", status: int = 200
) -> Response[str]:
    now = datetime.now(UTC)
    with state.of(request).db.read() as connection:
        desk = supervision_view.read_desk(connection, viewer, room, now)
        lines = supervision_log.list_check_ins(connection, room=room, limit=MOST_LINES)
    context = {"room": room, "desk": desk, "lines": lines, "problem": problem}
    return common.show(request, "supervision.html", "lab", context, status)


ROUTES = [show_supervision, supervise]
