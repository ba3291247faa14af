"""Pipes and the ends of processes, made into sockets: the only thing Windows can wait for with `select`.

Each pump is two small threads that copy bytes and decide nothing. When one side ends, the other is closed.
"""

import socket
import sys
import threading
from contextlib import suppress
from typing import Protocol

from agent.backends import waiting
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import PipeEnd, on_windows
from agent.errors import DeviceFailed

PIECE_BYTES = 64 * 1024
FOR_EVER = 0xFFFFFFFF
"""INFINITE, in milliseconds."""
TAKEN_WITHIN_SECONDS = 60.0
"""Whoever reads nothing for this long is let go; the loops at both ends read all the time."""


SPARE = waiting.SparePairs()
"""
For sessions and locks, never for callers; the service fills it.

A pupil's program may take every port there is, and without one of these no screen would be locked then.
"""


def pump(end: PipeEnd, already: bytes = b"", *, spare: waiting.SparePairs | None = None) -> socket.socket:
    """
    Return a socket that stands for this pipe; from now on the pipe belongs to it.

    already: what was read from the pipe before. Raises DeviceFailed; the pipe is closed then.
    """
    try:
        ours, theirs = waiting.socket_pair() if spare is None else spare.take()
    except OSError as problem:
        end.close()
        raise DeviceFailed("no local pair of sockets for a pipe") from problem
    reading = threading.Thread(target=_pipe_to_socket, args=(end, ours, already), name="pipe-in", daemon=True)
    writing = threading.Thread(
        target=_socket_to_pipe, args=(end, ours, reading), name="pipe-out", daemon=True
    )
    try:
        reading.start()
        writing.start()
    except RuntimeError as problem:  # no memory for another thread
        end.close()
        theirs.close()
        if reading.ident is not None:
            reading.join()  # what it waited for is closed
        ours.close()
        raise DeviceFailed("no thread for a pipe") from problem
    return theirs


def _pipe_to_socket(end: PipeEnd, sock: socket.socket, already: bytes) -> None:
    try:
        data = already or end.read()
        while data:
            sock.sendall(data)
            data = end.read()
    except (OSError, WinProblem):
        pass
    # The other direction may still have words to deliver; it ends by itself when its side is closed.
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)


def _socket_to_pipe(end: PipeEnd, sock: socket.socket, reading: threading.Thread) -> None:
    try:
        while data := sock.recv(PIECE_BYTES):
            end.write(data, TAKEN_WITHIN_SECONDS)
    except (OSError, WinProblem):
        pass
    end.close()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    reading.join()  # only then: a descriptor closed under another thread may be somebody else's already
    sock.close()


class Waits(Protocol):
    """What it takes to wait for the end of a process: part of the slice `win32api.processes`."""

    def duplicate(self, handle: int) -> int:
        """Return a handle of our own to the same process; raises WinProblem."""
        ...

    def wait(self, handle: int, milliseconds: int) -> bool:
        """Say whether it has ended, after so long at most; raises WinProblem."""
        ...

    def close(self, handle: int) -> None:
        """Let go of a handle; raises WinProblem."""
        ...


def ended_waitable(process: int, waits: Waits | None = None) -> int:
    """
    Return a descriptor that becomes readable when this process ends; closed by `waiting.close_waitable`.

    process: a HANDLE with SYNCHRONIZE; it stays the caller's. Raises DeviceFailed.
    """
    waits = waits or _real_waits()
    handle = waits.duplicate(process)
    try:
        ours, theirs = SPARE.take()
    except OSError as problem:
        waits.close(handle)
        raise DeviceFailed("no local pair of sockets for the end of a process") from problem

    def run() -> None:
        # A process nobody can wait for counts as ended: what follows looks for itself.
        with suppress(WinProblem):
            while not waits.wait(handle, FOR_EVER):
                pass
        with suppress(WinProblem):
            waits.close(handle)
        ours.close()

    try:
        threading.Thread(target=run, name="process-end", daemon=True).start()
    except RuntimeError as problem:
        waits.close(handle)
        ours.close()
        theirs.close()
        raise DeviceFailed("no thread for the end of a process") from problem
    return theirs.detach()


def _real_waits() -> Waits:
    found: Waits | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import processes

        found = processes
    return on_windows(found)
