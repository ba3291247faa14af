"""One stick, from its plugging in to its end. Pure: no clock, no disk, no kernel.

`step` takes one event and returns the stick as it is now and what must be done about it. Nothing is ever
released without an approval in force and a check of the very same disks that read and checked every file:
the tests try to break that at random. What the rules say of a stick stands in `stick_rules`.
"""

from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from agent.backends.scan_job import Failed, Found, Report
from agent.backends.usb import Disk, Seen, Volume, is_locked, is_unlocked
from agent.service.stick_rules import decide_report
from policies.media import ShutReason, Target
from policies.orders import MediaApproval

MOST_ASKS = 20
"""Until it is plugged in again: whoever asks and takes it back without end is heard no more."""
_MAY_ASK = (None, "denied", "expired", "revoked", "policy-changed", "login-over", "cancelled")
"""Shut for these reasons a stick may be asked for again; for all others only at its next plug."""
_MAY_OPEN = _MAY_ASK[:-1]
"""An approval that comes by itself does not begin again what the person has just cancelled."""

State = Literal[
    "shut", "asked", "opening", "locked", "unlocking", "scanning", "releasing", "released", "gone"
]
"""locked: encrypted, and waiting for its owner's passphrase; unlocking: one is being tried."""
MOST_TRIES = 5
"""Wrong passphrases at one plug."""


# ---- one stick ----


class Stick(msgspec.Struct, frozen=True, kw_only=True):
    """One device between its plugging in and its removal."""

    plug: str
    seen: Seen
    target: Target
    state: State = "shut"
    reason: ShutReason | None = None
    """Why it is shut for good; None while it only waits to be asked for."""
    login: str | None = None
    request: str | None = None
    asks: int = 0
    """How often it was asked for since it was plugged in."""
    asked_at: datetime | None = None
    denied_because: str = ""
    approval: MediaApproval | None = None
    disks: tuple[Disk, ...] = ()
    volumes: tuple[Volume, ...] = ()
    scan: int = 0
    """Counts the checks of this plug: a late word of an earlier one is not heard."""
    files: int = 0
    of_files: int = 0
    of_bytes: int = 0
    checked_bytes: int = 0
    scan_seconds: float = 0.0
    judging: bool = False
    """The check has ended; whether all is still as it was is being looked at."""
    report: Report | None = None
    harmful: tuple[Found, ...] = ()
    tries: int = 0
    """Wrong passphrases since it was plugged in."""
    folders: tuple[str, ...] = ()

    @property
    def may_ask(self) -> bool:
        """Its person may ask for it (again)."""
        shut = self.state == "shut" and self.asks < MOST_ASKS
        return shut and self.target == "ask" and self.reason in _MAY_ASK

    @property
    def is_active(self) -> bool:
        """The kernel uses it, or is being told to."""
        return self.state in ("opening", "locked", "unlocking", "scanning", "releasing", "released")


class Ask(NamedTuple):
    """The person asks for it to be opened."""

    request: str
    at: datetime


class Withdraw(NamedTuple):
    """They stopped asking."""


class Deny(NamedTuple):
    """An adult said no."""

    because: str = ""


class Approve(NamedTuple):
    """An approval in force for it has come, or was here already."""

    approval: MediaApproval


class Looked(NamedTuple):
    """The kernel has made its disks; these volumes are on them. `refused` says why no check begins."""

    disks: tuple[Disk, ...]
    volumes: tuple[Volume, ...]
    refused: ShutReason | None


class Unlock(NamedTuple):
    """Its person gave a passphrase, which this event does not hold."""


class Unlocked(NamedTuple):
    """The passphrase was tried. Volumes: what is on the stick now, or None: it was another passphrase."""

    volumes: tuple[Volume, ...] | None
    refused: ShutReason | None = None
    """Why no check begins."""


class Counted(NamedTuple):
    """The check knows how much there is."""

    scan: int
    files: int
    size_bytes: int


class Progressed(NamedTuple):
    """The check has come so far."""

    scan: int
    files: int
    size_bytes: int
    seconds: float


class Harmed(NamedTuple):
    """The check has found something harmful, and goes on."""

    scan: int
    found: Found


class Scanned(NamedTuple):
    """The check has ended. Looked at in that moment: is all of it still as it was when it began?"""

    scan: int
    result: Report | Failed
    same_disks: bool
    in_force: bool
    fresh_signatures: bool


class Opened(NamedTuple):
    """Its folders can be reached by the person now."""

    scan: int
    folders: tuple[str, ...]


class End(NamedTuple):
    """It has to be shut, whatever it is doing."""

    reason: ShutReason


class Pull(NamedTuple):
    """It was taken out."""


Event = (
    Ask | Withdraw | Deny | Approve | Looked | Unlock | Unlocked | Counted | Progressed | Harmed | Scanned
    | Opened | End | Pull
)  # fmt: skip
Act = Literal["let-in", "unlock", "start-scan", "stop-scan", "release", "take-back", "lock", "shut"]


def step(stick: Stick, event: Event) -> tuple[Stick, tuple[Act, ...]]:
    """Return the stick after this event, and what is to be done, in this order."""
    if stick.state == "gone":
        return stick, _undo_late(event)
    match event:
        case Pull():
            return _left(stick, "gone", None)
        case End(reason=reason):
            return _ended(stick, reason)
        case Ask(request=request, at=at):
            if not stick.may_ask:
                return stick, ()
            asks = stick.asks + 1
            return _change(stick, state="asked", reason=None, request=request, asked_at=at, asks=asks), ()
        case Withdraw():
            return (_change(stick, state="shut", request=None), ()) if stick.state == "asked" else (stick, ())
        case Deny(because=because):
            if stick.state != "asked":
                return stick, ()
            return _change(stick, state="shut", reason="denied", denied_because=because, request=None), ()
        case Approve(approval=approval):
            return _approved(stick, approval)
        case Opened(scan=scan, folders=folders):
            if stick.state == "releasing" and scan == stick.scan:
                return _change(stick, state="released", folders=folders), ()
            return stick, ("take-back",)
        case Looked():
            return _looked(stick, event)
        case Unlock():
            return (
                (_change(stick, state="unlocking"), ("unlock",)) if stick.state == "locked" else (stick, ())
            )
        case Unlocked():
            return _unlocked(stick, event)
        case Counted() | Progressed() | Harmed():
            return _progressed(stick, event), ()
        case Scanned():
            return _scanned(stick, event)


def _approved(stick: Stick, approval: MediaApproval) -> tuple[Stick, tuple[Act, ...]]:
    again = stick.state == "asked" or (stick.state == "shut" and stick.reason in _MAY_OPEN)
    if stick.target != "ask" or not again:
        return stick, ()
    opening = _change(
        stick, state="opening", reason=None, approval=approval, scan=stick.scan + 1, report=None,
        judging=False, files=0, of_files=0, checked_bytes=0, scan_seconds=0.0, harmful=(), denied_because="",
    )  # fmt: skip
    return opening, ("let-in",)


def _looked(stick: Stick, event: Looked) -> tuple[Stick, tuple[Act, ...]]:
    if stick.state != "opening":
        return stick, ()
    seen = _change(stick, disks=event.disks, volumes=event.volumes)
    if event.refused is not None:
        return _ended(seen, event.refused)
    if any(is_locked(volume) for volume in event.volumes):
        return _change(seen, state="locked"), ()
    return _change(seen, state="scanning"), ("start-scan",)


def _unlocked(stick: Stick, event: Unlocked) -> tuple[Stick, tuple[Act, ...]]:
    if stick.state != "unlocking":
        return stick, _undo_late(event)
    if event.refused is not None:
        ended, acts = _ended(stick, event.refused)
        return ended, (*_undo_late(event), *acts)
    if event.volumes is None:
        tried = _change(stick, state="locked", tries=stick.tries + 1)
        return _ended(tried, "locked") if tried.tries >= MOST_TRIES else (tried, ())
    if not all(volume.filesystem for volume in event.volumes):
        ended, acts = _ended(stick, "unreadable")
        return ended, ("lock", *acts)
    return _change(stick, state="scanning", volumes=event.volumes), ("start-scan",)


def _undo_late(event: Event) -> tuple[Act, ...]:
    """Undo what was done for a stick that is no longer there to use it."""
    if isinstance(event, Opened):
        return ("take-back",)
    return ("lock",) if isinstance(event, Unlocked) and event.volumes is not None else ()


def _progressed(stick: Stick, event: Counted | Progressed | Harmed) -> Stick:
    if stick.state != "scanning" or event.scan != stick.scan:
        return stick
    if isinstance(event, Harmed):
        return _change(stick, harmful=(event.found,))
    if isinstance(event, Counted):
        return _change(stick, of_files=event.files, of_bytes=event.size_bytes)
    return _change(
        stick, files=event.files, checked_bytes=event.size_bytes, scan_seconds=event.seconds
    )  # fmt: skip


def _scanned(stick: Stick, event: Scanned) -> tuple[Stick, tuple[Act, ...]]:
    if stick.state != "scanning" or event.scan != stick.scan:
        return stick, ()
    if isinstance(event.result, Failed):
        reason = msgspec.convert(event.result.reason, ShutReason)
        return _ended(stick, reason)
    done = _change(stick, report=event.result, harmful=event.result.harmful or stick.harmful)
    reason_shut = decide_report(event.result)
    if reason_shut is None and stick.harmful:
        reason_shut = "harmful"
    if reason_shut is None and not event.same_disks:
        reason_shut = "changed"
    if reason_shut is None and not event.fresh_signatures:
        reason_shut = "stale-signatures"
    if reason_shut is None and not event.in_force:
        reason_shut = "expired"
    if reason_shut is not None:
        return _ended(done, reason_shut)
    return _change(done, state="releasing"), ("release",)


def _ended(stick: Stick, reason: ShutReason) -> tuple[Stick, tuple[Act, ...]]:
    if stick.state == "scanning" and stick.harmful:
        reason = "harmful"  # whatever else ends the check: it may not be asked for again before its next plug
    return _left(stick, "shut", reason)


def _left(
    stick: Stick, state: Literal["shut", "gone"], reason: ShutReason | None
) -> tuple[Stick, tuple[Act, ...]]:
    """Undo whatever was begun, in the order that leaves nothing readable."""
    acts: tuple[Act, ...] = ()
    if stick.state == "scanning":
        acts = ("stop-scan",)
    elif stick.state in ("releasing", "released"):
        acts = ("take-back",)
    if any(is_unlocked(volume) for volume in stick.volumes):
        acts = (*acts, "lock")
    if stick.is_active and state == "shut":
        acts = (*acts, "shut")
    if not stick.is_active and state == "shut" and stick.reason is not None and reason != "denied":
        reason = stick.reason  # shut already: the first reason is the one that counts
    left = _change(
        stick, state=state, reason=reason, approval=None, disks=(), volumes=(), folders=(), request=None
    )
    return left, acts


def _change(stick: Stick, **changes: object) -> Stick:
    return msgspec.structs.replace(stick, **changes)
