"""Keeps this laptop in touch with a server that works, whatever address a policy asks for."""

import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent.backends.device import Capability
from agent.backends.whole_files import write_whole
from agent.clock import Clock
from agent.errors import AgentError, ServerUnreachable
from agent.service.connecting import (
    Address,
    Answered,
    Connecting,
    Decision,
    Trial,
    Waited,
    Wanted,
    address_of,
    addresses_to_ask,
    begin_connecting,
    decide_connection,
    needs_keeping,
    pause_seconds,
)
from agent.service.enrolment import Enrolment
from agent.service.loop import Loop
from agent.service.policy_store import Policy
from agent.service.uplink import Uplink
from policies.decoding import UNREADABLE
from policies.records import short

log = logging.getLogger(__name__)

MakeUplink = Callable[[Enrolment, Clock], Uplink]
LOOK_EVERY_SECONDS = 5.0
KEEP_EVERY_SECONDS = 60.0


class Reaching:
    """One enrolment's addresses: which is used, which is tried."""

    def __init__(
        self, loop: Loop, clock: Clock, file: Path, enrolment: Enrolment, make_uplink: MakeUplink
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._file = file
        self._enrolment = enrolment
        self._make_uplink = make_uplink
        self._state = begin_connecting(enrolment, self._load())
        self._number = 0
        self._looked = clock.running()
        self._kept_at = clock.running()
        self._asking = False
        self._asked_at = float("-inf")
        self._stopped = False
        self.is_online: Callable[[], bool] = lambda: False
        self.on_switch: Callable[[], None] = lambda: None
        """Another address is used from now on: make a new uplink."""
        self.on_given_up: Callable[[Trial, Address], None] = lambda _tried, _kept: None
        if self._state.trial is not None:
            self._keep()  # this start counts, even if the next cut comes in a moment

    @property
    def address(self) -> str:
        """The server in use."""
        return self._state.works.server

    def start(self, policy: Policy | None) -> None:
        """Begin with the policy on disk."""
        if policy is not None:
            self.policy_applied(policy)
        self._loop.after(LOOK_EVERY_SECONDS, self.look)

    def stop(self) -> None:
        """Ask nobody any more; an answer that is under way changes nothing."""
        self._stopped = True

    def uplink_in_use(self) -> Uplink:
        """Return the way to speak with the server; the enrolment's own address where what was kept is bad."""
        try:
            return self.uplink()
        except ServerUnreachable as problem:
            log.error("kept connection not usable", extra={"problem": str(problem)})
            self._state = begin_connecting(self._enrolment, None)
            return self.uplink()

    def uplink(self, address: Address | None = None) -> Uplink:
        """Return a way to speak with the server in use, or with another; ServerUnreachable for a bad one."""
        address = address or self._state.works
        enrolment = msgspec.structs.replace(self._enrolment, server=address.server, ca_pem=address.ca_pem)
        try:
            return self._make_uplink(enrolment, self._clock)
        except (ssl.SSLError, ValueError) as problem:
            raise ServerUnreachable(f"the certificate for {address.server} is none: {problem}") from problem

    # ---- what happens ----

    def policy_applied(self, policy: Policy) -> None:
        """A policy is in force: try the address it asks for, if that is another."""
        settings = policy.body.settings.connection
        wanted = address_of(settings, self._state.enrolled)
        self._number = policy.number
        self._take(
            decide_connection(self._state, Wanted(policy.number, wanted, settings.grace_minutes * 60.0))
        )

    def answered(self) -> None:
        """The server in use has answered a held request."""
        self._take(decide_connection(self._state, Answered(self._state.works)))

    def look(self) -> None:
        """Let time pass; ask whom there is to ask."""
        if self._stopped:
            return
        self._loop.after(LOOK_EVERY_SECONDS, self.look)
        now = self._clock.running()
        seconds, self._looked = now - self._looked, now
        self._take(decide_connection(self._state, Waited(seconds, self.is_online())))
        if now - self._kept_at >= KEEP_EVERY_SECONDS and self._is_waiting():
            self._keep()
        asked = addresses_to_ask(self._state)
        rested = now - self._asked_at >= pause_seconds(self._state)
        if asked and rested and not self._asking:
            self._asking, self._asked_at = True, now
            self._loop.work("reach", lambda: self._first_that_answers(asked), self._asked)

    def _is_waiting(self) -> bool:
        others = self._state.refused is not None or self._state.before is not None
        return self._state.trial is not None or (others and self._state.lost_seconds > 0)

    def _first_that_answers(self, asked: tuple[Address, ...]) -> Address:
        """Runs beside: the first address at which a held request of ours is answered."""
        problem: AgentError = ServerUnreachable("nobody was asked")
        for address in asked:
            if self._stopped:
                break
            try:
                uplink = self.uplink(address)
                try:
                    uplink.hold(self._number, 0, 0)
                finally:
                    uplink.close()
            except AgentError as found:
                problem = found
            else:
                return address
        raise problem

    def _asked(self, result: Address | AgentError) -> None:
        self._asking = False
        if self._stopped or isinstance(result, AgentError):
            return
        if result in (self._state.works, *addresses_to_ask(self._state)):
            self._take(decide_connection(self._state, Answered(result)))

    def _take(self, decision: Decision) -> None:
        before, self._state = self._state, decision.state
        if decision.given_up is not None:
            # Recorded first: after a cut of power rather twice than never.
            trial = decision.given_up
            log.warning("the server's new address is given up", extra={"waited": trial.waited_seconds})
            self.on_given_up(trial, self._state.works)
        if needs_keeping(before, self._state):
            self._keep()
        if before.works != self._state.works:
            log.info("the server has another address", extra={"host": self._state.works.server})
            self.on_switch()

    # ---- what doctor says ----

    def capability(self) -> dict[str, Capability]:
        """Return what there is to say of the address; nothing while all is as the policy asks."""
        state = self._state
        if state.trial is not None:
            trial = state.trial
            minutes, grace = int(trial.waited_seconds // 60), int(trial.grace_seconds // 60)
            why = (
                f"policy {trial.number} asks for {short(trial.address.server)}, which has not answered for "
                f"{minutes} of {grace} minutes; {short(state.works.server)} is used meanwhile"
            )
            return {"connection": Capability("lacking", why, "nothing to do yet; it is tried all the time")}
        if state.refused is not None:
            why = (
                f"{short(state.refused.address.server)} (policy {state.refused.number}) did not answer; "
                f"{short(state.works.server)} is used instead"
            )
            remedy = "correct address and certificate under connection in the settings and publish them"
            return {"connection": Capability("broken", why, remedy)}
        return {}

    # ---- on disk ----

    def _load(self) -> Connecting | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Connecting)
        except FileNotFoundError:
            return None
        except (OSError, *UNREADABLE) as problem:
            log.warning("kept connection not usable", extra={"problem": str(problem)})
            return None

    def _keep(self) -> None:
        self._kept_at = self._clock.running()
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._file, msgspec.json.encode(self._state))
        except OSError as problem:
            log.error("connection not kept", extra={"problem": str(problem)})
