"""Orders of the server carried out, and small unsaved status while an adult looks."""

import logging
from collections import deque
from datetime import datetime
from pathlib import Path

import msgspec

from agent.errors import AgentError
from agent.service.desk import Desk
from agent.service.ground import Ground
from agent.service.locking import Locking
from agent.service.login import Login
from agent.service.numbering import write_whole
from policies import orders, wire
from policies.records import OrderDone, short

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
REMEMBERED_ORDERS = 200
NAME_CHARACTERS = 120


class Watching:
    """Who looks, what they are told, and what was ordered."""

    def __init__(self, ground: Ground, desk: Desk, locking: Locking) -> None:
        self._ground = ground
        self._desk = desk
        self._locking = locking
        self._watches: dict[str, tuple[str, datetime]] = {}
        self._reported: deque[str] = deque(maxlen=REMEMBERED_ORDERS)
        self._file: Path = ground.config.state / "orders.json"
        self._done: deque[str] = deque(self._load(), maxlen=REMEMBERED_ORDERS)
        self._pending: dict[str, int] = {}
        self._problems: dict[str, str] = {}
        self._sent: tuple[wire.LoginStatus, ...] | None = None
        self._sending = False
        locking.on_order_done = self._one_locked
        ground.loop.every(TICK_SECONDS, self.tick)

    # ---- orders ----

    def obey(self, said: orders.AnySaid) -> None:
        """Carry out one verified order, once."""
        if isinstance(said, orders.Watch):
            self._watch(said)
        elif isinstance(said, orders.LockNow):
            self._lock(said)

    def _watch(self, watch: orders.Watch) -> None:
        self._watches[watch.order] = (watch.by[:NAME_CHARACTERS], watch.until)
        self._sent = None
        if watch.order not in self._reported:
            self._reported.append(watch.order)
            self._done_with(watch.order, "done", "")
        self.tick()

    def _lock(self, lock: orders.LockNow) -> None:
        if lock.order in self._done:
            return
        self._done.append(lock.order)
        self._save()
        if lock.expires_at < self._ground.now():
            self._done_with(lock.order, "expired", "")
            return
        logins = [login for login in self._ground.logins.values() if login.state == "open" and login.seat]
        if not logins:
            self._done_with(lock.order, "done", "nobody is logged in")
            return
        self._pending[lock.order] = len(logins)
        for login in logins:
            self._locking.lock(login, "ordered", order=lock.order)

    def _one_locked(self, order: str, problem: str) -> None:
        if order not in self._pending:
            return
        if problem:
            self._problems[order] = problem
        self._pending[order] -= 1
        if self._pending[order] == 0:
            del self._pending[order]
            failed = self._problems.pop(order, "")
            self._done_with(order, "failed" if failed else "done", failed)

    def _done_with(self, order: str, outcome: str, problem: str) -> None:
        record = msgspec.convert(
            {
                "type": "order-done",
                "at": self._ground.now(),
                "order": order,
                "outcome": outcome,
                "problem": problem[:200],
            },
            OrderDone,
        )
        self._ground.keep(record)

    def _load(self) -> list[str]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[str])
        except (OSError, msgspec.DecodeError):
            return []

    def _save(self) -> None:
        try:
            write_whole(self._file, msgspec.json.encode(list(self._done)))
        except OSError as problem:
            log.warning("done orders not saved", extra={"problem": str(problem)})

    # ---- status ----

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

    def _send_status(self) -> None:
        ground = self._ground
        server = ground.server
        if server is None or self._sending or ground.connection.state != "online":
            return
        logins = tuple(self._status_of(login) for login in list(ground.logins.values())[:32])
        # How long something lasts changes every second and is no news.
        news = tuple(msgspec.structs.replace(status, since_seconds=0.0) for status in logins)
        if news == self._sent:
            return
        self._sending = True

        def then(result: AgentError | None) -> None:
            self._sending = False
            self._sent = None if isinstance(result, AgentError) else news

        ground.loop.work("status", lambda: server.uplink.send_status(wire.Status(logins=logins)), then)

    def _status_of(self, login: Login) -> wire.LoginStatus:
        app, since = "", self._ground.clock.boot() - login.state_since_boot
        state = login.public_state
        if login.meter and state in ("active", "idle"):
            app = login.meter.app
            since = min(since, self._ground.clock.running() - login.meter.app_since_running)
        return wire.LoginStatus(
            login=login.id,
            os_user=login.os_user,
            person=login.person.person,
            state=state,
            app=app,
            since_seconds=round(max(0.0, since), 1),
            help_asked=login.help_asked,
            app_asked=short(login.signs.app_asked),
            app_noticed=short(login.signs.app_noticed),
        )
