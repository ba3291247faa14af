"""What the service manager tells our service of sessions and sleep, passed on to whoever listens.

The service's control handler calls `session_changed` and `power`; tests do so too, for Wine sends neither.
The numbers are Windows' own (winuser.h). A listener that fails is logged and stops nobody.
"""

import logging
import threading
from collections.abc import Callable
from typing import Literal, NamedTuple

log = logging.getLogger(__name__)

SessionKind = Literal[
    "console-connect",
    "console-disconnect",
    "remote-connect",
    "remote-disconnect",
    "logon",
    "logoff",
    "lock",
    "unlock",
]
SESSION_KINDS: dict[int, SessionKind] = {
    1: "console-connect",
    2: "console-disconnect",
    3: "remote-connect",
    4: "remote-disconnect",
    5: "logon",
    6: "logoff",
    7: "lock",
    8: "unlock",
}
"""WTS_CONSOLE_CONNECT … WTS_SESSION_UNLOCK; the rest says nothing to us."""
Moment = Literal["before", "after"]
POWER_MOMENTS: dict[int, Moment] = {4: "before", 7: "after", 0x12: "after"}
"""PBT_APMSUSPEND, PBT_APMRESUMESUSPEND, PBT_APMRESUMEAUTOMATIC."""


class SessionChange(NamedTuple):
    """Something happened to one session."""

    kind: SessionKind
    session: int


class Hub:
    """Passes on what happens. Any thread may call it; listeners are called in the thread that tells."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._session: list[Callable[[SessionChange], None]] = []
        self._power: list[Callable[[Moment], None]] = []

    def on_session(self, listener: Callable[[SessionChange], None]) -> None:
        """Have every change of a session told to this listener."""
        with self._guard:
            self._session.append(listener)

    def on_power(self, listener: Callable[[Moment], None]) -> None:
        """Have sleep told to this listener; before sleep it may hold the machine for a moment."""
        with self._guard:
            self._power.append(listener)

    def forget(self, listener: object) -> None:
        """Tell this listener nothing more."""
        with self._guard:
            self._session = [each for each in self._session if each is not listener]
            self._power = [each for each in self._power if each is not listener]

    def session_changed(self, event: int, session: int) -> None:
        """Say that Windows told of this session (WTS_… number); never raises."""
        kind = SESSION_KINDS.get(event)
        if kind is None:
            return
        with self._guard:
            listeners = list(self._session)
        for listener in listeners:
            try:
                listener(SessionChange(kind, session))
            except Exception:
                log.exception("a session change was not taken")

    def power(self, event: int) -> None:
        """Say that Windows told of sleep (PBT_… number); returns when the machine may sleep, never raises."""
        moment = POWER_MOMENTS.get(event)
        if moment is None:
            return
        with self._guard:
            listeners = list(self._power)
        for listener in listeners:
            try:
                listener(moment)
            except Exception:
                log.exception("sleep was not taken")


HUB = Hub()
"""The one that the service's control handler tells."""
