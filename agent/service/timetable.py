"""The moments at which other settings begin to hold: a lesson has begun, a day is over."""

import logging
from collections.abc import Callable

from agent.service.desk import Desk
from agent.service.ground import Ground
from agent.service.holding import decide_look
from agent.service.locking import Locking
from agent.service.loop import Timer
from policies.settings import Settings

log = logging.getLogger(__name__)


class Timetable:
    """Tells every open login's session what holds from now on."""

    def __init__(self, ground: Ground, desk: Desk, locking: Locking) -> None:
        self._ground = ground
        self._desk = desk
        self._locking = locking
        self._before: dict[str, Settings] = {}
        self._timer: Timer | None = None
        self.on_changed: Callable[[], None] = lambda: None
        """Called after a look and after a new policy, whether or not anything differs for a login."""
        self._plan()

    def look(self) -> None:
        """Put into force what differs since the last look, and look again at the next edge."""
        before, self._before = self._before, self._held()
        changed = [
            login
            for login in self._ground.logins.values()
            if login.id in self._before
            and before.get(login.id, self._before[login.id]) != self._before[login.id]
        ]
        self._plan()
        if changed:
            log.info("other settings hold from now on", extra={"logins": len(changed)})
            # What was counted until now was permitted.
            self._ground.keep_usage(changed)
        for login in changed:
            self._desk.work(login)
            self._locking.settings_changed(login)
        self.on_changed()

    def policy_changed(self) -> None:
        """Put a new policy into force for every login."""
        self._before = self._held()
        self._plan()
        for login in list(self._ground.logins.values()):
            self._desk.work(login)
            self._locking.settings_changed(login)
        self.on_changed()

    def _held(self) -> dict[str, Settings]:
        logins = self._ground.logins.values()
        return {login.id: self._ground.settings_for(login) for login in logins if login.state == "open"}

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        seconds = decide_look(self._ground.policy, self._ground.local_now())
        self._timer = self._ground.loop.after(seconds, self.look)
