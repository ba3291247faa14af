"""Devices: every laptop, what it confirmed and what it only was sent, and the codes that enrol more."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import case_quarantine, codes, devices, media, media_health, officer_lists, state
from server.errors import Invalid
from server.settings import is_loopback, laptop_address
from server.web import common, device_view, media_view, render
from server.web.common import Asked
from server.web.lab_view import natural

ROWS_PER_PAGE = 200


def _now() -> datetime:
    return datetime.now(UTC)


def _as_of_now(house: state.ServerState, device: devices.Device, now: datetime) -> devices.Device:
    """Return the laptop as seen this moment if it holds a connection: the table is written now and then."""
    return device._replace(last_seen_at=now) if house.is_connected(device.id) else device


@get("/devices", guards=[common.opens("devices")], sync_to_thread=True)
def show_devices(request: Asked) -> Response[str]:
    """Show what needs somebody first, then the list, narrowed by the address."""
    query = dict(request.query_params)
    wanted = {key: query.get(key, "").strip()[:80] for key in ("q", "room", "state")}
    now = _now()
    house = state.of(request)
    with house.db.read() as connection:
        everything = [_as_of_now(house, device, now) for device in devices.list_devices(connection)]
        rooms = devices.list_rooms(connection)
        held = case_quarantine.held_devices(connection)
    stated = [(device, device_view.decide_states(device, now, device.id in held)) for device in everything]
    needs = [(code, sum(code in states for _, states in stated)) for code in device_view.NEEDS_SOMEBODY]
    needle = wanted["q"].casefold()
    shown = [
        (device, states)
        for device, states in stated
        if (
            wanted["state"] in states if wanted["state"] else device.state == "active" or states == ["cloned"]
        )
        and (not wanted["room"] or device.room == wanted["room"])
        and needle in f"{device.hostname}\n{device.room}\n{device.id}".casefold()
    ]
    shown.sort(key=lambda pair: (natural(pair[0].room), natural(pair[0].hostname)))
    page = query.get("page", "1")
    number = max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    last = max(1, -(-len(shown) // ROWS_PER_PAGE))
    number = min(number, last)
    active = [device for device in everything if device.state == "active"]
    context = {
        "rows": shown[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE],
        "count": len(shown),
        "enrolled": len(active),
        "needs": [(code, count) for code, count in needs if count],
        "confirmed": sum(not device_view.policy_pending(device) for device in active),
        "pending": sum(device_view.policy_pending(device) for device in active),
        "policy": max((device.assigned_number or 0 for device in everything), default=0),
        "rooms": rooms,
        "states": list(device_view.KINDS),
        "wanted": wanted,
        "filtered": any(wanted.values()),
        "kinds": device_view.KINDS,
        "page": number,
        "last": last,
        "link": lambda page: render.address_with(request, page=str(page)),
    }
    return common.show(request, "devices.html", "devices", context)


def _enrol_page(
    request: Asked,
    *,
    made: codes.NewCode | None = None,
    problems: list[tuple[str, str]] | None = None,
    given: dict[str, str] | None = None,
) -> Response[str]:
    with state.of(request).db.read() as connection:
        listed = codes.list_codes(connection, _now())
        rooms = devices.list_rooms(connection)
    address = server_address(request)
    context: dict[str, Any] = {
        "codes": [code for code in listed if code.open],
        "past": [code for code in listed if not code.open][:20],
        "rooms": rooms,
        "made": made,
        "line": f"gatepost-agent enrol {address} {made.text}" if made else "",
        "only_here": address if made and is_loopback(address) else "",
        "problems": problems or [],
        "wrong": dict(problems or []),
        "given": {"room": "", "uses": "1", "hours": "24", **(given or {})},
        "max_uses": codes.MAX_USES,
        "max_hours": codes.MAX_HOURS,
    }
    return common.show(request, "enrol.html", "devices", context, 400 if problems else 200)


def server_address(request: Asked) -> str:
    """Return the address laptops are given: the configured host's, else the one this page was opened with."""
    return laptop_address(state.of(request).config, request.url.netloc)


@get("/devices/enrol", guards=[common.opens("devices")], sync_to_thread=True)
def show_enrol(request: Asked) -> Response[str]:
    """Show the codes and the form for a new one."""
    return _enrol_page(request)


@post("/devices/enrol", guards=[common.opens("devices")], status_code=200, sync_to_thread=True)
def make_code(request: Asked, data: common.Form) -> Response[str]:
    """Make a code and show it once."""
    viewer = common.must_view(request)
    words = render.words_of(request, viewer)
    given = {key: common.text_of(data, key) for key in ("room", "uses", "hours")}
    problems: list[tuple[str, str]] = []
    try:
        devices.check_room(given["room"])
    except Invalid:
        problems.append(("room", words.say("Write the room's name: 1 to 80 visible characters, no slash.")))
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
    if problems:
        return _enrol_page(request, problems=problems, given=given)
    house = state.of(request)
    with house.db.write() as connection:
        made = codes.new_code(
            connection,
            house.ca_der,
            room=given["room"],
            uses=int(given["uses"]),
            hours=int(given["hours"]),
            by=viewer.name,
            now=_now(),
        )
    return _enrol_page(request, made=made)


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


def _lifters(connection: Connection) -> list[str]:
    """Return the names of those who may open a secured laptop again: lead and head, never a technician."""
    newest = officer_lists.newest(connection)
    return [who.name for who in newest.listed.officers if who.role in ("lead", "head")] if newest else []


@get("/devices/{device:str}", guards=[common.opens("devices")], sync_to_thread=True)
def show_device(request: Asked, device: str) -> Response[str]:
    """Show one laptop: what it confirmed, and what is only sent."""
    house, now = state.of(request), _now()
    with house.db.read() as connection:
        found = _as_of_now(house, devices.get_device(connection, device), now)
        rooms = devices.list_rooms(connection)
        scanner = media_health.scanner_of(connection, device)
        harm = media_health.list_detections(connection, device=device, limit=5)
        plugs = media.list_plugs(connection, device=device, limit=5)
        secured = case_quarantine.state_of(connection, device)
        lifters = _lifters(connection)
    is_secured = secured is not None and secured.is_on
    context = {
        "device": found,
        "scanner": scanner,
        "scanner_kinds": media_view.SCANNER_KINDS,
        "harm": harm,
        "plugs": plugs,
        "state_of": media_view.state_of,
        "media_kinds": media_view.KINDS,
        "secured": secured,
        "lifters": lifters,
        "states": device_view.decide_states(found, now, is_secured),
        "kinds": device_view.KINDS,
        "reach": device_view.REACH,
        "pending": device_view.policy_pending(found),
        "rooms": rooms,
    }
    return common.show(request, "device.html", "devices", context)


@get("/devices/{device:str}/retire", guards=[common.opens("devices")], sync_to_thread=True)
def ask_retire(request: Asked, device: str) -> Response[str]:
    """Ask once, in a sentence that contains the consequence."""
    with state.of(request).db.read() as connection:
        found = devices.get_device(connection, device)
    return common.show(request, "device_retire.html", "devices", {"device": found})


@post("/devices/{device:str}/retire", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def retire(request: Asked, data: common.Form, device: str) -> Redirect:
    """Stop talking to a laptop; its records stay. One that is kept for evidence is left as it is (R53)."""
    viewer = common.must_view(request)
    reason = common.text_of(data, "reason")
    house = state.of(request)
    with house.db.write() as connection:
        if device in case_quarantine.held_devices(connection):
            return common.go(f"/devices/{device}")
        devices.retire(connection, device, f"{viewer.name}: {reason}" if reason else viewer.name)
    house.live.forget(device)
    return common.go(f"/devices/{device}")


ROUTES = [show_devices, show_enrol, make_code, withdraw_code, show_device, ask_retire, retire]
