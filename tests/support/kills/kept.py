"""A process that is started again the moment it dies, and that a test may kill whenever it likes."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from installer import processes

AGAIN_SECONDS = 0.1


class Kept:
    """One supervised process, as systemd keeps it with `Restart=always`."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self.starts = 0
        self._command = list(command)
        self._wanted = True
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name=f"keep {name}", daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int | None:
        """Return the running process, or None between two."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _keep(self) -> None:
        # The thread that starts the process lives as long as it is wanted: death signals hang on threads.
        while self._wanted:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                    start_new_session=True,
                )  # fmt: skip
            self.starts += 1
            self._process.wait()
            time.sleep(AGAIN_SECONDS)

    def kill(self) -> bool:
        """Kill it with signal 9; False if there is nothing to kill just now."""
        pid = self.pid
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def stop(self) -> None:
        """Let it end properly and start it no more."""
        self._wanted = False
        processes.stop(self._process)
        self._keeper.join(5)


def kill_one(pids: Sequence[int], chance: random.Random) -> bool:
    """Kill one of these processes with signal 9; False if there is none."""
    if not pids:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(list(pids)), signal.SIGKILL)
        return True
    return False
