"""Every message between service and session: facts go up, orders come down.

The channel is one end of a socketpair that the service made before it started the session, so no other
program of the pupil's can take the session's place. What comes up is still *a claim by a uid*.
The pages a session shows are in `pages`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.link import pages
from agent.link.lab_messages import AppWanted as AppWanted
from agent.link.lab_messages import AttentionSeen as AttentionSeen
from agent.link.lab_messages import BringBack as BringBack
from agent.link.lab_messages import HideAttention as HideAttention
from agent.link.lab_messages import HideMessage as HideMessage
from agent.link.lab_messages import MessageDone as MessageDone
from agent.link.lab_messages import MessageShown as MessageShown
from agent.link.lab_messages import PutAway as PutAway
from agent.link.lab_messages import ShowAttention as ShowAttention
from agent.link.message_base import Down as Down
from agent.link.message_base import Short as Short
from agent.link.message_base import Up as Up
from policies.drafts import ReportDraft
from policies.settings import Language

MAX_UP_BYTES = 64 * 1024
"""A report of 4,000 letters and ten addresses, in the widest script."""
MAX_DOWN_BYTES = 1024 * 1024
ALIVE_EVERY_SECONDS = 2.0
SILENT_AFTER_SECONDS = 8.0
"""A session that says nothing this long is stopped or stuck, and counts as lost."""


class Connected(Up, frozen=True, kw_only=True, tag="connected"):
    """The session runs and reads. `lacking` names what this desktop cannot do."""

    lacking: tuple[Short, ...] = ()


class Lacks(Up, frozen=True, kw_only=True, tag="lacks"):
    """What the desktop turned out unable to do after `Connected`."""

    lacking: tuple[Short, ...]


class Alive(Up, frozen=True, kw_only=True, tag="alive"):
    """Sent every ALIVE_EVERY_SECONDS, from the loop that does the work."""

    idle_seconds: Annotated[float, Meta(ge=-1e9, le=1e9)]
    inhibited: bool = False
    """Some program (a film, a call) asks that the screen stay on."""


class GateShown(Up, frozen=True, kw_only=True, tag="gate-shown"):
    """The first page is painted."""

    kind: Literal["web", "plain"]


class GateAnswered(Up, frozen=True, kw_only=True, tag="gate-answered"):
    """The person pressed a button at the gate. The service decides whether to believe it."""

    answer: Literal["accepted", "declined"]
    version: int
    text_hash: Short
    language: Language
    pages_shown: int


class GateBroken(Up, frozen=True, kw_only=True, tag="gate-broken"):
    """Neither kind of window could be shown."""

    web_view: Short
    plain_window: Short


class Focused(Up, frozen=True, kw_only=True, tag="focused"):
    """Another app came to the front; both empty for none. Never a title."""

    app: Short
    program: Short


class Covered(Up, frozen=True, kw_only=True, tag="covered"):
    """Answer to CheckCover: does that process's window cover every screen, on top and mapped?"""

    locker_pid: int
    covered: bool
    problem: Short = ""


class CountdownAnswered(Up, frozen=True, kw_only=True, tag="countdown-answered"):
    """*I'm still here*, or any key or movement."""


class Asked(Up, frozen=True, kw_only=True, tag="asked"):
    """The pupil wants something."""

    what: Literal["help", "lock", "rules", "record", "panel", "report", "replies"]
    place: Literal["gate", "panel", "launcher", "rules", "attention", "hidden"] = "panel"


class ReportWritten(Up, frozen=True, kw_only=True, tag="report-written"):
    """Somebody chose *Tell them*. Answered by a ReceiptPage, never by silence."""

    draft: ReportDraft
    place: Literal["gate", "panel", "launcher", "rules", "attention", "hidden"] = "panel"


class CutOff(Up, frozen=True, kw_only=True, tag="cut-off"):
    """
    The session before this one ended while a report was on its way to you, before any receipt.

    Answered by a ReceiptPage: the one that is owed, or that it is not known to be sent.
    """


class ProblemWritten(Up, frozen=True, kw_only=True, tag="problem-written"):
    """Something is broken: plain words for the technician."""

    kind: Literal["virus", "broken", "filter", "other"]
    words: Short = ""


class StickAsked(Up, frozen=True, kw_only=True, tag="stick-asked"):
    """The person pressed a button in the window of one memory stick."""

    plug: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    what: Literal["ask", "withdraw", "cancel", "open", "finish"]
    reason: Short = ""
    """What they need it for; theirs, and optional."""
    pupil_data: bool = False


class StickPassphrase(Up, frozen=True, kw_only=True, tag="stick-passphrase"):
    """The owner of an encrypted stick typed its passphrase."""

    plug: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    passphrase: Annotated[str, Meta(min_length=1, max_length=512)]

    def __repr__(self) -> str:
        """Say nothing of the passphrase, whoever prints it."""
        return f"StickPassphrase(plug={self.plug!r})"


class InhibitedSleep(Up, frozen=True, kw_only=True, tag="sleep"):
    """The machine is about to suspend (seen by the session where the service cannot)."""


AnyUp = (
    Connected
    | Lacks
    | Alive
    | GateShown
    | GateAnswered
    | GateBroken
    | Focused
    | Covered
    | CountdownAnswered
    | Asked
    | StickAsked
    | ReportWritten
    | ProblemWritten
    | StickPassphrase
    | CutOff
    | InhibitedSleep
    | AttentionSeen
    | MessageShown
    | MessageDone
    | AppWanted
)


class ShowGate(Down, frozen=True, kw_only=True, tag="show-gate"):
    """Ask, and keep asking until answered or told otherwise. Re-sent when the text changes."""

    page: pages.GatePage


class GateOver(Down, frozen=True, kw_only=True, tag="gate-over"):
    """Take the gate away: the desktop opens, or the login ends."""

    opens: bool
    page: pages.NoticePage | None = None
    """Shown for a moment when the login ends, with the reason and the way to help."""


class Work(Down, frozen=True, kw_only=True, tag="work"):
    """The desktop is open: show the tray, sense idle and, if `sense_apps`, the app in front."""

    language: Language
    sense_apps: bool
    texts: pages.TrayWords
    hide_shortcut: Short = ""
    """Grabbed with XGrabKey; empty for none."""
    hidden: pages.HiddenWords | None = None


class ShowCountdown(Down, frozen=True, kw_only=True, tag="show-countdown"):
    """The screen will lock in so many seconds unless somebody is here."""

    page: pages.CountdownPage


class HideCountdown(Down, frozen=True, kw_only=True, tag="hide-countdown"):
    """Somebody is here, or the lock has come."""


class CheckCover(Down, frozen=True, kw_only=True, tag="check-cover"):
    """Look whether this locker covers the screen and say so with Covered."""

    locker_pid: int


class ShowPage(Down, frozen=True, kw_only=True, tag="show-page"):
    """Show one window (panel, rules, record, notice), in place of the last one."""

    page: pages.AnyPage
    how: Literal["open", "renew", "renew-or-open"] = "open"
    """`renew`: only in the window of this kind that stands open; nothing is opened for it."""


class ShowStick(Down, frozen=True, kw_only=True, tag="show-stick"):
    """Show how a memory stick stands, in a small window of its own; again whenever that has changed."""

    page: pages.StickPage
    opens: bool
    """False: only change a window that is there; one that was closed stays closed."""


class HideStick(Down, frozen=True, kw_only=True, tag="hide-stick"):
    """The stick was taken out."""

    plug: Short


class OpenFolder(Down, frozen=True, kw_only=True, tag="open-folder"):
    """Show this folder in the desktop's file manager: the person asked for it."""

    folder: Annotated[str, Meta(max_length=1024, pattern=r"^(/|[A-Z]:\\)")]


class Viewing(Down, frozen=True, kw_only=True, tag="viewing"):
    """An adult is viewing this lab, or (empty) nobody is."""

    line: Short = ""


class Stop(Down, frozen=True, kw_only=True, tag="stop"):
    """End yourself quietly: the login is over."""


AnyDown = (
    ShowGate
    | GateOver
    | Work
    | ShowCountdown
    | HideCountdown
    | CheckCover
    | ShowPage
    | ShowStick
    | HideStick
    | OpenFolder
    | ShowAttention
    | HideAttention
    | HideMessage
    | PutAway
    | BringBack
    | Viewing
    | Stop
)

# ---- the hook's short talk with the service, over the public socket ----


class HookHello(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="hello"
):
    """From the Xsession hook, as the pupil: this login stands at the gate. Identified by SO_PEERCRED."""

    display: Annotated[str, Meta(pattern=r"\A:[0-9]{1,5}(\.[0-9]{1,2})?\Z")]
    xauthority: Annotated[str, Meta(max_length=1024)]
    """Path of the X cookie file, read by the service with the pupil's own rights only."""
    language: Annotated[str, Meta(max_length=40)] = ""
    environment: dict[Short, Short] = {}
    """Only names the service knows (XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS); the rest is dropped."""


class HookWait(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="wait"
):
    """From the service, every few seconds: still at the gate. The hook may say nothing more."""


class HookAnswer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="answer"
):
    """From the service: the desktop may open, or the login ends now."""

    opens: bool


class LauncherAsked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="launcher"
):
    """From the desktop launcher, as the pupil: show the panel (or one of its pages) in my login."""

    what: Literal["panel", "help", "lock", "rules", "record", "report", "replies"] = "panel"


class LauncherHeard(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="heard"
):
    """From the service: whether the asking user has an open login to show it in."""

    shown: bool


class StatusAsked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="status"
):
    """
    From `status` or `doctor`: how are you? Anybody local may ask; the answer names nobody, and only root is
    told of reports.
    """


class CapabilityTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing this machine can or cannot do, and what to do about it."""

    state: Literal["works", "lacking", "broken"]
    why: str = ""
    remedy: str = ""


class InventoryTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What this machine is, as the records say it."""

    maker: Short = ""
    model: Short = ""
    serial: Short = ""
    disk_encryption: Literal["on", "off", "part", "unknown"] = "unknown"
    memory_bytes: int = 0
    battery_percent: int | None = None


class StatusTold(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="told"
):
    """From the service: what it is and does right now. Counts and states, no names."""

    version: Short
    device: Short = ""
    """Empty: not enrolled."""
    server: Short = ""
    connection: Literal["online", "unreachable", "refused", "not-enrolled"]
    connection_problem: str = ""
    policy_number: int = 0
    policy_problem: str = ""
    waiting_records: int = 0
    waiting_bytes: int = 0
    unsent_reports: int = 0
    """Told here, and not at the server yet."""
    journal_problem: str = ""
    logins: dict[Short, int] = {}
    """How many logins in each state: gate, open, locked, ending."""
    clock_off_seconds: float = 0.0
    """Server time minus this machine's."""
    capabilities: dict[Short, CapabilityTold] = {}
    inventory: InventoryTold | None = None
    """None: not looked at yet."""


class SelfTestAsked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="test"
):
    """From `self-test`: try every part now. Only root is answered with a test."""


class SelfTestTold(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="hook", tag="tested"
):
    """From the service: what the test found, part by part. Without results: not root's to ask."""

    results: dict[Short, Literal["passed", "failed", "lacking"]] = {}
    problems: dict[Short, Short] = {}


ToPublic = HookHello | LauncherAsked | StatusAsked | SelfTestAsked
"""What a local program may say on the public socket."""
FromPublic = HookWait | HookAnswer | LauncherHeard | StatusTold | SelfTestTold
"""What it may hear."""
