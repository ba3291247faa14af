"""Hours and supervision kept on this laptop: who is checked in, and what follows when nobody is (R19, R20).

The check-ins are orders that end by themselves, kept over restarts and without the server. Whoever works
while nobody supervises is told first, then the screen locks or the login ends; it goes on as soon as an
adult is there again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from agent.backends.device import Capability
from agent.service.endings import Endings
from agent.service.ground import Ground
from agent.service.held_orders import HeldOrders
from agent.service.limits import with_arrangement
from agent.service.lock_looks import keep_true
from agent.service.locking import Locking
from agent.service.login import Login
from agent.service.supervision import (
    Unwatched,
    decide_unwatched,
    lacks_lesson,
    opens_at,
    presence_of,
    supervisor_among,
)
from agent.service.unwatched_locks import UnwatchedLocks
from policies.orders import Supervised
from policies.presence import Presence
from policies.records import OrderDone, SupervisionLapsed
from policies.settings import Settings
from policies.variants import settings_at

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0


class Lapse:
    """One login that was told."""

    def __init__(self, warned_boot: float) -> None:
        self.warned_boot = warned_boot
        self.followed = False
        """What follows was recorded; a screen locked again and again is one lapse."""


class Supervising:
    """Knows who is checked in, and holds every login to its hours."""

    def __init__(self, ground: Ground, locking: Locking, endings: Endings) -> None:
        self._ground = ground
        self._locks = UnwatchedLocks(ground, locking)
        self._endings = endings
        file = ground.config.state / "supervised.json"
        self._held: HeldOrders[Supervised] = HeldOrders(file, Supervised, ground.clock, ground.now)
        self._lapses: dict[str, Lapse] = {}
        self._named: dict[str, str] = {}
        """Who counts for each login as its supervisor: not everybody who is checked in still does."""
        self.on_gate: Callable[[], None] = lambda: None
        """Whoever stands at the gate may have to be decided on anew."""
        self.on_named: Callable[[], None] = lambda: None
        """Other people supervise than before."""
        ground.supervisors = self._held.in_force
        ground.standing.append(self.capability)
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    # ---- what the server says ----

    def obey(self, said: Supervised) -> None:
        """Take one verified word about a check-in; an older one changes nothing."""
        took = self._held.take(said)
        if took == "stale":
            return
        log.info("supervision changed", extra={"on": said.on, "order": said.order})
        if took == "new" and said.on:
            expired = said.until <= self._ground.now()
            self._done(said.order, "expired" if expired else "done")
        self.look()

    def _done(self, order: str, outcome: Literal["done", "expired"]) -> None:
        self._ground.keep(OrderDone(at=self._ground.now(), order=order, outcome=outcome))

    # ---- the clock ----

    def look(self) -> None:
        """Hold everybody to their hours: those who wait at the gate and those who work."""
        named = {login.id: self._named_for(login) for login in self._ground.logins.values()}
        before, self._named = self._named, named
        if any(before.get(number, by) != by for number, by in named.items()):
            self.on_named()
        self.on_gate()
        for login in list(self._ground.logins.values()):
            if login.state == "open":
                self._look_at(login)
            else:
                login.signs.unsupervised = self._ground.presence_of(login) == "needs-supervisor"

    def _named_for(self, login: Login) -> str:
        word = self._ground.supervisor_of(login)
        return word.by if word is not None else ""

    def forget(self, login: Login) -> None:
        """This login is gone."""
        self._lapses.pop(login.id, None)

    def _look_at(self, login: Login) -> None:
        ground = self._ground
        settings = ground.settings_for(login)
        hours = settings.hours
        presence = ground.presence_of(login)
        login.signs.unsupervised = presence == "needs-supervisor"
        if presence == "open":
            self._locks.look(login)
        self._locks.follow(login, presence)
        keep_true(ground, login)
        lapse = self._lapses.get(login.id)
        warned = None if lapse is None else ground.clock.boot() - lapse.warned_boot
        soon = self._soon(login, hours.lapse_warn_seconds) if presence == "open" else presence
        is_shut = login.lock.is_shut
        match decide_unwatched(Unwatched(presence, soon, warned, is_shut), hours):
            case "warn":
                self._lapses[login.id] = Lapse(ground.clock.boot())
                self._warn(login, soon, hours.lapse_warn_seconds, hours.lapse_then)
            case "calm":
                self._calm(login)
            case "lock" if login.seat is not None:
                self._record_once(login, "locked")
                self._locks.lock(login)
            case "lock" | "end":  # a terminal has no screen that could be locked
                self._record_once(login, "ended")
                kind: Literal["unsupervised", "closed"] = (
                    "unsupervised" if presence == "needs-supervisor" else "closed"
                )
                until = self._opens_at(login) if kind == "closed" else None
                self._endings.end(login, kind, kind, until)
            case "nothing":
                pass

    def _soon(self, login: Login, seconds: int) -> Presence:
        """Return what the hours will say after the time of a warning, with those checked in who are now."""
        later = self._settings_in(login, seconds)
        return presence_of(
            later.hours,
            login.person.tier,
            supervised=supervisor_among(self._held.in_force(), later.hours, self._ground.now()) is not None,
            lacks_a_lesson=lacks_lesson(login.grant, later),
        )

    def _settings_in(self, login: Login, seconds: int) -> Settings:
        ground = self._ground
        if ground.policy is None:
            return ground.settings_for(login)
        local = ground.local_now() + timedelta(seconds=seconds)
        body = ground.policy.body
        held = settings_at(body.settings, body.variants, login.person.tier, local)
        return with_arrangement(held, login.grant.arrangement if login.grant else None)

    def _warn(self, login: Login, presence: Presence, seconds: int, then: Literal["lock", "end"]) -> None:
        """Tell before anything follows."""
        log.info("a login is told that its time or its supervision ends", extra={"login": login.id})
        ends = self._ground.local_now() + timedelta(seconds=seconds)
        kind: Literal["supervisor-left", "closed"] = (
            "supervisor-left" if presence == "needs-supervisor" else "closed"
        )
        page = self._endings.notice_page(login, kind, ends_at=ends, then=then)
        self._ground.show(login, page)
        self._record(login, "warned")

    def _calm(self, login: Login) -> None:
        """An adult is there again, or the hours have changed."""
        del self._lapses[login.id]
        self._record(login, "returned")
        # Only in the window that says that it ends: whoever closed it has nothing to be told.
        self._ground.show(login, self._endings.notice_page(login, "supervisor-back"), "renew")

    def _record_once(self, login: Login, what: Literal["locked", "ended"]) -> None:
        lapse = self._lapses.setdefault(login.id, Lapse(self._ground.clock.boot()))
        if not lapse.followed:
            lapse.followed = True
            self._record(login, what)

    def _record(self, login: Login, what: Literal["warned", "locked", "ended", "returned"]) -> None:
        hours = self._ground.settings_for(login).hours
        record = SupervisionLapsed(
            at=self._ground.now(),
            login=login.id,
            what=what,
            session=hours.session,
            supervision=hours.supervision,
        )
        self._ground.keep(record)

    def _opens_at(self, login: Login) -> datetime | None:
        policy = self._ground.policy
        return opens_at(policy, login.person.tier, self._ground.local_now()) if policy else None

    # ---- what is said of it ----

    def capability(self) -> dict[str, Capability]:
        """Return what `status` and `doctor` say; nothing where no hours ask for anybody. Names nobody."""
        logins = [login for login in self._ground.logins.values() if login.state == "open"]
        held = self._held.in_force()
        hours = self._ground.settings.hours
        asks = hours.needs_supervisor or any(
            self._ground.settings_for(login).hours.needs_supervisor for login in logins
        )
        if supervisor_among(held, hours, self._ground.now()) is not None:
            until = max(word.until for word in held).astimezone()
            return {"supervision": Capability("works", f"an adult is checked in until {until:%H:%M}")}
        if not asks:
            return {}
        why = "the hours ask for a supervisor and nobody is checked in: pupils are not let in"
        return {"supervision": Capability("lacking", why, "a teacher checks in on the room's page, Lab")}
