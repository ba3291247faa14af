"""The scanner as the service sees it: is it there, how old are its signatures, and has it been idle too long.

Signatures beyond the policy's age, or of unknown age, check nothing (R31). clamd runs only around a check:
with the official signatures it needs more than a gigabyte.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from agent.backends import clamd, scan_sample, signatures
from agent.backends.clamd import Clamd
from agent.errors import DeviceFailed
from policies.media import ScannerState, ShutReason
from policies.settings import ScanSettings

IDLE_SECONDS = 300.0
FUTURE_HOURS = 24


class Health(NamedTuple):
    """How the scanner stands."""

    scanner: str
    state: ScannerState
    signatures_at: datetime | None

    @property
    def reason(self) -> ShutReason | None:
        """Return why nothing can be checked now, or None."""
        if self.state == "ready":
            return None
        return "stale-signatures" if self.state in ("stale", "unknown-age") else "no-scanner"


def decide_health(
    scanner: str, found: signatures.Signatures | None, limits: ScanSettings, now: datetime
) -> Health:
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

    def __init__(self, daemon: Clamd, now: Callable[[], datetime]) -> None:
        self._daemon = daemon
        self._now = now
        self._lock = threading.Lock()

    def health(self, limits: ScanSettings) -> Health:
        """Return how it stands, without starting it. *Slow.*"""
        name = "clamd" if self._daemon.is_installed() else "clamscan" if clamd.program("clamscan") else ""
        return decide_health(name, signatures.read_folder(self._daemon.signatures), limits, self._now())

    def make_ready(self, limits: ScanSettings) -> Ready:
        """Have a scanner with fresh signatures; raises DeviceFailed only if none can be had. *Slow.*"""
        health = self.health(limits)
        folder = str(self._daemon.signatures)
        if health.state != "ready":
            return Ready(health, "", "", folder)
        if self._daemon.is_installed():
            try:
                with self._lock:
                    self._daemon.start(limits)
                return Ready(health, str(self._daemon.socket), "", folder)
            except DeviceFailed:
                self._daemon.stop()
        program = clamd.program("clamscan")
        if program is None:
            return Ready(health._replace(state="broken"), "", "", folder)
        return Ready(health._replace(scanner="clamscan"), "", program, folder)

    def try_sample(self, limits: ScanSettings, folder: Path) -> Health:
        """
        Have the test virus found in `folder`, by the scanner that checks sticks; return how it stands.

        Raises DeviceFailed if it stands well and yet does not find it. *Slow.*
        """
        ready = self.make_ready(limits)
        if ready.health.state == "ready":
            scan_sample.try_sample(
                folder, socket=ready.socket, program=ready.program, signatures=ready.signatures
            )
        return ready.health

    def stop(self) -> None:
        """Give its memory back. *Slow.*"""
        with self._lock:
            self._daemon.stop()
