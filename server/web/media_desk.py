"""Media, ahead of time: the school's own sticks allowed without a request, one by one or from a list."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from policies.media import Access
from server import media, media_modes, media_sheets, media_standing, state
from server.media_answers import Place
from server.media_sheets import Outcome
from server.media_standing import StandingRefused, Wanted
from server.spreadsheets import TableRefused
from server.web import common, doors, render
from server.web.common import Asked
from server.web.media import adult_of, notice
from server.web.media_history import file_of

KEEPS = [common.only("media", frozenset({"technician"}))]
WHOLE_SCHOOL = [common.only("media", doors.OPEN_TO["media"])]
MOST_LIST_BYTES = 512 * 1024
MOST_POSTED_BYTES = 2 * 1024 * 1024
"""The list comes back once more with the second press, written in letters."""
SHOWN_WRONG = 50
ListForm = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
FIELDS = ("serial", "stick", "until", "access", "place", "room", "laptop", "person", "note", "encrypted")


def _now() -> datetime:
    return datetime.now(UTC)


def read_wanted(given: Mapping[str, str], sticks: list[media_standing.Stick]) -> Wanted | None:
    """Return what a form asks for, or None if it names no day. `sticks` are those its serial number fits."""
    try:
        until = media.day_begins(date.fromisoformat(given["until"]) + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
    chosen = given["stick"]
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 3 else 0
    stick = sticks[number].identity if number < len(sticks) else None
    places: dict[str, Place] = {"room": "room", "laptop": "laptop"}
    place = places.get(given["place"], "school")
    how: Access = "write" if given["access"] == "write" else "read"
    return Wanted(
        serial=given["serial"],
        vendor=stick.vendor if stick else "",
        model=stick.model if stick else "",
        descriptors=stick.descriptors if stick else "",
        interfaces=stick.interfaces if stick else "",
        person=given["person"] or None,
        place=place,
        room=given["room"] if place == "room" else "",
        device=given["laptop"] if place == "laptop" else "",
        access=how,
        encrypted_only=given["encrypted"] == "yes",
        note=given["note"],
        until=until,
    )


@get("/media/standing/new", guards=KEEPS, sync_to_thread=True)
def show_new(request: Asked) -> Response[str]:
    """Show the form for one stick: first its serial number, then what laptops have seen of it."""
    notice(request)
    return _form(request, {"serial": request.query_params.get("serial", "").strip()[:200]})


def _form(request: Asked, given: Mapping[str, str], problems: Any = None) -> Response[str]:
    viewer, now = common.must_view(request), _now()
    serial = given.get("serial", "")
    with state.of(request).db.read() as connection:
        sticks = media_standing.find_sticks(connection, serial) if serial else []
        usb = common.policy_facts(connection).usb
        laptops = media_modes.list_laptops(connection)
    context = {
        "given": dict.fromkeys(FIELDS, "") | {"access": "read", "place": "school"} | dict(given),
        "sticks": sticks,
        "laptops": [(each.id, f"{each.hostname}, {each.room}") for each in laptops],
        "rooms": sorted({each.room for each in laptops if each.room}),
        "usb": usb,
        "today": media.day_of(now).isoformat(),
        "last_day": (media.day_of(now) + timedelta(days=usb.longest_approval_days - 1)).isoformat(),
        "problems": problems or [],
        "viewer_is": viewer.name,
    }
    return common.show(request, "media_standing.html", "media", context, 409 if problems else 200)


@post("/media/standing/new", guards=KEEPS, sync_to_thread=True, status_code=200)
def allow_one(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Allow one stick."""
    viewer, house, now = common.must_view(request), state.of(request), _now()
    given = {field: common.text_of(data, field) for field in FIELDS}
    label, words = render.labels_of(request, viewer), render.words_of(request, viewer)
    try:
        with house.db.write() as connection:
            wanted = read_wanted(given, media_standing.find_sticks(connection, given["serial"]))
            if wanted is None:
                return _form(request, given, [("until", words.say("Choose a day."))])
            wanted = wanted._replace(person=media_standing.person_named(connection, given["person"]))
            usb = media_modes.Places(connection).usb_at(device=wanted.device, room=wanted.room)
            media_standing.allow(connection, usb, wanted, adult_of(viewer), now)
    except StandingRefused as problem:
        return _form(
            request, given, [(_FIELD_OF.get(problem.kind, ""), label("standing-refusal", problem.kind))]
        )
    house.notice_changes()
    return common.go("/media/approvals")


_FIELD_OF = {
    "needs-serial": "serial", "never-seen": "serial", "too-soon": "until", "too-long": "until",
    "no-person": "person", "not-staff": "person", "no-room": "room", "no-laptop": "laptop",
}  # fmt: skip


# ---- from a list ----


class _OnlyTried(Exception):
    """Nothing of a try is kept; this takes it back."""


@get("/media/standing/list", guards=KEEPS, sync_to_thread=True)
def show_list(request: Asked) -> Response[str]:
    """Show the form for a whole list."""
    notice(request)
    return _list_page(request)


def _list_page(
    request: Asked, *, outcome: Outcome | None = None, sheet: str = "", kept: bool = False, problem: str = ""
) -> Response[str]:
    context = {
        "outcome": outcome,
        "wrong": outcome.wrong[:SHOWN_WRONG] if outcome else [],
        "sheet": sheet,
        "kept": kept,
        "problems": [("list", problem)] if problem else [],
        "columns": media_sheets.COLUMNS,
    }
    return common.show(request, "media_standing_list.html", "media", context, 400 if problem else 200)


@post("/media/standing/list", guards=KEEPS, status_code=200, request_max_body_size=MOST_POSTED_BYTES)
async def take_list(request: Asked, data: ListForm) -> Response[str]:
    """Try a list, or give everything in the list that was tried."""
    sent, again = data.get("list"), data.get("sheet")
    content = await sent.read(MOST_LIST_BYTES + 1) if isinstance(sent, UploadFile) else b""
    if isinstance(again, str) and again:
        try:
            content = base64.b64decode(again, validate=True)
        except (binascii.Error, ValueError):
            content = b""
    return await anyio.to_thread.run_sync(_take, request, content, data.get("keep") == "yes")


def _take(request: Asked, content: bytes, keep: bool) -> Response[str]:
    viewer, house, now = common.must_view(request), state.of(request), _now()
    words = render.words_of(request, viewer)
    if len(content) > MOST_LIST_BYTES:
        return _list_page(request, problem=words.say("This file is too large. Divide it."))
    outcome = None
    try:
        with house.db.write() as connection:
            outcome = media_sheets.take(connection, content, adult_of(viewer), now)
            if outcome.wrong or not keep:
                raise _OnlyTried
    except _OnlyTried:
        pass
    except TableRefused as problem:
        line = words.say("Line %(line)s:", line=problem.line) + " " if problem.line else ""
        said = words.say("This is no table we can read, or a column has another name.")
        return _list_page(request, problem=f"{line}{said}")
    kept = keep and outcome is not None and not outcome.wrong
    if kept:
        house.notice_changes()
    return _list_page(request, outcome=outcome, sheet=base64.b64encode(content).decode(), kept=kept)


@get("/media/standing.csv", guards=WHOLE_SCHOOL, sync_to_thread=True)
def download_standing(request: Asked) -> Response[str]:
    """Give every standing approval as a file that can be read in again."""
    notice(request)
    with state.of(request).db.read() as connection:
        found = media.list_approvals(connection, _now(), standing=True, limit=media_standing.MOST_LIVE)
    return file_of(media_sheets.write_standing(found), "standing-approvals.csv")


ROUTES = [show_new, allow_one, show_list, take_list, download_standing]
