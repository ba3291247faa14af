"""The sessions the service starts: alive, silent, lost, and started again, but not for ever."""

import itertools
import logging
from collections.abc import Callable
from typing import Literal

from agent.backends.device import Anchor
from agent.errors import DeviceFailed
from agent.link import messages
from agent.service.ground import Ground
from agent.service.login import Login, SessionProcess
from policies.records import LinkMisused, SessionLost

log = logging.getLogger(__name__)

CONNECT_WITHIN_SECONDS = 24.0
"""With the time between two looks at who is logged in, what never comes is noticed within 30 seconds."""
RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 600.0
LOOK_EVERY_SECONDS = 2.0


class Sessions:
    """One process per login. What a lost one means for the login is decided by `on_lost`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._numbers = itertools.count(1)
        self._by_number: dict[int, tuple[Login, SessionProcess]] = {}
        self.on_lost: Callable[[Login, Literal["died", "silent", "never-connected"]], None] = lambda _l, _h: (
            None
        )
        ground.loop.every(LOOK_EVERY_SECONDS, self._look_for_silence)

    def start(self, login: Login) -> bool:
        """Start a session for this login; False if the system would not."""
        if login.seat is None:
            return False
        running = self._ground.clock.running()
        login.restarts.append(running)
        try:
            child, sock = self._ground.device.start_session(login.seat)
        except DeviceFailed as problem:
            log.error("session not started", extra={"login": login.id, "problem": str(problem)})
            return False
        number = next(self._numbers)
        link = self._ground.ears.hear_session(number, sock)
        login.session = SessionProcess(number, child, link, running)
        self._by_number[number] = (login, login.session)
        self._ground.ears.watch_process(child.pidfd, child.anchor, is_ours=False)
        return True

    def may_start_again(self, login: Login) -> bool:
        """Say whether this login's session has not been lost too often lately."""
        since = self._ground.clock.running() - RESTARTS_WITHIN_SECONDS
        return sum(at >= since for at in login.restarts) <= RESTARTS

    def find(self, number: int) -> tuple[Login, SessionProcess] | None:
        """Return the living session with this number."""
        return self._by_number.get(number)

    def heard(self, session: SessionProcess) -> None:
        """It said something, so it runs."""
        session.last_word_running = self._ground.clock.running()

    def gone(self, number: int, misuse: str) -> None:
        """Its link is closed: whatever still runs of it is worthless."""
        found = self._by_number.get(number)
        if found is None:
            return
        login, session = found
        if misuse:
            problem = f"the session was cut off: {misuse}"[:200]
            self._ground.keep(LinkMisused(at=self._ground.now(), login=login.id, problem=problem, count=1))
        self._ground.device.kill(session.child)

    def ended(self, anchor: Anchor) -> bool:
        """Reap an ended session; say whether it was one of ours."""
        for number, (login, session) in list(self._by_number.items()):
            if session.child.anchor == anchor:
                del self._by_number[number]
                self._ground.device.reap(session.child)
                session.link.close()
                if login.session is session:
                    login.session = None
                    self.on_lost(login, session.lost_how)
                return True
        return False

    def lost_record(
        self,
        login: Login,
        how: Literal["died", "silent", "never-connected"],
        outcome: Literal["restarted", "locked", "ended"],
    ) -> None:
        """Keep the fact."""
        during: Literal["gate", "desktop"] = "desktop" if login.state == "open" else "gate"
        self._ground.keep(
            SessionLost(at=self._ground.now(), login=login.id, during=during, how=how, outcome=outcome)
        )

    def _look_for_silence(self) -> None:
        now = self._ground.clock.running()
        for login, session in list(self._by_number.values()):
            silent_for = now - session.last_word_running
            limit = messages.SILENT_AFTER_SECONDS if session.connected else CONNECT_WITHIN_SECONDS
            if silent_for > limit:
                session.lost_how = "silent" if session.connected else "never-connected"
                log.warning("session silent", extra={"login": login.id, "how": session.lost_how})
                session.last_word_running = now
                self._ground.device.kill(session.child)
