"""One login, as the service knows it. Data; what happens to it is decided in the rooms beside this one."""

import secrets
from collections import deque
from typing import Literal, NamedTuple

from agent.backends.device import Anchor, Child, LockLook, LoginKind, Seat, WaitsFor
from agent.service.ears import SessionLink
from agent.service.facts import Caller
from agent.service.gate import UNKNOWN, Person
from agent.service.loop import Timer
from agent.service.usage import Meter
from policies.agreements import Agreement
from policies.orders import Accepted, LoginGrant
from policies.recording import Stream
from policies.records import Record
from policies.settings import Language

State = Literal["arriving", "gate", "notice", "open", "ending"]


EndReason = Literal[
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


HelpSaid = Literal["help-asking", "help-sent", "help-waiting"]
"""How far a call for help has come, as the person was told."""


class SessionProcess:
    """The login's own agent process, from its start to its end."""

    def __init__(self, number: int, child: Child, link: SessionLink, started_running: float) -> None:
        self.number = number
        self.child = child
        self.link = link
        self.connected = False
        self.lacking: tuple[str, ...] = ()
        self.last_word_running = started_running
        self.lost_how: Literal["died", "silent", "never-connected"] = "died"


Reason = Literal["idle", "asked", "suspend", "session-lost", "locker-killed", "ordered", "unsupervised"]


class Again(NamedTuple):
    """A lock that was wanted while an earlier one was being taken back."""

    reason: Reason
    order: str
    by: str
    waits_for: WaitsFor = ""


class Lock:
    """The screen of one login: open, being locked, or locked and known to be."""

    def __init__(self) -> None:
        self.wanted: Literal[""] | Reason = ""
        """Why the screen should be locked; empty when it should not."""
        self.by_order = False
        """An adult gave it (LockNow, *Eyes to the front*): such a lock may be taken back."""
        self.by = ""
        """That adult's name, for the lock screen; empty for a technician."""
        self.waits_for: WaitsFor = ""
        """What opens it by itself, if nothing but the hours has locked it."""
        self.taken_back = False
        """It opens at an adult's word, any moment now."""
        self.again: Again | None = None
        """What wants it locked while it opens: it is locked anew as soon as it has."""
        self.said: LockLook | None = None
        """What its lock screen says, as far as it was told."""
        self.starting = False
        self.child: Child | None = None
        self.adopted: Anchor | None = None
        """A locker that outlived an earlier service; its exit code will not be known."""
        self.confirmed = False
        self.locked_boot = 0.0
        self.tries = 0
        self.killed = 0
        self.uncovered = 0
        self.given_up = False
        """We killed the locker ourselves: it covered nothing in time."""
        self.hindered = 0
        """How often a locker ended by itself before it covered anything."""
        self.idle_seconds: float | None = None
        self.timer: Timer | None = None
        self.too_long: Timer | None = None
        """Ends a login that stays locked."""
        self.countdown_boot: float | None = None
        self.orders: list[str] = []
        """Orders to be reported done once the lock is confirmed."""

    @property
    def is_shut(self) -> bool:
        """Say whether it is locked or about to be, and not just opening at an adult's word."""
        return bool(self.wanted) and (not self.taken_back or self.again is not None)


class Signs:
    """What a watching adult is told of one login beside its state; each room sets its own."""

    def __init__(self) -> None:
        self.attention = ""
        """Order of the *Eyes to the front* whose cover is confirmed here."""
        self.attention_problem = ""
        self.media = ""
        """asks, checking, open or shut: the most urgent state of a stick here."""
        self.app_asked = ""
        self.app_noticed = ""
        self.unsupervised = False
        """The hours ask for a supervisor and nobody is checked in."""
        self.paused = False
        """The idle lock pauses for a presentation."""


class Kept:
    """One record of this login, as its person may see it."""

    def __init__(self, record: Record, stream: Stream, seq: int) -> None:
        self.record = record
        self.stream = stream
        self.seq = seq


class Login:
    """Somebody on this laptop, from the first sign of them to the last process."""

    def __init__(self, uid: int, os_user: str, anchor: Anchor, kind: LoginKind) -> None:
        self.id = secrets.token_hex(16)
        self.uid = uid
        self.os_user = os_user
        self.anchor = anchor
        self.kind: LoginKind = kind
        self.line = ""
        self.state: State = "arriving"
        self.started = False
        """LoginStarted has been recorded."""
        self.asked = False
        """Its hook has said hello."""
        self.seat: Seat | None = None
        self.callers: list[Caller] = []
        self.wish: Language = "en"
        self.person: Person = UNKNOWN
        self.grant: LoginGrant | None = None
        """What the server last said of a listed person: limits and arrangement hold while the login runs."""
        self.agreement: Agreement | None = None
        self.accepted: Accepted | None = None
        self.session: SessionProcess | None = None
        self.restarts: deque[float] = deque(maxlen=20)
        self.gate_shown_running: float | None = None
        self.gate_timer: Timer | None = None
        self.connect_timer: Timer | None = None
        self.end_timer: Timer | None = None
        self.help_asked = False
        self.help_boot: float | None = None
        self.help_said: HelpSaid = "help-asking"
        self.help_passed_on = False
        """The server has it: only then may a window say that the school has it."""
        self.lock = Lock()
        self.signs = Signs()
        self.meter: Meter | None = None
        self.idle_seconds = 0.0
        self.inhibited = False
        self.state_since_boot = 0.0
        self.kept: deque[Kept] = deque(maxlen=500)
        self.end_reason: EndReason = "vanished"

    @property
    def text_scale(self) -> int:
        """Return how large this person reads, in per cent."""
        arrangement = self.grant.arrangement if self.grant else None
        return arrangement.text_scale_percent if arrangement else 100

    @property
    def is_over(self) -> bool:
        """Nothing but ending is left for it."""
        return self.state in ("notice", "ending")

    @property
    def public_state(self) -> str:
        """Return the state as a watching adult sees it."""
        if self.state != "open":
            return "gate"
        if self.lock.confirmed:
            return "locked"
        return "idle" if self.idle_seconds > 60 else "active"
