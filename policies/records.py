"""Everything that may ever be kept about a device or a person.

A record is a fact the school may look at later. If it is not a class in this file (of sticks: in
`media_records`, of laptops in `device_records`), it cannot be stored, sealed or sent. `at` is aware UTC.
`login` is the random id of one login on one laptop. Nothing here can hold a window title, an address, a
key press or a picture.
"""

from typing import Annotated, Literal

from msgspec import Meta

from policies.device_records import ConnectionReverted, InventorySeen, SelfTested
from policies.drafts import Coarse, Urgency
from policies.lab_records import (
    AppAsked,
    AppHandled,
    LockPaused,
    LockPauseEnded,
    MessageAnswered,
    SupervisionLapsed,
)
from policies.media import ScannerState
from policies.media_records import (
    MediaDecided,
    MediaDetection,
    MediaPlugged,
    MediaRecord,
    MediaReleased,
    MediaRequested,
    MediaScanned,
    MediaSeen,
    MediaShut,
    MediaUnplugged,
    MediaWithdrawn,
)
from policies.record_base import (
    MOST_SECONDS,
    SHORT_LETTERS,
    Counted,
    LoginId,
    Moment,
    Record,
    Seconds,
    Sha256Hex,
    Short,
    fitting,
    kind_name,
    short,
)
from policies.settings import Language, Tier


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
        "quarantined",
        "restricted",
        "closed",
        "unsupervised",
        "vanished",
    ]


class AgreementAnswered(Record, frozen=True, kw_only=True, tag="agreement-answered"):
    """Who answered which text, and how. Kept before the desktop opens (R1)."""

    login: LoginId
    os_user: Short
    person: Short | None
    tier: Tier
    language: Language
    version: Counted
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
    reason: Literal["idle", "asked", "suspend", "session-lost", "locker-killed", "ordered", "unsupervised"]
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
    coarse: Coarse
    urgency: Urgency
    year: Short = ""
    """Year group, for the trends."""
    list_seq: Annotated[int, Meta(ge=1, le=2**53)]
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

    number: Counted
    body_hash: Sha256Hex


class PolicyRejected(Record, frozen=True, kw_only=True, tag="policy-rejected"):
    """A policy was refused; the last good one still holds."""

    number: Annotated[int, Meta(ge=0, le=2**53)]
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
    count: Counted


class ScannerSeen(Record, frozen=True, kw_only=True, tag="scanner-seen"):
    """How this laptop's virus scanner stands; kept at start and when it changes (R31)."""

    scanner: Short
    state: ScannerState
    signatures_at: Moment | None


class RecordGap(Record, frozen=True, kw_only=True, tag="record-gap"):
    """Full disk: these usage records were dropped on the laptop. Sealed in their place."""

    first_seq: Counted
    last_seq: Counted
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
    | InventorySeen
    | SelfTested
    | ConnectionReverted
    | LockPaused
    | LockPauseEnded
    | SupervisionLapsed
    | AppAsked
    | AppHandled
    | MessageAnswered
    | RecordGap
)

__all__ = [
    "MOST_SECONDS",
    "SHORT_LETTERS",
    "AgentStarted",
    "AgreementAnswered",
    "AnyRecord",
    "AppAsked",
    "AppHandled",
    "AppUsed",
    "ClockStepped",
    "ConnectionReverted",
    "Counted",
    "GateFailed",
    "HelpAsked",
    "InventorySeen",
    "LinkMisused",
    "LockFailed",
    "LockPauseEnded",
    "LockPaused",
    "LoginEnded",
    "LoginId",
    "LoginStarted",
    "MediaDecided",
    "MediaDetection",
    "MediaPlugged",
    "MediaRecord",
    "MediaReleased",
    "MediaRequested",
    "MediaScanned",
    "MediaSeen",
    "MediaShut",
    "MediaUnplugged",
    "MediaWithdrawn",
    "MessageAnswered",
    "Moment",
    "OrderDone",
    "PolicyApplied",
    "PolicyRejected",
    "ProblemReported",
    "QuarantineChanged",
    "Record",
    "RecordGap",
    "ReportSent",
    "ScannerSeen",
    "ScreenLocked",
    "ScreenUnlocked",
    "Seconds",
    "SelfTested",
    "SessionLost",
    "Sha256Hex",
    "Short",
    "SupervisionLapsed",
    "fitting",
    "kind_name",
    "short",
]
