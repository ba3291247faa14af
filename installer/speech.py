"""How the installer talks to the person at the terminal."""

import sys
import time


def say(line: str = "") -> None:
    """Print one line now, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Say on stderr what is being done, beside what a command answers."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Stopwatch:
    """Seconds since it was made, for people."""

    def __init__(self) -> None:
        self._from = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds so far."""
        return time.monotonic() - self._from

    def __str__(self) -> str:
        return f"{self.seconds():.1f} s"
