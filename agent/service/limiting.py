"""Limits on logins that run already: news of a person is taken in, an end is told first, then kept.

Whoever is signed out here was told at least two minutes before, and can come back to the gate, where help
and *Something's wrong* stay open.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from agent.service.endings import Endings
from agent.service.gate import Grant
from agent.service.ground import Ground
from agent.service.limits import WARN_AT_LEAST_SECONDS, Running, decide_closing, decide_running, decide_stop
from agent.service.login import Login
from policies import sealing
from policies.orders import LoginGrant, Signed

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 5.0


class Limiting:
    """Holds every login to what an adult has set for its person."""

    def __init__(self, ground: Ground, endings: Endings) -> None:
        self._ground = ground
        self._endings = endings
        self._warned: dict[str, float] = {}
        """Boot time at which each login was told that it ends."""
        self.on_grant: Callable[[Login, Grant], None] = lambda _login, _grant: None
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def obey(self, signed: Signed) -> None:
        """Take what the server says anew of somebody who is here; an older word changes nothing."""
        server = self._ground.server
        if server is None:
            return
        here = {login.os_user: login for login in self._ground.logins.values()}
        for os_user in here:
            try:
                said = server.known.read_grant(signed, os_user)
            except sealing.SealingError:
                continue
            kept = server.known.kept_grant(os_user)
            if kept is not None and kept[0].issued_at > said.issued_at:
                continue
            now = self._ground.now()
            server.known.keep_grant(os_user, signed, now)
            self._take(os_user, Grant(said, now, is_fresh=True))

    def _take(self, os_user: str, grant: Grant) -> None:
        for login in list(self._ground.logins.values()):
            if login.os_user != os_user or login.is_over:
                continue
            # At the gate too: what is set while somebody reads there holds once it has opened.
            login.grant = self._of_same_person(login, grant.grant)
            if login.state != "open":
                self.on_grant(login, grant)
        self._ground.save_logins()
        self.look()

    def _of_same_person(self, login: Login, said: LoginGrant) -> LoginGrant | None:
        """Return what to hold an open login to: an account handed on meanwhile is no news of this person."""
        return said if said.person == login.person.person else login.grant

    def look(self) -> None:
        """Tell, end, or let go on whoever is logged in."""
        for login in list(self._ground.logins.values()):
            if login.grant is None:
                continue
            if login.state == "gate":
                self._look_at_gate(login, login.grant)
            elif login.state == "open":
                self._look_at_open(login, login.grant)
        self._warned = {each: at for each, at in self._warned.items() if each in self._ground.logins}

    def _look_at_gate(self, login: Login, grant: LoginGrant) -> None:
        local = self._ground.now().astimezone()
        stop = decide_stop(grant, local)
        if stop is not None:
            self._endings.end(login, stop.reason, stop.notice, stop.until)

    def _look_at_open(self, login: Login, grant: LoginGrant) -> None:
        ground = self._ground
        local, boot = ground.now().astimezone(), ground.clock.boot()
        told = self._warned.get(login.id)
        closes = decide_closing(grant, local)
        seen = Running(closes, None if told is None else boot - told)
        match decide_running(seen, local):
            case "warn":
                self._warned[login.id] = boot
                at_least = local + timedelta(seconds=WARN_AT_LEAST_SECONDS)
                ends = max(closes, at_least) if closes else at_least
                ground.show(login, self._endings.notice_page(login, "ends-soon", ends_at=ends))
            case "calm":
                del self._warned[login.id]
            case "end":
                log.info("a login's time is over", extra={"login": login.id})
                self._endings.end(login, "restricted")
