"""Taking back a lock that an adult ordered: the locker is ended, or logind has the desktop open its own."""

import sys

assert sys.platform == "linux"

import contextlib
import os
import signal
import subprocess

from agent.backends import linux_logins, linux_processes
from agent.backends.device import Anchor, Seat
from agent.errors import DeviceFailed

_ANSWER_SECONDS = 10.0


def end_locker(uid: int, locker: Anchor) -> None:
    """End this very process of this user, with its group; DeviceFailed if it is somebody else's."""
    pidfd = linux_processes.watch(locker)
    if pidfd is None:
        return
    try:
        process = linux_processes.read_process(locker.pid)
        if process is None or process.anchor != locker:
            return
        if process.uid != uid:
            raise DeviceFailed("the locker is not this login's process")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(locker.pid) == locker.pid:
                os.killpg(locker.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    finally:
        os.close(pidfd)


def unlock_by_logind(seat: Seat) -> None:
    """Have the desktop's own locker open this session; DeviceFailed where logind would not."""
    session = seat.environment.get("XDG_SESSION_ID", "")
    if not session.isalnum() or linux_logins.session_uid(session) != seat.uid:
        raise DeviceFailed("logind does not know this login's session")
    try:
        subprocess.run(
            ["/usr/bin/loginctl", "unlock-session", session],
            check=True,
            timeout=_ANSWER_SECONDS,
            capture_output=True,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise DeviceFailed("logind would not open the session") from problem
