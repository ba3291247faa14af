"""Media, ahead of time: the school's own sticks allowed without a request, one by one or from a list."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect

from policies.media import Access
from server import media, media_modes, media_sheets, media_standing, state
from server.media_answers import Place
from server.media_standing import StandingRefused, Wanted
from server.web import common, doors, list_forms, render
from server.web.common import Asked
from server.web.list_forms import MOST_POSTED_BYTES, ListForm, Taken
from server.web.media import adult_of, notice
from server.web.media_history import file_of

KEEPS = [common.only("media", frozenset({"technician"}))]
WHOLE_SCHOOL = [common.only("media", doors.OPEN_TO["media"])]
"""The list comes back once more with the second press, written in letters."""
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


@get("/media/standing/list", guards=KEEPS, sync_to_thread=True)
def show_list(request: Asked) -> Response[str]:
    """Show the form for a whole list."""
    notice(request)
    return _list_page(request)


def _list_page(request: Asked, taken: Taken = list_forms.Taken()) -> Response[str]:  # noqa: B008 - immutable
    context = list_forms.context_of(taken, media_sheets.COLUMNS)
    return common.show(request, "media_standing_list.html", "media", context, taken.status)


@post("/media/standing/list", guards=KEEPS, status_code=200, request_max_body_size=MOST_POSTED_BYTES)
async def take_list(request: Asked, data: ListForm) -> Response[str]:
    """Try a list, or give everything in the list that was tried."""
    content = await list_forms.content_of(data)
    return await anyio.to_thread.run_sync(_take, request, content, data.get("keep") == "yes")


def _take(request: Asked, content: bytes, keep: bool) -> Response[str]:
    viewer, now = common.must_view(request), _now()
    taken = list_forms.take(
        request, content, keep, lambda c: media_sheets.take(c, content, adult_of(viewer), now)
    )
    if taken.kept:
        state.of(request).notice_changes()
    return _list_page(request, taken)


@get("/media/standing.csv", guards=WHOLE_SCHOOL, sync_to_thread=True)
def download_standing(request: Asked) -> Response[str]:
    """Give every standing approval as a file that can be read in again."""
    notice(request)
    with state.of(request).db.read() as connection:
        found = media.list_approvals(connection, _now(), standing=True, limit=media_standing.MOST_LIVE)
    return file_of(media_sheets.write_standing(found), "standing-approvals.csv")


ROUTES = [show_new, allow_one, show_list, take_list, download_standing]
