"""Who is logged in on Windows: its sessions, and shells that somebody opened from afar.

A login is a session. The process that ends with it is the session's `winlogon.exe`, the system's own: a pupil
can neither end nor copy it. On Windows a process knows who started it only by a number that is soon given
away, so whatever runs in a session counts as below that one process, and nothing else.
"""

import threading
from collections.abc import Iterable

from agent.backends.device import Anchor, LoginSeen, Seat
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_accounts import SYSTEM_SID, Accounts, is_person, uid_of_sid
from agent.backends.windows_processes import Processes
from agent.backends.windows_slices import ProcessRow, SessionCalls, SessionRow
from agent.errors import DeviceFailed

LEADER = "winlogon.exe"
SERVICES_SESSION = 0
_REMOTE_DOORS = ("sshd.exe", "sshd-session.exe")
"""OpenSSH's, before and since its version 9.8."""
_MOST_SESSION_DIGITS = 5


def parse_display(display: str) -> int | None:
    """Return the session that `:N` names, or None. Pure."""
    number = display.removeprefix(":")
    plain = display.startswith(":") and number.isascii() and number.isdigit()
    return int(number) if plain and len(number) <= _MOST_SESSION_DIGITS else None


def session_of_seat(sessions: SessionCalls, seat: Seat) -> int:
    """
    Return the session a seat stands for; DeviceFailed if it is not that user's.

    The number comes from the pupil's own hook: Windows is asked whose session it is.
    """
    number = parse_display(seat.display)
    if number is None or number == SERVICES_SESSION:
        raise DeviceFailed("this seat names no session")
    sid = sid_in_session(sessions, number)
    if not sid or uid_of_sid(sid) != seat.uid:
        raise DeviceFailed("this session is another user's")
    return number


def sid_in_session(sessions: SessionCalls, number: int) -> str:
    """Return the SID of who is logged in there; empty where nobody is."""
    return next((row.sid for row in sessions.listed() if row.session == number), "")


def find_remote(rows: Iterable[ProcessRow]) -> list[ProcessRow]:
    """
    Return the processes below OpenSSH's door in the session of services: the candidates for a remote login.

    Pure; whose they are and whether the door is the system's own is asked afterwards.
    """
    by_pid = {row.pid: row for row in rows}
    return [
        row
        for row in by_pid.values()
        if row.session == SERVICES_SESSION
        and (parent := by_pid.get(row.parent)) is not None
        and parent.name.casefold() in _REMOTE_DOORS
    ]


class Logins:
    """Looks who is there. Any thread may ask."""

    def __init__(self, sessions: SessionCalls, processes: Processes, accounts: Accounts) -> None:
        self._sessions = sessions
        self._processes = processes
        self._accounts = accounts
        self._leaders: dict[int, Anchor] = {}
        self._guard = threading.Lock()

    def look(self) -> list[LoginSeen]:
        """Return every login of a person, each with the living process that ends with it."""
        found = []
        rows = self._processes.listed()
        for session in self._sessions.listed():
            seen = self._in_session(session, rows)
            if seen is not None:
                found.append(seen)
        return [*found, *self._from_afar(rows)]

    def _in_session(self, session: SessionRow, rows: list[ProcessRow]) -> LoginSeen | None:
        if not session.user or not session.sid or not is_person(session.sid):
            return None
        leader = self.leader_of(session.session, rows)
        if leader is None:
            return None  # it has just ended, or just begins: the next look tells
        account = self._accounts.by_sid(session.sid)
        if account is None:
            return None
        key = f"session-{session.session}-{leader.started:x}"
        return LoginSeen(key, account.uid, account.name, "other", leader)

    def _from_afar(self, rows: list[ProcessRow]) -> Iterable[LoginSeen]:
        for row in find_remote(rows):
            owner, door = self._processes.look(row.pid), self._processes.look(row.parent)
            if owner is None or door is None or door.sid != SYSTEM_SID or not is_person(owner.sid):
                continue
            account = self._accounts.by_sid(owner.sid)
            if account is not None and door.anchor.started <= owner.anchor.started:
                yield LoginSeen(f"ssh-{row.pid}", account.uid, account.name, "ssh", owner.anchor)

    # ---- the process that stands for a session ----

    def leader_of(self, session: int, rows: list[ProcessRow] | None = None) -> Anchor | None:
        """Return the process that ends with this session, or None where there is none."""
        if session == SERVICES_SESSION:
            return None
        with self._guard:
            known = self._leaders.get(session)
        if known is not None and self._processes.is_alive(known):
            return known
        found = None
        for row in self._processes.listed() if rows is None else rows:
            if row.session != session or row.name.casefold() != LEADER:
                continue
            process = self._processes.look(row.pid)
            # Anybody may call a program so; only the system runs one in its own name.
            if process is not None and process.sid == SYSTEM_SID:
                found = process.anchor
                break
        with self._guard:
            if found is None:
                self._leaders.pop(session, None)
            else:
                self._leaders[session] = found
        return found

    def session_led_by(self, pid: int) -> int | None:
        """Return the session whose leader has this pid, or None."""
        with self._guard:
            known = dict(self._leaders)
        for session, leader in known.items():
            if leader.pid == pid and self._processes.is_alive(leader):  # its number may be another's by now
                return session
        try:
            session = self._processes.session_of(pid)
        except WinProblem:
            return None
        leader_now = self.leader_of(session)
        return session if leader_now is not None and leader_now.pid == pid else None

    def ancestors(self, pid: int) -> tuple[Anchor, ...]:
        """Return its session's leader, or in the session of services who really started it."""
        try:
            session = self._processes.session_of(pid)
        except WinProblem:
            return ()
        if session == SERVICES_SESSION:
            return self._processes.parents(pid)
        leader = self.leader_of(session)
        return () if leader is None or leader.pid == pid else (leader,)

    def uid_of(self, pid: int) -> int | None:
        """Return whose process this is; a session's leader is its user's, for it stands for the login."""
        session = self.session_led_by(pid)
        if session is not None:
            try:
                sid = sid_in_session(self._sessions, session)
            except WinProblem:
                return None
            return uid_of_sid(sid) if sid else 0
        process = self._processes.look(pid)
        return uid_of_sid(process.sid) if process is not None and process.sid else None
