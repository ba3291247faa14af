"""Whether a session of Windows is locked, as Windows itself says it, never as a process of the pupil's does.

Asked for directly where Windows answers, else what it told last of locking and unlocking.
"""

import threading

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_events import HUB, Hub, SessionChange
from agent.backends.windows_slices import LockState, SessionCalls

_TELLING: dict[str, LockState] = {"lock": "locked", "unlock": "unlocked"}
_FORGETTING = ("logon", "logoff")
"""A session's number may be given to another login; the one before says nothing of it."""


class Locks:
    """Knows each session's state. Any thread may ask."""

    def __init__(self, sessions: SessionCalls, hub: Hub = HUB) -> None:
        self._sessions = sessions
        self._told: dict[int, LockState] = {}
        self._guard = threading.Lock()
        hub.on_session(self._heard)

    def _heard(self, change: SessionChange) -> None:
        with self._guard:
            if change.kind in _FORGETTING:
                self._told.pop(change.session, None)
            elif change.kind in _TELLING:
                self._told[change.session] = _TELLING[change.kind]

    def state(self, session: int) -> LockState:
        """Return whether this session is locked."""
        try:
            said = self._sessions.lock_state(session)
        except WinProblem:
            said = "unknown"
        if said == "unknown":
            with self._guard:
                said = self._told.get(session, "unknown")
        return "locked" if said != "locked" and self._is_away(session) else said

    def _is_away(self, session: int) -> bool:
        """Say whether its user has switched away: no screen shows it, and coming back asks for a sign-in."""
        try:
            rows = self._sessions.listed()
        except WinProblem:
            return False
        return any(row.session == session and row.state == "disconnected" for row in rows)
