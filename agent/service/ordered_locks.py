"""LockNow and Unlock: every screen of this laptop locks at an adult's word, and opens again at one."""

import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from agent.backends.whole_files import write_whole
from agent.service.ground import Ground
from agent.service.locking import Locking
from agent.service.login import Login
from policies import lab_orders, orders
from policies.decoding import UNREADABLE
from policies.records import OrderDone, short

log = logging.getLogger(__name__)

REMEMBERED_ORDERS = 200
OPEN_WITHIN_SECONDS = 5.0
LOOK_SECONDS = 0.1
NOT_OURS = lab_orders.NOT_OURS
Outcome = Literal["done", "expired", "refused", "failed"]


class Opening(NamedTuple):
    """One screen that an Unlock is to open."""

    wanted: bool
    """It is locked still, or about to be."""
    ours: bool
    """An adult's order locked it."""


def decide_opening(
    screens: Sequence[Opening], waited_seconds: float
) -> tuple[Literal["wait", "done", "failed"], str]:
    """Return what an Unlock has come to, and why it has failed. Pure."""
    if any(each.wanted and each.ours for each in screens):
        if waited_seconds < OPEN_WITHIN_SECONDS:
            return "wait", ""
        return "failed", "the screen locker does not end"
    if any(each.wanted for each in screens):
        return "failed", NOT_OURS
    return "done", ""


class OrderedLocks:
    """Carries out each order to lock or to open once, and says what became of it."""

    def __init__(self, ground: Ground, locking: Locking) -> None:
        self._ground = ground
        self._locking = locking
        self._file: Path = ground.config.state / "orders.json"
        self._done: deque[str] = deque(self._load(), maxlen=REMEMBERED_ORDERS)
        self._pending: dict[str, int] = {}
        self._problems: dict[str, str] = {}
        locking.on_order_done = self._one_locked

    def lock(self, lock: orders.LockNow) -> None:
        """Lock every open screen here."""
        if not self._is_new(lock.order, expired=lock.expires_at < self._ground.now()):
            return
        logins = self._screens()
        if not logins:
            self.tell(lock.order, "done", "nobody is logged in")
            return
        self._pending[lock.order] = len(logins)
        for login in logins:
            self._locking.lock(login, "ordered", order=lock.order, by=lock.by)

    def unlock(self, unlock: orders.Unlock) -> None:
        """Take back what LockNow and *Eyes to the front* have locked here, and no other lock."""
        if not self._is_new(unlock.order, expired=unlock.expires_at < self._ground.now()):
            return
        if self._ground.quarantined:
            self.tell(unlock.order, "refused", "this laptop is secured for evidence")
            return
        ours = {login.id: self._locking.take_back(login) != "not-ours" for login in self._screens()}
        log.info("locks taken back", extra={"screens": sum(ours.values())})
        self._look(unlock.order, ours, self._ground.clock.boot())

    def _look(self, order: str, ours: dict[str, bool], since: float) -> None:
        screens = [
            # What was locked anew meanwhile has opened before.
            Opening(login.lock.taken_back if ours[login.id] else bool(login.lock.wanted), ours[login.id])
            for login in self._screens()
            if login.id in ours
        ]
        outcome, problem = decide_opening(screens, self._ground.clock.boot() - since)
        if outcome == "wait":
            self._ground.loop.after(LOOK_SECONDS, lambda: self._look(order, ours, since))
            return
        for login in self._screens():
            if ours.get(login.id):
                self._locking.stays(login)
        self.tell(order, outcome, problem)

    def _screens(self) -> list[Login]:
        return [login for login in self._ground.logins.values() if login.state == "open" and login.seat]

    def _is_new(self, order: str, *, expired: bool) -> bool:
        if order in self._done:
            return False
        self._done.append(order)
        self._save()
        if expired:
            self.tell(order, "expired", "")
        return not expired

    def _one_locked(self, order: str, problem: str) -> None:
        if order not in self._pending:
            return
        if problem:
            self._problems[order] = problem
        self._pending[order] -= 1
        if self._pending[order] == 0:
            del self._pending[order]
            failed = self._problems.pop(order, "")
            self.tell(order, "failed" if failed else "done", failed)

    def tell(self, order: str, outcome: Outcome, problem: str) -> None:
        """Record what became of an order."""
        record = OrderDone(at=self._ground.now(), order=order, outcome=outcome, problem=short(problem))
        self._ground.keep(record)

    def _load(self) -> list[str]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[str])
        except FileNotFoundError:
            return []
        except (OSError, *UNREADABLE) as problem:
            log.warning("done orders not read", extra={"problem": str(problem)})
            return []

    def _save(self) -> None:
        try:
            write_whole(self._file, msgspec.json.encode(list(self._done)))
        except OSError as problem:
            log.warning("done orders not saved", extra={"problem": str(problem)})
