"""Memory sticks and their like: what a laptop may say of one, and the rules both sides judge it by.

Every text in here was chosen by whoever made the device, and may be a lie: vendor, model, serial number,
names. The descriptors' hash names a model, not one stick. So nothing here opens anything by itself: an
approval only lets a check begin, and the check is made at every plug.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.settings import UsbMode, UsbSettings

MediaClass = Literal["storage", "phone", "card", "mixed", "input", "hub", "other"]
"""storage: sticks, disks, USB card readers (08); phone: phones and cameras that offer pictures or files (06,
MTP); card: a memory card in a built-in reader; mixed: input together with anything gated, refused whole;
input and hub are never gated; other: none of ours."""
COMMAND_LINE = "command line"
"""Who said yes where the server knows no adult, only its own command line."""
GATED: frozenset[MediaClass] = frozenset({"storage", "phone", "card", "mixed"})

Target = Literal["allow", "ask", "block"]
"""allow: not gated. ask: shut until approved and checked. block: shut, and there is no asking."""

Encryption = Literal["none", "luks", "bitlocker", "unknown"]
"""As far as it can be told without opening it; unknown until the first block was read."""

ShutReason = Literal[
    "forbidden",
    "mixed",
    "not-for-pupils",
    "not-encrypted",
    "not-listed",
    "denied",
    "revoked",
    "expired",
    "policy-changed",
    "harmful",
    "not-scanned",
    "too-large",
    "no-room",
    "unreadable",
    "locked",
    "changed",
    "unplugged",
    "cancelled",
    "no-scanner",
    "stale-signatures",
    "login-over",
    "broken",
]
"""Why a device is shut. `not-listed`: phones need a standing approval. `not-scanned`: something was skipped,
which is never clean. `too-large`: beyond the policy's limits. `no-room`: no room for copies on the
laptop. `locked`: encrypted and not opened. `changed`: another device, or other contents, than the one
that was checked. `broken`: the agent itself failed; docs say where to look."""

ScanOutcome = Literal["clean", "harmful", "not-scanned", "cancelled"]
Access = Literal["read", "write", "copy"]
ScannerState = Literal["ready", "stale", "unknown-age", "missing", "broken"]

Hex4 = Annotated[str, Meta(pattern=r"^[0-9a-f]{4}$")]
Interfaces = Annotated[str, Meta(pattern=r"^([0-9a-f]{6}( [0-9a-f]{6}){0,27})?$")]
"""Class, subclass and protocol of each interface, sorted and each once, as `030101 080650`."""
Serial = Annotated[str, Meta(max_length=200)]
HashHex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an approval is tied to. All of it has to be the same; none of it is proof."""

    vendor: Hex4
    model: Hex4
    serial: Serial = ""
    """Empty where the device gives none: then an approval is for one plug only."""
    descriptors: HashHex
    """SHA-256 of the raw descriptors as the kernel read them."""
    interfaces: Interfaces = ""


def classify(interfaces: Iterable[str], *, card: bool = False, speaks_mtp: bool = False) -> MediaClass:
    """
    Return what kind of device has these interfaces (`ccsspp`, six hexadecimal letters each).

    `speaks_mtp` is what udev or the interface's name says of vendor-specific (ff) interfaces.
    Pure. A device that offers anything gated is gated, whatever else it offers.
    """
    if card:
        return "card"
    classes = {each[:2].lower() for each in interfaces}
    kind: MediaClass = "other"
    if "08" in classes:
        kind = "storage"
    elif "06" in classes or speaks_mtp:
        kind = "phone"
    elif classes and classes <= {"09"}:
        return "hub"
    if kind != "other":
        return "mixed" if "03" in classes else kind
    return "input" if "03" in classes else "other"


def join_interfaces(interfaces: Iterable[str]) -> str:
    """Return interfaces as an `Identity` holds them; what is no interface is left out, and 28 are kept."""
    kept = {each.lower() for each in interfaces if re.fullmatch(r"[0-9A-Fa-f]{6}", each)}
    return " ".join(sorted(kept)[:28])


def mode_on(usb: UsbSettings, day: date) -> UsbMode:
    """Return the mode in force on this day (the school's own calendar day)."""
    mode = usb.mode
    for change in usb.later:
        if change.from_day <= day:
            mode = change.mode
    return mode


def next_change(usb: UsbSettings, day: date) -> date | None:
    """Return the first day after this one on which another mode holds: no approval reaches beyond it."""
    mode = mode_on(usb, day)
    return next((each.from_day for each in usb.later if each.from_day > day and each.mode != mode), None)


def decide_target(mode: UsbMode, media_class: MediaClass, *, staff: bool, phones: str) -> Target:
    """
    Return what becomes of a device when it is plugged in, before anybody is asked.

    `staff` says whether the person's tier is adult; `phones` is `UsbSettings.phones_and_cameras`. Pure.
    """
    if mode == "off" or media_class not in GATED:
        return "allow"
    if mode == "forbid" or media_class == "mixed":
        return "block"
    if media_class == "phone" and phones == "forbid":
        return "block"
    if mode == "staff_encrypted_approved" and not staff:
        return "block"
    return "ask"


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For what an approval stands: which device, whose, how, until when, and under which policy mode."""

    stick: Identity
    plug: str | None = None
    """One plug (its id in `MediaPlugged`) only; always so where the serial is empty."""
    person: Annotated[str, Meta(max_length=200)] | None = None
    """The school's id of the person it is for; None: whoever is logged in."""
    access: Access = "read"
    encrypted_only: bool = False
    """Opens only if the device is seen to be encrypted (R27, R28)."""
    mode: UsbMode
    """The mode under which it was given. Under any other mode it opens nothing, now or later."""
    until: Annotated[datetime, Meta(tz=True)]


def covers(
    terms: Terms,
    stick: Identity,
    *,
    plug: str,
    person: str | None,
    encrypted: bool,
    mode: UsbMode,
    now: datetime,
) -> ShutReason | None:
    """
    Return None if these terms open the way to a check of this device now, else why they do not.

    Pure. A device without a serial number is never opened by an approval that does not name its plug.
    """
    if mode == "forbid":
        return "forbidden"
    if terms.mode != mode:
        return "policy-changed"
    if now >= terms.until:
        return "expired"
    if terms.stick != stick:
        return "not-listed"
    if (terms.plug is not None and terms.plug != plug) or (terms.plug is None and not stick.serial):
        return "not-listed"
    if terms.person is not None and terms.person != person:
        return "not-listed"
    if (terms.encrypted_only or mode == "staff_encrypted_approved") and not encrypted:
        return "not-encrypted"
    return None
