"""The Lab: who is at which laptop of one room, live, and told that they are being viewed (R38)."""

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.response import Redirect, Stream
from markupsafe import Markup

from server import access, room_settings, state
from server.web import (
    common,
    doors,
    lab_bar,
    lab_boxes,
    lab_live,
    lab_map,
    lab_paint,
    lab_read,
    lab_view,
    lab_watch,
    render,
    room_door,
)
from server.web.common import Asked
from server.web.lab_asking import Asking

FORMS = ("attention", "lock", "unlock", "message", "pause")
VIEWS: dict[str, lab_paint.View] = {"list": "list", "projector": "projector", "seat": "seat"}


@get("/lab/{room:str}", guards=[common.opens("lab")], sync_to_thread=True)
def show_lab(request: Asked, room: str) -> Response[str]:
    """Show one room as it is, tell its laptops, and write down who looked."""
    viewer = room_door.must_see_room(request, room)
    return show_room(request, viewer, room, do=request.query_params.get("do", ""))


def show_room(
    request: Asked,
    viewer: doors.Viewer,
    room: str,
    *,
    do: str = "",
    problem: str = "",
    typed: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response[str]:
    """Return the page of a room; with `do` one of its forms stands open, as it does after a refusal."""
    house = state.of(request)
    watch = lab_watch.begin_watch(house, viewer, room)
    seen = lab_read.read_room(house, room, watch.opened_at)
    words = render.words_of(request, viewer)
    asking = Asking(house, viewer, room, words, access.csrf_token(request), seen.at, seen)
    with house.db.read() as connection:
        rules = room_settings.lab_of_room(connection, room, seen.at.astimezone())
    q = request.query_params.get("q", "").strip()[:80]
    own = next((tile.device for tile in seen.tiles if tile.face.seat.person == viewer.name), "")
    context = {
        "room": room,
        "seen": seen,
        "sums": lab_view.sum_up(seen.seats),
        "waiting": [tile for tile in seen.tiles if tile.needs],
        "view": "list" if request.query_params.get("view") == "list" else "map",
        "boxes": {name: Markup(html) for name, html in lab_boxes.draw_boxes(asking).items()},  # noqa: S704
        "links": lab_boxes.LINKS,
        "q": q,
        "found": lab_map.find(seen.tiles, q),
        "asked": lab_bar.Form(rules, do if do in FORMS else "", problem, typed or {}, own),
        "other_rooms": len(viewer.rooms_now) > 1,
        "watching": lab_watch.watching_words(words, watch, live=False),
    }
    return common.show(request, "lab.html", "lab", context, status=status)


@get("/lab/{room:str}/projector", guards=[common.opens("lab")], sync_to_thread=True)
def show_projector(request: Asked, room: str) -> Response[str]:
    """Show the room for the whole class to see: numbers and whether they are ready, nobody's name."""
    viewer = room_door.must_see_room(request, room)
    house = state.of(request)
    watch = lab_watch.begin_watch(house, viewer, room)
    seen = lab_read.read_room(house, room, watch.opened_at)
    seats = [lab_map.decide_beamed(tile) for tile in seen.tiles]
    context = {"room": room, "seen": seen, "seats": seats, "sums": lab_map.sum_up_beamed(seats)}
    return common.show(request, "lab_projector.html", "lab", context)


@post("/lab/{room:str}/close", guards=[common.opens("lab")], sync_to_thread=True, status_code=303)
def close_lab(request: Asked, room: str) -> Redirect:
    """Stop viewing now."""
    viewer = room_door.must_see_room(request, room)
    lab_watch.end_watch(state.of(request), room, str(viewer.id))
    return common.go("/lab")


@get("/lab/{room:str}/live", guards=[common.opens("lab")])
async def stream_lab(request: Asked, room: str) -> Stream:
    """Send the room whenever it changes, and a beat when it does not."""
    viewer = await room_door.must_see_room_async(request, room)
    words = render.words_of(request, viewer)
    view = VIEWS.get(request.query_params.get("view", ""), "map")
    headers = {"X-Accel-Buffering": "no"}
    news = lab_live.stream_news(request, viewer, room, words, view)
    return Stream(news, media_type="text/event-stream", headers=headers)


ROUTES = [show_lab, show_projector, close_lab, stream_lab]
