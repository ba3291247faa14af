"""How a memory stick stands, and what an adult's form asks for, decided from facts. Pure."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from policies.media import Access
from policies.settings import UsbSettings
from server import media
from server.media import Plug
from server.media_answers import ONE_TIME, Place, Yes

KINDS: dict[str, tuple[str, str]] = {
    "not-asked": ("off", "ring"),
    "blocked": ("off", "lock"),
    "asked": ("wait", "glass"),
    "answered": ("wait", "sent"),
    "checking": ("info", "scan"),
    "open": ("ok", "tick"),
    "copied": ("ok", "tick"),
    "harmful": ("stop", "octagon"),
    "denied": ("off", "ring"),
    "withdrawn": ("off", "ring"),
    "over": ("off", "ring"),
    "not-checked": ("stop", "octagon"),
    "stays-shut": ("off", "ring"),
}
"""Each state's chip: kind and shape."""
SCANNER_KINDS = {
    "ready": ("ok", "tick"),
    "stale": ("stop", "octagon"),
    "unknown-age": ("stop", "octagon"),
    "missing": ("stop", "octagon"),
    "broken": ("stop", "octagon"),
}
_NOT_CHECKED = frozenset(
    {"not-scanned", "too-large", "no-room", "unreadable", "locked", "changed", "unplugged", "no-scanner"}
    | {"stale-signatures", "broken"}
)
_OVER = frozenset({"expired", "revoked", "login-over", "policy-changed"})
UNTIL = ("hour", "today", "week", "date")


def state_of(plug: Plug) -> str:
    """Return one of KINDS for what the laptop last confirmed of this plug."""
    if plug.outcome == "harmful" or plug.reason == "harmful":
        return "harmful"
    gone = plug.gone_at is not None
    match plug.state:
        case "asked" if not gone:
            return "answered" if plug.answered_by else "asked"
        case "checking":
            return "not-checked" if gone else "checking"
        case "open":
            return "over" if gone else "open"
        case "copied":
            return "copied"
    if plug.target == "block":
        return "blocked"
    if plug.reason == "denied":
        return "denied"
    if plug.reason == "cancelled":
        return "withdrawn"
    if plug.reason in _NOT_CHECKED:
        return "not-checked"
    if plug.reason in _OVER:
        return "over"
    return "stays-shut" if plug.reason else "not-asked"


def read_until(given: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the end that a form asks for, in the server's own time zone; None if it is no day."""
    today = media.day_of(now)
    match given.get("until"):
        case "hour":
            return now + timedelta(hours=1)
        case "today":
            return media.day_begins(today + timedelta(days=1))
        case "week":
            return now + ONE_TIME
        case "date":
            try:
                day = date.fromisoformat(given.get("day", ""))
                return media.day_begins(day + timedelta(days=1))
            except (ValueError, OverflowError):
                return None
    return None


def first_access(usb: UsbSettings, roles: Collection[str]) -> Access:
    """Return how a yes opens if this adult chooses nothing; writing only where policy and office allow it."""
    return "read" if usb.read_only_first or "technician" not in roles else "write"


def read_yes(given: Mapping[str, str], now: datetime) -> Yes | None:
    """Return what a form allows, or None if it does not say until when."""
    until = read_until(given, now)
    if until is None:
        return None
    places: dict[str, Place] = {"room": "room", "school": "school"}
    return Yes(
        until=until,
        access="write" if given.get("access") == "write" else "read",
        place=places.get(given.get("place", ""), "laptop"),
        anybody=given.get("person") == "anybody",
        standing=given.get("standing") == "yes",
    )


def size_words(size_bytes: int | None) -> tuple[float, str] | None:
    """Return a size as makers print it: 32 GB, not 29.8 GiB."""
    if size_bytes is None:
        return None
    for unit, bytes_of in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size_bytes >= bytes_of:
            number = size_bytes / bytes_of
            return (round(number) if number >= 10 else round(number, 1), unit)
    return (round(size_bytes / 1000), "kB")
