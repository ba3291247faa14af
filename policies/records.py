"""Everything that may ever be kept about a device or a person.

A record is a fact the school may look at later. If it is not a class in this file, it cannot be
stored, sealed or sent. `at` is aware UTC. `login` is the random id of one login on one laptop.
Nothing here can hold a window title, an address, a key press or a picture.
"""

import math
import unicodedata
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.media import (
    Access,
    Encryption,
    Hex4,
    Interfaces,
    MediaClass,
    ScannerState,
    ScanOutcome,
    ShutReason,
    Target,
)
from policies.settings import Language, Tier, UsbMode

Moment = Annotated[datetime, Meta(tz=True)]
LoginId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Short = Annotated[str, Meta(max_length=200)]
Sha256Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
MOST_SECONDS = 366 * 86400.0
Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
SHORT_LETTERS = 200


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    """A fact worth keeping. Each kind of record is one class below."""

    at: Moment


def short(text: str) -> str:
    """
    Return text from elsewhere so that a record can hold it: at most 200 letters, no control characters.

    App, file and host names are chosen by whoever wishes us ill. Too long ends in “…”.
    """
    if not text.isascii() or not text.isprintable():
        text = text.encode("utf-8", "replace").decode()
        text = "".join("\ufffd" if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return text if len(text) <= SHORT_LETTERS else text[: SHORT_LETTERS - 1] + "…"


def fitting(record: Record) -> Record:
    """Return the record with every text and number brought into its limits, so that it can be read again."""
    changes: dict[str, str | float] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            fit: str | float = short(value)
        elif isinstance(value, float):
            fit = value if math.isfinite(value) else 0.0
            if name != "by_seconds":
                fit = min(max(fit, 0.0), MOST_SECONDS)
        else:
            continue
        if fit != value:
            changes[name] = fit
    return msgspec.structs.replace(record, **changes) if changes else record


def kind_name(kind: type[Record]) -> str:
    """Return the name that stands for this kind of record in texts and on the wire, like `app-used`."""
    return str(kind.__struct_config__.tag)


class LoginStarted(Record, frozen=True, kw_only=True, tag="login-started"):
    """Somebody began to log in; the gate has not been answered yet."""

    login: LoginId
    os_user: Short
    person: Short | None
    """The school's id of the person, if the account is listed."""
    tier: Tier
    kind: Literal["x11", "wayland", "tty", "ssh", "other"]
    grant: Literal["fresh", "cached", "none"]
    """Where the knowledge about the person came from."""


class LoginEnded(Record, frozen=True, kw_only=True, tag="login-ended"):
    """The login is over, and why."""

    login: LoginId
    os_user: Short
    reason: Literal[
        "signed-out",
        "declined",
        "timed-out",
        "not-listed",
        "no-agreement",
        "gate-failed",
        "session-lost",
        "locked-too-long",
        "locker-killed",
        "vanished",
    ]


class AgreementAnswered(Record, frozen=True, kw_only=True, tag="agreement-answered"):
    """Who answered which text, and how. Kept before the desktop opens (R1)."""

    login: LoginId
    os_user: Short
    person: Short | None
    tier: Tier
    language: Language
    version: Annotated[int, Meta(ge=1)]
    text_hash: Sha256Hex
    """SHA-256 of the text as shown, in this language."""
    answer: Literal["accepted", "declined", "timed-out"]
    reading_seconds: Seconds


class GateFailed(Record, frozen=True, kw_only=True, tag="gate-failed"):
    """Neither the web view nor the plain window could ask."""

    login: LoginId
    web_view: Short
    plain_window: Short
    outcome: Literal["ended", "opened"]


class SessionLost(Record, frozen=True, kw_only=True, tag="session-lost"):
    """The login's own agent process was killed, stopped or never came."""

    login: LoginId
    during: Literal["gate", "desktop"]
    how: Literal["died", "silent", "never-connected"]
    outcome: Literal["restarted", "locked", "ended"]


class ScreenLocked(Record, frozen=True, kw_only=True, tag="screen-locked"):
    """The screen is covered by a locker that lives; only then is it called locked."""

    login: LoginId
    reason: Literal["idle", "asked", "suspend", "session-lost", "locker-killed", "ordered"]
    locker: Short
    idle_seconds: Seconds | None = None


class LockFailed(Record, frozen=True, kw_only=True, tag="lock-failed"):
    """The screen should have locked and is not known to be covered."""

    login: LoginId
    reason: Short
    problem: Short


class ScreenUnlocked(Record, frozen=True, kw_only=True, tag="screen-unlocked"):
    """The right password was typed."""

    login: LoginId
    locked_seconds: Seconds


class AppUsed(Record, frozen=True, kw_only=True, tag="app-used"):
    """One app was in front for a while. `at` is when it came to the front."""

    login: LoginId
    app: Short
    """The window's class name (WM_CLASS), never its title."""
    program: Short
    """The name of the program file, without its folder; empty if it may not be read."""
    focused_seconds: Seconds
    active_seconds: Seconds
    """Focused, unlocked, and with input at most a minute ago."""


class HelpAsked(Record, frozen=True, kw_only=True, tag="help-asked"):
    """A pupil pressed *I need help* or *Something's wrong*. No words: those are sealed elsewhere."""

    login: LoginId
    os_user: Short
    person: Short | None
    place: Literal["gate", "panel", "launcher"]


class ReportSent(Record, frozen=True, kw_only=True, tag="report-sent"):
    """A sealed report. Outside the envelope stands only what the server may know; nobody's name, no login."""

    report: LoginId
    coarse: Literal["staff", "contact", "conduct", "content"]
    urgency: Literal["danger", "soon", "when-you-can"]
    year: Short = ""
    """Year group, for the trends."""
    list_seq: Annotated[int, Meta(ge=1)]
    """Number of the officers' list it was sealed under."""
    envelope: Annotated[bytes, Meta(max_length=128 * 1024)]
    """policies/envelopes.py; its header names this report and this laptop."""


class ProblemReported(Record, frozen=True, kw_only=True, tag="problem-reported"):
    """Something broken or a virus warning: plain, for the technician, and the window says so."""

    login: LoginId
    os_user: Short
    person: Short | None
    kind: Literal["virus", "broken", "filter", "other"]
    words: Short = ""


class QuarantineChanged(Record, frozen=True, kw_only=True, tag="quarantine-changed"):
    """This laptop's logins and sticks were shut for evidence, or opened again (R53)."""

    order: Short
    on: bool


class PolicyApplied(Record, frozen=True, kw_only=True, tag="policy-applied"):
    """This laptop now obeys policy `number`."""

    number: Annotated[int, Meta(ge=1)]
    body_hash: Sha256Hex


class PolicyRejected(Record, frozen=True, kw_only=True, tag="policy-rejected"):
    """A policy was refused; the last good one still holds."""

    number: Annotated[int, Meta(ge=0)]
    problem: Short


class OrderDone(Record, frozen=True, kw_only=True, tag="order-done"):
    """What became of one signed order."""

    order: Short
    outcome: Literal["done", "expired", "refused", "failed"]
    problem: Short = ""


class AgentStarted(Record, frozen=True, kw_only=True, tag="agent-started"):
    """The service came up; `after_crash` if it had not been stopped properly."""

    version: Short
    os: Short
    hostname: Short
    capabilities: dict[Short, Literal["works", "lacking", "broken"]]
    after_crash: bool


class ClockStepped(Record, frozen=True, kw_only=True, tag="clock-stepped"):
    """The wall clock jumped against the boot clock; `at` is the new time."""

    by_seconds: float


class LinkMisused(Record, frozen=True, kw_only=True, tag="link-misused"):
    """A local process sent the service garbage, a flood or a lie it could catch."""

    login: LoginId | None
    problem: Short
    count: Annotated[int, Meta(ge=1)]


class MediaRecord(Record, frozen=True, kw_only=True):
    """What happened to one device between one plugging in and its removal, told by the same `plug` id."""

    login: LoginId | None
    """Whose desktop was in front; None where nobody was logged in."""
    plug: LoginId


class MediaPlugged(MediaRecord, frozen=True, kw_only=True, tag="media-plugged"):
    """A stick, phone, camera or card came, and is shut. Everything it says of itself may be a lie."""

    os_user: Short
    person: Short | None
    media_class: MediaClass
    vendor: Hex4
    model: Hex4
    serial: Short
    descriptors: Sha256Hex
    interfaces: Interfaces
    maker: Short
    product: Short
    size_bytes: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    encryption: Encryption = "unknown"
    mode: UsbMode
    target: Target


class MediaSeen(MediaRecord, frozen=True, kw_only=True, tag="media-seen"):
    """What could be told only once the laptop itself had opened the device for a check."""

    size_bytes: Annotated[int, Meta(ge=0, le=2**62)]
    encryption: Encryption


class MediaRequested(MediaRecord, frozen=True, kw_only=True, tag="media-requested"):
    """Somebody asks for a device to be opened. The reason is theirs, optional, and short."""

    request: LoginId
    os_user: Short
    person: Short | None
    reason: Short
    pupil_data: bool = False
    """They say that it is to carry pupil data out of school (R28)."""


class MediaWithdrawn(MediaRecord, frozen=True, kw_only=True, tag="media-withdrawn"):
    """They stopped asking."""

    request: LoginId


class MediaDecided(MediaRecord, frozen=True, kw_only=True, tag="media-decided"):
    """The laptop holds an adult's answer for this device: the check begins, or it stays shut."""

    order: Short
    """The approval or the denial."""
    answer: Literal["approved", "denied"]


class MediaScanned(MediaRecord, frozen=True, kw_only=True, tag="media-scanned"):
    """One check, with our own count beside the scanner's: what was skipped was not scanned."""

    outcome: ScanOutcome
    files: Annotated[int, Meta(ge=0, le=2**62)]
    """Files we found."""
    scanned: Annotated[int, Meta(ge=0, le=2**62)]
    """Files the scanner answered for."""
    size_bytes: Annotated[int, Meta(ge=0, le=2**62)]
    seconds: Seconds
    scanner: Short
    signatures_at: Moment | None
    """None: of unknown age, and then nothing is ever clean."""


class MediaReleased(MediaRecord, frozen=True, kw_only=True, tag="media-released"):
    """Checked and clean: its user can reach it (or the copy) from now until then."""

    access: Access
    until: Moment
    order: Short


class MediaShut(MediaRecord, frozen=True, kw_only=True, tag="media-shut"):
    """It stays shut, or is shut again, and why."""

    reason: ShutReason


class MediaUnplugged(MediaRecord, frozen=True, kw_only=True, tag="media-unplugged"):
    """It was taken out."""


class MediaDetection(MediaRecord, frozen=True, kw_only=True, tag="media-detection"):
    """The scanner found something harmful (R30): what it calls it and in how many files, never which."""

    os_user: Short
    person: Short | None
    signature: Short
    files: Annotated[int, Meta(ge=1, le=2**62)]


class ScannerSeen(Record, frozen=True, kw_only=True, tag="scanner-seen"):
    """How this laptop's virus scanner stands; kept at start and when it changes (R31)."""

    scanner: Short
    state: ScannerState
    signatures_at: Moment | None


class RecordGap(Record, frozen=True, kw_only=True, tag="record-gap"):
    """Full disk: these usage records were dropped on the laptop. Sealed in their place."""

    first_seq: Annotated[int, Meta(ge=1)]
    last_seq: Annotated[int, Meta(ge=1)]
    chain_hash: Sha256Hex
    """SHA-256 of the last batch dropped, so that the chain goes on."""


AnyRecord = (
    LoginStarted
    | LoginEnded
    | AgreementAnswered
    | GateFailed
    | SessionLost
    | ScreenLocked
    | LockFailed
    | ScreenUnlocked
    | AppUsed
    | HelpAsked
    | PolicyApplied
    | PolicyRejected
    | OrderDone
    | AgentStarted
    | ClockStepped
    | LinkMisused
    | MediaPlugged
    | MediaSeen
    | MediaRequested
    | MediaWithdrawn
    | MediaDecided
    | MediaScanned
    | MediaReleased
    | MediaShut
    | MediaUnplugged
    | MediaDetection
    | ScannerSeen
    | ReportSent
    | ProblemReported
    | QuarantineChanged
    | RecordGap
)
