"""Approvals that nobody asked for: the school's own sticks and cameras, by serial number and descriptors.

A technician gives them ahead of time, one by one or from a list. Where only the serial number is written, the
rest is what laptops saw when that stick was plugged in. Every other rule holds as for a request: the check at
every plug, the policy's mode, the head's yes where pupil data could leave (docs/decisions/0101).
"""

import secrets
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import Connection, func, insert, select

from policies.media import Access, Identity, Terms, classify, mode_on
from policies.records import short
from policies.settings import UsbMode, UsbSettings
from server import media, media_answers
from server.errors import ServerError
from server.media import Approval
from server.media_answers import Adult, Place
from server.media_tables import media_approvals, media_plugs
from server.tables import devices, people

MOST_LIVE = 1500
"""A laptop keeps two thousand approvals; beyond this many there would be no room for answers to requests."""
Refusal = Literal[
    "not-yours", "forbidden", "needs-serial", "never-seen", "seen-differently", "no-stick", "blocked",
    "too-soon", "too-long", "no-person", "not-staff", "no-laptop", "no-room", "too-many", "stands",
]  # fmt: skip
"""Why it is not given: technicians only; the mode opens nothing; no serial number; no laptop has met such a
stick, or several different ones with these numbers; what is written names no stick; a kind that stays shut;
its end is past or too far off; nobody on the list; staff only; no such laptop or room; too many hold already;
the same one holds already."""
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


class StandingRefused(ServerError):
    """This approval is not given, and nothing was changed. `kind` says why."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(f"not given: {kind}")
        self.kind: Refusal = kind


class Wanted(NamedTuple):
    """What a technician wants to allow. What is empty of the stick is looked up among those seen."""

    serial: str
    until: datetime
    vendor: str = ""
    model: str = ""
    descriptors: str = ""
    interfaces: str = ""
    person: str | None = None
    """The school's id; None: whoever brings it."""
    place: Place = "school"
    device: str = ""
    room: str = ""
    access: Access = "read"
    encrypted_only: bool = False
    note: str = ""


class Stick(NamedTuple):
    """One stick that laptops have met."""

    identity: Identity
    media_class: str
    product: str
    times: int
    harmful: int
    last_at: datetime


def find_sticks(
    connection: Connection, serial: str, vendor: str = "", model: str = "", descriptors: str = ""
) -> list[Stick]:
    """Return the different sticks with this serial number that laptops have met, the last one first."""
    plugs = media_plugs.c
    named = (plugs.vendor, plugs.model, plugs.serial, plugs.descriptors, plugs.interfaces)
    query = (
        select(
            *named,
            func.max(plugs.media_class).label("media_class"),
            func.max(plugs.product).label("product"),
            func.count().label("times"),
            func.count().filter(plugs.outcome == "harmful").label("harmful"),
            func.max(plugs.received_at, type_=plugs.received_at.type).label("last_at"),
        )
        .where(plugs.serial == serial, plugs.serial != "")
        .group_by(*named)
        .order_by(func.max(plugs.received_at).desc())
        .limit(20)
    )
    for column, value in ((plugs.vendor, vendor), (plugs.model, model), (plugs.descriptors, descriptors)):
        if value:
            query = query.where(column == value.lower())
    return [
        Stick(
            Identity(
                vendor=row.vendor,
                model=row.model,
                serial=row.serial,
                descriptors=row.descriptors,
                interfaces=row.interfaces,
            ),
            row.media_class,
            row.product,
            row.times,
            row.harmful,
            row.last_at,
        )
        for row in connection.execute(query)
    ]


def needs_head(usb: UsbSettings, mode: UsbMode, access: Access, tier: str | None) -> bool:
    """
    Say whether the head has to say yes too, and the stick has to be encrypted (R28). Pure.

    Nobody was asked what will be on it. So whatever staff, or anybody, could carry out of school on it counts
    as pupil data; a pupil named by the approval has none but their own. A copy takes nothing out.
    """
    writes = access == "write" and mode != "copy"
    return usb.pupil_data_needs_head and writes and tier in (None, "adult")


def decide(
    usb: UsbSettings, wanted: Wanted, stick: Identity, tier: str | None, adult: Adult, now: datetime
) -> Refusal | None:
    """Return why a technician may not allow this stick, or None. `tier` is the person's, if one is named."""
    if "technician" not in adult.roles or "technician" not in usb.approvers:
        return "not-yours"
    mode = mode_on(usb, media.day_of(now))
    if mode in ("off", "forbid"):
        return "forbidden"
    if not stick.serial:
        return "needs-serial"
    kind = classify(stick.interfaces.split())
    if kind not in ("storage", "card", "phone") or (kind == "phone" and usb.phones_and_cameras == "forbid"):
        return "blocked"
    if mode == "staff_encrypted_approved" and tier not in (None, "adult"):
        return "not-staff"
    if wanted.until <= now:
        return "too-soon"
    if wanted.until > now + timedelta(days=usb.longest_approval_days):
        return "too-long"
    return None


def allow(connection: Connection, usb: UsbSettings, wanted: Wanted, adult: Adult, now: datetime) -> Approval:
    """
    Give the approval and tell laptops, or have it wait for the head's yes; within `db.write()`.

    `usb` is what holds where it is for (`media_modes.usb_at`). Raises StandingRefused.
    """
    if mode_on(usb, media.day_of(now)) in ("off", "forbid"):
        raise StandingRefused("forbidden")
    tier = _check_where(connection, wanted)
    stick, product = _identify(connection, wanted)
    refusal = decide(usb, wanted, stick, tier, adult, now)
    if refusal is not None:
        raise StandingRefused(refusal)
    mode = mode_on(usb, media.day_of(now))
    half = needs_head(usb, mode, wanted.access, tier)
    terms = Terms(
        stick=stick,
        person=wanted.person,
        access="copy" if mode == "copy" else wanted.access,
        encrypted_only=wanted.encrypted_only or half or mode == "staff_encrypted_approved",
        mode=mode,
        until=media_answers.capped(usb, wanted.until, now),
    )
    _check_others(connection, wanted, terms, now)
    approval = secrets.token_hex(8)
    connection.execute(
        insert(media_approvals).values(
            id=approval,
            place=wanted.place,
            device=wanted.device if wanted.place == "laptop" else "",
            room=wanted.room if wanted.place == "room" else "",
            request=None,
            person=wanted.person,
            terms=msgspec.json.encode(terms).decode(),
            product=short(product)[:200],
            note=short(wanted.note.strip()),
            standing=True,
            until=terms.until,
            state="half" if half else "live",
            given_at=now,
            given_by=adult.name,
            given_staff=adult.id,
        )
    )
    made = media.get_approval(connection, approval)
    if not half:
        media_answers.tell_approval(connection, made)
    return made


def person_named(connection: Connection, text: str) -> str | None:
    """Return the school's id of whom a word names: the id itself, or their account. None for an empty one."""
    if not text:
        return None
    here = select(people.c.person).where(people.c.left_at.is_(None)).limit(1)
    found = connection.execute(here.where(people.c.person == text)).scalar()
    found = found or connection.execute(here.where(people.c.os_user == text)).scalar()
    if found is None:
        raise StandingRefused("no-person")
    return str(found)


def _check_where(connection: Connection, wanted: Wanted) -> str | None:
    """Return the named person's tier; raise for a laptop, room or person that is not there."""
    if wanted.place == "laptop":
        at = select(devices.c.id).where(devices.c.id == wanted.device, devices.c.state == "active")
        if connection.execute(at).first() is None:
            raise StandingRefused("no-laptop")
    if wanted.place == "room":
        at = select(devices.c.id).where(devices.c.room == wanted.room, devices.c.state == "active").limit(1)
        if not wanted.room or connection.execute(at).first() is None:
            raise StandingRefused("no-room")
    if wanted.person is None:
        return None
    tier = connection.execute(
        select(people.c.tier).where(people.c.person == wanted.person, people.c.left_at.is_(None)).limit(1)
    ).scalar()
    if tier is None:
        raise StandingRefused("no-person")
    return str(tier)


def _identify(connection: Connection, wanted: Wanted) -> tuple[Identity, str]:
    """Return the one stick that is meant, and what it calls itself."""
    serial = wanted.serial.strip()
    if not serial:
        raise StandingRefused("needs-serial")
    found = find_sticks(connection, serial, wanted.vendor, wanted.model, wanted.descriptors)
    if wanted.interfaces:
        found = [each for each in found if each.identity.interfaces == wanted.interfaces]
    if len(found) > 1:
        raise StandingRefused("seen-differently")
    if found:
        return found[0].identity, found[0].product
    if not all((wanted.vendor, wanted.model, wanted.descriptors, wanted.interfaces)):
        raise StandingRefused("never-seen")
    whole = {
        "vendor": wanted.vendor.lower(),
        "model": wanted.model.lower(),
        "serial": serial,
        "descriptors": wanted.descriptors.lower(),
        "interfaces": wanted.interfaces,
    }
    try:
        return msgspec.convert(whole, Identity), ""
    except msgspec.ValidationError as problem:
        raise StandingRefused("no-stick") from problem


def _check_others(connection: Connection, wanted: Wanted, terms: Terms, now: datetime) -> None:
    """Refuse one more where too many hold, and the same one twice."""
    live = media_approvals.c
    holds = (live.standing, live.state.in_(("live", "half")), live.until > now)
    count = connection.execute(select(func.count()).select_from(media_approvals).where(*holds)).scalar_one()
    if count >= MOST_LIVE:
        raise StandingRefused("too-many")
    named = msgspec.json.encode(terms.stick).decode()
    same = select(live.terms, live.until).where(
        *holds,
        live.terms.contains(named, autoescape=True),
        live.place == wanted.place,
        live.device == (wanted.device if wanted.place == "laptop" else ""),
        live.room == (wanted.room if wanted.place == "room" else ""),
    )
    for text, until in connection.execute(same):
        known = msgspec.json.decode(text, type=Terms)
        if (
            _last_day(until) >= _last_day(terms.until)
            and msgspec.structs.replace(known, until=terms.until) == terms
        ):
            raise StandingRefused("stands")


def _last_day(until: datetime) -> date:
    """Return the last day something holds on: files name days, and an hour more is no other approval."""
    return media.day_of(until - timedelta(seconds=1))
