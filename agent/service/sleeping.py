"""Before the laptop sleeps every screen is locked, and seen to be; the machine waits for that a moment."""

from typing import Literal

from agent.service.ground import Ground
from agent.service.keeping_time import KeepingTime
from agent.service.locking import Locking

SLEEP_WAIT_SECONDS = 4.0


class Sleeping:
    """Locks before sleep, looks at the clock after it."""

    def __init__(self, ground: Ground, locking: Locking, time: KeepingTime) -> None:
        self._ground = ground
        self._locking = locking
        self._time = time
        self._sleeping = False
        locking.on_settled = self.sleep_if_covered

    def slept(self, moment: Literal["before", "after"]) -> None:
        """The system is about to sleep, or has just woken."""
        if moment == "after":
            self._sleeping = False
            self._time.woke()
            return
        self._sleeping = True
        self._ground.keep_usage(list(self._ground.logins.values()))
        for login in self._ground.logins.values():
            if login.state == "open" and login.seat:
                self._locking.lock(login, "suspend")
        self._ground.loop.after(SLEEP_WAIT_SECONDS, self._allow)
        self.sleep_if_covered()

    def sleep_if_covered(self) -> None:
        """Let the machine sleep once nothing is to be seen any more."""
        screens = [each for each in self._ground.logins.values() if each.state == "open" and each.seat]
        if self._sleeping and all(login.lock.confirmed and not login.lock.taken_back for login in screens):
            self._allow()

    def _allow(self) -> None:
        if self._sleeping:
            self._sleeping = False
            self._ground.device.allow_sleep()
