"""Keep one program running, as systemd would: its log in a file, started again when it dies."""

import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from installer import processes
from installer.errors import InstallerError

QUICK_SECONDS = 3.0
"""A start that ends sooner than this has failed."""
MOST_QUICK = 4
"""So many failed starts in a row, and we say so instead of going on."""


class Service:
    """A supervised program. `stop` ends it for good; anything else that ends it starts it again."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._wanted = False
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self.starts = 0
        self.gave_up = False

    @property
    def pid(self) -> int | None:
        """Return the running process, or None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it and keep it running."""
        self._wanted = True
        self.gave_up = False
        self._spawn()
        self._keeper = threading.Thread(target=self._keep, name=f"keep {self.name}", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End it, and start it no more; does nothing if it does not run."""
        with self._lock:
            self._wanted = False
        processes.stop(self._process)
        if self._keeper is not None:
            self._keeper.join(5)

    def require(self) -> None:
        """Raise InstallerError, with the end of its log, if it no longer runs or never did."""
        if self.gave_up or (self._wanted and self._process is None):
            raise InstallerError(f"The {self.name} does not stay up:\n{processes.tail(self.log)}")

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        self.starts += 1

    def _keep(self) -> None:
        quick = 0
        while True:
            started = time.monotonic()
            process = self._process
            assert process is not None
            process.wait()
            quick = quick + 1 if time.monotonic() - started < QUICK_SECONDS else 0
            if quick >= MOST_QUICK:
                self.gave_up = True
                return
            if quick:
                time.sleep(0.5)
            with self._lock:
                if not self._wanted:
                    return
                self._spawn()
