"""Time for the service: a wall clock that may lie, and a boot clock that only goes forward.

Durations and due times use the boot clock (it counts suspended time and never steps); only what is
written down uses the wall clock.
"""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What the service asks time of; tests hand in one they move by hand."""

    def now(self) -> datetime:
        """Return the wall time, aware UTC."""
        ...

    def boot(self) -> float:
        """Return seconds since boot, suspended time included."""
        ...

    def running(self) -> float:
        """Return seconds since boot, suspended time left out."""
        ...
