"""Rooms, the sites they belong to, and groups: what settings can be given to besides the whole school."""

from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.response import Redirect

from server import groups, state
from server.errors import Invalid
from server.web import common, device_view, render
from server.web.common import Asked
from server.web.lab_view import natural


def _page(request: Asked, problems: list[tuple[str, str]] | None = None) -> Response[str]:
    with state.of(request).db.read() as connection:
        rooms = groups.list_rooms(connection)
        known = groups.list_groups(connection)
        sites = groups.list_sites(connection)
    context = {
        **device_view.shared("places"),
        "rooms": sorted(rooms, key=lambda room: (natural(room.site), natural(room.name))),
        "groups": known,
        "sites": list(sites),
        "problems": problems or [],
    }
    return common.show(request, "devices_places.html", "devices", context, 400 if problems else 200)


@get("/devices/places", guards=[common.opens("devices")], sync_to_thread=True)
def show_places(request: Asked) -> Response[str]:
    """Show where laptops can stand."""
    return _page(request)


@post("/devices/places", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def save_places(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Say which site each room belongs to; rooms that are not in the form stay as they are."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    names, given = common.texts_of(data, "room"), common.texts_of(data, "site")
    wanted = dict(zip(names, given, strict=False))
    try:
        for site in set(wanted.values()) - {""}:
            groups.check_name(site, "a site")
    except Invalid:
        said = render.words_of(request, viewer).say("Write a name of 1 to 80 visible characters, no slash.")
        return _page(request, [("", said)])
    with state.of(request).db.write() as connection:
        for room in groups.list_rooms(connection):
            if room.name in wanted and wanted[room.name] != room.site:
                groups.set_site(connection, room.name, wanted[room.name], now)
    return common.go("/devices/places")


ROUTES = [show_places, save_places]
