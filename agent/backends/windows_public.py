"""The public door on Windows: a named pipe where every local program may speak, and who it is that does.

Callers that have not said a word yet are few for each session, so that nobody can take all places. Whoever
cannot be identified is refused.
"""

import logging
import queue
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from agent.backends import waiting, windows_link, windows_pumps
from agent.backends.public_door import Peer
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_pipes import (
    ABORTED,
    PUBLIC_NAME,
    SERVICE_NAME,
    Caller,
    ClientEnd,
    Pipes,
    ServerEnd,
    public_sddl,
)
from agent.errors import DeviceFailed

log = logging.getLogger(__name__)

MOST_INSTANCES: Final = 200
MOST_SILENT_OF_A_SESSION = 8
AGAIN_AFTER_SECONDS = 1.0

UidOf = Callable[[str], int]
ServicePid = Callable[[], int | None]


class WindowsListener:
    """The public pipe. Threads of its own wait for callers and ask Windows who they are."""

    def __init__(
        self,
        name: str,
        pipes: Pipes,
        uid_of_sid: UidOf,
        again_after_seconds: float = AGAIN_AFTER_SECONDS,
    ) -> None:
        """Listen; raises DeviceFailed, also when another program has taken the name."""
        self._name, self._pipes, self._uid_of_sid = name, pipes, uid_of_sid
        self._again_after_seconds = again_after_seconds
        self._known: queue.SimpleQueue[tuple[socket.socket, Peer]] = queue.SimpleQueue()
        self._silent: Counter[int] = Counter()
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._waker = waiting.Waker()
        try:
            self._waiting = self._make(is_first=True)
        except WinProblem as problem:
            self._waker.close()
            if problem.code == ACCESS_DENIED:
                raise DeviceFailed(f"another program has taken {name}; end it, or restart") from problem
            raise
        threading.Thread(target=self._serve, name="public-pipe", daemon=True).start()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when somebody has called; -1 once closed."""
        return self._waker.fileno()

    def accept(self) -> tuple[socket.socket, Peer] | None:
        """Return the next caller, or None."""
        self._waker.drain()
        try:
            found = self._known.get_nowait()
        except queue.Empty:
            return None
        if not self._known.empty():
            self._waker.wake()
        return found

    def close(self) -> None:
        """Hear no more callers."""
        self._closing.set()
        with self._guard:
            self._waiting.close()
        while (left := self.accept()) is not None:
            left[0].close()
        self._waker.close()

    # ---- threads of our own ----

    def _make(self, *, is_first: bool) -> ServerEnd:
        return self._pipes.create(self._name, public_sddl(), is_first=is_first, most=MOST_INSTANCES)

    def _serve(self) -> None:
        """Keep one instance waiting at all times: without any, another program could take the name."""
        while not self._closing.is_set():
            end = self._waiting
            try:
                end.wait_for_client()
            except WinProblem as problem:
                if problem.code == ABORTED and self._closing.is_set():
                    return
                following = self._next()  # before this one goes
                end.close()
            else:
                following = self._next()
                threading.Thread(target=self._admit, args=(end,), name="public-caller", daemon=True).start()
            if following is None:
                return
            with self._guard:
                self._waiting = following
                if self._closing.is_set():
                    following.close()

    def _next(self) -> ServerEnd | None:
        """Return the next instance, tried until there is one; None when we are closing."""
        told = False
        while not self._closing.is_set():
            try:
                return self._make(is_first=False)
            except WinProblem as problem:
                if not told:
                    log.error("no further instance of the public pipe", extra={"problem": str(problem)})
                told = True
                self._closing.wait(self._again_after_seconds)
        return None

    def _admit(self, end: ServerEnd) -> None:
        try:
            session = end.client_session()
            with self._guard:
                full = self._silent[session] >= MOST_SILENT_OF_A_SESSION
                self._silent[session] += not full
            if full:
                raise DeviceFailed("too many callers of one session say nothing")
            try:
                pid = end.client_pid()
                caller, first = windows_link.identify(end)
                peer = Peer(pid, uid_of_caller(caller, self._uid_of_sid))
            finally:
                with self._guard:
                    self._silent[session] -= 1
            sock = windows_pumps.pump(end, first)
        except DeviceFailed as problem:
            end.close()
            log.warning("a caller was refused", extra={"problem": str(problem)})
            return
        self._known.put((sock, peer))
        self._waker.wake()
        if self._closing.is_set():
            sock.close()


def uid_of_caller(caller: Caller, uid_of_sid: UidOf) -> int:
    """Return a caller's uid: 0 for an administrator who has raised their rights, as for root. Pure."""
    return 0 if caller.is_elevated else uid_of_sid(caller.sid)


def listen(name: str = PUBLIC_NAME) -> WindowsListener:
    """Listen where every local program may speak; raises DeviceFailed."""
    from agent.backends.windows_accounts import uid_of_sid

    return WindowsListener(name, windows_link.real_pipes(), uid_of_sid)


def connect(
    name: str,
    timeout_seconds: float,
    pipes: Pipes | None = None,
    service_pid: ServicePid | None = None,
) -> socket.socket:
    """
    Return a socket to the service, with this timeout set; raises DeviceFailed.

    A pipe that another program made in the service's place is not spoken to: neither its questions nor its
    answers would be worth anything.
    """
    end = (pipes or windows_link.real_pipes()).open(name, timeout_seconds)
    try:
        wrong = why_not_the_service(end, name, service_pid or _pid_of_service)
    except WinProblem:
        end.close()
        raise
    if wrong:
        end.close()
        raise DeviceFailed(wrong)
    sock = windows_pumps.pump(end)
    sock.settimeout(timeout_seconds)
    return sock


def why_not_the_service(end: ClientEnd, name: str, service_pid: ServicePid) -> str:
    """Return why this pipe is not the service's, or nothing; raises WinProblem."""
    if not windows_link.is_trusted(end):
        return "another program than the service made this pipe"
    known = service_pid() if name == PUBLIC_NAME else None
    if known is not None and end.server_pid() != known:
        return "another process than the service answers on its pipe"
    return ""


def _pid_of_service() -> int | None:
    """Return the process of the installed service, or None where none runs: then the owner alone counts."""
    found: int | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import services

        with suppress(WinProblem):  # not installed, or we may not ask
            found = services.pid_of(SERVICE_NAME) or None
    return found
