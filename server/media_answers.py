"""Answering: who may say yes or no to which stick, and the orders that carry the answer to laptops.

An answer is written once, inside one transaction with the order that tells it. An approval that ended (by
its time, by an adult, by another policy) never comes back: there is no way from `ended` to anything else.
"""

import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, and_, insert, update

from policies import orders
from policies.media import Access, Terms, mode_on, next_change
from policies.settings import UsbSettings
from server import changes, media
from server.errors import ServerError
from server.media import Approval, Request
from server.media_tables import media_approvals, media_orders, media_requests

NO_DEVICE = "0" * 16
"""Stands in a stored order until it is signed for one laptop."""
DENIAL_HOLDS = timedelta(days=1)
Place = Literal["laptop", "room", "school"]
Refusal = Literal[
    "forbidden",
    "policy-changed",
    "answered",
    "over",
    "not-yours",
    "blocked",
    "not-staff",
    "not-encrypted",
    "needs-serial",
    "needs-standing",
    "too-long",
    "too-soon",
    "same-person",
]
"""Why an answer is not taken: no mode to approve under (R26); asked under another mode; somebody answered
before; waited too long; not this adult's office or room; the laptop keeps this kind shut; for staff only and
encrypted only (R27, R28); no serial number to stand on; phones need a standing approval (R29); the end lies
too far off, or is past; the head's yes has to come from another adult."""


class AnswerRefused(ServerError):
    """This answer is not taken. `kind` says why; pages and the command line have the words."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(f"not answered: {kind}")
        self.kind: Refusal = kind


class Adult(NamedTuple):
    """Who answers."""

    name: str
    roles: frozenset[str]
    rooms: frozenset[str] = frozenset()
    id: int | None = None
    """The account; None for the command line, which acts as a technician."""


class Yes(NamedTuple):
    """What exactly is allowed."""

    until: datetime
    access: Access = "read"
    place: Place = "laptop"
    anybody: bool = False
    """Not only the person who asked."""
    standing: bool = False
    """May hold as long as the policy's longest approval; else a week at most."""


ONE_TIME = timedelta(days=7)


def decide_answer(
    usb: UsbSettings, asked: Request, adult: Adult, yes: Yes | None, now: datetime
) -> Refusal | None:
    """
    Return why this adult may not give this answer (`None`: a no), or None if they may.

    Pure. Under `forbid` nobody may say yes, a technician neither (R26). A no is always theirs to say.
    """
    if asked.state not in media.OPEN_STATES:
        return "answered"
    if now - asked.received_at > media.WAITS:
        return "over"
    if not may_answer(usb, adult, asked.plug.room, half=asked.state == "half"):
        return "not-yours"
    if yes is None:
        return None
    mode = mode_on(usb, media.day_of(now))
    if mode in ("off", "forbid"):
        return "forbidden"
    if mode == "staff_encrypted_approved" and "technician" not in adult.roles:
        return "not-yours"
    if asked.plug.mode != mode:
        return "policy-changed"
    if asked.plug.target != "ask" or asked.plug.media_class == "mixed":
        return "blocked"
    return _decide_stick(usb, mode, asked, yes) or _decide_extent(usb, asked, adult, yes, now)


def _decide_stick(usb: UsbSettings, mode: str, asked: Request, yes: Yes) -> Refusal | None:
    stick = asked.plug
    if mode == "staff_encrypted_approved" and stick.tier != "adult":
        return "not-staff"
    if _must_be_encrypted(usb, mode, asked) and stick.encryption == "none":
        return "not-encrypted"
    if yes.standing and not stick.serial:
        return "needs-serial"
    if stick.media_class == "phone":
        if usb.phones_and_cameras == "forbid":
            return "blocked"
        if not yes.standing:
            return "needs-standing"
    return None


def _decide_extent(usb: UsbSettings, asked: Request, adult: Adult, yes: Yes, now: datetime) -> Refusal | None:
    if "technician" not in adult.roles and (
        yes.standing
        or yes.anybody
        or yes.place != "laptop"
        or yes.access == "write"
        or yes.until > max(media.day_begins(media.day_of(now) + timedelta(days=1)), now + timedelta(hours=1))
    ):
        return "not-yours"
    if yes.until <= now:
        return "too-soon"
    longest = timedelta(days=usb.longest_approval_days) if yes.standing else ONE_TIME
    if yes.until > now + min(longest, timedelta(days=usb.longest_approval_days)):
        return "too-long"
    return None


def may_answer(usb: UsbSettings, adult: Adult, room: str, *, half: bool = False) -> bool:
    """Say whether this adult may answer requests from this room; `half`: those that wait for the head."""
    if half:
        return bool(adult.roles & {"head", "technician"})
    if "technician" in adult.roles and "technician" in usb.approvers:
        return True
    return "teacher" in adult.roles and "teacher" in usb.approvers and room in adult.rooms


def needs_head(usb: UsbSettings, asked: Request) -> bool:
    """Say whether the head has to say yes too (R28)."""
    return asked.pupil_data and usb.pupil_data_needs_head


def _must_be_encrypted(usb: UsbSettings, mode: str, asked: Request) -> bool:
    return mode == "staff_encrypted_approved" or needs_head(usb, asked)


def approve(
    connection: Connection, usb: UsbSettings, device: str, request: str, adult: Adult, yes: Yes, now: datetime
) -> Approval:
    """
    Say yes to one request and tell the laptop, or wait for the head's yes where pupil data leaves.

    Raises AnswerRefused, or NotFound. Of two adults at once the second is refused: call it in `db.write()`.
    """
    asked = media.get_request(connection, device, request)
    if asked.state == "half":
        raise AnswerRefused("answered")
    refusal = decide_answer(usb, asked, adult, yes, now)
    if refusal is not None:
        raise AnswerRefused(refusal)
    mode = mode_on(usb, media.day_of(now))
    stick = asked.plug
    half = needs_head(usb, asked)
    until = capped(usb, yes.until, now)
    anybody = yes.anybody and not half
    # Without a serial number, or for an account nobody listed, there is only this one plug to go by.
    one_plug = not stick.serial or (stick.person is None and not anybody)
    terms = Terms(
        stick=stick.identity,
        plug=stick.plug if one_plug else None,
        person=None if anybody else stick.person,
        access="copy" if mode == "copy" else yes.access,
        encrypted_only=_must_be_encrypted(usb, mode, asked),
        mode=mode,
        until=until,
    )
    approval = secrets.token_hex(8)
    connection.execute(
        insert(media_approvals).values(
            id=approval,
            place=yes.place,
            device=device,
            room=stick.room if yes.place == "room" else "",
            request=request,
            person=terms.person,
            terms=msgspec.json.encode(terms).decode(),
            product=stick.product,
            standing=yes.standing,
            until=until,
            state="half" if half else "live",
            given_at=now,
            given_by=adult.name,
            given_staff=adult.id,
        )
    )
    _answer(connection, asked, "half" if half else "approved", adult, now, approval=approval)
    made = media.get_approval(connection, approval)
    if not half:
        tell_approval(connection, made)
    return made


def approve_as_head(
    connection: Connection, usb: UsbSettings, approval: str, adult: Adult, now: datetime
) -> Approval:
    """
    Give the second yes to pupil data leaving the school, and tell the laptop.

    Raises AnswerRefused, or NotFound. One adult with both offices cannot give both (R28).
    """
    found = media.get_approval(connection, approval)
    if found.state != "half":
        raise AnswerRefused("answered")
    if "head" not in adult.roles:
        raise AnswerRefused("not-yours")
    # Nobody is named at the command line: the first yes may have been the same adult's.
    unnamed = found.given_staff is None and "technician" in adult.roles
    if adult.id is None or adult.id == found.given_staff or unnamed:
        raise AnswerRefused("same-person")
    mode = mode_on(usb, media.day_of(now))
    if mode in ("off", "forbid"):
        raise AnswerRefused("forbidden")
    if mode != found.terms.mode:
        raise AnswerRefused("policy-changed")
    if now >= found.until:
        raise AnswerRefused("over")
    connection.execute(
        update(media_approvals)
        .where(media_approvals.c.id == approval)
        .values(state="live", head_at=now, head_by=adult.name)
    )
    if found.request is not None:
        asked = media.get_request(connection, found.device, found.request)
        _answer(connection, asked, "approved", adult, now, approval=approval)
    made = media.get_approval(connection, approval)
    tell_approval(connection, made)
    return made


def deny(
    connection: Connection,
    usb: UsbSettings,
    device: str,
    request: str,
    adult: Adult,
    reason: str,
    now: datetime,
) -> None:
    """Say no to one request, in words for the person who asked. Raises AnswerRefused, or NotFound."""
    asked = media.get_request(connection, device, request)
    refusal = decide_answer(usb, asked, adult, None, now)
    if refusal is not None:
        raise AnswerRefused(refusal)
    if asked.approval is not None:
        end(connection, media.get_approval(connection, asked.approval), adult.name, now)
    _answer(connection, asked, "denied", adult, now, reason=reason[:200])
    until = now + DENIAL_HOLDS
    said = orders.MediaDenied(
        device=NO_DEVICE,
        order=secrets.token_hex(8),
        by=adult.name,
        request=request,
        reason=reason[:200],
        expires_at=until,
    )
    _tell(connection, said, until, device=device)


def revoke(connection: Connection, approval: str, adult: Adult, now: datetime) -> None:
    """End an approval now; laptops shut what it opened. Raises AnswerRefused, or NotFound."""
    found = media.get_approval(connection, approval)
    if found.state == "ended" or found.until <= now:
        raise AnswerRefused("over")
    own = adult.id is not None and adult.id == found.given_staff  # two adults may have one name
    if not own and not adult.roles & {"technician", "head"}:
        raise AnswerRefused("not-yours")
    end(connection, found, adult.name, now)


def capped(usb: UsbSettings, until: datetime, now: datetime) -> datetime:
    """No approval reaches into a day on which another mode begins."""
    limit = next_change(usb, media.day_of(now))
    return until if limit is None else min(until, media.day_begins(limit))


def _answer(
    connection: Connection,
    asked: Request,
    state: str,
    adult: Adult,
    now: datetime,
    *,
    approval: str | None = None,
    reason: str = "",
) -> None:
    connection.execute(
        update(media_requests)
        .where(media_requests.c.device == asked.device, media_requests.c.request == asked.request)
        .values(state=state, answered_at=now, answered_by=adult.name, answer_reason=reason, approval=approval)
    )


def end(connection: Connection, approval: Approval, by: str, now: datetime) -> None:
    """End one approval for good, and tell the laptops that may hold it."""
    connection.execute(
        update(media_approvals)
        .where(and_(media_approvals.c.id == approval.id, media_approvals.c.state != "ended"))
        .values(state="ended", ended_at=now, ended_by=by)
    )
    if approval.state == "half":
        return
    said = orders.MediaRevoked(
        device=NO_DEVICE,
        order=secrets.token_hex(8),
        approval=approval.id,
        by=by,
        expires_at=approval.until,
    )
    # To every laptop it may have been told to: one may have moved out of the room since.
    _tell(connection, said, approval.until, device=approval.device if approval.place == "laptop" else "")


def tell_approval(connection: Connection, approval: Approval) -> None:
    """Have the laptops it is for told of an approval that is live."""
    said = orders.MediaApproval(
        device=NO_DEVICE,
        order=approval.id,
        by=approval.given_by,
        request=approval.request,
        issued_at=approval.given_at,
        terms=approval.terms,
    )
    device = approval.device if approval.place == "laptop" else ""
    _tell(connection, said, approval.until, device=device, room=approval.room)


def _tell(
    connection: Connection, said: orders.MediaOrder, until: datetime, *, device: str = "", room: str = ""
) -> None:
    connection.execute(
        insert(media_orders).values(
            order_id=said.order,
            device=device,
            room=room,
            until=until,
            body=msgspec.json.encode(said).decode(),
        )
    )
    changes.bump(connection, changes.MEDIA)
