"""A laptop secured for evidence (R53): nobody logs in, no stick opens, nothing is wiped.

One signed order shuts, and only one with a higher number opens again; what holds is on disk, so that neither
a restart nor a missing server changes it. Whoever comes is told, and can still ask for help and report.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from agent.backends.device import Capability
from agent.backends.whole_files import write_whole
from agent.service.endings import Endings
from agent.service.ground import Ground
from agent.service.locking import Locking
from agent.service.login import Login, State
from policies import orders
from policies.decoding import UNREADABLE
from policies.records import OrderDone, QuarantineChanged

log = logging.getLogger(__name__)

ENFORCE_EVERY_SECONDS = 1.0
END_AFTER_SECONDS = 60.0
"""Locked at once, ended a minute later: long enough for an adult beside it to see what is on the screen."""


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the last order taken said."""

    device: str
    """The enrolment it was for. A new enrolment lifts nothing, but counts its orders anew."""
    number: int
    order: str
    on: bool
    told: bool = False
    """Its outcome is recorded."""


class Seen(NamedTuple):
    """What is known of one login when a quarantine is enforced."""

    state: State
    has_screen: bool
    is_locking: bool
    """Locked, or about to be."""
    seconds: float
    """Since this login was first seen under the quarantine."""


def decide_order(standing: Standing | None, said: orders.Quarantine) -> Literal["take", "again", "stale"]:
    """Return what an order means after the last one: a lower number never undoes a higher one. Pure."""
    if standing is None or standing.device != said.device or said.number > standing.number:
        return "take"
    return "again" if (said.number, said.order) == (standing.number, standing.order) else "stale"


def decide_login(seen: Seen) -> Literal["nothing", "turn-away", "lock", "end"]:
    """Return what becomes of a login on a quarantined laptop. Pure."""
    if seen.state in ("notice", "ending", "arriving"):
        return "nothing"  # who arrives is turned away by the gate's own decision
    if seen.state == "gate":
        return "turn-away"
    if not seen.has_screen or seen.seconds >= END_AFTER_SECONDS:
        return "end"
    return "nothing" if seen.is_locking else "lock"


class Quarantining:
    """Holds the laptop shut while an order says so."""

    def __init__(self, ground: Ground, locking: Locking, endings: Endings) -> None:
        self._ground = ground
        self._locking = locking
        self._endings = endings
        self._file: Path = ground.config.state / "quarantine.json"
        self._since: dict[str, float] = {}
        """Boot time at which each login was first seen under this quarantine."""
        self.on_changed: Callable[[], None] = lambda: None
        self._is_on_disk = True
        self._standing = self._load()
        ground.quarantined = self._standing is not None and self._standing.on
        ground.loop.every(ENFORCE_EVERY_SECONDS, self.enforce)

    def obey(self, said: orders.Quarantine) -> None:
        """Carry out one verified order, if none with a higher number came before."""
        match decide_order(self._standing, said):
            case "stale":
                self._done(said.order, "refused", "an order with a higher number holds")
            case "again":
                self._tell()
            case "take":
                self._take(said)

    def _take(self, said: orders.Quarantine) -> None:
        standing = Standing(device=said.device, number=said.number, order=said.order, on=said.on)
        self._is_on_disk = self._save(standing)
        if not self._is_on_disk and not said.on:
            return  # opening must be on disk first, or a restart would shut again; the server says it again
        self._standing = standing
        self._ground.quarantined = said.on
        log.warning("quarantine changed", extra={"on": said.on, "number": said.number})
        if not said.on:
            self._since.clear()
        self._tell()
        self.enforce()
        self.on_changed()

    def _tell(self) -> None:
        """Record what holds, once; after a crash in between, the order comes again and so do we."""
        standing = self._standing
        if standing is None or standing.told:
            return
        self._is_on_disk = self._is_on_disk or self._save(standing)
        if not self._is_on_disk:
            return  # not said to hold before it would hold after a restart
        kept = self._ground.keep(
            QuarantineChanged(at=self._ground.now(), order=standing.order, on=standing.on)
        )
        if kept is not None and self._done(standing.order, "done"):
            self._standing = msgspec.structs.replace(standing, told=True)
            self._save(self._standing)

    def _done(self, order: str, outcome: Literal["done", "refused"], problem: str = "") -> bool:
        record = OrderDone(at=self._ground.now(), order=order, outcome=outcome, problem=problem)
        return self._ground.keep(record) is not None

    def enforce(self) -> None:
        """Lock, end and turn away whoever is here."""
        if not self._ground.quarantined:
            return
        now = self._ground.clock.boot()
        for login in list(self._ground.logins.values()):
            since = self._since.setdefault(login.id, now)
            seen = Seen(login.state, login.seat is not None, login.lock.is_shut, now - since)
            match decide_login(seen):
                case "turn-away":
                    self._endings.end(login, "quarantined", "quarantined")
                case "lock":
                    self._locking.lock(login, "ordered")
                case "end":
                    self._endings.end(login, "quarantined")

    def forget(self, login: Login) -> None:
        """This login has ended."""
        self._since.pop(login.id, None)

    # ---- on disk ----

    def _load(self) -> Standing | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Standing)
        except FileNotFoundError:
            return None
        except (OSError, *UNREADABLE) as problem:
            log.error("quarantine's file not usable", extra={"problem": str(problem)})
            # There was one: shut, until an order says what holds.
            return Standing(device="", number=0, order="", on=True, told=True)

    def _save(self, standing: Standing) -> bool:
        try:
            write_whole(self._file, msgspec.json.encode(standing))
        except OSError as problem:
            log.error("quarantine not on disk", extra={"problem": str(problem)})
            return False
        return True


def capability(ground: Ground) -> dict[str, Capability]:
    """Return what `status` and `doctor` say of a quarantine; nothing where there is none."""
    if not ground.quarantined:
        return {}
    why = "this laptop is secured for evidence: nobody logs in, no stick opens, nothing is wiped"
    remedy = "leave it as it is; the safeguarding lead or the head lifts it on the server, with a note"
    return {"quarantine": Capability("lacking", why, remedy)}
