"""Whether another program fights for the front: a look just after we came back would always find us there.

Whoever puts a window above the cover a hundred times a second is seen nearly all the time, though each of our
looks, which puts it beneath first, finds the screen covered. Pure.
"""

from collections import deque

WITHIN_SECONDS = 3.0
ONE_SECONDS = 0.25
"""What lies above at several looks in so short a time has come once: a program opens its windows, a menu."""
TIMES = 5
CONTESTED = "another program comes in front of the cover again and again"


class Contest:
    """How often something lay above the cover lately."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=TIMES)

    def found_above(self, now: float) -> None:
        """Something lay above or in the cover when we looked, before we came back."""
        if not self._times or now - self._times[-1] >= ONE_SECONDS:
            self._times.append(now)

    def is_on(self, now: float) -> bool:
        """Say whether the cover does not hold, whatever a look just finds."""
        return len(self._times) == TIMES and now - self._times[0] <= WITHIN_SECONDS

    def over(self) -> None:
        """The cover has gone: what was is no news of the next one."""
        self._times.clear()
