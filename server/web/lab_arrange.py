"""Arranging a room: where each laptop stands, its aisles and its front. Laptops only, nobody's name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from server import devices, room_layouts, state
from server.errors import Invalid
from server.room_layouts import Layout, LayoutMoved, Place
from server.web import common, doors, room_door
from server.web.common import Asked, Form

GUARDS = [common.opens("lab")]


class WrongLayout(Invalid):
    """This cannot be drawn. `kind` says why; the page has the words, and what was typed stays."""

    def __init__(self, kind: str, **values: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values = values


@get("/lab/{room:str}/arrange", guards=GUARDS, sync_to_thread=True)
def show_arrange(request: Asked, room: str) -> Response[str]:
    """Show the room's laptops as they stand, to be moved."""
    viewer = room_door.must_see_room(request, room)
    with state.of(request).db.read() as connection:
        laptops = _laptops(connection, room)
        layout = room_layouts.read_layout(connection, room, laptops)
    return _page(request, viewer, room, layout, laptops)


@post("/lab/{room:str}/arrange", guards=GUARDS, sync_to_thread=True, status_code=303)
def save_arrange(request: Asked, room: str, data: Form) -> Response[str] | Redirect:
    """Keep where they stand now."""
    viewer = room_door.must_see_room(request, room)
    house = state.of(request)
    with house.db.read() as connection:
        laptops = _laptops(connection, room)
        held = room_layouts.read_layout(connection, room, laptops)
    if data.get("again"):
        usual = room_layouts.usual_layout(laptops)
        try:
            with house.db.write() as connection:
                room_layouts.save_layout(
                    connection, room, usual, by=viewer.name, now=datetime.now(UTC), seen_number=held.number
                )
        except LayoutMoved:
            return _page(request, viewer, room, held, laptops, problem="moved", status=409)
        house.live.wake(room)
        return common.go(f"/lab/{quote(room)}/arrange?saved=yes")
    typed = held
    try:
        typed = read_form(data, laptops)
        room_layouts.check_layout(typed)
        with house.db.write() as connection:
            room_layouts.save_layout(
                connection,
                room,
                typed,
                by=viewer.name,
                now=datetime.now(UTC),
                seen_number=_number(data, "number", 0),
            )
    except LayoutMoved:
        return _page(request, viewer, room, held, laptops, problem="moved", status=409)
    except WrongLayout as problem:
        return _page(request, viewer, room, typed, laptops, problem=problem.kind, status=422)
    except Invalid:
        kind = "twice" if len(set(typed.places.values())) < len(typed.places) else "range"
        return _page(request, viewer, room, typed, laptops, problem=kind, status=422)
    house.live.wake(room)
    return common.go(f"/lab/{quote(room)}")


def read_form(data: Mapping[str, Any], laptops: Mapping[str, str]) -> Layout:
    """Return the arrangement as it was sent, not checked yet. Raises WrongLayout for what is no number."""
    front = common.text_of(dict(data), "front", 8)
    if front not in room_layouts.FRONTS:
        raise WrongLayout("front")
    columns = _number(data, "columns", 0)
    if not 1 <= columns <= room_layouts.MOST_COLUMNS:
        raise WrongLayout("range")
    aisles = {int(text) for text in common.texts_of(dict(data), "aisle") if text.isascii() and text.isdigit()}
    places = {
        device: Place(_number(data, f"row-{device}", 0), _number(data, f"column-{device}", 0))
        for device in laptops
        if f"row-{device}" in data
    }
    layout = Layout(
        columns,
        frozenset(aisle for aisle in aisles if aisle < columns),
        front,
        places,
        _number(data, "number", 0),
    )
    return room_layouts.fill_in(layout, laptops)


def _number(data: Mapping[str, Any], key: str, otherwise: int) -> int:
    text = common.text_of(dict(data), key, 9)
    return int(text) if text.isascii() and text.isdigit() else otherwise


def _laptops(connection: Any, room: str) -> dict[str, str]:
    listed = devices.list_devices(connection, room=room, active_only=True)
    return {device.id: device.hostname for device in listed}


def _page(
    request: Asked,
    viewer: doors.Viewer,
    room: str,
    layout: Layout,
    laptops: Mapping[str, str],
    *,
    problem: str = "",
    status: int = 200,
) -> Response[str]:
    order = room_layouts.in_order(layout, laptops)
    numbers = layout.numbers()
    context = {
        "room": room,
        "layout": layout,
        "seats": [(device, laptops[device], numbers[device], layout.places[device]) for device in order],
        "fronts": room_layouts.FRONTS,
        "most_columns": room_layouts.MOST_COLUMNS,
        "most_rows": room_layouts.MOST_ROWS,
        "problem": problem,
        "saved": "saved" in request.query_params,
    }
    return common.show(request, "lab_arrange.html", "lab", context, status=status)


ROUTES = [show_arrange, save_arrange]
