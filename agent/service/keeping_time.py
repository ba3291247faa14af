"""What happens by the clock alone: usage is sealed in time, and a wall clock that jumps is noticed."""

import logging
from collections.abc import Callable

from agent.service.ground import Ground
from policies.records import ClockStepped

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 5.0
STEP_SECONDS = 5.0
"""A clock being steered moves less than this between two looks; more is a jump."""


class KeepingTime:
    """Looks at both clocks and at the usage gathered so far."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._difference = self._wall_minus_boot()
        self._usage_boot = ground.clock.boot()
        self.on_jump: Callable[[], None] = lambda: None
        """The wall clock shows another time than it should by what passed."""
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def _wall_minus_boot(self) -> float:
        return self._ground.clock.now().timestamp() - self._ground.clock.boot()

    def look(self) -> None:
        """Notice a jump; seal usage that is due."""
        difference = self._wall_minus_boot()
        by_seconds, self._difference = difference - self._difference, difference
        if abs(by_seconds) >= STEP_SECONDS:
            log.warning("clock stepped", extra={"seconds": round(by_seconds)})
            if self._ground.server:
                self._ground.server.uplink.shift_offset(by_seconds)
            self._ground.keep(ClockStepped(at=self._ground.now(), by_seconds=round(by_seconds, 1)))
            self.on_jump()
        logins = list(self._ground.logins.values())
        metered = [login for login in logins if login.meter]
        usages = [self._ground.settings_for(login).usage for login in metered] or [
            self._ground.settings.usage
        ]
        counted = sum(len(login.meter.closed) for login in metered if login.meter)
        boot = self._ground.clock.boot()
        many = counted >= min(usage.send_after_records for usage in usages)
        if many or boot - self._usage_boot >= min(usage.send_after_seconds for usage in usages):
            self._usage_boot = boot
            self._ground.keep_usage(logins)

    def woke(self) -> None:
        """The machine has slept: a clock set while waking is a jump like any other."""
        self.look()
