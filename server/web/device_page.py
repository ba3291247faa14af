"""One laptop: what it confirmed and what is only sent, where it stands, how it tests, who has it."""

import json
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import (
    case_quarantine,
    coverage,
    device_list,
    devices,
    groups,
    inventory,
    loans,
    media,
    media_health,
    officer_lists,
    records_kept,
    self_tests,
    state,
)
from server.errors import Invalid
from server.web import common, device_view, media_view, render
from server.web.common import Asked

HISTORY = ("agent-started", "policy-applied", "policy-rejected", "connection-reverted", "self-tested")
"""Records that tell a laptop's own story; what people did on it is not part of it."""
HISTORY_LINES = 20


def _lifters(connection: Connection) -> list[str]:
    """Return the names of those who may open a secured laptop again: lead and head, never a technician."""
    newest = officer_lists.newest(connection)
    return [who.name for who in newest.listed.officers if who.role in ("lead", "head")] if newest else []


def _page(
    request: Asked,
    device: str,
    problems: list[tuple[str, str]] | None = None,
    given: dict[str, str] | None = None,
) -> Response[str]:
    house, now = state.of(request), datetime.now(UTC)
    with house.db.read() as connection:
        found = devices.get_device(connection, device)
        if house.is_connected(device):
            found = found._replace(last_seen_at=now)
        facts = device_list.facts_of(connection, device, house.is_connected, now)
        rule = device_view.rule_of(connection, now)
        belongs = groups.groups_of(connection, [device]).get(device, ())
        context: dict[str, Any] = {
            "what": inventory.inventory_of(connection, device),
            "rooms": [room.name for room in groups.list_rooms(connection)],
            "site": next((r.site for r in groups.list_rooms(connection) if r.name == found.room), ""),
            "all_groups": [group.name for group in groups.list_groups(connection)],
            "tests": self_tests.history(connection, device, limit=5),
            "asked": self_tests.list_asked(connection, now, device=device, limit=1),
            "lent": loans.loans_of(connection, device=device, limit=5),
            "notes": inventory.list_notes(connection, device),
            "history": records_kept.records_of_device(connection, device, types=HISTORY, limit=HISTORY_LINES),
            "scanner": media_health.scanner_of(connection, device),
            "harm": media_health.list_detections(connection, device=device, limit=5),
            "plugs": media.list_plugs(connection, device=device, limit=5),
            "secured": case_quarantine.state_of(connection, device),
            "lifters": _lifters(connection),
        }
    context |= {
        **device_view.shared("list"),
        "device": found,
        "facts": facts,
        "states": coverage.decide_coverage(facts, rule),
        "tiles": coverage.decide_health(facts, json.loads(facts.capabilities), rule),
        "groups": belongs,
        "scanner_kinds": media_view.SCANNER_KINDS,
        "state_of": media_view.state_of,
        "media_kinds": media_view.KINDS,
        "reach": device_view.REACH,
        "assigned": facts.assigned,
        "pending": coverage.policy_pending(facts.applied, facts.assigned),
        "problems": problems or [],
        "wrong": dict(problems or []),
        "given": {"room": found.room, "groups": ", ".join(belongs), "words": "", **(given or {})},
    }
    return common.show(request, "device.html", "devices", context, 400 if problems else 200)


@get("/devices/{device:str}", guards=[common.opens("devices")], sync_to_thread=True)
def show_device(request: Asked, device: str) -> Response[str]:
    """Show one laptop: what it confirmed, and what is only sent."""
    return _page(request, device)


@post("/devices/{device:str}/place", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def place(request: Asked, data: common.Form, device: str) -> Response[str] | Redirect:
    """Put a laptop into a room and into groups, written with commas between them."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    words = render.words_of(request, viewer)
    given = {"room": common.text_of(data, "room", 80), "groups": common.text_of(data, "groups", 2000)}
    names = [name.strip() for name in given["groups"].split(",") if name.strip()]
    problems = []
    with state.of(request).db.read() as connection:
        before = devices.get_device(connection, device)
    try:
        devices.check_room(given["room"])
    except Invalid:
        problems.append(("room", words.say("Write the room's name: 1 to 80 visible characters, no slash.")))
    try:
        for name in names:
            groups.check_name(name)
        if len(set(names)) > groups.MOST_GROUPS:
            raise Invalid("too many")
    except Invalid:
        problems.append(
            (
                "groups",
                words.say(
                    "Write up to %(most)s names of 1 to 80 visible characters, commas between them.",
                    most=groups.MOST_GROUPS,
                ),
            )
        )
    if problems:
        return _page(request, device, problems, given)
    with state.of(request).db.write() as connection:
        if given["room"] != before.room:
            groups.move_many(connection, [device], given["room"], now)
        groups.set_groups(connection, device, names, now)
    return common.go(f"/devices/{device}#place")


@post(
    "/devices/{device:str}/self-test", guards=[common.opens("devices")], status_code=303, sync_to_thread=True
)
def ask_test(request: Asked, device: str) -> Redirect:
    """Ask one laptop to test itself now."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        self_tests.order(connection, device=device, by=viewer.name, now=datetime.now(UTC))
    return common.go(f"/devices/{device}#self-test")


@post("/devices/{device:str}/notes", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def write_note(request: Asked, data: common.Form, device: str) -> Response[str] | Redirect:
    """Write something about a laptop that the next technician should know."""
    viewer = common.must_view(request)
    words = common.text_of(data, "words", 1000)
    try:
        with state.of(request).db.write() as connection:
            inventory.add_note(connection, device, words, viewer.name, datetime.now(UTC))
    except Invalid:
        said = render.words_of(request, viewer).say(
            "Write 1 to %(most)s visible characters.", most=inventory.MOST_NOTE
        )
        return _page(request, device, [("words", said)], {"words": words})
    return common.go(f"/devices/{device}#notes")


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


ROUTES = [show_device, place, ask_test, write_note, ask_retire, retire]
