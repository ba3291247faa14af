"""The machine's own clocks."""

import sys
import time
from datetime import UTC, datetime


class SystemClock:
    """What the service asks time of (`agent.clock.Clock`)."""

    def now(self) -> datetime:
        """Return the wall time, aware UTC."""
        return datetime.now(UTC)

    def boot(self) -> float:
        """Return seconds since boot, suspended time included."""
        if sys.platform == "win32":
            # GetTickCount64, or the performance counter from Python 3.13 on: both go on in sleep.
            return time.monotonic()
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def running(self) -> float:
        """Return seconds since boot, suspended time left out."""
        if sys.platform == "win32":
            from agent.backends.win32api import own

            return own.unbiased_seconds()
        return time.monotonic()
