"""A screen that locked because no adult supervised opens again by itself when one does.

But only for as long as the idle lock would have left it open: whoever went away meanwhile must not come back
to a desktop that stood open to the whole room. After that the password opens it, and it stays open.
"""

import logging
from typing import NamedTuple

from agent.backends.device import WaitsFor
from agent.service.ground import Ground
from agent.service.locking import Locking
from agent.service.login import Login
from policies.presence import Presence
from policies.settings import LockSettings

log = logging.getLogger(__name__)
OPEN_WITHIN_SECONDS = 5.0


class Shut(NamedTuple):
    """One screen that the hours have locked."""

    locked_seconds: float
    idle_seconds: float
    """How long nobody had touched it when it locked, or since."""
    quarantined: bool


def decide_opens(shut: Shut, settings: LockSettings) -> bool:
    """Say whether it opens by itself now that the hours allow it. Pure."""
    unseen = max(shut.locked_seconds, shut.idle_seconds)
    return not shut.quarantined and unseen < settings.idle_after_seconds


def waits_for(presence: Presence) -> WaitsFor:
    """Return what a screen that must not be open now waits for. Pure."""
    return "adult" if presence == "needs-supervisor" else "hours"


class UnwatchedLocks:
    """Takes back what the hours have locked."""

    def __init__(self, ground: Ground, locking: Locking) -> None:
        self._ground = ground
        self._locking = locking

    def lock(self, login: Login) -> None:
        """Lock this screen until the hours let its person go on."""
        self._locking.lock(login, "unsupervised", waits_for=waits_for(self._ground.presence_of(login)))

    def follow(self, login: Login, presence: Presence) -> None:
        """What would open it has become something else: a club is over, or the hours ask for an adult."""
        if login.lock.waits_for and presence != "open":
            login.lock.waits_for = waits_for(presence)

    def look(self, login: Login) -> None:
        """The hours let this login be here: open what only they have locked."""
        lock, ground = login.lock, self._ground
        if not lock.waits_for or not lock.wanted or lock.taken_back or login.seat is None:
            return
        if not lock.confirmed:
            return  # the next look is a second later
        locked_seconds, since = ground.clock.boot() - lock.locked_boot, lock.locked_boot
        lock.waits_for = ""  # tried once; from now on it is a lock like any other
        shut = Shut(locked_seconds, login.idle_seconds, ground.quarantined)
        if not decide_opens(shut, ground.settings_for(login).lock):
            log.info("a screen stays locked until its password", extra={"login": login.id})
            return

        def late() -> None:
            if lock.locked_boot == since:
                self._locking.stays(login)

        self._locking.open(login, login.seat)
        ground.loop.after(OPEN_WITHIN_SECONDS, late)
