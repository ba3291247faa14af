"""Windows are children: pages on stdin, answers on stdout, then they are gone with their 200 MiB.

When our end of its stdin closes, the window goes: none outlives its session.
"""

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.backends import own_process
from agent.backends.pumped_child import PumpedChild
from agent.errors import DeviceFailed

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)
PIPE_BYTES = 1024 * 1024
MAX_LINE_BYTES = 64 * 1024
"""A whole report, in the widest script."""
_READ_BYTES = 65536
_GO_SECONDS = 1.0


class WindowChild:
    """One running window."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is None or process.stdin is None:
            raise DeviceFailed("a window without a way to answer")
        self.pid = process.pid
        self._process = process
        self._pipe = process.stdout
        self._pages = process.stdin
        self._rest = b""
        if sys.platform == "linux":
            os.set_blocking(self._pipe.fileno(), False)
            # Room for the largest page: a window that was stopped must not stop the session with it.
            fcntl.fcntl(self._pages.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            os.set_blocking(self._pages.fileno(), False)

    def fileno(self) -> int:
        """Return the descriptor of its answers."""
        return self._pipe.fileno()

    def take_lines(self) -> tuple[list[bytes], bool]:
        """
        Return the whole lines it wrote since, and whether it has closed its end or ended.

        A line beyond MAX_LINE_BYTES counts as closed: our own window never writes one.
        """
        # Looked at first: what it says between our reading and its end would be lost after that.
        ended = self._process.poll() is not None
        closed = False
        with contextlib.suppress(BlockingIOError):
            while not closed:
                piece = os.read(self._pipe.fileno(), _READ_BYTES)
                closed = not piece
                self._rest += piece
                if len(self._rest) > MAX_LINE_BYTES:
                    break
        *lines, self._rest = self._rest.split(b"\n")
        return lines, ended or closed or len(self._rest) > MAX_LINE_BYTES

    def say(self, page: bytes) -> bool:
        """Hand it a page, the first or one that replaces it; False if it does not take it."""
        line = page + b"\n"
        try:
            return os.write(self._pages.fileno(), line) == len(line)
        except OSError:
            return False

    def close(self) -> None:
        """End it, whatever it does."""
        self._pages.close()
        self._process.terminate()
        try:
            self._process.wait(_GO_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pipe.close()


class Starter:
    """Starts windows, each with the arguments that hold for all of them on this machine."""

    def __init__(self, common: Sequence[str] = ()) -> None:
        self._common = tuple(common)

    def __call__(self, page: bytes, arguments: Sequence[str] = ()) -> WindowChild | PumpedChild:
        """Start `agent window ARGUMENTS` with this page on its stdin; raises DeviceFailed."""
        command = own_process.agent_command("window", *self._common, *arguments)
        try:
            window = _started(command)
        except OSError as problem:
            raise DeviceFailed("a window could not be started") from problem
        if not window.say(page):
            log.warning("a window did not take its page")
        return window


def _started(command: list[str]) -> WindowChild | PumpedChild:
    pipe = subprocess.PIPE
    if sys.platform == "win32":
        # Unbuffered, as two threads share them; and never with a black console window beside ours.
        return PumpedChild(
            subprocess.Popen(
                command,
                bufsize=0,
                stdin=pipe,
                stdout=pipe,
                cwd=Path(sys.executable).parent,
                creationflags=subprocess.CREATE_NO_WINDOW,
            )
        )
    return WindowChild(subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd="/"))
