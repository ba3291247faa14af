"""What the policy, an approval and a finished check say of one stick. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from agent.backends.scan_job import Report
from agent.backends.usb import Volume, is_locked
from policies.media import Access, Encryption, Identity, MediaClass, ShutReason, Target, covers, decide_target
from policies.orders import MediaApproval
from policies.settings import UsbMode, UsbSettings


class Verdict(NamedTuple):
    """What becomes of a device now."""

    target: Target
    reason: ShutReason | None = None
    """Why it is shut, where nobody need be asked to know."""
    approval: MediaApproval | None = None
    """An approval that opens the way to a check at once."""


def decide_mode(mode: UsbMode, *, quarantined: bool) -> UsbMode:
    """Return the mode that holds: a quarantined laptop lets no stick in, whatever the policy says (R53)."""
    return "forbid" if quarantined else mode


def decide(
    usb: UsbSettings,
    mode: UsbMode,
    media_class: MediaClass,
    stick: Identity,
    *,
    plug: str,
    person: str | None,
    staff: bool,
    approvals: Iterable[MediaApproval],
    now: datetime,
) -> Verdict:
    """
    Return what becomes of a device that is plugged in, whose person is at the screen.

    Whether it is encrypted is not known yet: `decide_volumes` looks once the disk can be read.
    """
    target = decide_target(mode, media_class, staff=staff, phones=usb.phones_and_cameras)
    if target == "allow":
        return Verdict("allow")
    if target == "block":
        return Verdict("block", _why_blocked(mode, media_class))
    if media_class == "phone":
        return Verdict("block", "not-listed")  # whatever was approved: docs/decisions/0062
    found = best(approvals, stick, plug=plug, person=person, mode=mode, now=now)
    if found is not None:
        return Verdict("ask", None, found)
    return Verdict("ask")


def _why_blocked(mode: UsbMode, media_class: MediaClass) -> ShutReason:
    if media_class == "mixed":
        return "mixed"
    if media_class == "phone" and mode != "forbid":
        return "not-listed"
    return "not-for-pupils" if mode == "staff_encrypted_approved" else "forbidden"


def best(
    approvals: Iterable[MediaApproval],
    stick: Identity,
    *,
    plug: str,
    person: str | None,
    mode: UsbMode,
    now: datetime,
) -> MediaApproval | None:
    """Return the approval in force that lasts longest, or None. Encryption is looked at later."""
    fitting = [
        each
        for each in approvals
        if covers(each.terms, stick, plug=plug, person=person, encrypted=True, mode=mode, now=now) is None
    ]
    return max(fitting, key=lambda each: (each.terms.until, each.order), default=None)


def encryption_of(volumes: Iterable[Volume]) -> Encryption:
    """Return what the whole stick is: encrypted only if every volume is."""
    kinds = [volume.encryption for volume in volumes]
    return "none" if "none" in kinds or not kinds else kinds[0]


def decide_volumes(
    volumes: tuple[Volume, ...], approval: MediaApproval, mode: UsbMode, *, staff: bool
) -> ShutReason | None:
    """
    Return why a stick with these volumes is not checked, or None if it is (perhaps after a passphrase).

    Where it has to be encrypted, all of it has to be: what lies beside an encrypted part is readable by all.
    Pupils are never asked for a passphrase.
    """
    if not volumes:
        return "unreadable"
    wanted = approval.terms.encrypted_only or mode == "staff_encrypted_approved"
    if wanted and encryption_of(volumes) not in ("luks", "bitlocker"):
        return "not-encrypted"
    if not staff and any(is_locked(volume) for volume in volumes):
        return "locked"
    readable = all(volume.filesystem or is_locked(volume) for volume in volumes)
    return None if readable else "unreadable"


def decide_report(report: Report) -> ShutReason | None:
    """Return why this check does not open the stick, or None if every file was read, checked and clean."""
    if report.harmful_files or report.harmful:
        return "harmful"
    if report.skipped or report.scanned != report.files or report.scanned_bytes != report.size_bytes:
        return "not-scanned"
    return None


def access_of(approval: MediaApproval, mode: UsbMode) -> Access:
    """Return how it is released: the mode `copy` never hands out the stick itself."""
    return "copy" if mode == "copy" else approval.terms.access
