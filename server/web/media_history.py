"""Media, looked back: every stick that was plugged in, narrowed and paged; and everything harmful found."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from litestar import Response, get

from server import media, media_health, media_modes, media_sheets, state
from server.media import Wanted
from server.web import common, doors, media_view, render
from server.web.common import Asked
from server.web.media import OPENS, notice

ROWS_PER_PAGE = 100
MOST_ROWS = 10_000
"""In a file: years of a school."""
WHAT = ("harmful", "opened", "shut")
CSV_TYPE = "text/csv"  # Litestar says the charset


def read_wanted(given: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what it cannot mean is as if it were not said. Pure."""
    what = given.get("what", "")
    return Wanted(
        needle=given.get("q", "").strip()[:80],
        room=given.get("room", "").strip()[:80],
        what=what if what in WHAT else "",
        since=_begins(given.get("from", ""), 0),
        before=_begins(given.get("to", ""), 1),
    )


def _begins(text: str, days: int) -> datetime | None:
    try:
        return media.day_begins(date.fromisoformat(text) + timedelta(days=days))
    except (ValueError, OverflowError):
        return None


def _page_number(request: Asked) -> int:
    page = request.query_params.get("page", "1")
    return max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1


@get("/media/history", guards=OPENS, sync_to_thread=True)
def show_history(request: Asked) -> Response[str]:
    """Show everything that was plugged in, newest first, narrowed by the address."""
    viewer = notice(request)
    wanted, number = read_wanted(dict(request.query_params)), _page_number(request)
    rooms = doors.history_rooms(viewer)
    with state.of(request).db.read() as connection:
        count = media.count_plugs(connection, rooms=rooms, wanted=wanted)
        last = max(1, -(-count // ROWS_PER_PAGE))
        number = min(number, last)
        found = media.list_plugs(
            connection, rooms=rooms, wanted=wanted, limit=ROWS_PER_PAGE, offset=(number - 1) * ROWS_PER_PAGE
        )
        known = media_modes.list_rooms(connection, rooms)
    context = {
        "plugs": found,
        "count": count,
        "wanted": wanted,
        "days": {key: request.query_params.get(key, "")[:10] for key in ("from", "to")},
        "filtered": any(wanted),
        "rooms": known,
        "what": WHAT,
        "page": number,
        "last": last,
        "link": lambda page: render.address_with(request, page=str(page)),
        "csv": f"/media/history.csv?{request.url.query}",
        "allow": "technician" in viewer.roles,
        "media_kinds": media_view.KINDS,
        "state_of": media_view.state_of,
    }
    return common.show(request, "media_history.html", "media", context)


@get("/media/history.csv", guards=OPENS, sync_to_thread=True)
def download_history(request: Asked) -> Response[str]:
    """Give the same as a file, with everything that names a stick."""
    viewer = notice(request)
    wanted, rooms = read_wanted(dict(request.query_params)), doors.history_rooms(viewer)
    with state.of(request).db.read() as connection:
        found = media.list_plugs(connection, rooms=rooms, wanted=wanted, limit=MOST_ROWS)
    return file_of(media_sheets.write_history(found), "memory-sticks.csv")


@get("/media/found", guards=OPENS, sync_to_thread=True)
def show_found(request: Asked) -> Response[str]:
    """Show everything harmful that was found, and who took it up."""
    viewer = notice(request)
    with state.of(request).db.read() as connection:
        found = media_health.list_detections(connection, rooms=doors.history_rooms(viewer), limit=200)
    return common.show(request, "media_found.html", "media", {"found": found})


def file_of(text: str, name: str) -> Response[str]:
    """Return a spreadsheet to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=CSV_TYPE, headers=headers)


ROUTES = [show_history, download_history, show_found]
