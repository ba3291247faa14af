"""Processes of Windows: who they are, whose, and how a login's are ended.

A process is known by its pid *and* when it was made. While we hold a handle its pid is given to no other, so
everything that matters is asked of a handle, and the handle is checked first.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from agent.backends.device import Anchor
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_accounts import uid_of_sid
from agent.backends.windows_slices import ProcessCalls, ProcessRow, SessionCalls
from agent.errors import DeviceFailed

log = logging.getLogger(__name__)

KILLED = 0xFFFFFFF7
"""How a process that we ended says it ended: -9 as Windows writes it."""
SIGN_OUT_SECONDS = 4.0
"""So long Windows' own sign-out may take by itself before we end what still runs."""
GIVE_UP_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 0.2
_MOST_PARENTS = 32


class Process(NamedTuple):
    """One living process."""

    anchor: Anchor
    sid: str
    """Of its user; empty where Windows does not let us ask."""


class Plan(NamedTuple):
    """What ends when a user's processes are ended."""

    sessions: tuple[int, ...]
    """To be signed out."""
    processes: tuple[ProcessRow, ...]
    """To be ended one by one: in those sessions, and outside every login."""


def status_of(code: int | None) -> int | None:
    """Return an exit code as the service reads it: a kill of ours, or a crash, is negative. Pure."""
    if code is None or code < 0x80000000:
        return code
    return code - 0x100000000


class Processes:
    """Asks Windows about processes."""

    def __init__(self, calls: ProcessCalls) -> None:
        self._calls = calls

    def listed(self) -> list[ProcessRow]:
        """Return every process there is."""
        return self._calls.listed()

    def session_of(self, pid: int) -> int:
        """Return the session a process runs in; WinProblem if it is gone."""
        return self._calls.session_of(pid)

    @contextlib.contextmanager
    def _open(self, opener: Callable[[int], int], pid: int) -> Iterator[int]:
        handle = opener(pid)
        try:
            yield handle
        finally:
            self.close(handle)

    def look(self, pid: int) -> Process | None:
        """Return a living process, or None."""
        try:
            with self._open(self._calls.open_to_look, pid) as handle:
                anchor = Anchor(pid, self._calls.created_at(handle))
                try:
                    sid = self._calls.sid_of(handle)
                except WinProblem:
                    sid = ""
        except WinProblem:
            return None
        return Process(anchor, sid) if self._runs(anchor) else None

    def anchor(self, pid: int) -> Anchor | None:
        """Return the process with this pid now, or None."""
        process = self.look(pid)
        return process.anchor if process is not None else None

    def is_alive(self, anchor: Anchor) -> bool:
        """Say whether that very process still runs."""
        return self._runs(anchor)

    def _runs(self, anchor: Anchor) -> bool:
        """Say whether it is the one that was meant, and has not ended: an ended one keeps its pid a while."""
        try:
            with self._open(self._calls.open_to_look, anchor.pid) as handle:
                return self._is_it(handle, anchor)
        except WinProblem:
            return False

    def _is_it(self, handle: int, anchor: Anchor) -> bool:
        return self._calls.created_at(handle) == anchor.started and self._calls.exit_code(handle) is None

    def hold(self, anchor: Anchor, *, to_end: bool = False) -> int | None:
        """Return a handle to that very, living process, or None; whoever asks closes it."""
        try:
            handle = (self._calls.open_process if to_end else self._calls.open_to_look)(anchor.pid)
        except WinProblem:
            return None
        with contextlib.suppress(WinProblem):
            if self._is_it(handle, anchor):
                return handle
        self.close(handle)
        return None

    def close(self, handle: int) -> None:
        """Let go of a handle; one that is no longer ours is no problem."""
        with contextlib.suppress(WinProblem):
            self._calls.close(handle)

    def parents(self, pid: int) -> tuple[Anchor, ...]:
        """Return who started a process, nearest first, as far as it can be believed."""
        by_pid = {row.pid: row for row in self._calls.listed()}
        found: list[Anchor] = []
        row, below = by_pid.get(pid), self.anchor(pid)
        while row is not None and below is not None and len(found) < _MOST_PARENTS:
            above = self.anchor(row.parent)
            # The number of an ended parent is given to others; whoever is younger started nobody.
            if above is None or above.started > below.started or above in found:
                break
            found.append(above)
            row, below = by_pid.get(above.pid), above
        return tuple(found)

    def end(self, anchor: Anchor) -> None:
        """End that very process; one that has ended is no error."""
        handle = self.hold(anchor, to_end=True)
        if handle is None:
            return
        try:
            self._calls.terminate(handle, KILLED)
        except WinProblem as problem:
            log.info("a process could not be ended", extra={"code": problem.code})
        finally:
            self.close(handle)


def decide_whom_to_end(
    rows: Sequence[ProcessRow],
    uid: int,
    kept: set[int],
    kept_sessions: set[int],
    user_sessions: set[int],
    uid_of: Callable[[int], int | None],
) -> Plan:
    """
    Return which sessions of this user are signed out, and which processes ended.

    `user_sessions` are those where this user is logged in. One with a kept process stays, with all that
    runs in it: Windows ties what is below what to the session only. Of the others every process of this
    user's ends; so does one among the services (session 0), unless it is kept itself. Pure but for `uid_of`.
    """
    sessions = tuple(sorted(user_sessions - kept_sessions))
    chosen = tuple(
        row
        for row in rows
        if row.session not in kept_sessions and row.pid not in kept and uid_of(row.pid) == uid
    )
    return Plan(sessions, chosen)


class Ending:
    """Ends what a user runs: Windows' own sign-out first, then process by process."""

    def __init__(
        self,
        sessions: SessionCalls,
        processes: Processes,
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sessions = sessions
        self._processes = processes
        self._clock = clock
        self._rest = rest

    def end_processes(self, uid: int, keep: Sequence[Anchor]) -> int:
        """
        End all this user runs in sessions without a kept process; return how many processes there were.

        Raises DeviceFailed when some remain after GIVE_UP_SECONDS, and for uid 0.
        """
        if uid == 0:
            raise DeviceFailed("refused to end the processes of the system")
        begun = self._clock()
        seen: set[Anchor] = set()
        asked: dict[int, float] = {}
        while True:
            plan = self._plan(uid, keep)
            now = self._clock()
            for session in plan.sessions:
                if session not in asked:
                    asked[session] = now
                    self._sign_out(session)
            left = 0
            for row in plan.processes:
                anchor = self._processes.anchor(row.pid)
                if anchor is None:
                    continue
                left += 1
                seen.add(anchor)
                if now - asked.get(row.session, begun - SIGN_OUT_SECONDS) >= SIGN_OUT_SECONDS:
                    self._processes.end(anchor)
            if not left and not plan.sessions:
                return len(seen)
            if now - begun > GIVE_UP_SECONDS:
                raise DeviceFailed(f"{left} processes of uid {uid} would not end")
            self._rest(LOOK_AGAIN_SECONDS)

    def _sign_out(self, session: int) -> None:
        try:
            self._sessions.logoff(session)
        except WinProblem as problem:
            # It may have ended this moment; else its processes are ended one by one.
            log.info("a session was not signed out", extra={"session": session, "code": problem.code})

    def _plan(self, uid: int, keep: Sequence[Anchor]) -> Plan:
        kept = [anchor for anchor in keep if self._processes.is_alive(anchor)]
        kept_sessions = set()
        for anchor in kept:
            with contextlib.suppress(WinProblem):
                kept_sessions.add(self._processes.session_of(anchor.pid))
        kept_sessions.discard(0)
        user_sessions = {
            row.session for row in self._sessions.listed() if row.sid and uid_of_sid(row.sid) == uid
        }
        return decide_whom_to_end(
            self._processes.listed(),
            uid,
            {anchor.pid for anchor in kept},
            kept_sessions,
            user_sessions,
            self._uid_of,
        )

    def _uid_of(self, pid: int) -> int | None:
        process = self._processes.look(pid)
        if process is None or not process.sid:
            return None
        try:
            return uid_of_sid(process.sid)
        except ValueError:
            return None
