"""Who comes: the hook at the gate, and every other login the system knows of.

A login is over when its anchor ends. One that never comes to the gate within 30 seconds is ended; one on
a terminal may stay only if its account has accepted already.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from agent.backends.device import Anchor, LoginSeen, Seat
from agent.errors import AgentError, DeviceFailed, ServerRefused
from agent.link import messages
from agent.link.channel import Peer
from agent.paths import governs
from agent.service.endings import Endings
from agent.service.facts import Caller
from agent.service.gate import Decision, Grant, Open, Refuse, decide_gate
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.sessions import CONNECT_WITHIN_SECONDS, Sessions
from policies import orders, sealing
from policies.settings import Language

log = logging.getLogger(__name__)

ENVIRONMENT = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_SESSION_ID", "LANGUAGE")
LIST_EVERY_SECONDS = 5.0
MAX_LOGINS_OF_A_USER = 8


def wished_language(locale: str) -> Language:
    """Return the language a locale's name stands for, of those we have."""
    return "tr" if locale.lower().startswith("tr") else "en"


class Arrivals:
    """Turns whoever comes into a Login and asks who it is."""

    def __init__(self, ground: Ground, sessions: Sessions, endings: Endings) -> None:
        self._ground = ground
        self._sessions = sessions
        self._endings = endings
        self._listing = False
        self._grants: dict[str, Grant | None] = {}
        """What each login that stands at the gate was last decided on."""
        self.on_decided: Callable[[Login, Decision], None] = lambda _login, _decision: None
        ground.loop.every(LIST_EVERY_SECONDS, self.list_logins)

    # ---- the hook ----

    def hello(self, caller: Caller, peer: Peer, hello: messages.HookHello) -> None:
        """Somebody stands at the gate. One of whom the system says nothing is hung up on, and asks again."""
        try:
            self._hello(caller, peer, hello)
        except DeviceFailed as problem:
            log.error("nobody says who stands at the gate", extra={"problem": str(problem)})
            caller.close()

    def _hello(self, caller: Caller, peer: Peer, hello: messages.HookHello) -> None:
        ground = self._ground
        if peer.uid == 0:
            # Windows: whoever is elevated speaks as 0, and stands at the gate as whose session it is.
            peer = peer._replace(uid=ground.device.uid_of(peer.pid) or 0)
        account = ground.device.account(peer.uid)
        if account is None:
            self._answer(caller, False)
            return
        if not governs(ground.config, account.name, peer.uid):
            self._answer(caller, True)
            return
        parents = ground.device.ancestors(peer.pid)
        if not parents or ground.device.uid_of(parents[0].pid) != peer.uid:
            self._answer(caller, False)
            return
        known = self._find(account.uid, parents)
        if known is not None and known.asked:
            self._hello_again(caller, known, anchor=parents[0])
            return
        if known is None and len(self._logins_of(account.uid)) >= MAX_LOGINS_OF_A_USER:
            self._answer(caller, False)
            return
        login = known or Login(peer.uid, account.name, parents[0], "x11")
        login.kind, login.asked = "x11", True
        login.callers.append(caller)
        login.wish = wished_language(hello.language)
        if known is None and not self._admit(login):
            self._answer(caller, False)
            return
        caller.send(messages.HookWait())
        environment = {name: hello.environment[name] for name in ENVIRONMENT if name in hello.environment}
        self._clear_and_start(login, hello, environment)
        self._ask_who(login)

    def _logins_of(self, uid: int) -> list[Login]:
        return [login for login in self._ground.logins.values() if login.uid == uid]

    def _find(self, uid: int, parents: tuple[Anchor, ...]) -> Login | None:
        """Return the login a hook speaks for: its shell's own, or one it runs inside of."""
        own = self._logins_of(uid)
        exact = next((login for login in own if login.anchor == parents[0]), None)
        return exact or next((login for login in own if login.asked and login.anchor in parents), None)

    def _hello_again(self, caller: Caller, login: Login, anchor: Anchor) -> None:
        if login.state == "open" or login.is_over or login.anchor != anchor:
            self._answer(caller, login.state == "open")
            return
        login.callers.append(caller)
        caller.send(messages.HookWait())

    def _answer(self, caller: Caller, opens: bool) -> None:
        caller.send(messages.HookAnswer(opens=opens))
        caller.close()

    def _admit(self, login: Login) -> bool:
        """Know this login from now on; False if it has ended already."""
        ground = self._ground
        login.state_since_boot = ground.clock.boot()
        ground.logins[login.id] = login
        if not ground.watch_anchor(login.anchor):
            del ground.logins[login.id]
            return False
        ground.save_logins()
        return True

    def _clear_and_start(self, login: Login, hello: messages.HookHello, environment: dict[str, str]) -> None:
        """End what an earlier login left running, read the cookie, and start the session."""
        ground = self._ground
        keep = ground.kept_processes(login.uid)

        def job() -> bytes:
            ended = ground.device.end_processes(login.uid, keep)
            if ended:
                log.info("leftovers ended", extra={"login": login.id, "count": ended})
            return ground.device.read_cookie(login.uid, hello.xauthority)

        def then(result: bytes | AgentError) -> None:
            if login.is_over or login.id not in ground.logins:
                return
            if isinstance(result, AgentError):
                log.error("gate not started", extra={"login": login.id, "problem": str(result)})
                self._endings.end(login, "gate-failed")
                return
            login.seat = Seat(login.uid, hello.display, result, environment)
            ground.save_logins()
            if not self._sessions.start(login):
                self._endings.end(login, "gate-failed")

        ground.loop.work("clear", job, then)

    # ---- who it is ----

    def _ask_who(self, login: Login) -> None:
        """Ask the server; fall back on what is remembered. Nobody waits longer than the short limit."""
        ground = self._ground
        server = ground.server
        if server is None:
            self._decide(login, None)
            return
        asked_at = ground.now()

        def then(result: orders.Signed | AgentError) -> None:
            if login.is_over or login.id not in ground.logins:
                return
            self._decide(login, self._grant_from(login, result, asked_at))

        ground.loop.work("grant", lambda: server.uplink.login_grant(login.id, login.os_user), then)

    def _grant_from(
        self, login: Login, result: orders.Signed | AgentError, asked_at: datetime
    ) -> Grant | None:
        server = self._ground.server
        if server is None:
            return None
        if isinstance(result, orders.Signed):
            try:
                grant = server.known.read_grant(result, login.os_user)
            except sealing.SealingError as problem:
                log.warning("grant not believed", extra={"problem": str(problem)})
            else:
                now = self._ground.now()
                told = server.known.kept_grant(login.os_user)
                if told is not None and told[1] >= asked_at and told[0].issued_at > grant.issued_at:
                    # The server has said something newer while this answer was on its way.
                    return Grant(told[0], told[1], is_fresh=True)
                server.known.keep_grant(login.os_user, result, now)
                return Grant(grant, now, is_fresh=True)
        elif isinstance(result, ServerRefused):
            log.warning("grant refused", extra={"problem": str(result)})
        kept = server.known.kept_grant(login.os_user)
        return Grant(kept[0], kept[1], is_fresh=False) if kept else None

    def _decide(self, login: Login, grant: Grant | None) -> None:
        ground = self._ground
        server = ground.server
        person = grant.grant.person if grant else None
        accepted = server.known.acceptance(login.os_user, person) if server and person else None
        now = ground.now()
        self._grants = {each: known for each, known in self._grants.items() if each in ground.logins}
        self._grants[login.id] = grant
        decision = decide_gate(
            grant, ground.policy, accepted, now, login.wish, now.astimezone(), ground.supervisors()
        )
        login.person = decision.person
        login.grant = grant.grant if grant and decision.person.person is not None else None
        ground.keep_start(login)
        self.on_decided(login, decision)

    def decide_again(self, login: Login) -> None:
        """The hours, or who supervises, are others than when this login came."""
        if login.id in self._grants:
            self._decide(login, self._grants[login.id])

    def hear_again(self, login: Login, grant: Grant) -> None:
        """
        The server says something else of somebody who stands at the gate.

        A no is acted on, and so is an acceptance in class that an adult witnessed meanwhile (R4).
        """
        policy, now, who = self._ground.policy, self._ground.now(), login.person.person
        self._grants[login.id] = grant
        supervisors = self._ground.supervisors()
        decision = decide_gate(grant, policy, None, now, login.wish, now.astimezone(), supervisors)
        goes_on = isinstance(decision, Open) and login.state == "gate" and decision.person.person == who
        if goes_on or isinstance(decision, Refuse):
            self.on_decided(login, decision)

    # ---- everybody else ----

    def list_logins(self) -> None:
        """Have the system asked who is logged in."""
        if self._listing:
            return
        self._listing = True

        def then(result: list[LoginSeen] | AgentError) -> None:
            self._listing = False
            if isinstance(result, AgentError):
                log.error("logins not listed", extra={"problem": str(result)})
                return
            for seen in result:
                self._saw(seen)

        self._ground.loop.work("logins", self._ground.device.logins, then)

    def _saw(self, seen: LoginSeen) -> None:
        ground = self._ground
        if not governs(ground.config, seen.os_user, seen.uid) or self._is_known(seen):
            return
        login = Login(seen.uid, seen.os_user, seen.leader, seen.kind)
        login.line = seen.line
        if not self._admit(login):
            return
        log.info("login seen", extra={"login": login.id, "kind": seen.kind})
        if seen.kind in ("tty", "ssh"):
            self._ask_who(login)
            return
        # A graphical login, or one still unclear, has its 30 seconds to come to the gate.
        login.connect_timer = ground.loop.after(CONNECT_WITHIN_SECONDS, lambda: self._never_came(login))

    def _never_came(self, login: Login) -> None:
        if login.is_over or login.asked or self._is_replaced(login):
            return
        self._sessions.lost_record(login, "never-connected", "ended")
        self._endings.end(login, "session-lost")

    def _is_known(self, seen: LoginSeen) -> bool:
        """Say whether a login with a screen of its own stands for this entry."""
        try:
            above = self._ground.device.ancestors(seen.leader.pid)
        except DeviceFailed:
            return True
        for login in self._ground.logins.values():
            if login.anchor == seen.leader:
                return True
            if login.uid == seen.uid and (
                login.anchor in above or seen.leader in self._ground.device.ancestors(login.anchor.pid)
            ):
                return True
        return False

    def _is_replaced(self, login: Login) -> bool:
        """Say whether its hook has come under another process of the same login; then forget this entry."""
        ground = self._ground
        for other in ground.logins.values():
            if other is login or other.uid != login.uid:
                continue
            if login.anchor in ground.device.ancestors(other.anchor.pid):
                ground.forget_login(login)
                return True
        return False

    def adopt(self, login: Login) -> None:
        """Take over a login that an earlier service left at the gate: a new session asks again."""
        if not self._sessions.start(login):
            self._endings.end(login, "session-lost")
            return
        self._ask_who(login)
