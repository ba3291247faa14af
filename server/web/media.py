"""Media: who waits for a memory stick, what was plugged in where, which approvals hold, what was harmful."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from policies.media import mode_on, next_change
from policies.settings import UsbSettings
from server import access, devices, media, media_answers, media_health, media_modes, state
from server.media import Request
from server.media_answers import Adult, AnswerRefused
from server.web import common, doors, media_view, render
from server.web.common import Asked

OPENS = [common.opens("media")]
FIELDS = ("until", "day", "access", "place", "person", "standing")


def _now() -> datetime:
    return datetime.now(UTC)


def adult_of(viewer: doors.Viewer) -> Adult:
    """Return whom an answer of this viewer comes from."""
    return Adult(viewer.name, viewer.roles, viewer.rooms | viewer.rooms_now, viewer.id)


def _sees(viewer: doors.Viewer, room: str) -> bool:
    rooms = doors.media_rooms(viewer)
    return rooms is None or room in rooms


def notice(request: Asked) -> doors.Viewer:
    """Return who looks, and write down that they looked."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "media")
    return viewer


def _card(usb: UsbSettings, viewer: doors.Viewer, asked: Request, now: datetime) -> dict[str, Any]:
    """Return what one waiting request's card offers to this adult."""
    adult = adult_of(viewer)
    quick = media_view.read_yes({"until": "today"}, now)
    half = asked.state == "half"
    return {
        "asked": asked,
        "size": media_view.size_words(asked.plug.size_bytes),
        "head_too": media_answers.needs_head(usb, asked),
        "half": half,
        "access": media_view.first_access(usb, viewer.roles),
        "mine": media_answers.may_answer(usb, adult, asked.plug.room, half=half),
        "as_head": half and "head" in viewer.roles,
        "hindrance": None if half else media_answers.decide_answer(usb, asked, adult, quick, now),
    }


def _coverage(house: state.ServerState, rooms: frozenset[str] | None) -> tuple[int, int]:
    """Return how many laptops say that they keep sticks shut, and how many there are."""
    with house.db.read() as connection:
        listed = devices.list_devices(connection, active_only=True)
    seen = [device for device in listed if rooms is None or device.room in rooms]
    return sum(device.capabilities.get("usb") == "works" for device in seen), len(seen)


def _page(request: Asked, problem: str = "") -> Response[str]:
    viewer, now, house = notice(request), _now(), state.of(request)
    rooms = doors.media_rooms(viewer)
    with house.db.read() as connection:
        usb = common.policy_facts(connection).usb
        waiting = media.list_waiting(connection, now, rooms=rooms)
        today = media.list_plugs(connection, rooms=rooms, since=media.day_begins(media.day_of(now)))
        harm = media_health.list_detections(connection, unseen_only=True, rooms=rooms)
        standing = media.list_approvals(connection, now) if rooms is None else []
        halves = media.count_half(connection, now) if "head" in viewer.roles else 0
        cards = [_card(media_modes.usb_of(connection, asked.device), viewer, asked, now) for asked in waiting]
    able, laptops = _coverage(house, rooms)
    day = media.day_of(now)
    change = next_change(usb, day)
    context = {
        "cards": cards,
        "plugs": today,
        "harm": harm,
        "approvals": sum(each.state == "live" for each in standing),
        "halves": halves,
        "whole_school": rooms is None,
        "mode": mode_on(usb, day),
        "change_at": media.day_begins(change) if change else None,
        "change_mode": mode_on(usb, change) if change else "",
        "able": able,
        "laptops": laptops,
        "problem": problem,
        "media_kinds": media_view.KINDS,
        "state_of": media_view.state_of,
    }
    return common.show(request, "media.html", "media", context, 409 if problem else 200)


@get("/media", guards=OPENS, sync_to_thread=True)
def show_media(request: Asked) -> Response[str]:
    """Show who waits, what was harmful, and today's sticks."""
    return _page(request)


def _visible_request(request: Asked, viewer: doors.Viewer, device: str, number: str) -> Request:
    """Return a request this adult may see; raise NotFound or NotAllowed."""
    with state.of(request).db.read() as connection:
        asked = media.get_request(connection, device, number)
    if not _sees(viewer, asked.plug.room):
        raise access.NotAllowed
    return asked


def _choices(request: Asked, asked: Request, problem: str = "", given: Any = None) -> Response[str]:
    viewer, now = common.must_view(request), _now()
    with state.of(request).db.read() as connection:
        usb = media_modes.usb_of(connection, asked.device)
    context = {
        "card": _card(usb, viewer, asked, now),
        "technician": "technician" in viewer.roles,
        "usb": usb,
        "mode": mode_on(usb, media.day_of(now)),
        "given": {"until": "today", "access": media_view.first_access(usb, viewer.roles),
                  "place": "laptop", "person": "one", "day": "", "standing": "", **(given or {})},
        "problem": problem,
        "today": media.day_of(now).isoformat(),
    }  # fmt: skip
    return common.show(request, "media_request.html", "media", context, 409 if problem else 200)


@get("/media/request/{device:str}/{number:str}", guards=OPENS, sync_to_thread=True)
def show_request(request: Asked, device: str, number: str) -> Response[str]:
    """Show one request with every choice, and room for a no with a reason."""
    viewer = notice(request)
    return _choices(request, _visible_request(request, viewer, device, number))


@post("/media/request/{device:str}/{number:str}/allow", guards=OPENS, sync_to_thread=True, status_code=200)
def allow(request: Asked, data: common.Form, device: str, number: str) -> Response[str] | Redirect:
    """Say yes to one request."""
    viewer, house, now = common.must_view(request), state.of(request), _now()
    asked = _visible_request(request, viewer, device, number)
    given = {field: common.text_of(data, field) for field in FIELDS}
    yes = media_view.read_yes(given, now)
    label = render.labels_of(request, viewer)
    if yes is None:
        return _choices(request, asked, label("refusal", "too-soon"), given)
    try:
        with house.db.write() as connection:
            usb = media_modes.usb_of(connection, device)
            media_answers.approve(connection, usb, device, number, adult_of(viewer), yes, now)
    except AnswerRefused as problem:
        return _choices(request, asked, label("refusal", problem.kind), given)
    house.notice_changes()
    return common.go("/media")


@post("/media/request/{device:str}/{number:str}/deny", guards=OPENS, sync_to_thread=True, status_code=200)
def deny(request: Asked, data: common.Form, device: str, number: str) -> Response[str] | Redirect:
    """Say no to one request, with words for whoever asked."""
    viewer, house, now = common.must_view(request), state.of(request), _now()
    asked = _visible_request(request, viewer, device, number)
    reason = common.text_of(data, "reason")
    try:
        with house.db.write() as connection:
            usb = media_modes.usb_of(connection, device)
            media_answers.deny(connection, usb, device, number, adult_of(viewer), reason, now)
    except AnswerRefused as problem:
        label = render.labels_of(request, viewer)
        return _choices(request, asked, label("refusal", problem.kind))
    house.notice_changes()
    return common.go("/media")


@get("/media/approvals", guards=OPENS, sync_to_thread=True)
def show_approvals(request: Asked) -> Response[str]:
    """Show every approval that holds, or waits for the head."""
    return _approvals(request, notice(request))


def _approvals(request: Asked, viewer: doors.Viewer, problem: str = "") -> Response[str]:
    now = _now()
    with state.of(request).db.read() as connection:
        found = media.list_approvals(connection, now)
    if doors.media_rooms(viewer) is not None:
        found = [each for each in found if each.given_staff == viewer.id]
    context = {
        "approvals": found,
        "problem": problem,
        "technician": "technician" in viewer.roles,
        "head": "head" in viewer.roles,
        "mine": viewer.id,
    }
    return common.show(request, "media_approvals.html", "media", context, 409 if problem else 200)


@post("/media/approvals/{approval:str}/head", guards=OPENS, sync_to_thread=True, status_code=200)
def allow_as_head(request: Asked, approval: str) -> Response[str] | Redirect:
    """Give the head's yes to pupil data leaving the school."""
    viewer, house, now = common.must_view(request), state.of(request), _now()
    try:
        with house.db.write() as connection:
            found = media.get_approval(connection, approval)
            where = {"laptop": {"device": found.device}, "room": {"room": found.room}}.get(found.place, {})
            usb = media_modes.Places(connection).usb_at(**where)
            media_answers.approve_as_head(connection, usb, approval, adult_of(viewer), now)
    except AnswerRefused as problem:
        if problem.kind in ("not-yours", "same-person"):
            raise access.NotAllowed from problem
        return _page(request, render.labels_of(request, viewer)("refusal", problem.kind))
    house.notice_changes()
    return common.go("/media" if found.request else "/media/approvals")


@post("/media/approvals/{approval:str}/revoke", guards=OPENS, sync_to_thread=True, status_code=200)
def revoke(request: Asked, approval: str) -> Response[str] | Redirect:
    """End an approval now."""
    viewer, house, now = common.must_view(request), state.of(request), _now()
    try:
        with house.db.write() as connection:
            media_answers.revoke(connection, approval, adult_of(viewer), now)
    except AnswerRefused as problem:
        if problem.kind == "not-yours":
            raise access.NotAllowed from problem
        return _approvals(request, viewer, render.labels_of(request, viewer)("refusal", problem.kind))
    house.notice_changes()
    return common.go("/media/approvals")


@post("/media/found/{device:str}/{number:int}/seen", guards=OPENS, sync_to_thread=True, status_code=303)
def take_up(request: Asked, device: str, number: int) -> Redirect:
    """Note that this adult takes a detection up."""
    viewer, house = common.must_view(request), state.of(request)
    with house.db.write() as connection:
        if not _sees(viewer, devices.get_device(connection, device).room):
            raise access.NotAllowed
        media_health.mark_seen(connection, device, number, viewer.name, _now())
    return common.go("/media")


ROUTES = [
    show_media,
    show_request,
    allow,
    deny,
    show_approvals,
    allow_as_head,
    revoke,
    take_up,
]
