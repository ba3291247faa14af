"""Being told before the machine sleeps, and holding it awake until the screen is covered.

Two small programs of systemd's do the talking: one holds a delay lock, one reports logind's signal.
No D-Bus library stays in the service's memory for it.
"""

import contextlib
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from typing import Literal

Moment = Literal["before", "after"]
_SIGNAL = re.compile(r"PrepareForSleep \((true|false),?\)")
_HOLD = (
    "systemd-inhibit",
    "--what=sleep",
    "--mode=delay",
    "--who=Gatepost",
    "--why=The screen is covered first",
    "cat",
)
"""Held until the pipe to `cat` closes, also when the service is killed: the dead hold no laptop awake."""
_LISTEN = (
    "gdbus",
    "monitor",
    "--system",
    "--dest",
    "org.freedesktop.login1",
    "--object-path",
    "/org/freedesktop/login1",
)


def parse_moment(line: str) -> Moment | None:
    """Return which side of sleep a line of `gdbus monitor` reports, or None for any other line."""
    found = _SIGNAL.search(line)
    if not found:
        return None
    return "before" if found.group(1) == "true" else "after"


class SleepWatch:
    """Calls back around sleep where logind runs."""

    def __init__(self, hold: tuple[str, ...] = _HOLD, listen: tuple[str, ...] = _LISTEN) -> None:
        self._hold_command = hold
        self._listen_command = listen
        self._held: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()

    def start(self, on_sleep: Callable[[Moment], None]) -> bool:
        """Start listening; False where a program for it is missing."""
        if not all(shutil.which(command[0]) for command in (self._hold_command, self._listen_command)):
            return False
        try:
            listener = subprocess.Popen(
                self._listen_command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError:
            return False
        self._hold()
        threading.Thread(target=self._listen, args=(listener, on_sleep), name="sleep", daemon=True).start()
        return True

    def _listen(self, listener: subprocess.Popen[str], on_sleep: Callable[[Moment], None]) -> None:
        with listener:
            for line in listener.stdout or ():
                moment = parse_moment(line)
                if moment:
                    on_sleep(moment)
                if moment == "after":
                    self._hold()

    def _hold(self) -> None:
        with self._guard, contextlib.suppress(OSError):
            if self._held is None:
                self._held = subprocess.Popen(
                    self._hold_command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                threading.Thread(
                    target=self._collect, args=(self._held,), name="sleep-hold", daemon=True
                ).start()

    def _collect(self, held: subprocess.Popen[bytes]) -> None:
        """Take leave of a holder that ended by itself (no system bus), so that no dead child stands about."""
        held.wait()
        if held.stdin is not None:
            held.stdin.close()
        with self._guard:
            if self._held is held:
                self._held = None

    def allow(self) -> None:
        """Let the machine sleep."""
        with self._guard:
            held, self._held = self._held, None
        if held is not None:
            held.terminate()
            held.wait()
