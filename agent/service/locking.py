"""Locking one screen and knowing that it is locked: the locker lives and covers everything.

Only then is it recorded. A locker that was killed is replaced at once, and the third time ends the login:
whoever kills lockers does not get a desktop.
"""

import logging
from collections.abc import Callable
from typing import Literal

from agent.backends.device import Anchor, Child, Seat, WaitsFor
from agent.errors import AgentError, DeviceFailed
from agent.link import messages, pages
from agent.service.adopted_locks import AdoptedLocks
from agent.service.endings import Endings
from agent.service.ground import Ground
from agent.service.guarding import Guarding
from agent.service.lock import ACTIVE_AGAIN_SECONDS, Unattended, decide_lock
from agent.service.lock_looks import look_of
from agent.service.login import Again, Login
from agent.service.login import Reason as LockReason
from policies.records import LockFailed, ScreenLocked, ScreenUnlocked

log = logging.getLogger(__name__)

CHECK_EVERY_SECONDS = 0.2
COVER_WITHIN_SECONDS = 15.0
"""A busy old laptop needs several; a locker that is killed too soon only makes it busier."""
LOOK_AGAIN_EVERY_SECONDS = 5.0
UNCOVERED_TO_REPLACE = 2
"""A stopped locker cannot put its window back when another program takes it away: a new one can."""
WITHOUT_SESSION_SECONDS = 40.0
"""How long a lock may stay unconfirmed while the session that would confirm it starts again."""
FIRST_RETRY_SECONDS = 0.5
TRY_AGAIN_SECONDS = 5.0
SHOW_TRIES = 5
QUICKEST_PASSWORD_SECONDS = 1.5
KILLS_TO_END = 3
HINDRANCES_TO_END = 12
GIVEN_UP_COUNTS = 4
"""About a minute: a program that holds the keyboard keeps every locker out, but no screen open for good."""


class Locking:
    """Warns, locks, confirms and notices the unlock."""

    def __init__(self, ground: Ground, endings: Endings) -> None:
        self._ground = ground
        self._endings = endings
        self._adopted = AdoptedLocks(ground, self._confirmed)
        self.guarding = Guarding(ground)
        self.on_order_done: Callable[[str, str], None] = lambda _order, _problem: None
        self.on_settled: Callable[[], None] = lambda: None
        """Called whenever a lock was confirmed or has failed: the machine may be waiting to sleep."""

    # ---- deciding ----

    def alive(self, login: Login, word: messages.Alive) -> None:
        """The session says how long ago the last input was."""
        login.idle_seconds = max(0.0, word.idle_seconds)
        login.inhibited = word.inhibited
        lock = login.lock
        if login.state != "open" or lock.wanted:
            return
        boot = self._ground.clock.boot()
        shown = None if lock.countdown_boot is None else boot - lock.countdown_boot
        if shown is not None and login.idle_seconds < min(shown, ACTIVE_AGAIN_SECONDS):
            self.hide_countdown(login)
            return
        settings = self._ground.settings_for(login).lock
        seen = Unattended(login.idle_seconds, word.inhibited, shown, login.signs.paused)
        match decide_lock(seen, settings):
            case "countdown":
                lock.countdown_boot = boot
                if login.session:
                    login.session.link.send(messages.ShowCountdown(page=self._countdown_page(login)))
            case "hide":
                self.hide_countdown(login)
            case "lock":
                self.lock(login, "idle")

    def _countdown_page(self, login: Login) -> pages.CountdownPage:
        return pages.CountdownPage(
            text_scale=login.text_scale,
            school=self._ground.school,
            language=login.person.language,
            tier=login.person.tier,
            seconds=self._ground.settings_for(login).lock.countdown_seconds,
            idle_minutes=int(login.idle_seconds // 60),
        )

    def hide_countdown(self, login: Login) -> None:
        """Somebody is here after all, or the lock has come."""
        if login.lock.countdown_boot is not None:
            login.lock.countdown_boot = None
            if login.session:
                login.session.link.send(messages.HideCountdown())

    # ---- locking ----

    def lock(
        self, login: Login, reason: LockReason, *, order: str = "", by: str = "", waits_for: WaitsFor = ""
    ) -> None:
        """
        Lock this screen and record it once it is known to be covered. A locked one stays as it is.

        `order` and `by` belong to an adult who gave it: only such a lock may be taken back. `waits_for` is
        what opens it by itself, as long as nothing else has wanted it locked meanwhile.
        """
        lock = login.lock
        if order and order not in lock.orders:
            lock.orders.append(order)
        if login.state != "open" or login.seat is None:
            self._report_orders(login, "this login has no screen of its own")
            return
        if lock.wanted and lock.taken_back:
            # It opens any moment. What an adult's later word may take back gives way to what none may.
            if lock.again is None or lock.again.order or lock.again.waits_for:
                lock.again = Again(reason, order, by, "" if lock.again else waits_for)
            return
        if lock.wanted:
            lock.waits_for = lock.waits_for and waits_for
            if lock.confirmed:
                self._report_orders(login, "")
            return
        lock.wanted = reason
        lock.taken_back = False
        if reason not in ("session-lost", "locker-killed"):  # these stand for the lock that was there before
            lock.by_order, lock.by, lock.waits_for = bool(order), by, waits_for
        lock.tries = 0
        lock.idle_seconds = login.idle_seconds if reason == "idle" else None
        self._start(login)

    def _start(self, login: Login) -> None:
        lock = login.lock
        if lock.starting or lock.child or login.seat is None:
            return
        lock.starting, lock.confirmed = True, False
        lock.tries += 1
        seat, look = login.seat, look_of(self._ground, login)
        lock.said = look

        def then(result: Child | AgentError) -> None:
            lock.starting = False
            if isinstance(result, AgentError):
                if lock.taken_back:
                    self._unlocked(login, was_confirmed=False)
                else:
                    self._failed(login, str(result))
                return
            lock.child = result
            lock.locked_boot = self._ground.clock.boot()
            self._ground.ears.watch_process(result.pidfd, result.anchor, is_ours=False)
            self._ground.save_logins()
            if login.is_over or lock.taken_back:
                self._ground.device.kill(result)
                return
            self._check(login)

        self._ground.loop.work("lock", lambda: self._ground.device.start_locker(seat, look), then)

    def _check(self, login: Login) -> None:
        """Ask the session whether the locker covers the screen, until it does or time is up."""
        lock = login.lock
        if lock.child is None or lock.confirmed or login.state != "open":
            return
        waited = self._ground.clock.boot() - lock.locked_boot
        has_session = login.session is not None and login.session.connected
        if waited > (COVER_WITHIN_SECONDS if has_session else WITHOUT_SESSION_SECONDS):
            lock.given_up = True
            self._ground.device.kill(lock.child)
            return
        if login.session and login.session.connected:
            login.session.link.send(messages.CheckCover(locker_pid=lock.child.anchor.pid))
        lock.timer = self._ground.loop.after(CHECK_EVERY_SECONDS, lambda: self._check(login))

    def covered(self, login: Login, word: messages.Covered) -> None:
        """The session has looked."""
        lock = login.lock
        if lock.child is None or word.locker_pid != lock.child.anchor.pid:
            self._adopted.covered(login, word)
            return
        holds = login.seat is not None and self._ground.device.locker_holds(login.seat, lock.child.anchor)
        if lock.confirmed:
            # On Windows a pupil's own desktop hides as well as the lock screen does: the system is asked too.
            lock.uncovered = 0 if word.covered and holds else lock.uncovered + 1
            if lock.uncovered >= UNCOVERED_TO_REPLACE:
                log.warning("a locked screen is open", extra={"login": login.id})
                self._ground.device.kill(lock.child)
            return
        if not (word.covered and holds and lock.wanted):
            return
        lock.confirmed, lock.hindered, lock.uncovered = True, 0, 0
        self._look_again(login, lock.child)
        self._ground.keep(
            ScreenLocked(
                at=self._ground.now(),
                login=login.id,
                reason=lock.wanted,
                locker=lock.child.name,
                idle_seconds=lock.idle_seconds,
            )
        )
        self._confirmed(login)

    def _confirmed(self, login: Login) -> None:
        self.hide_countdown(login)
        self._ground.cover_usage(login, True)
        self._report_orders(login, "")
        self._ground.save_logins()
        self.on_settled()
        self._show_locked(login, True)
        self._end_when_too_long(login)

    def _look_again(self, login: Login, child: Child) -> None:
        """Ask from time to time whether a locked screen is covered still."""
        lock = login.lock
        if lock.child is not child or not lock.confirmed:
            return
        if login.session and login.session.connected:
            login.session.link.send(messages.CheckCover(locker_pid=child.anchor.pid))
        self._ground.loop.after(LOOK_AGAIN_EVERY_SECONDS, lambda: self._look_again(login, child))

    def _failed(self, login: Login, problem: str) -> None:
        lock = login.lock
        log.error("screen not locked", extra={"login": login.id, "problem": problem})
        if lock.tries in (1, 3) or lock.tries % 20 == 0:
            # Not once in five seconds for a whole lesson.
            reason, why = lock.wanted or "", problem[:200]
            self._ground.keep(LockFailed(at=self._ground.now(), login=login.id, reason=reason, problem=why))
        self._report_orders(login, problem)
        self.on_settled()
        if login.state == "open" and lock.wanted:
            seconds = FIRST_RETRY_SECONDS if lock.tries <= 1 else TRY_AGAIN_SECONDS
            lock.timer = self._ground.loop.after(seconds, lambda: self._start(login))

    def forget(self, login: Login) -> None:
        """The login has ended; an order to lock it has no screen left."""
        self._report_orders(login, "")

    def _show_locked(self, login: Login, locked: bool, tries: int = SHOW_TRIES) -> None:
        """Let the system know; nothing here depends on it. Tried again while it is still true."""
        seat = login.seat
        if seat is None or login.is_over or login.lock.confirmed != locked:
            return

        def then(result: AgentError | None) -> None:
            if isinstance(result, AgentError):
                log.info("the system was not told of the lock", extra={"problem": str(result)})
                if tries > 1:
                    self._ground.loop.after(
                        TRY_AGAIN_SECONDS, lambda: self._show_locked(login, locked, tries - 1)
                    )

        self._ground.loop.work("show-locked", lambda: self._ground.device.show_locked(seat, locked), then)

    def _report_orders(self, login: Login, problem: str) -> None:
        orders, login.lock.orders = login.lock.orders, []
        for order in orders:
            self.on_order_done(order, problem)

    def settings_changed(self, login: Login) -> None:
        """Other settings hold: a screen that is locked already is signed out by them."""
        if login.lock.confirmed:
            self._end_when_too_long(login)

    def _end_when_too_long(self, login: Login) -> None:
        """End a login that has been locked for too long, now or when it will have been."""
        lock = login.lock
        if lock.too_long:
            lock.too_long.cancel()
            lock.too_long = None
        seconds = self._ground.settings_for(login).lock.sign_out_after_seconds
        if seconds is None:
            return
        since = lock.locked_boot

        def look() -> None:
            if lock.confirmed and lock.locked_boot == since:
                self._endings.end(login, "locked-too-long")

        left = since + seconds - self._ground.clock.boot()
        lock.too_long = self._ground.loop.after(max(0.0, left), look)

    # ---- unlocking ----

    def ended(self, anchor: Anchor) -> bool:
        """A locker has ended: the right password, or somebody killed it. Say whether it was one."""
        for login in self._ground.logins.values():
            lock = login.lock
            if lock.adopted == anchor:
                was_confirmed, lock.confirmed = lock.confirmed, False
                lock.adopted, lock.wanted = None, ""
                if lock.taken_back:
                    self._unlocked(login, was_confirmed=was_confirmed)
                else:
                    self.lock(login, "session-lost")
                return True
            if lock.child and lock.child.anchor == anchor:
                self._locker_ended(login, lock.child)
                return True
        return False

    def _locker_ended(self, login: Login, child: Child) -> None:
        lock = login.lock
        try:
            status = self._ground.device.reap(child)
        except DeviceFailed:
            status = -1
        was_confirmed, lock.child, lock.confirmed = lock.confirmed, None, False
        if lock.timer:
            lock.timer.cancel()
        if login.state != "open":
            return
        seconds = self._ground.clock.boot() - lock.locked_boot
        if lock.taken_back or (status == 0 and (was_confirmed or seconds > QUICKEST_PASSWORD_SECONDS)):
            self._unlocked(login, was_confirmed=was_confirmed)
            return
        given_up, lock.given_up = lock.given_up, False
        if given_up or (not was_confirmed and status is not None and status >= 0):
            # It never locked: not a kill, but a locker that does not work here, or that something keeps out.
            lock.hindered += GIVEN_UP_COUNTS if given_up else 1
            if lock.hindered >= HINDRANCES_TO_END:
                log.error("a screen that cannot be locked is closed", extra={"login": login.id})
                self._endings.end(login, "locker-killed")
                return
            how = "did not cover the screen" if given_up else f"ended by itself ({status})"
            self._failed(login, f"the screen locker {how}")
            return
        lock.killed += 1
        log.warning("locker killed", extra={"login": login.id, "times": lock.killed})
        if lock.killed >= KILLS_TO_END:
            self._endings.end(login, "locker-killed")
            return
        lock.wanted = ""
        self.lock(login, "locker-killed")

    def _unlocked(self, login: Login, *, was_confirmed: bool) -> None:
        lock = login.lock
        if was_confirmed:
            seconds = self._ground.clock.boot() - lock.locked_boot
            self._ground.keep(
                ScreenUnlocked(at=self._ground.now(), login=login.id, locked_seconds=round(seconds, 1))
            )
        lock.wanted, lock.killed = "", 0
        lock.by_order, lock.by, lock.waits_for, lock.taken_back = False, "", "", False
        again, lock.again = lock.again, None
        login.idle_seconds = 0.0
        if again is None:
            self._report_orders(login, "")
        self._ground.cover_usage(login, False)
        self._show_locked(login, False)
        self._ground.save_logins()
        if again is not None:
            self.lock(login, again.reason, order=again.order, by=again.by, waits_for=again.waits_for)

    def take_back(self, login: Login) -> Literal["open", "opening", "not-ours"]:
        """Open a screen that an adult's order has locked; any other lock stays until the password."""
        lock, seat = login.lock, login.seat
        if not lock.wanted or seat is None:
            return "open"
        if not (lock.again.order if lock.again else lock.by_order) or self._ground.quarantined:
            return "not-ours"
        self.open(login, seat)
        return "opening"

    def open(self, login: Login, seat: Seat) -> None:
        """End the locker, so that the screen opens any moment; whoever asks has seen that it may."""
        lock = login.lock
        lock.taken_back, lock.again = True, None
        anchor = lock.child.anchor if lock.child else lock.adopted
        if anchor is not None:
            self._ground.loop.work(
                "unlock", lambda: self._ground.device.open_locker(seat, anchor), lambda _result: None
            )
        elif not lock.starting:
            if lock.timer:
                lock.timer.cancel()
            self._unlocked(login, was_confirmed=False)

    def stays(self, login: Login) -> None:
        """A lock that was to be taken back does not open: it is a lock like any other from now on."""
        lock = login.lock
        if not lock.taken_back:
            return
        again, lock.taken_back, lock.again = lock.again, False, None
        if again is not None:
            lock.by_order, lock.by, lock.waits_for = bool(again.order), again.by, again.waits_for
        if lock.confirmed:
            self._report_orders(login, "")
            self.on_settled()

    def session_back(self, login: Login) -> None:
        """A new session runs: let it confirm a lock that waits for that."""
        self._adopted.ask(login)
        if login.lock.child and not login.lock.confirmed:
            login.lock.locked_boot = self._ground.clock.boot()
            if login.lock.timer:
                login.lock.timer.cancel()
            self._check(login)
