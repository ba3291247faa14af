"""Oversight: who looked at whom or what, and when. Read only; nobody can remove a line."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from litestar import Response, get

from server import devices, oversight, people, state
from server.web import common
from server.web.common import Asked

ROWS_PER_PAGE = 200


@get("/oversight", guards=[common.opens("oversight")], sync_to_thread=True)
def show_oversight(request: Asked) -> Response[str]:
    """Show the looks, newest first, by adult or room; looking here is a look too."""
    viewer = common.must_view(request)
    wanted = {key: request.query_params.get(key, "").strip()[:120] for key in ("by", "room")}
    before = request.query_params.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    now = datetime.now(UTC)
    house = state.of(request)
    with house.db.write() as connection:
        common.note_look(connection, viewer, "oversight")
    with house.db.read() as connection:
        found = oversight.list_looks(
            connection,
            by=wanted["by"] or None,
            room=wanted["room"] or None,
            limit=ROWS_PER_PAGE + 1,
            before_id=before_id,
        )
        month = oversight.list_looks(connection, since=now - timedelta(days=30), limit=10_000)
        names = people.names_of(connection)
        laptops = {device.id: device.hostname for device in devices.list_devices(connection)}
        rooms = devices.list_rooms(connection)
    shown = found[:ROWS_PER_PAGE]
    older = ""
    if len(found) > ROWS_PER_PAGE:
        kept = {key: value for key, value in wanted.items() if value}
        older = "/oversight?" + urlencode({**kept, "before": shown[-1].id})
    context = {
        "looks": shown,
        "names": names,
        "laptops": laptops,
        "adults": sorted({look.by for look in month}),
        "rooms": rooms,
        "wanted": wanted,
        "filtered": bool(wanted["by"] or wanted["room"]),
        "later_page": before_id is not None,
        "older": older,
        "sums": {
            "lab": sum(look.what == "lab" for look in month),
            "list": sum(look.what.startswith("agreements") for look in month),
            "person": sum(bool(look.person) for look in month),
        },
        "printed_at": now,
    }
    return common.show(request, "oversight.html", "oversight", context)


ROUTES = [show_oversight]
