"""ClamAV as the scanner: our own clamd where it is installed, else clamscan."""

import sys

assert sys.platform == "linux"

from pathlib import Path

from agent.backends import clamd, scan_sample, signatures
from agent.backends.checker import CheckerSeen, Started
from agent.backends.clamd import Clamd
from agent.errors import DeviceFailed
from policies.settings import ScanSettings


class ClamChecker:
    """Keeps the contract of `checker.Checker`."""

    def __init__(self, daemon: Clamd) -> None:
        self._daemon = daemon

    @property
    def signatures_folder(self) -> str:
        """Where its signatures are."""
        return str(self._daemon.signatures)

    def look(self) -> CheckerSeen:
        """Return how it stands, without starting it."""
        name = "clamd" if self._daemon.is_installed() else "clamscan" if clamd.program("clamscan") else ""
        return CheckerSeen(name, signatures.read_folder(self._daemon.signatures))

    def start(self, limits: ScanSettings) -> Started:
        """Have clamd running; where it is not to be had, clamscan will do."""
        if self._daemon.is_installed():
            try:
                self._daemon.start(limits)
                return Started("clamd", str(self._daemon.socket))
            except DeviceFailed:
                self._daemon.stop()
        program = clamd.program("clamscan")
        if program is None:
            raise DeviceFailed("clamd did not come up, and there is no clamscan")
        return Started("clamscan", "", program)

    def try_sample(self, folder: Path, started: Started) -> None:
        """Have the test virus found by the scanner that checks sticks."""
        scan_sample.try_sample(
            folder, socket=started.socket, program=started.program, signatures=self.signatures_folder
        )

    def stop(self) -> None:
        """Give its memory back."""
        self._daemon.stop()
