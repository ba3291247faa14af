"""Descriptors that one thread waits for, on every system.

Linux waits for anything. Windows waits for sockets only, so there every descriptor of ours *is* one: pipes
and the ends of processes are pumped into a local pair by small threads.
"""

import contextlib
import os
import queue
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterable

CONNECT_SECONDS = 5.0
PAIR_BYTES = 212_992
"""What a Unix socket on Linux holds by default."""
SPARE_PAIRS = 16
_STRANGERS = 16
"""So many wrong callers on our loopback port are turned away before we give up."""
NO_SIGNAL = 0
"""For `send`: an end that has gone is an error, never a signal. Windows knows no such signal."""
if sys.platform != "win32":
    NO_SIGNAL = socket.MSG_NOSIGNAL


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return two sockets that are each other's ends, blocking, inherited by no child; raises OSError."""
    if sys.platform == "win32":
        return loopback_pair()
    return socket.socketpair()


def loopback_pair() -> tuple[socket.socket, socket.socket]:
    """
    Return a pair over 127.0.0.1, for a system without a better one; raises OSError.

    Any local program may connect to the port meanwhile, so each end is asked who is at the other, and a
    stranger is turned away (CPython's own `socketpair` did not ask before CVE-2024-3219).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        if sys.platform == "win32":
            # Else another program may take the very same port beside us.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        # Both ends get these from here: else each side would hold megabytes for an end that does not read.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PAIR_BYTES)
        listening.bind(("127.0.0.1", 0))
        listening.listen(_STRANGERS)
        listening.settimeout(CONNECT_SECONDS)
        ours = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PAIR_BYTES)
            ours.settimeout(CONNECT_SECONDS)
            ours.connect(listening.getsockname())
            theirs = _the_one_accepted(listening, ours)
        except BaseException:
            ours.close()
            raise
    for end in (ours, theirs):
        end.settimeout(None)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PAIR_BYTES)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ours, theirs


class SparePairs:
    """Some pairs kept for when a program has taken every port of this machine. Any thread may take one."""

    def __init__(self, make: Callable[[], tuple[socket.socket, socket.socket]] = socket_pair) -> None:
        self._make = make
        self._kept: queue.SimpleQueue[tuple[socket.socket, socket.socket]] = queue.SimpleQueue()

    def fill(self) -> None:
        """Keep SPARE_PAIRS of them, as far as that can be done; never fails."""
        with contextlib.suppress(OSError):
            while self._kept.qsize() < SPARE_PAIRS:
                self._kept.put(self._make())

    def take(self) -> tuple[socket.socket, socket.socket]:
        """Return a new pair, where none can be made one of those that were kept; raises OSError."""
        try:
            return self._make()
        except OSError:
            with contextlib.suppress(queue.Empty):
                return self._kept.get_nowait()
            raise


def _the_one_accepted(listening: socket.socket, ours: socket.socket) -> socket.socket:
    for _ in range(_STRANGERS):
        accepted, caller = listening.accept()
        if is_our_pair(caller, ours.getsockname(), ours.getpeername(), accepted.getsockname()):
            return accepted
        accepted.close()
    raise OSError("strangers keep taking the place of our own end on loopback")


def is_our_pair(caller: object, our_name: object, our_peer: object, their_name: object) -> bool:
    """Say whether the caller that was accepted is our own end, and ours is connected to theirs. Pure."""
    return caller == our_name and our_peer == their_name


def close_waitable(descriptor: int) -> None:
    """Close a descriptor that was waited for; does nothing if it is closed already."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            socket.close(descriptor)
        else:
            os.close(descriptor)


def wait(readers: Iterable[int], writers: Iterable[int], seconds: float) -> tuple[list[int], list[int]]:
    """Return which descriptors are ready to be read and written, after at most so many seconds."""
    reading, writing = list(readers), list(writers)
    if sys.platform == "win32" and not reading and not writing:
        # There, a wait for nothing is an error instead of a rest.
        rest(seconds)
        return [], []
    ready, writable, _ = select.select(reading, writing, [], seconds)
    return ready, writable


def rest(seconds: float) -> None:
    """Do nothing for a while; a signal does not end it early."""
    if sys.platform == "win32":
        threading.Event().wait(seconds)
    else:
        select.select([], [], [], seconds)


class Waker:
    """Something another thread pulls to wake the one that waits; many pulls are one."""

    def __init__(self) -> None:
        self._pipe: tuple[int, int] | None = None
        self._pair: tuple[socket.socket, socket.socket] | None = None
        if sys.platform == "win32":
            self._pair = socket_pair()
            for end in self._pair:
                end.setblocking(False)
        else:
            self._pipe = os.pipe()
            for descriptor in self._pipe:
                os.set_blocking(descriptor, False)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable; -1 once closed."""
        if self._pipe is not None:
            return self._pipe[0]
        return self._pair[0].fileno() if self._pair is not None else -1

    def wake(self) -> None:
        """Wake whoever waits. From any thread; never waits and never fails."""
        pipe, pair = self._pipe, self._pair  # another thread may be closing us
        with contextlib.suppress(OSError):
            if pipe is not None:
                os.write(pipe[1], b"\0")
            elif pair is not None:
                pair[1].send(b"\0", NO_SIGNAL)

    def drain(self) -> bool:
        """Say whether it was pulled since the last call; never waits."""
        try:
            if self._pipe is not None:
                return bool(os.read(self._pipe[0], 4096))
            return self._pair is not None and bool(self._pair[0].recv(4096))
        except OSError:
            return False

    def close(self) -> None:
        """Let go of both ends."""
        pipe, self._pipe = self._pipe, None
        pair, self._pair = self._pair, None
        for descriptor in pipe or ():
            os.close(descriptor)
        for end in pair or ():
            end.close()
