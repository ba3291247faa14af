"""Codes that let laptops join: for one room or many at once, on a sheet to print, and taken back."""

from datetime import UTC, datetime
from typing import Any

import segno
from litestar import Response, get, post
from litestar.response import Redirect
from markupsafe import Markup

from server import codes, devices, groups, state
from server.errors import Invalid
from server.settings import is_loopback, laptop_address
from server.web import common, device_view, render
from server.web.common import Asked
from server.web.words import Words

PAST_SHOWN = 20


def server_address(request: Asked) -> str:
    """Return the address laptops are given: the configured host's, else the one this page was opened with."""
    return laptop_address(state.of(request).config, request.url.netloc)


def qr(text: str) -> Markup:
    """Return a text as a QR code, drawn in the page itself: our policy lets no image in from elsewhere."""
    drawn = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704 - segno draws squares; the text is in their places
        drawn.svg_inline(scale=3, border=4, svgclass="qr", lineclass=None, omitsize=False, light="#fff")
    )


def _page(
    request: Asked,
    *,
    made: list[codes.NewCode] | None = None,
    problems: list[tuple[str, str]] | None = None,
    given: dict[str, Any] | None = None,
) -> Response[str]:
    now = datetime.now(UTC)
    with state.of(request).db.read() as connection:
        listed = codes.list_codes(connection, now)
        rooms = [room.name for room in groups.list_rooms(connection)]
    address = server_address(request)
    context: dict[str, Any] = {
        **device_view.shared("enrol"),
        "codes": [code for code in listed if code.open],
        "past": [code for code in listed if not code.open][:PAST_SHOWN],
        "rooms": rooms,
        "made": [_sheet(each, address) for each in made or ()],
        "only_here": address if made and is_loopback(address) else "",
        "problems": problems or [],
        "wrong": dict(problems or []),
        "given": {"room": "", "known": [], "uses": "1", "hours": "24", **(given or {})},
        "max_uses": codes.MAX_USES,
        "max_hours": codes.MAX_HOURS,
    }
    return common.show(request, "enrol.html", "devices", context, 400 if problems else 200)


def _sheet(made: codes.NewCode, address: str) -> dict[str, Any]:
    line = f"gatepost-agent enrol {address} {made.text}"
    return {"code": made, "line": line, "qr": qr(line)}


@get("/devices/enrol", guards=[common.opens("devices")], sync_to_thread=True)
def show_enrol(request: Asked) -> Response[str]:
    """Show the codes and the form for new ones."""
    return _page(request)


@post("/devices/enrol", guards=[common.opens("devices")], status_code=200, sync_to_thread=True)
def make_codes(request: Asked, data: common.Form) -> Response[str]:
    """Make a code for each room and show them once, as a sheet to print."""
    viewer, house = common.must_view(request), state.of(request)
    given: dict[str, Any] = {
        "room": common.text_of(data, "room", 8000),
        "known": common.texts_of(data, "known"),
        "uses": common.text_of(data, "uses"),
        "hours": common.text_of(data, "hours"),
    }
    rooms = read_rooms(given["room"], given["known"])
    problems = _problems(render.words_of(request, viewer), rooms, given)
    if problems:
        return _page(request, problems=problems, given=given)
    with house.db.write() as connection:
        made = codes.new_codes(
            connection,
            house.ca_der,
            rooms=rooms,
            uses=int(given["uses"]),
            hours=int(given["hours"]),
            by=viewer.name,
            now=datetime.now(UTC),
        )
    return _page(request, made=made)


def read_rooms(written: str, ticked: list[str]) -> list[str]:
    """Return the rooms that are meant, each once: ticked ones, then one per written line. Pure."""
    lines = [line.strip() for line in written.splitlines()]
    return list(dict.fromkeys(room for room in [*ticked, *lines] if room))


def _problems(words: Words, rooms: list[str], given: dict[str, Any]) -> list[tuple[str, str]]:
    problems = []
    try:
        for room in rooms:
            devices.check_room(room)
        if not rooms:
            raise Invalid("no room")
    except Invalid:
        problems.append(("room", words.say("Write the room's name: 1 to 80 visible characters, no slash.")))
    else:
        if len(rooms) > codes.MOST_ROOMS:
            problems.append(
                ("room", words.say("Choose at most %(most)s rooms at a time.", most=codes.MOST_ROOMS))
            )
    for key, most, said in (
        (
            "uses",
            codes.MAX_USES,
            words.say("Write how many laptops, from 1 to %(most)s.", most=codes.MAX_USES),
        ),
        (
            "hours",
            codes.MAX_HOURS,
            words.say("Write how many hours, from 1 to %(most)s.", most=codes.MAX_HOURS),
        ),
    ):
        number = given[key]
        if not (number.isascii() and number.isdigit() and len(number) < 5 and 1 <= int(number) <= most):
            problems.append((key, said))
    return problems


@post(
    "/devices/enrol/{code:int}/withdraw",
    guards=[common.opens("devices")],
    sync_to_thread=True,
    status_code=303,
)
def withdraw_code(request: Asked, code: int) -> Redirect:
    """Take a code back at once."""
    with state.of(request).db.write() as connection:
        codes.revoke_code(connection, code)
    return common.go("/devices/enrol")


ROUTES = [show_enrol, make_codes, withdraw_code]
