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
from typing import Final, Protocol

from agent.backends import waiting, windows_link, windows_pumps
from agent.backends.public_door import Peer
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_accounts import is_person, uid_of_sid
from agent.backends.windows_pipes import (
    ABORTED,
    PIPE_BUSY,
    PUBLIC_NAME,
    SERVICE_NAME,
    Caller,
    ClientEnd,
    Pipes,
    ServerEnd,
    on_windows,
    public_sddl,
)
from agent.errors import DeviceFailed

log = logging.getLogger(__name__)

MOST_INSTANCES: Final = 200
MOST_SILENT_OF_A_SESSION = 8
AGAIN_AFTER_SECONDS = 1.0
AFTER_A_FAILURE_SECONDS = 0.05
CLOSED_WITHIN_SECONDS = 2.0

_TAKEN = (ACCESS_DENIED, PIPE_BUSY)
"""What Windows says where another program has our name; the second if that one allows no more instances."""

UidOf = Callable[[str], int]
ServicePid = Callable[[], int | None]
EndProcess = Callable[[int], None]
"""Ends the process with this pid, if it is not the system's own; raises DeviceFailed."""


class WindowsListener:
    """The public pipe. Threads of its own wait for callers and ask Windows who they are."""

    def __init__(
        self,
        name: str,
        pipes: Pipes,
        uid_of_sid: UidOf,
        again_after_seconds: float = AGAIN_AFTER_SECONDS,
        end_process: EndProcess | None = None,
    ) -> None:
        """
        Listen. Where another program has taken the name, listen as soon as it is free again.

        Raises WinProblem. end_process: ends a program that has taken the name.
        """
        self._name, self._pipes, self._uid_of_sid = name, pipes, uid_of_sid
        self._again_after_seconds = again_after_seconds
        self._end_process = end_process
        self._known: queue.SimpleQueue[tuple[socket.socket, Peer]] = queue.SimpleQueue()
        self._silent: Counter[int] = Counter()
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._waiting: ServerEnd | None = None
        self._fault: Exception | None = None
        self._waker = waiting.Waker()
        try:
            self._waiting = self._make(is_first=True)
        except WinProblem as problem:
            if problem.code not in _TAKEN:
                self._waker.close()
                raise
        self._serving = threading.Thread(target=self._serve, name="public-pipe", daemon=True)
        self._serving.start()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when somebody has called; -1 once closed."""
        return self._waker.fileno()

    def accept(self) -> tuple[socket.socket, Peer] | None:
        """Return the next caller, or None; raises what nobody expected in the thread that waits for them."""
        self._waker.drain()
        if self._fault is not None:
            raise self._fault
        return self._take()

    def _take(self) -> tuple[socket.socket, Peer] | None:
        try:
            found = self._known.get_nowait()
        except queue.Empty:
            return None
        if not self._known.empty():
            self._waker.wake()
        return found

    def close(self) -> None:
        """Hear no more callers. The name is free when this returns, unless Windows takes very long."""
        self._closing.set()
        with self._guard:
            if self._waiting is not None:
                self._waiting.close()
        self._serving.join(CLOSED_WITHIN_SECONDS)
        while (left := self._take()) is not None:
            left[0].close()
        self._waker.close()

    # ---- threads of our own ----

    def _make(self, *, is_first: bool) -> ServerEnd:
        return self._pipes.create(self._name, public_sddl(), is_first=is_first, most=MOST_INSTANCES)

    def _serve(self) -> None:
        """Serve until closed. A fault is told where we are heard: nobody would mind a door that is deaf."""
        try:
            self._keep_waiting()
        except Exception as problem:
            self._fault = problem
            self._waker.wake()

    def _keep_waiting(self) -> None:
        """Keep one instance waiting at all times: without any, another program could take the name."""
        following = self._waiting or self._take_name()
        while following is not None:
            end = following
            with self._guard:
                self._waiting = end
                if self._closing.is_set():
                    end.close()
            try:
                end.wait_for_client()
            except WinProblem as problem:
                if problem.code == ABORTED and self._closing.is_set():
                    return
                following = self._next()  # before this one goes
                end.close()
                self._closing.wait(AFTER_A_FAILURE_SECONDS)
            else:
                following = self._next()
                self._admit_beside(end)

    def _admit_beside(self, end: ServerEnd) -> None:
        try:
            threading.Thread(target=self._admit, args=(end,), name="public-caller", daemon=True).start()
        except RuntimeError:  # no memory for another thread: this caller may come again
            log.warning("no thread for a caller")
            end.close()

    def _take_name(self) -> ServerEnd | None:
        """Get our name back from whoever has it; None when we are closing."""
        log.error("another program has taken the name of our pipe", extra={"pipe": self._name})
        told = ""
        while not self._closing.is_set():
            try:
                return self._make(is_first=True)
            except WinProblem:
                problem = self._evict()
            if problem != told:
                log.error("the program that has our name cannot be ended", extra={"problem": problem})
                told = problem
            self._closing.wait(self._again_after_seconds)
        return None

    def _evict(self) -> str:
        """End the program that holds our name, if it is a pupil's; return why that cannot be done."""
        try:
            end = self._pipes.open(self._name, 0.0)
        except WinProblem as problem:
            return str(problem)
        try:
            if windows_link.is_trusted(end):
                return "it is an administrator's, or an older service that is just ending"
            if self._end_process is None:
                return "it may not be ended here"
            self._end_process(end.server_pid())
        except DeviceFailed as problem:
            return str(problem)
        finally:
            end.close()
        return ""

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
        except (DeviceFailed, ValueError) as problem:  # ValueError: a SID of a kind that we do not know
            end.close()
            # Not louder: any program may make it happen as often as it likes.
            log.info("a caller was refused", extra={"problem": str(problem)})
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
    return WindowsListener(name, windows_link.real_pipes(), uid_of_sid, end_process=end_stranger)


class ProcessCalls(Protocol):
    """What it takes to end a process: part of the slice `win32api.processes`."""

    def open_process(self, pid: int) -> int:
        """Return a handle that may end it; raises WinProblem."""
        ...

    def sid_of(self, handle: int) -> str:
        """Return the SID of its user; raises WinProblem."""
        ...

    def terminate(self, handle: int, code: int) -> None:
        """End it; raises WinProblem."""
        ...

    def close(self, handle: int) -> None:
        """Let go of a handle; raises WinProblem."""
        ...


def end_stranger(pid: int, calls: ProcessCalls | None = None) -> None:
    """End a process that has taken our name; raises DeviceFailed, also for one of the system's own."""
    found = calls
    if sys.platform == "win32":
        from agent.backends.win32api import processes

        found = calls or processes
    real = on_windows(found)
    handle = real.open_process(pid)
    try:
        # Whoever made the pipe may have ended, and its number may be anybody's by now.
        if not is_person(real.sid_of(handle)):
            raise DeviceFailed("a program of the system itself has our name")
        real.terminate(handle, 1)
    finally:
        real.close(handle)


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
