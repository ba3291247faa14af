"""What holds even when this agent is dead: the system's own idle lock, later than anything of ours.

It must never lock a screen that we would have left open, so it waits for the longest a screen may stay open
untouched here: idle, with a film, or in a presenter's pause.
"""

import logging
from collections.abc import Iterable

from agent.errors import AgentError
from agent.service.ground import Ground
from policies.settings import Settings

log = logging.getLogger(__name__)

LATER_SECONDS = 60
LOOK_EVERY_SECONDS = 60.0
TELL_AGAIN_LOOKS = 60
"""Told again from time to time: others change the system too."""


def decide_backstop(settings: Iterable[Settings]) -> int | None:
    """Return after how many idle seconds the system itself may lock; None: no policy says. Pure."""
    longest = [
        max(
            each.lock.idle_after_seconds,
            each.lock.inhibit_cap_seconds,
            each.lab.pause_longest_minutes * 60,
        )
        for each in settings
    ]
    return max(longest) + LATER_SECONDS if longest else None


class Guarding:
    """Tells the device what it has to hold by itself."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._told: int | None = None
        self._looks = 0
        self._working = False
        ground.loop.every(LOOK_EVERY_SECONDS, self._look)

    def _look(self) -> None:
        ground = self._ground
        held = [ground.settings, *(ground.settings_for(login) for login in ground.logins.values())]
        wanted = decide_backstop(held if ground.policy is not None else ())
        self._looks += 1
        is_due = self._looks % TELL_AGAIN_LOOKS == 1
        if self._working or (wanted == self._told and not is_due):
            return
        self._working = True

        def then(result: AgentError | None) -> None:
            self._working = False
            if isinstance(result, AgentError):
                log.warning("the system's own idle lock was not set", extra={"problem": str(result)})
            else:
                self._told = wanted

        ground.loop.work("guard", lambda: ground.device.stand_guard(wanted), then)
