"""Each part of a laptop tried for real (R83): what was found, and in words why it did not pass.

Called in a worker thread: everything it needs was gathered before, and nothing of the service is touched. A
part that breaks in a way nobody foresaw has failed; the others are still tried.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from agent.backends.device import Device
from agent.errors import AgentError, DeviceFailed
from agent.link import pages
from agent.service.officers import is_usable
from agent.service.scanner import DEFENDER, Scanner
from agent.service.uplink import Uplink
from policies import envelopes, sealing
from policies.device_records import SELF_TEST_PARTS, SelfTestPart
from policies.officers import OfficersList
from policies.records import short
from policies.settings import ScanSettings, UsbMode

log = logging.getLogger(__name__)

Result = Literal["passed", "failed", "lacking"]
SEALED_KIND = "self-test"
MOST_OFFICERS = 31
"""An envelope has room for one more: ourselves."""
_SCANNER_WORDS = {
    "stale": "the scanner's signatures are too old: is freshclam running?",
    "unknown-age": "nobody can tell how old the scanner's signatures are: is freshclam running?",
    "missing": "no scanner is installed: apt install clamav-daemon clamav-freshclam",
    "broken": "the scanner does not start",
}
_DEFENDER_WORDS = _SCANNER_WORDS | {
    "stale": "the signatures of Windows Defender are too old: does Windows Update run?",
    "unknown-age": "Windows Defender does not say how old its signatures are",
    "missing": "Windows Defender is off",
}


class Found(NamedTuple):
    """What came of one part."""

    result: Result
    problem: str = ""
    signatures_at: datetime | None = None


class Lacking(AgentError):
    """This machine or this policy has no such part. Say so; it is no fault."""


class Trial(NamedTuple):
    """Everything that the parts need."""

    device: Device
    scanner: Scanner
    uplink: Uplink | None
    """None: not enrolled."""
    page: pages.GatePage | None
    """None: no policy has come."""
    reports: bool
    officers: OfficersList | None
    officers_problem: str
    device_private: bytes
    device_id: str
    usb_mode: UsbMode
    limits: ScanSettings
    folder: Path
    """Where trial files may lie: root's."""


def try_all(trial: Trial) -> dict[SelfTestPart, Found]:
    """Try every part, one after the other. *Slow.*"""
    return {part: try_part(_PARTS[part], trial) for part in SELF_TEST_PARTS}


def try_part(part: Callable[[Trial], Found], trial: Trial) -> Found:
    """Try one part; whatever goes wrong in it is its result."""
    try:
        return part(trial)
    except Lacking as lacking:
        return Found("lacking", short(str(lacking)))
    except (AgentError, sealing.SealingError) as problem:
        return Found("failed", short(str(problem)))
    except Exception as problem:
        log.exception("a self-test broke")
        return Found("failed", short(f"the test itself broke: {type(problem).__name__}"))


def try_gate(trial: Trial) -> Found:
    """Can the gate be shown, by the web view and by the plain window behind it?"""
    if trial.page is None:
        raise DeviceFailed("no policy has come: there is no agreement to show")
    page = msgspec.json.encode(trial.page)
    problems = []
    for plain, name in ((False, "the web view"), (True, "the plain window")):
        try:
            trial.device.try_window(page, plain=plain)
        except DeviceFailed as problem:
            problems.append(f"{name}: {problem}")
    if len(problems) == 1:
        problems.append("the other kind of window works, so nobody is kept out")
    return Found("failed", short("; ".join(problems))) if problems else Found("passed")


def try_lock(trial: Trial) -> Found:
    """Can the screen be locked?"""
    trial.device.try_locker()
    return Found("passed")


def try_stick(trial: Trial) -> Found:
    """Is USB shut, and does the scanner find the test virus?"""
    if trial.usb_mode == "off":
        raise Lacking("the policy leaves memory sticks alone")
    door = trial.device.usb()
    can = door.capability()
    if can.state != "works":
        words = f"{can.why}{f' ({can.remedy})' if can.remedy else ''}"
        raise Lacking(words) if can.state == "lacking" else DeviceFailed(words)
    if not door.is_shut():
        raise DeviceFailed("a USB bus is open: a stick plugged in there would be used unchecked")
    if trial.usb_mode == "forbid":
        return Found("passed")
    health = trial.scanner.try_sample(trial.limits, trial.folder)
    if health.state != "ready":
        known = _DEFENDER_WORDS if health.scanner == DEFENDER else _SCANNER_WORDS
        return Found("failed", health.why or known[health.state], health.signatures_at)
    return Found("passed", "", health.signatures_at)


def try_report(trial: Trial) -> Found:
    """Can a report be sealed to the officers, and is what is sealed what is opened?"""
    if not trial.reports:
        raise Lacking("reports are switched off in the policy")
    if trial.officers_problem:
        raise DeviceFailed(trial.officers_problem)
    if trial.officers is None or not trial.officers.officers:
        raise DeviceFailed("no list of safeguarding officers has come: nobody could read a report")
    unusable = sum(not is_usable(officer.key) for officer in trial.officers.officers)
    if unusable:
        raise DeviceFailed(f"{unusable} of the officers' keys cannot be sealed to")
    private = sealing.new_opening_key()
    own = sealing.opening_public_key(private)
    readers = [*(officer.key for officer in trial.officers.officers[:MOST_OFFICERS]), own]
    words, name = secrets.token_bytes(64), secrets.token_hex(16)
    sealed = envelopes.seal_envelope(
        trial.device_private,
        readers,
        words,
        envelope_id=name,
        device=trial.device_id,
        kind=SEALED_KIND,
    )
    opened = envelopes.open_envelope(
        private,
        sealed,
        device_public=sealing.signing_public_key(trial.device_private),
        envelope_id=name,
        device=trial.device_id,
        kind=SEALED_KIND,
    )
    if opened.payload != words:
        raise DeviceFailed("what was sealed is not what was opened")
    return Found("passed")


def try_sync(trial: Trial) -> Found:
    """Does the server answer a signed request?"""
    if trial.uplink is None:
        raise DeviceFailed("this laptop is not enrolled")
    trial.uplink.upload(())
    return Found("passed")


_PARTS: dict[SelfTestPart, Callable[[Trial], Found]] = {
    "gate": try_gate,
    "lock": try_lock,
    "stick": try_stick,
    "report": try_report,
    "sync": try_sync,
}
