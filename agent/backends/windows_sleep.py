"""Being told before the machine sleeps, and holding it awake for the moment Windows grants us.

A service has about two seconds while its handler has not returned; more than that Windows does not wait.
Modern standby (no PBT_APMSUSPEND) turns the screen off without telling: there Windows' own question for the
password on waking is what covers the desktop.
"""

import threading
from collections.abc import Callable

from agent.backends.windows_events import HUB, Hub, Moment

HOLD_SECONDS = 1.8


class WindowsSleep:
    """Calls back around sleep."""

    def __init__(self, hub: Hub = HUB, hold_seconds: float = HOLD_SECONDS) -> None:
        self._hub = hub
        self._hold_seconds = hold_seconds
        self._allowed = threading.Event()
        self._guard = threading.Lock()
        self._tell: Callable[[Moment], None] | None = None

    def start(self, on_sleep: Callable[[Moment], None]) -> bool:
        """Start listening; Windows always can."""
        with self._guard:
            is_first = self._tell is None
            self._tell = on_sleep
        if is_first:
            self._hub.on_power(self._heard)
        return True

    def _heard(self, moment: Moment) -> None:
        tell = self._tell
        if tell is None:
            return
        if moment == "after":
            self._allowed.set()
            tell(moment)
            return
        self._allowed.clear()
        tell(moment)
        self._allowed.wait(self._hold_seconds)

    def allow(self) -> None:
        """Let the machine sleep."""
        self._allowed.set()
