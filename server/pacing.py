"""How often one caller may speak: a bucket of words that fills again by the second. Of this process alone."""

import threading
import time
from collections.abc import Callable

MOST_CALLERS = 20_000


class Pace:
    """One bucket per caller: `at_once` words, then `per_second`."""

    def __init__(self, per_second: float, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._at_once = float(at_once)
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def let(self, caller: str) -> bool:
        """Count one word of this caller; say whether it is taken."""
        now = self._clock()
        with self._lock:
            if len(self._left) > MOST_CALLERS:
                full = self._at_once / self._per_second
                self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < full}
            left, at = self._left.get(caller, (self._at_once, now))
            left = min(self._at_once, left + (now - at) * self._per_second)
            taken = left >= 1
            self._left[caller] = (left - 1 if taken else left, now)
            return taken
