"""A window's process where pipes cannot be waited for: two small threads copy its answers and its pages.

What the session sees is a socket. It becomes readable with every answer, and at the end; the end comes after
the last answer, however the window ended.
"""

import contextlib
import os
import queue
import socket
import subprocess
import threading
import time

from agent.backends import waiting
from agent.errors import DeviceFailed

MOST_WAITING_BYTES = 1024 * 1024
"""So much may lie ready for a window that does not read; more is not taken."""
MAX_LINE_BYTES = 64 * 1024
_READ_BYTES = 65536
_GO_SECONDS = 1.0
_LAST_WORDS_SECONDS = 1.0
"""So long after its end a window's answers are waited for: something it started may hold its pipe open."""


class PumpedChild:
    """One running window. Both of its pipes must be unbuffered."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is None or process.stdin is None:
            raise DeviceFailed("a window without a way to answer")
        try:
            self._answers, theirs = waiting.socket_pair()
        except OSError as problem:
            process.kill()
            raise DeviceFailed("no local pair of sockets for a window") from problem
        self._answers.setblocking(False)
        self.pid = process.pid
        self._process = process
        self._rest = b""
        self._ended_at: float | None = None
        self._pages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._waiting_bytes = 0
        self._takes = True
        for name, job in (
            ("window-in", self._copy_pages),
            ("window-out", lambda: self._copy_answers(theirs)),
        ):
            threading.Thread(target=job, name=name, daemon=True).start()

    def fileno(self) -> int:
        """Return the descriptor of its answers; -1 once closed."""
        return self._answers.fileno()

    def take_lines(self) -> tuple[list[bytes], bool]:
        """
        Return the whole lines it wrote since, and whether it has closed its end or ended.

        A line beyond MAX_LINE_BYTES counts as closed: our own window never writes one.
        """
        over = self._is_long_over()  # before its words are taken: the last of them may come meanwhile
        closed = False
        try:
            while not closed and len(self._rest) <= MAX_LINE_BYTES:
                piece = self._answers.recv(_READ_BYTES)
                closed = not piece
                self._rest += piece
        except BlockingIOError:
            pass
        except OSError:
            closed = True
        *lines, self._rest = self._rest.split(b"\n")
        return lines, over or closed or len(self._rest) > MAX_LINE_BYTES

    def say(self, page: bytes) -> bool:
        """Hand it a page, the first or one that replaces it; False if it does not take it."""
        line = page + b"\n"
        with self._guard:
            if not self._takes or self._waiting_bytes + len(line) > MOST_WAITING_BYTES:
                return False
            self._waiting_bytes += len(line)
        self._pages.put(line)
        return True

    def close(self) -> None:
        """End it, whatever it does. Its pipes are closed by the threads that use them, once it is gone."""
        with self._guard:
            self._takes = False
        self._pages.put(None)
        self._process.terminate()
        try:
            self._process.wait(_GO_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def _is_long_over(self) -> bool:
        if self._process.poll() is None:
            return False
        now = time.monotonic()
        self._ended_at = now if self._ended_at is None else self._ended_at
        return now - self._ended_at > _LAST_WORDS_SECONDS

    # ---- the two threads ----

    def _copy_pages(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:
            while (line := self._pages.get()) is not None:
                view = memoryview(line)
                while view:
                    view = view[os.write(pipe.fileno(), view) :]
                with self._guard:
                    self._waiting_bytes -= len(line)
        with self._guard:
            self._takes = False

    def _copy_answers(self, theirs: socket.socket) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError), theirs, self._process.stdout as pipe:
            while piece := os.read(pipe.fileno(), _READ_BYTES):
                theirs.sendall(piece)
