"""One pupil's detail (R38): a reason first where the policy says so, a line in Oversight and on their page.

What a teacher passed on to safeguarding is not theirs to look into any more (R39). Thanks are private (R90).
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection

from server import (
    assigning,
    concern_marks,
    devices,
    duties,
    duty_past,
    lab_orders,
    lab_states,
    room_layouts,
    seat_detail,
    state,
)
from server.duty_past import Had
from server.lab_orders import Giver, LabRefused
from server.lab_states import Standing
from server.records_kept import Login
from server.web import common, doors, render, room_door
from server.web.common import Asked

REASONS = ("work", "asked", "odd", "other")
LONGEST_WORDS = 160
LONGEST_THANKS = 200


def address_of(room: str, device: str, login: str = "", **more: str) -> str:
    """Return the address of one seat's page."""
    query = urlencode({key: value for key, value in {"login": login, **more}.items() if value})
    return f"/lab/{quote(room, safe='')}/seat/{quote(device, safe='')}" + (f"?{query}" if query else "")


def _sitting(
    connection: Connection, viewer: doors.Viewer, room: str, device: str, now: datetime
) -> list[Login]:
    """
    Return who sits there, or sat there in this adult's time; a laptop of another room is not found.

    Whoever left in a colleague's lesson is that colleague's to look up, and those who only packed up when
    the next lesson had begun are not of it.
    """
    standing = devices.list_devices(connection, room=room, active_only=True)
    if device not in {each.id for each in standing}:
        raise NotFoundException
    found = seat_detail.sitting_at(connection, room, device, now)
    had = duty_past.read_had(connection, viewer.id, now - seat_detail.LOGIN_MAY_LAST)
    return [each for each in found if each.ended_at is None or _was_theirs(had, room, each, each.ended_at)]


def _was_theirs(had: Had, room: str, login: Login, ended_at: datetime) -> bool:
    began = login.started_at or ended_at
    return duty_past.decide_ever(had, room, began, max(began, ended_at - duties.GRACE))


def _note_room(house: state.ServerState, viewer: doors.Viewer, room: str, now: datetime) -> None:
    """Write that this adult sees who sits in the room, unless they have it open: that was written then."""
    if house.live.watch_of(room, str(viewer.id), now) is None:
        with house.db.write() as connection:
            common.note_look(connection, viewer, "lab", room=room)


def _chosen(found: list[Login], wanted: str) -> Login | None:
    """Return the login that is asked for; without one whoever is there now."""
    if wanted:
        return next((each for each in found if each.login == wanted), None)
    return found[0] if found else None


@get("/lab/{room:str}/seat/{device:str}", guards=[common.opens("lab")], sync_to_thread=True)
def show_seat(request: Asked, room: str, device: str) -> Response[str]:
    """Show who sits here, and what they used once a reason is given."""
    return _page(request, room, device, request.query_params.get("login", ""))


def _page(
    request: Asked,
    room: str,
    device: str,
    wanted: str,
    given: dict[str, str] | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> Response[str]:
    viewer = room_door.must_see_room(request, room)
    house, now = state.of(request), datetime.now(UTC)
    _note_room(house, viewer, room, now)
    with house.db.read() as connection:
        found = _sitting(connection, viewer, room, device, now)
        login = _chosen(found, wanted)
        settings = assigning.settings_of(connection, device)
        asks = settings.lab.detail_needs_reason
        hostnames = {
            each.id: each.hostname for each in devices.list_devices(connection, room=room, active_only=True)
        }
        seat = room_layouts.read_layout(connection, room, hostnames).number_of(device)
        passed = login is not None and _is_passed_on(house, connection, viewer, login)
        holds = login is not None and seat_detail.reason_holds(
            connection, viewer.id, device, login.login, now
        )
    shows = login is not None and not passed and (holds or not asks)
    if login is not None and shows and not holds:
        with house.db.write() as connection:
            seat_detail.write_look(connection, login, staff=viewer.id, by=viewer.name, reason="", at=now)
    context: dict[str, Any] = {
        "room": room,
        "device": device,
        "hostname": hostnames[device],
        "seat": seat,
        "found": found,
        "login": login,
        "passed": passed,
        "asks": asks,
        "records_apps": settings.usage.record_apps,
        "detail": None,
        "address": address_of,
        "reasons": REASONS,
        "given": {"reason": "", "words": "", "thanks": "", **(given or {})},
        "problems": problems or [],
        "wrong": dict(problems or []),
        "thanked": None,
        "concern": _concern_address(login) if login else "",
    }
    if login is not None:
        with house.db.read() as connection:
            context["thanked"] = _thanked(house, connection, login, now)
            if shows:
                context["detail"] = seat_detail.detail_of(connection, login)
    return common.show(request, "seat.html", "lab", context, 400 if problems else 200)


def _is_passed_on(
    house: state.ServerState, connection: Connection, viewer: doors.Viewer, login: Login
) -> bool:
    now = datetime.now(UTC)
    return concern_marks.login_is_passed_on(
        connection,
        house.sign_in_key,
        viewer.id,
        login.room,
        person=login.person,
        os_user=login.os_user,
        since=login.started_at or now,
        until=login.ended_at or now,
    )


def _concern_address(login: Login) -> str:
    query = urlencode({"what": "concern", "device": login.device, "login": login.login})
    return f"/reports/write?{query}"


def _thanked(
    house: state.ServerState, connection: Connection, login: Login, now: datetime
) -> Standing | None:
    """Return how far the newest thanks to this login got."""
    given = [
        each
        for each in lab_orders.running(connection, login.room, now)
        if each.kind == "thanks" and each.login == login.login
    ][:1]
    found = lab_states.standings(connection, house.live, house.is_connected, given, now)
    return found[0] if found else None


@post("/lab/{room:str}/seat/{device:str}", guards=[common.opens("lab")], sync_to_thread=True, status_code=200)
def open_detail(request: Asked, data: common.Form, room: str, device: str) -> Response[str] | Redirect:
    """Take the reason, write the look, and show the detail."""
    viewer = room_door.must_see_room(request, room)
    house, now, words = state.of(request), datetime.now(UTC), render.words_of(request, viewer)
    wanted = common.text_of(data, "login", 32)
    given = {"reason": common.text_of(data, "reason", 16), "words": common.text_of(data, "words", 400)}
    problems = []
    if given["reason"] not in REASONS:
        problems.append(("reason-work", words.say("Choose what it is for.")))
    elif given["reason"] == "other" and not given["words"]:
        problems.append(("words", words.say("Write in a few words what it is for.")))
    elif len(given["words"]) > LONGEST_WORDS:
        problems.append(("words", words.say("At most %(most)s letters.", most=LONGEST_WORDS)))
    if problems:
        return _page(request, room, device, wanted, given, problems)
    label = render.labels_of(request, viewer)("seat-reason", given["reason"])
    reason = f"{label}: {given['words']}" if given["words"] else label
    with house.db.write() as connection:
        login = _chosen(_sitting(connection, viewer, room, device, now), wanted)
        if login is not None and not _is_passed_on(house, connection, viewer, login):
            seat_detail.write_look(connection, login, staff=viewer.id, by=viewer.name, reason=reason, at=now)
    return common.go(address_of(room, device, wanted))


@post(
    "/lab/{room:str}/seat/{device:str}/thanks",
    guards=[common.opens("lab")],
    sync_to_thread=True,
    status_code=200,
)
def thank(request: Asked, data: common.Form, room: str, device: str) -> Response[str] | Redirect:
    """Send thanks to this one login; nobody else sees them, and nobody counts them (R90)."""
    viewer = room_door.must_see_room(request, room)
    house, words = state.of(request), render.words_of(request, viewer)
    wanted, text = common.text_of(data, "login", 32), common.text_of(data, "thanks", 400)
    refused = ""
    if not text:
        refused = words.say("Write what you thank them for.")
    elif len(text) > LONGEST_THANKS:
        refused = words.say("At most %(most)s letters.", most=LONGEST_THANKS)
    if not refused:
        try:
            with house.db.write() as connection:
                login = _chosen(_sitting(connection, viewer, room, device, datetime.now(UTC)), wanted)
                if login is None or login.ended_at is not None:
                    raise LabRefused("not-here")
                lab_orders.thank(
                    connection,
                    Giver(viewer.id, viewer.name),
                    room,
                    device=device,
                    login=wanted,
                    words=text,
                    now=datetime.now(UTC),
                )
            house.notice_changes()
            return common.go(address_of(room, device, wanted) + "#thanks-box")
        except LabRefused as problem:
            refused = render.labels_of(request, viewer)("thanks-refusal", problem.kind)
    return _page(request, room, device, wanted, {"thanks": text}, [("thanks", refused)])


ROUTES = [show_seat, open_detail, thank]
