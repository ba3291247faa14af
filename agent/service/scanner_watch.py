"""How the scanner stands, kept when it changes; and its memory given back when nobody has needed it."""

import logging

from agent.errors import AgentError
from agent.service.ground import Ground
from agent.service.scanner import IDLE_SECONDS, Health, Scanner
from policies.records import ScannerSeen
from policies.settings import ScanSettings

log = logging.getLogger(__name__)


class ScannerWatch:
    """What is known of the scanner, without starting it."""

    def __init__(self, ground: Ground, scanner: Scanner) -> None:
        self._ground = ground
        self._scanner = scanner
        self._used_boot = 0.0
        self._kept: Health | None = None
        self.health = Health("", "missing", None)

    def look(self) -> None:
        """Have it looked at."""
        limits = self._ground.settings.usb.scan

        def then(result: Health | AgentError) -> None:
            if not isinstance(result, AgentError):
                self.know(result)

        self._ground.loop.work("scanner", lambda: self._scanner.health(limits), then)

    def know(self, health: Health) -> None:
        """Keep how it stands, if that is news (R31)."""
        self.health = health
        if health == self._kept:
            return
        self._kept = health
        self._ground.keep(
            ScannerSeen(
                at=self._ground.now(),
                scanner=health.scanner or "none",
                state=health.state,
                signatures_at=health.signatures_at,
            )
        )

    def used(self) -> None:
        """A check begins."""
        self._used_boot = self._ground.clock.boot()

    def needed(self) -> ScanSettings:
        """Return the limits to start it with: a stick is let in, whether or not it comes to a check."""
        self.used()
        return self._ground.settings.usb.scan

    def rest(self, *, is_checking: bool) -> None:
        """Give its memory back when it has not been needed for a while."""
        idle = self._ground.clock.boot() - self._used_boot
        if not self._used_boot or is_checking or idle <= IDLE_SECONDS:
            return
        self._used_boot = 0.0
        self._ground.loop.work("scanner-rest", self._scanner.stop, _log_problem)


def _log_problem(result: AgentError | None) -> None:
    if isinstance(result, AgentError):
        log.error("the scanner was not stopped", extra={"problem": str(result)})
