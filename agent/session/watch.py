"""Sensing: how long nobody was here, and which app is in front. Claims; the service decides."""

from collections.abc import Callable

from agent.backends.desktop import Desktop, Focus
from agent.link.messages import ALIVE_EVERY_SECONDS, Alive, AnyUp, Focused

CLOSE_AFTER_SECONDS = 10.0
"""Idle this long, the clock is read more often: a lock must come when it is due, not two seconds later."""
CLOSE_EVERY_SECONDS = 0.5

LOOK_EVERY_SECONDS = 10.0
"""Changes of the app in front come as events; this only mends a missed one."""


def decide_interval(idle_seconds: float) -> float:
    """Return the seconds until the next look at the idle clock."""
    return CLOSE_EVERY_SECONDS if idle_seconds > CLOSE_AFTER_SECONDS else ALIVE_EVERY_SECONDS


class Watch:
    """Says Alive in a steady beat, and Focused when another app comes to the front."""

    def __init__(self, desktop: Desktop, send: Callable[[AnyUp], None]) -> None:
        self._desktop = desktop
        self._send = send
        self.sense_apps = False
        self._focus = Focus()
        self._due_at = 0.0
        self._look_at = 0.0

    def due_at(self) -> float:
        """Return when `tick` has something to do."""
        return self._due_at

    def tick(self, now: float) -> None:
        """Say Alive if it is time; now and then look at the app in front too."""
        if now < self._due_at:
            return
        idle = self._desktop.idle_seconds()
        inhibited = idle > CLOSE_AFTER_SECONDS and self._desktop.inhibited()
        self._send(Alive(idle_seconds=round(idle, 2), inhibited=inhibited))
        self._due_at = now + decide_interval(idle)
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_SECONDS
            self.look()

    def look(self) -> None:
        """Say which app is in front if it is another one."""
        if not self.sense_apps:
            return
        focus = self._desktop.focused()
        if focus != self._focus:
            self._focus = focus
            self._send(Focused(app=focus.app, program=focus.program))
