"""The door to the program that finds viruses on this machine: what it is, how fresh, and does it find any?

Nothing here decides. The names are told to technicians as they are: `clamd`, `clamscan`, `defender`.
"""

import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from agent.backends.signatures import Signatures
from agent.errors import DeviceFailed
from agent.paths import Config
from policies.settings import ScanSettings


class CheckerSeen(NamedTuple):
    """How the scanner stands, before it is started."""

    name: str
    """Empty: there is none."""
    signatures: Signatures | None
    """None: there are none, or it cannot check anything."""
    why: str = ""
    """What keeps it from checking, for a technician, where more can be said than that it is missing."""


class Started(NamedTuple):
    """A scanner that may be used now."""

    name: str
    socket: str = ""
    """Of clamd; empty: the program is run."""
    program: str = ""


class Checker(Protocol):
    """What the service asks of the scanner. *Slow* throughout."""

    @property
    def signatures_folder(self) -> str:
        """Where its signatures are; empty where nobody else needs to know."""
        ...

    def look(self) -> CheckerSeen:
        """Return how it stands, without starting it."""
        ...

    def start(self, limits: ScanSettings) -> Started:
        """Have it ready; raises DeviceFailed if it cannot be."""
        ...

    def try_sample(self, folder: Path, started: Started) -> None:
        """Have the test virus found in a new folder below this one; raises DeviceFailed if it is not."""
        ...

    def stop(self) -> None:
        """Give back what it takes."""
        ...


def choose(config: Config) -> Checker:
    """Return this system's scanner; raises DeviceFailed on a system that we do not know."""
    if sys.platform == "win32":
        from agent.backends.windows_checker import choose_defender

        return choose_defender()
    if sys.platform == "linux":
        from agent.backends.clam_checker import ClamChecker
        from agent.backends.clamd import Clamd

        return ClamChecker(Clamd(config.run / "clamd"))
    raise DeviceFailed(f"no virus scanner is known for {sys.platform}")
