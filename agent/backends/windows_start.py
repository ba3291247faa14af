"""Starting our programs in a user's session, and knowing how they ended.

Their environment is the machine's, with a few names of the user's: a variable that a pupil has set for
themselves reaches no program of ours. Other programs of the same user may look at them but not touch them.
"""

import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, NamedTuple, Protocol

from agent.backends import own_process, waiting, windows_link, windows_pumps
from agent.backends.device import Anchor, Child
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_link import Expected, ServiceEnd
from agent.backends.windows_pipes import Pipes, is_sid, on_windows
from agent.errors import DeviceFailed

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)

KILLED = 137
"""How a program ends that we killed; never 0, which from a lock means that it was opened."""
OF_THE_USER = (
    "APPDATA", "CLIENTNAME", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "LOGONSERVER", "SESSIONNAME", "TEMP",
    "TMP", "USERDOMAIN", "USERDOMAIN_ROAMINGPROFILE", "USERNAME", "USERPROFILE",
)  # fmt: skip
LOOK_AND_WAIT = 0x00101000
"""SYNCHRONIZE and PROCESS_QUERY_LIMITED_INFORMATION."""


class Started(NamedTuple):
    """A program that was started; whoever has this closes its handles."""

    pid: int
    process: int
    job: int
    """0: none."""


class StartCalls(Protocol):
    """The slice `win32api.start`."""

    def user_sid(self, session: int) -> str:
        """Return the SID of whoever is logged in in this session; raises WinProblem."""
        ...

    def environments(self, session: int) -> tuple[dict[str, str], dict[str, str]]:
        """Return the machine's environment and the user's; raises WinProblem."""
        ...

    def start_in_session(
        self,
        session: int,
        command: Sequence[str],
        environment: Mapping[str, str],
        guard: str,
        *,
        dies_with_us: bool,
    ) -> Started:
        """Start a program there; raises WinProblem."""
        ...

    def end_job(self, job: int, code: int) -> None:
        """End every process of a job; raises WinProblem."""
        ...


class HandleCalls(windows_pumps.Waits, Protocol):
    """What we ask of a process we hold: part of the slice `win32api.processes`."""

    def created_at(self, handle: int) -> int:
        """Return when it was made; raises WinProblem."""
        ...

    def exit_code(self, handle: int) -> int | None:
        """Return how it ended, or None while it runs; raises WinProblem."""
        ...

    def terminate(self, handle: int, code: int) -> None:
        """End it; raises WinProblem."""
        ...


def child_environment(machine: Mapping[str, str], user: Mapping[str, str]) -> dict[str, str]:
    """Return what a program of ours is given: the machine's variables, and of the user's a few. Pure."""
    names = {name.upper(): name for name in user}
    found = {name: value for name, value in machine.items() if name.upper() not in OF_THE_USER}
    return found | {name: user[names[name]] for name in OF_THE_USER if name in names}


def process_guard(sid: str) -> str:
    """Return who may do what with a program of ours that runs as this user. Pure."""
    if not is_sid(sid):
        raise ValueError("not a SID")
    return f"O:BAG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;{LOOK_AND_WAIT:#x};;;{sid})"


class Starter:
    """Starts programs in sessions and knows how they ended. Any thread may ask."""

    def __init__(
        self,
        uid_of_sid: Callable[[str], int],
        *,
        calls: StartCalls | None = None,
        handles: HandleCalls | None = None,
        pipes: Pipes | None = None,
        command: Callable[..., list[str]] = own_process.agent_command,
    ) -> None:
        self._command = command
        real_calls, real_handles = (calls, handles) if calls and handles else _real()
        self._calls: StartCalls = calls or real_calls
        self._handles: HandleCalls = handles or real_handles
        self._pipes = pipes or windows_link.real_pipes()
        self._uid_of_sid = uid_of_sid
        self._held: dict[int, Started] = {}
        self._guard = threading.Lock()
        self.on_stranger: Callable[[int, str], None] = lambda _uid, problem: log.warning(
            "a session's link was misused", extra={"problem": problem}
        )

    def start(self, session: int, uid: int, arguments: Sequence[str], *, dies_with_us: bool = False) -> Child:
        """Start `agent ARGUMENTS` in this user's session; raises DeviceFailed."""
        return self._start(session, self._sid(session, uid), arguments, dies_with_us=dies_with_us)

    def start_session(
        self, session: int, uid: int, arguments: Sequence[str] = ()
    ) -> "tuple[Child, socket.socket]":
        """Start `agent session`; return it and our end of its link, non-blocking. Raises DeviceFailed."""
        sid = self._sid(session, uid)
        end = ServiceEnd(self._pipes, sid, lambda problem: self.on_stranger(uid, problem))
        try:
            child = self._start(session, sid, ["session", "--pipe", end.name, *arguments], dies_with_us=True)
        except DeviceFailed:
            end.close()
            raise
        expected = Expected(child.anchor.pid, session, sid)
        try:
            sock = end.accept(expected, partial(self._lives, child.anchor.pid, self._held[child.anchor.pid]))
        except DeviceFailed:
            self.kill(child)
            self.reap(child)
            raise
        sock.setblocking(False)
        return child, sock

    def reap(self, child: Child) -> int | None:
        """Return how a child ended, or None while it runs; afterwards its descriptor is closed."""
        with self._guard:
            held = self._held.get(child.anchor.pid)
        if held is None:
            return None
        try:
            code = self._handles.exit_code(held.process)
        except WinProblem:
            code = KILLED  # a process that cannot be asked is none that we could still wait for
        if code is None:
            return None
        with self._guard:
            if self._held.get(child.anchor.pid) is not held:
                return None
            del self._held[child.anchor.pid]
        self._let_go(held)
        waiting.close_waitable(child.pidfd)
        return code

    def kill(self, child: Child) -> None:
        """Kill a child we started, and what it started; does nothing if it has ended."""
        with self._guard:
            held = self._held.get(child.anchor.pid)
        if held is None:
            return
        with suppress(WinProblem):
            if held.job:
                self._calls.end_job(held.job, KILLED)
        with suppress(WinProblem):
            if self._handles.exit_code(held.process) is None:
                self._handles.terminate(held.process, KILLED)

    def _sid(self, session: int, uid: int) -> str:
        sid = self._calls.user_sid(session)
        if self._uid_of_sid(sid) != uid or uid == 0:
            raise DeviceFailed("somebody else is logged in in that session now")
        return sid

    def _start(self, session: int, sid: str, arguments: Sequence[str], *, dies_with_us: bool) -> Child:
        command = self._command(*arguments)
        environment = child_environment(*self._calls.environments(session))
        started = self._calls.start_in_session(
            session, command, environment, process_guard(sid), dies_with_us=dies_with_us
        )
        try:
            anchor = Anchor(started.pid, self._handles.created_at(started.process))
            waitable = windows_pumps.ended_waitable(started.process, self._handles)
        except DeviceFailed:
            with suppress(WinProblem):
                self._handles.terminate(started.process, KILLED)
            self._let_go(started)
            raise
        with self._guard:
            # While we hold its handle, Windows gives its number to no other process.
            self._held[started.pid] = started
        return Child(anchor, waitable, PureWindowsPath(command[0]).name)

    def _lives(self, pid: int, started: Started) -> bool:
        """Say whether that very process still runs; a handle that was closed is never asked."""
        with self._guard:
            if self._held.get(pid) is not started:
                return False
            try:
                return self._handles.exit_code(started.process) is None
            except WinProblem:
                return False

    def _let_go(self, started: Started) -> None:
        for handle in (started.process, started.job):
            if handle:
                with suppress(WinProblem):
                    self._handles.close(handle)


def _real() -> tuple[StartCalls, HandleCalls]:
    found: tuple[StartCalls, HandleCalls] | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import processes, start

        found = start, processes
    return on_windows(found)
