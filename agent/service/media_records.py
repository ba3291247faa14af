"""What is kept of a stick's life, and what its person is shown of it. Pure: data in, data out."""

from datetime import datetime

from agent.backends.copies import end_of
from agent.backends.scan_job import AnySaid, Harmful, Report
from agent.link.pages import StickPage
from agent.service.login import Login
from agent.service.scanner import Health
from agent.service.stick_rules import access_of, encryption_of
from agent.service.usb import MOST_TRIES, Scanned, Stick
from policies.media import Access
from policies.records import (
    MediaDetection,
    MediaPlugged,
    MediaReleased,
    MediaRequested,
    MediaScanned,
    MediaSeen,
    short,
)
from policies.settings import Contact, UsbMode


def plugged(stick: Stick, login: Login | None, mode: UsbMode, at: datetime) -> MediaPlugged:
    """Return that it came."""
    seen = stick.seen
    return MediaPlugged(
        at=at,
        login=login.id if login else None,
        plug=stick.plug,
        os_user=login.os_user if login else "",
        person=login.person.person if login else None,
        media_class=seen.media_class,
        vendor=seen.identity.vendor,
        model=seen.identity.model,
        serial=short(seen.identity.serial),
        descriptors=seen.identity.descriptors,
        interfaces=seen.identity.interfaces,
        maker=short(seen.maker),
        product=short(seen.model),
        mode=mode,
        target=stick.target,
    )


def looked_at(stick: Stick, at: datetime) -> MediaSeen:
    """Return what could be told once the laptop had opened it for itself."""
    return MediaSeen(
        at=at,
        login=stick.login,
        plug=stick.plug,
        size_bytes=sum(disk.bytes for disk in stick.disks),
        encryption=encryption_of(stick.volumes) if stick.volumes else "unknown",
    )


def requested(stick: Stick, login: Login, reason: str, pupil_data: bool, at: datetime) -> MediaRequested:
    """Return that its person asks."""
    return MediaRequested(
        at=at,
        login=login.id,
        plug=stick.plug,
        request=stick.request or "",
        os_user=login.os_user,
        person=login.person.person,
        reason=short(reason),
        pupil_data=pupil_data,
    )


def scanned(stick: Stick, event: Scanned, health: Health, at: datetime) -> MediaScanned:
    """Return how a check went, with our own count beside the scanner's."""
    report = event.result if isinstance(event.result, Report) else None
    if stick.state == "releasing":
        outcome = "clean"
    elif stick.reason == "harmful":
        outcome = "harmful"
    else:
        outcome = "not-scanned"
    return MediaScanned(
        at=at,
        login=stick.login,
        plug=stick.plug,
        outcome=outcome,  # type: ignore[arg-type]
        files=report.files if report else 0,
        scanned=report.scanned if report else 0,
        size_bytes=report.size_bytes if report else 0,
        seconds=report.seconds if report else 0.0,
        scanner=health.scanner,
        signatures_at=health.signatures_at,
    )


def detection(stick: Stick, login: Login | None, said: AnySaid, at: datetime) -> MediaDetection | None:
    """Return what was found, never in which file; None if this word of a check tells of no find."""
    match said:
        case Harmful(found=found):
            signature, files = found.signature, 1
        case Report(harmful=harmful, harmful_files=files) if files or harmful:
            signature = harmful[0].signature if harmful else ""
        case _:
            return None
    return MediaDetection(
        at=at,
        login=stick.login,
        plug=stick.plug,
        os_user=login.os_user if login else "",
        person=login.person.person if login else None,
        signature=signature,
        files=max(1, files),
    )


def released(stick: Stick, mode: UsbMode, at: datetime) -> MediaReleased | None:
    """Return that its person can reach it."""
    if stick.approval is None:
        return None
    return MediaReleased(
        at=at,
        login=stick.login,
        plug=stick.plug,
        access=access_of(stick.approval, mode),
        until=stick.approval.terms.until,
        order=stick.approval.order,
    )


def seconds_left(stick: Stick) -> float | None:
    """Return how long the check still takes at its pace so far; None while nobody can say."""
    if stick.scan_seconds < 2.0 or not stick.checked_bytes or not stick.of_bytes:
        return None
    rest = max(0, stick.of_bytes - stick.checked_bytes)
    return stick.scan_seconds * rest / stick.checked_bytes


def _kept_until(stick: Stick) -> str:
    end = end_of(stick.folders[0]) if stick.folders else None
    return end.isoformat() if end else ""


_PAGE_STATES = {
    "asked": "asked",
    "opening": "checking",
    "locked": "locked",
    "unlocking": "checking",
    "scanning": "checking",
    "releasing": "checking",
    "released": "open",
}


def stick_page(
    stick: Stick, login: Login, mode: UsbMode, school: str, contacts: tuple[Contact, ...], *, pupil_data: bool
) -> StickPage:
    """Return the window of one stick as its person sees it now."""
    approval = stick.approval
    access: Access = access_of(approval, mode) if approval else "copy" if mode == "copy" else "read"
    asking = stick.may_ask
    state = _PAGE_STATES.get(stick.state, "shut" if asking else "stays-shut")
    return StickPage(
        school=school,
        language=login.person.language,
        tier=login.person.tier,
        plug=stick.plug,
        label=short(" ".join(part for part in (stick.seen.maker, stick.seen.model) if part)),
        media=stick.seen.media_class,
        size_bytes=sum(disk.bytes for disk in stick.disks),
        state=state,  # type: ignore[arg-type]
        reason=stick.reason,
        may_ask=asking,
        asks_pupil_data=pupil_data and login.person.tier == "adult",
        by=short(approval.by) if approval else "",
        because=stick.denied_because,
        asked_at=stick.asked_at.isoformat() if stick.asked_at and stick.state == "asked" else "",
        until=approval.terms.until.isoformat() if approval else "",
        access=access,
        kept_until=_kept_until(stick),
        files=stick.files,
        of_files=stick.report.files if stick.report and stick.state == "released" else stick.of_files,
        seconds_left=seconds_left(stick),
        tries_left=MOST_TRIES - stick.tries,
        harmful=stick.harmful[0].file if stick.harmful else "",
        contacts=contacts,
    )
