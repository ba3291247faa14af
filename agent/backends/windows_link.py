"""The session's link on Windows: a pipe for one process of one user, and nobody else.

Both ends check the other before a word is believed. The service accepts only the process it started itself,
whose handle it holds, so that its number cannot have passed to another; whoever else opens the pipe is thrown
out and told of. The session believes only a pipe that SYSTEM or an administrator owns.
"""

import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from agent.backends import windows_pumps
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import (
    ABORTED,
    SESSION_PREFIX,
    TRUSTED_OWNERS,
    Caller,
    ClientEnd,
    Pipes,
    ServerEnd,
    on_windows,
    session_sddl,
)
from agent.errors import DeviceFailed

CONNECT_SECONDS = 60.0
"""The service gives up on a session that has not connected long before (CONNECT_WITHIN_SECONDS)."""
MOST_STRANGERS = 20
"""So many wrong callers end the link: the session is then started anew on another pipe."""
FIRST_WORD_SECONDS = 10.0
UNKNOWN = "whoever opened a session's link could not be identified"
REACH_SECONDS = 10.0


class Expected(NamedTuple):
    """Who alone may speak on a link."""

    pid: int
    session: int
    sid: str


class Seen(NamedTuple):
    """Who has opened it, as Windows says."""

    pid: int
    session: int
    sid: str


def decide_stranger(expected: Expected, seen: Seen, *, lives: bool) -> str:
    """Return what is wrong with whoever opened a session's link; empty if it is the one we started. Pure."""
    if not lives:
        return "the session had ended when somebody opened its link"
    if seen.sid != expected.sid:
        return "another user opened a session's link"
    if seen.session != expected.session:
        return "a process of another session opened a session's link"
    if seen.pid != expected.pid:
        return "another process than the session opened its link"
    return ""


def new_name() -> str:
    """Return a name nobody can have waited for."""
    return SESSION_PREFIX + secrets.token_hex(16)


class Lives(Protocol):
    """Says whether the process we hold still runs."""

    def __call__(self) -> bool:
        """Say so."""
        ...


class ServiceEnd:
    """The service's end, from the making of the pipe until its one caller has come."""

    def __init__(
        self,
        pipes: Pipes,
        sid: str,
        on_stranger: Callable[[str], None],
        *,
        name: str = "",
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        """Make the pipe; raises WinProblem, also when somebody has a pipe of that name already."""
        self.name = name or new_name()
        self._connect_seconds = connect_seconds
        self._end: ServerEnd = pipes.create(self.name, session_sddl(sid), is_first=True, most=1)
        self._on_stranger = on_stranger

    def close(self) -> None:
        """Give up."""
        self._end.close()

    def accept(self, expected: Expected, lives: Lives) -> socket.socket:
        """
        Return a socket at once; behind it, the expected caller is waited for and nobody else let in.

        It closes when that caller does not come in time, or too many strangers do. Raises DeviceFailed.
        """
        waits = _Waiting(self._end, expected, lives, self._on_stranger, self._connect_seconds)
        return windows_pumps.pump(waits, spare=windows_pumps.SPARE)


class _Waiting:
    """A pipe end whose first `read` waits for the right caller."""

    def __init__(
        self,
        end: ServerEnd,
        expected: Expected,
        lives: Lives,
        on_stranger: Callable[[str], None],
        connect_seconds: float,
    ) -> None:
        self._connect_seconds = connect_seconds
        self._end = end
        self._expected = expected
        self._lives = lives
        self._on_stranger = on_stranger
        self._admitted = threading.Event()
        self._over = threading.Event()

    def read(self, seconds: float | None = None) -> bytes:
        """Return what the admitted caller says; b"" when nobody is admitted or it is gone."""
        if self._admitted.is_set():
            return self._end.read(seconds)
        first = self._admit()
        if first:
            self._admitted.set()
        else:
            self.close()
        return first

    def write(self, data: bytes, seconds: float) -> None:
        """Say something to the admitted caller, once it is there."""
        until = time.monotonic() + self._connect_seconds + FIRST_WORD_SECONDS
        while not self._admitted.wait(0.1):
            if self._over.is_set() or time.monotonic() > until:
                raise WinProblem("WriteFile", ABORTED)
        self._end.write(data, seconds)

    def close(self) -> None:
        """Let go."""
        self._over.set()
        self._end.close()

    def _admit(self) -> bytes:
        """Return the first words of the expected caller; b"" if it never came."""
        until = time.monotonic() + self._connect_seconds
        for _ in range(MOST_STRANGERS):
            left = until - time.monotonic()
            if left <= 0:
                return b""
            try:
                self._end.wait_for_client(left)
            except WinProblem as problem:
                if problem.code == ABORTED:
                    return b""
                self._throw_out()  # it came and went
                continue
            first = self._check_caller(until - time.monotonic())
            if first:
                return first
            if self._over.is_set():
                return b""
            self._throw_out()
        self._on_stranger("too many strangers on a session's link")
        return b""

    def _throw_out(self) -> None:
        with suppress(WinProblem):
            self._end.disconnect()

    def _check_caller(self, seconds: float) -> bytes:
        """
        Return its first words if it is the expected one; else say what was wrong, and return b"".

        The right process may take its time: a slow laptop loads a desktop's libraries before it speaks.
        """
        try:
            seen = Seen(self._end.client_pid(), self._end.client_session(), self._expected.sid)
        except WinProblem:
            return self._refuse(UNKNOWN)
        wrong = decide_stranger(self._expected, seen, lives=self._lives())
        if wrong:
            return self._refuse(wrong)
        try:
            first = self._end.read(max(0.0, seconds))
        except WinProblem:
            return b""  # it never spoke, or we are closing
        if not first:
            return b""
        try:
            seen = seen._replace(sid=self._end.client().sid)
        except WinProblem:
            return self._refuse(UNKNOWN)
        wrong = decide_stranger(self._expected, seen, lives=self._lives())
        return self._refuse(wrong) if wrong else first

    def _refuse(self, wrong: str) -> bytes:
        if not self._over.is_set():
            self._on_stranger(wrong)
        return b""


def identify(end: ServerEnd) -> tuple[Caller, bytes]:
    """
    Return whose token the caller has and its first words, which both sides of our links say first.

    Asked after the first words are read, because some versions of Windows do not know before. Raises
    WinProblem: whoever cannot be identified is refused.
    """
    first = end.read(FIRST_WORD_SECONDS)
    if not first:
        raise WinProblem("ReadFile", ABORTED)
    return end.client(), first


def is_trusted(end: ClientEnd) -> bool:
    """Say whether a pipe was made by SYSTEM or an administrator: nobody else can give it such an owner."""
    return end.owner() in TRUSTED_OWNERS


def connect_to_service(
    name: str, pipes: Pipes | None = None, seconds: float = REACH_SECONDS
) -> socket.socket:
    """Return the session's end of its link; raises DeviceFailed if it is not the service's."""
    if not name.startswith(SESSION_PREFIX):
        raise DeviceFailed("that is no session's link")
    end = (pipes or real_pipes()).open(name, seconds)
    try:
        trusted = is_trusted(end)
    except WinProblem:
        end.close()
        raise
    if not trusted:
        end.close()
        raise DeviceFailed("another program than the service made this pipe")
    return windows_pumps.pump(end)


def real_pipes() -> Pipes:
    """Return the slice that calls Windows."""
    found: Pipes | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import pipes

        found = pipes
    return on_windows(found)
