"""The scanner as the service sees it: is it there, how old are its signatures, and has it been idle too long.

Signatures beyond the policy's age, or of unknown age, check nothing (R31). clamd runs only around a check:
with the official signatures it needs more than a gigabyte.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from agent.backends.checker import Checker, CheckerSeen, Started
from agent.backends.signatures import Signatures
from agent.errors import DeviceFailed
from policies.media import ScannerState, ShutReason
from policies.settings import ScanSettings

IDLE_SECONDS = 300.0
FUTURE_HOURS = 24
DEFENDER = "defender"
"""As the scanner of Windows is called in records."""


class Health(NamedTuple):
    """How the scanner stands."""

    scanner: str
    state: ScannerState
    signatures_at: datetime | None
    why: str = ""
    """More than the state says, for a technician."""

    @property
    def reason(self) -> ShutReason | None:
        """Return why nothing can be checked now, or None."""
        if self.state == "ready":
            return None
        return "stale-signatures" if self.state in ("stale", "unknown-age") else "no-scanner"


def decide_health(scanner: str, found: Signatures | None, limits: ScanSettings, now: datetime) -> Health:
    """
    Return how a scanner with these signatures stands. Pure.

    A build time in the future is as good as none: the clock or the file is wrong, and either hides an age.
    """
    if not scanner or found is None:
        return Health(scanner, "missing", None)
    built_at = found.built_at
    if built_at is None or built_at > now + timedelta(hours=FUTURE_HOURS):
        return Health(scanner, "unknown-age", None)
    old = now - built_at > timedelta(hours=limits.signatures_max_age_hours)
    return Health(scanner, "stale" if old else "ready", built_at)


class Ready(NamedTuple):
    """A scanner that may be used now."""

    health: Health
    socket: str
    """Of clamd; empty: run `program`."""
    program: str
    signatures: str


class Scanner:
    """Finds, starts and stops the scanner. Called in worker threads only."""

    def __init__(self, checker: Checker, now: Callable[[], datetime]) -> None:
        self._checker = checker
        self._now = now
        self._lock = threading.Lock()

    def health(self, limits: ScanSettings) -> Health:
        """Return how it stands, without starting it. *Slow.*"""
        return self._decide(self._checker.look(), limits)

    def _decide(self, seen: CheckerSeen, limits: ScanSettings) -> Health:
        return decide_health(seen.name, seen.signatures, limits, self._now())._replace(why=seen.why)

    def make_ready(self, limits: ScanSettings) -> Ready:
        """Have a scanner with fresh signatures; what keeps it from checking stands in its health. *Slow.*"""
        return self._start(limits)[0]

    def _start(self, limits: ScanSettings) -> tuple[Ready, Started | None]:
        health = self.health(limits)
        folder = self._checker.signatures_folder
        if health.state != "ready":
            return Ready(health, "", "", folder), None
        try:
            with self._lock:
                started = self._checker.start(limits)
        except DeviceFailed as problem:
            return Ready(health._replace(state="broken", why=str(problem)), "", "", folder), None
        return Ready(health._replace(scanner=started.name), started.socket, started.program, folder), started

    def try_sample(self, limits: ScanSettings, folder: Path) -> Health:
        """
        Have the test virus found in `folder`, by the scanner that checks sticks; return how it stands.

        Raises DeviceFailed if it stands well and yet does not find it. *Slow.*
        """
        ready, started = self._start(limits)
        if started is not None:
            self._checker.try_sample(folder, started)
        return ready.health

    def stop(self) -> None:
        """Give its memory back. *Slow.*"""
        with self._lock:
            self._checker.stop()
