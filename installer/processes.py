"""Start and stop what the demo and the tests need; wait for facts, with a bound."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from installer.errors import InstallerError

Found = TypeVar("Found")
STOP_SECONDS = 10.0


class NotInTime(InstallerError):
    """What was waited for did not come. The message says what and how long."""


def wait_for(what: str, look: Callable[[], Found | None], seconds: float, *, every: float = 0.1) -> Found:
    """Call `look` until it returns something true, and return that; NotInTime after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= until:
            raise NotInTime(f"{what}: not within {seconds:g} s")
        time.sleep(every)


def stop(process: subprocess.Popen[bytes] | None, *, seconds: float = STOP_SECONDS) -> None:
    """Ask a process to end, make it after `seconds`, and reap it."""
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def start_ticks(pid: int) -> int | None:
    """Return when a living process started, in clock ticks after boot; None if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def pids_where(wanted: Callable[[int], bool]) -> list[int]:
    """Return the living processes for which `wanted(pid)` holds."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and start_ticks(int(entry.name)) is not None:
            with contextlib.suppress(OSError):
                if wanted(int(entry.name)):
                    found.append(int(entry.name))
    return found


def end_all(wanted: Callable[[int], bool], *, seconds: float = 5.0) -> None:
    """End all processes for which `wanted(pid)` holds: asked first, then made to."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
        for pid in pids_where(wanted):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        with contextlib.suppress(NotInTime):
            wait_for("processes end", lambda: not pids_where(wanted), patience)
            return
    raise InstallerError(f"These processes would not end: {pids_where(wanted)}")


def uid_of(pid: int) -> int:
    """Return the real uid of a process; OSError if it is gone."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    raise OSError(f"no uid for {pid}")


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log for an error message, or nothing."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
