"""/api/v1/media: who waits for a memory stick, and the answer of an adult who may give it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from msgspec import Meta

from server import media, media_answers, media_modes, state
from server.api.door import RESPONSES, Asked, opens, staff_of, viewer_of
from server.media_answers import Adult, Yes
from server.web import common, doors


class Request(msgspec.Struct, frozen=True):
    """Somebody asks for a stick."""

    device: str
    request: str
    hostname: str
    room: str
    person: str
    product: str
    reason: str
    state: str
    received_at: datetime
    pupil_data: bool
    serial: str
    seen_before: int
    harmful_before: int


class Allow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What exactly is allowed."""

    hours: Annotated[float, Meta(gt=0, le=24 * 400)] = 8.0
    access: Literal["read", "write"] = "read"
    where: Literal["laptop", "room", "school"] = "laptop"
    anybody: bool = False
    standing: bool = False


class Allowed(msgspec.Struct, frozen=True):
    """An approval; `half` waits for the head's yes on the page."""

    approval: str
    state: str
    until: datetime


class Deny(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A no, in words for the person who asked."""

    reason: Annotated[str, Meta(max_length=300)] = ""


class Denied(msgspec.Struct, frozen=True):
    """The request that was answered."""

    request: str


@get("/media/requests", guards=[opens("media")], responses=RESPONSES, sync_to_thread=True)
def list_requests(request: Asked) -> list[Request]:
    """List who waits, the longest waiting first; a teacher's token sees their own rooms. It is a look."""
    viewer, now = viewer_of(request), state.utc_now()
    with state.of(request).db.write() as db:
        common.note_look(db, viewer, "media")
        found = media.list_waiting(db, now, rooms=doors.media_rooms(viewer))
    return [
        Request(
            each.device,
            each.request,
            each.plug.hostname,
            each.plug.room,
            each.plug.display_name or each.plug.os_user,
            each.plug.product or each.plug.media_class,
            each.reason,
            each.state,
            each.received_at,
            each.pupil_data,
            each.plug.serial,
            each.seen_before,
            each.harmful_before,
        )
        for each in found
    ]


@post(
    "/media/requests/{device:str}/{number:str}/approve",
    guards=[opens("media", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
)
def approve(request: Asked, device: str, number: str, data: Allow) -> Allowed:
    """Say yes to a request, as far as the policy and the owner's offices allow."""
    now = state.utc_now()
    yes = Yes(
        until=now + timedelta(hours=data.hours),
        access=data.access,
        place=data.where,
        anybody=data.anybody,
        standing=data.standing,
    )
    with state.of(request).db.write() as db:
        usb = media_modes.usb_of(db, device)
        made = media_answers.approve(db, usb, device, number, _adult(request), yes, now)
    return Allowed(made.id, made.state, made.until)


@post(
    "/media/requests/{device:str}/{number:str}/deny",
    guards=[opens("media", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
)
def deny(request: Asked, device: str, number: str, data: Deny) -> Denied:
    """Say no to a request."""
    with state.of(request).db.write() as db:
        usb = media_modes.usb_of(db, device)
        media_answers.deny(db, usb, device, number, _adult(request), data.reason, state.utc_now())
    return Denied(number)


def _adult(request: Asked) -> Adult:
    staff = staff_of(request)
    return Adult(staff.display_name, staff.roles, frozenset(staff.rooms), staff.id)


ROUTES = [list_requests, approve, deny]
