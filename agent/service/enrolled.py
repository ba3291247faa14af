"""The part of the service that exists only with an enrolment: begun, replaced or missing, while it runs."""

import logging
from collections.abc import Callable
from pathlib import Path

from agent import VERSION
from agent.backends.device import Capability
from agent.errors import AgentError, DeviceFailed, NotEnrolled
from agent.service import facts
from agent.service.connecting import Address, Trial
from agent.service.enrolment import Enrolment, enrolment_file, load_enrolment
from agent.service.exchange import HOLD_SECONDS, Exchange
from agent.service.ground import Ground, Server
from agent.service.policy_store import Policy, Refused
from agent.service.reaching import MakeUplink, Reaching
from agent.service.speech import Speech
from agent.service.state import all_capabilities
from agent.service.uplink import Uplink
from policies.officers import OfficersRefused
from policies.orders import Signed
from policies.records import AgentStarted, ConnectionReverted, PolicyApplied, PolicyRejected, short

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0


class Enrolled:
    """Follows the enrolment file; owns the exchange that belongs to it."""

    def __init__(
        self, ground: Ground, make_uplink: MakeUplink | None = None, hold_seconds: int = HOLD_SECONDS
    ) -> None:
        self._ground = ground
        self._make_uplink = make_uplink or Uplink
        self._hold_seconds = hold_seconds
        self._seen: tuple[int, int] | None = None
        self._speech = Speech(ground.loop, ground.device, ground.config.speech)
        self._running_mark: Path = ground.config.state / "running"
        self.exchange: Exchange | None = None
        self.on_policy: Callable[[], None] = lambda: None
        self.on_orders: Callable[[facts.Held], None] = lambda _held: None
        self.on_begun: Callable[[], None] = lambda: None
        """An enrolment's journal is open, and nothing was sent from it yet."""
        self.on_safe: Callable[[], None] = lambda: None
        """The server has said what it has."""
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def look(self) -> None:
        """Begin, or begin anew, if the enrolment on disk is another one."""
        try:
            found = enrolment_file(self._ground.config.keys).stat()
            stamp = (found.st_mtime_ns, found.st_ino)
        except OSError:
            stamp = (0, 0)
        if stamp == self._seen:
            return
        self._seen = stamp
        self._end()
        try:
            enrolment = load_enrolment(self._ground.config.keys, self._ground.device.machine_fingerprint())
        except (NotEnrolled, DeviceFailed) as problem:
            self._ground.not_enrolled = str(problem)
            self._ground.connection = facts.Connection("not-enrolled", str(problem))
            log.warning("not enrolled", extra={"problem": str(problem)})
            ground = self._ground
            ground.loop.work("capabilities", ground.device.capabilities, self._know_capabilities)
            return
        self._begin(enrolment)

    def _begin(self, enrolment: Enrolment) -> None:
        ground = self._ground
        file = ground.config.state / "connection.json"
        reaching = Reaching(ground.loop, ground.clock, file, enrolment, self._make_uplink)
        ground.server = Server(enrolment, ground.config, ground.clock, reaching)
        ground.connection = facts.Connection("unreachable", "not asked yet")
        self.exchange = Exchange(ground, ground.server, self._hold_seconds)
        ground.kept_something = self.exchange.something_waits
        self.exchange.on_safe = lambda: self.on_safe()
        if ground.policy:
            self._take_officers(ground.policy, ground.server)
        self.on_begun()
        reaching.is_online = lambda: ground.connection.state == "online"
        reaching.on_switch = self._switch
        reaching.on_given_up = self._address_given_up
        self.exchange.start()
        reaching.start(ground.policy)
        if ground.policy:
            self._speech.render(ground.policy.body.agreements)
        ground.loop.work("capabilities", ground.device.capabilities, self._started)

    def _know_capabilities(self, result: dict[str, Capability] | AgentError) -> None:
        ground = self._ground
        ground.capabilities = {} if isinstance(result, AgentError) else result
        speech = ground.capabilities.get("speech")
        ground.reads_aloud = speech is None or speech.state == "works"

    def _started(self, result: dict[str, Capability] | AgentError) -> None:
        """Record that the service runs, and what it can do."""
        ground = self._ground
        self._know_capabilities(result)
        ground.keep(
            AgentStarted(
                at=ground.now(),
                version=VERSION,
                os=ground.device.os_name()[:200],
                hostname=ground.device.hostname()[:200],
                capabilities={name: each.state for name, each in all_capabilities(ground).items()},
                after_crash=self._running_mark.exists(),
            )
        )
        try:
            self._running_mark.touch()
        except OSError as problem:
            log.warning("mark not written", extra={"problem": str(problem)})

    def _take_officers(self, policy: Policy, server: Server) -> str:
        """Take the policy's list of officers; return why it was refused, else nothing."""
        try:
            server.officers.take(policy.body.officers)
        except OfficersRefused as refused:
            log.error("list of officers refused", extra={"problem": str(refused)})
            return short(f"{refused}; this laptop knows root key {server.officers.root_fingerprint}")
        return ""

    def _end(self) -> None:
        ground = self._ground
        if ground.server:
            ground.server.reaching.stop()
        if self.exchange:
            self.exchange.stop()
            self.exchange = None
        if ground.server:
            ground.server.journal.close()
            ground.server = None
            ground.safe_below = {}
            ground.kept_something = lambda: None

    def stop(self) -> None:
        """Stop properly: the next start is not after a crash."""
        self._end()
        self._running_mark.unlink(missing_ok=True)

    def _address_given_up(self, tried: Trial, kept: Address) -> None:
        self._ground.keep(
            ConnectionReverted(
                at=self._ground.now(),
                number=max(1, tried.number),
                tried=short(tried.address.server),
                kept=short(kept.server),
                waited_seconds=round(tried.waited_seconds, 1),
            )
        )

    def _switch(self) -> None:
        """Another address of the server is used from now on."""
        server = self._ground.server
        if server is None or self.exchange is None:
            return
        old, server.uplink = server.uplink, server.reaching.uplink_in_use()
        server.uplink.adopt_offset(old.offset_seconds)
        self.exchange.hold_anew()
        self.exchange.online_again()
        old.close()

    # ---- news ----

    def take(self, fact: facts.Held | facts.HoldFailed | facts.PolicyFetched) -> None:
        """Take what the held request brought."""
        if self.exchange is None:
            return
        match fact:
            case facts.HoldFailed(problem=problem):
                self.exchange.lost_touch(problem)
            case facts.Held():
                was_online = self._ground.connection.state == "online"
                self.exchange.in_touch()
                if self._ground.server:
                    self._ground.server.reaching.answered()
                if not was_online:
                    self.exchange.online_again()
                self.on_orders(fact)
            case facts.PolicyFetched(assignment=assignment, body=body, taken=taken):
                try:
                    self._policy_came(assignment, body)
                finally:
                    if taken:
                        taken.set()

    def _policy_came(self, assignment: Signed, body: bytes) -> None:
        ground = self._ground
        if ground.server is None:
            return
        try:
            policy = ground.server.policies.apply(assignment, body)
        except Refused as refused:
            log.warning("policy refused", extra={"number": refused.number, "problem": refused.problem})
            if ground.server.policies.refuse(refused):
                ground.keep(
                    PolicyRejected(at=ground.now(), number=max(0, refused.number), problem=refused.problem)
                )
            return
        except OSError as problem:
            log.error("policy not kept", extra={"problem": str(problem)})
            return
        log.info("policy applied", extra={"policy_number": policy.number})
        ground.keep(PolicyApplied(at=ground.now(), number=policy.number, body_hash=policy.body_hash))
        doubt = self._take_officers(policy, ground.server)
        if doubt:
            # The rest of the policy holds; whom reports are sealed to stays as it was.
            ground.keep(PolicyRejected(at=ground.now(), number=policy.number, problem=doubt))
        self._speech.render(policy.body.agreements)
        ground.server.reaching.policy_applied(policy)
        self.on_policy()
