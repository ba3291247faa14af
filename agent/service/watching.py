"""Who looks at this lab, and the small unsaved status that goes out while an adult does, and only then.

What changes is told at once: everything of a tenth of a second together. Whoever makes it change without end
is told of once a second.
"""

from collections import deque
from datetime import datetime

import msgspec

from agent.errors import AgentError
from agent.service.desk import Desk
from agent.service.ears import Budget
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.loop import Timer
from policies import orders, wire
from policies.records import OrderDone, short

TICK_SECONDS = 1.0
GATHER_SECONDS = 0.1
BURST = 5
A_SECOND = 1.0
REMEMBERED_ORDERS = 200
MOST_LOGINS = 32
NAME_CHARACTERS = 120


class Watching:
    """Who looks, and what they are told."""

    def __init__(self, ground: Ground, desk: Desk) -> None:
        self._ground = ground
        self._desk = desk
        self._watches: dict[str, tuple[str, datetime]] = {}
        self._reported: deque[str] = deque(maxlen=REMEMBERED_ORDERS)
        self._sent: tuple[wire.LoginStatus, ...] | None = None
        self._sending = False
        self._soon: Timer | None = None
        self._budget = Budget(BURST, A_SECOND, ground.clock.running())
        ground.loop.every(TICK_SECONDS, self.tick)

    @property
    def is_watched(self) -> bool:
        """Say whether an adult looks at this lab."""
        return bool(self._watches)

    def obey(self, watch: orders.Watch) -> None:
        """An adult looks, goes on looking, or has gone."""
        known = watch.order in self._watches
        self._watches[watch.order] = (watch.by[:NAME_CHARACTERS], watch.until)
        if not known:
            self._sent = None
        if watch.order not in self._reported:
            self._reported.append(watch.order)
            self._ground.keep(OrderDone(at=self._ground.now(), order=watch.order, outcome="done"))
        self.tick()

    def tick(self) -> None:
        """Forget who looks no longer; tell who looks what has changed."""
        now = self._ground.now()
        self._watches = {order: watch for order, watch in self._watches.items() if watch[1] > now}
        if not self._watches:
            self._sent = None
            self._desk.set_viewing(None)
            return
        self._desk.set_viewing(max(self._watches.values(), key=lambda watch: watch[1]))
        self._send_status()

    def look_soon(self) -> None:
        """Something may have changed: tell who looks, with whatever else changes in the same moment."""
        if self._watches and self._soon is None and not self._sending and self._news() != self._sent:
            self._soon = self._ground.loop.after(GATHER_SECONDS, self._now)

    def _now(self) -> None:
        self._soon = None
        if self._watches:
            self._send_status()

    def _news(self) -> tuple[wire.LoginStatus, ...]:
        """How long something lasts changes every second and is no news."""
        return tuple(
            msgspec.structs.replace(self._status_of(login), since_seconds=0.0) for login in self._told()
        )

    def _told(self) -> list[Login]:
        return list(self._ground.logins.values())[:MOST_LOGINS]

    def _send_status(self) -> None:
        ground = self._ground
        server = ground.server
        if server is None or self._sending or ground.connection.state != "online":
            return
        news = self._news()
        if news == self._sent or not self._budget.spend(1, ground.clock.running()):
            return  # what is not said now is said at a later tick, as it is then
        status = wire.Status(logins=tuple(self._status_of(login) for login in self._told()))
        self._sending = True

        def then(result: AgentError | None) -> None:
            self._sending = False
            self._sent = None if isinstance(result, AgentError) else news
            if not isinstance(result, AgentError):
                self.look_soon()

        ground.loop.work("status", lambda: server.uplink.send_status(status), then)

    def _status_of(self, login: Login) -> wire.LoginStatus:
        app, since = "", self._ground.clock.boot() - login.state_since_boot
        state, signs = login.public_state, login.signs
        if state == "locked":
            since = self._ground.clock.boot() - login.lock.locked_boot
        elif login.meter and state in ("active", "idle"):
            app = login.meter.app
            since = min(since, self._ground.clock.running() - login.meter.app_since_running)
        if state == "idle":
            since = login.idle_seconds
        return wire.LoginStatus(
            login=login.id,
            os_user=login.os_user,
            person=login.person.person,
            state=state,
            app=short(app),
            since_seconds=round(max(0.0, since), 1),
            help_asked=login.help_asked,
            attention=short(signs.attention),
            attention_problem=short(signs.attention_problem),
            media=signs.media,
            app_asked=short(signs.app_asked),
            app_noticed=short(signs.app_noticed),
            unsupervised=signs.unsupervised,
            paused=signs.paused,
        )
