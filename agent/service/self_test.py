"""A laptop tries its own parts (R83): when the timetable, an order or root at this machine asks for it.

One test at a time; whoever asks meanwhile gets the same result. What was begun is on disk before it begins,
so that a test which brings the service down is not made again at every start. Nothing here locks a person's
screen, shows them a window or opens a stick.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent.backends.whole_files import write_whole
from agent.errors import AgentError
from agent.link import pages
from agent.service import self_test_rules as rules
from agent.service.ground import Ground
from agent.service.scanner import Scanner
from agent.service.self_test_parts import Found, Trial, try_all
from agent.service.self_test_rules import Standing
from policies import orders
from policies.decoding import UNREADABLE
from policies.device_records import SELF_TEST_PARTS, SelfTestPart
from policies.media import mode_on
from policies.records import OrderDone, SelfTested

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 60.0
SETTLE_SECONDS = 20.0
"""After a start: the first policy and the server's answer come before the first test."""
Heard = Callable[[dict[SelfTestPart, Found]], None]


class SelfTesting:
    """Makes the tests, and remembers which were made."""

    def __init__(self, ground: Ground, scanner: Scanner, used_scanner: Callable[[], None]) -> None:
        self._ground = ground
        self._scanner = scanner
        self._used_scanner = used_scanner
        self._file: Path = ground.config.state / "self_test.json"
        self._standing = self._load()
        self._waiting: list[str | Heard] | None = None
        """Who waits for the test under way: orders by their id, others by what hears it. None: none is."""
        self._started_boot = ground.clock.boot()
        ground.loop.every(LOOK_EVERY_SECONDS, self._look)
        ground.loop.after(SETTLE_SECONDS, self._look)

    # ---- who asks ----

    def obey(self, said: orders.SelfTest) -> None:
        """Carry out one verified order, once; one that is over is not carried out."""
        if said.order in self._standing.orders:
            return
        if said.expires_at < self._ground.now():
            self._remember(rules.with_order(self._standing, said.order))
            self._order_done(said.order, "expired")
            return
        self._begin(said.order, said.order)

    def asked(self, hear: Heard) -> None:
        """Somebody at this machine asks, and waits."""
        self._begin(hear)

    def _look(self) -> None:
        """Begin the timetable's test if it is due."""
        ground = self._ground
        if ground.policy is None or self._waiting is not None:
            return
        if ground.clock.boot() - self._started_boot < SETTLE_SECONDS:
            return
        somebody = any(not login.is_over for login in ground.logins.values())
        now = ground.now().astimezone()
        if rules.decide_due(ground.settings.self_test, self._standing, now, somebody_here=somebody):
            self._begin("")

    # ---- the test ----

    def _begin(self, who: "str | Heard", order: str = "") -> None:
        if self._waiting is not None:
            self._remember(rules.with_order(self._standing, order))
            self._waiting.append(who)
            return
        self._remember(rules.begun(self._standing, self._ground.now(), order))
        self._waiting = [who]
        self._used_scanner()
        trial = self._gather()
        log.info("self-test begins", extra={"order": order})
        self._ground.loop.work("self-test", lambda: try_all(trial), self._over)

    def _gather(self) -> Trial:
        ground = self._ground
        server, policy = ground.server, ground.policy
        agreement = policy.body.agreements[0] if policy and policy.body.agreements else None
        page = None
        if agreement is not None:
            page = pages.GatePage(
                school=ground.school,
                language=agreement.texts[0].language,
                tier=agreement.tier,
                person="",
                agreement=agreement,
                contacts=ground.contacts,
                read_aloud=False,
                reports=ground.takes_reports,
            )
        return Trial(
            device=ground.device,
            scanner=self._scanner,
            uplink=server.uplink if server else None,
            page=page,
            reports=ground.settings.report.enabled,
            officers=ground.officers,
            officers_problem=server.officers.problem if server else "",
            device_private=server.enrolment.device_private if server else b"",
            device_id=server.enrolment.device if server else "",
            usb_mode=mode_on(ground.settings.usb, ground.now().astimezone().date()),
            limits=ground.settings.usb.scan,
            folder=ground.config.run / "trials",
        )

    def _over(self, result: dict[SelfTestPart, Found] | AgentError) -> None:
        waiting, self._waiting = self._waiting or [], None
        if isinstance(result, AgentError):
            result = {part: Found("failed", str(result)[:200]) for part in SELF_TEST_PARTS}
        failed = [part for part, found in result.items() if found.result == "failed"]
        log.info("self-test over", extra={"failed": failed})
        kept = False
        for who in waiting:
            if isinstance(who, str):
                self._keep(result, who)
                kept = True
                if who:
                    self._order_done(who, "done")
        if not kept:
            self._keep(result, "")
        for who in waiting:
            if not isinstance(who, str):
                who(result)

    def _keep(self, found: dict[SelfTestPart, Found], order: str) -> None:
        dated = (each.signatures_at for each in found.values() if each.signatures_at)
        self._ground.keep(
            SelfTested(
                at=self._ground.now(),
                order=order,
                results={part: each.result for part, each in found.items()},
                problems={part: each.problem for part, each in found.items() if each.problem},
                signatures_at=next(dated, None),
            )
        )

    def _order_done(self, order: str, outcome: str) -> None:
        fields = {"type": "order-done", "at": self._ground.now(), "order": order, "outcome": outcome}
        self._ground.keep(msgspec.convert(fields | {"problem": ""}, OrderDone))

    # ---- what is remembered ----

    def _load(self) -> Standing:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Standing)
        except FileNotFoundError:
            pass
        except (OSError, *UNREADABLE) as problem:
            log.warning("what was tested is not known", extra={"problem": str(problem)})
        standing = Standing(since=self._ground.now())
        self._write(standing)
        return standing

    def _remember(self, standing: Standing) -> None:
        if standing != self._standing:
            self._standing = standing
            self._write(standing)

    def _write(self, standing: Standing) -> None:
        try:
            self._file.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            write_whole(self._file, msgspec.json.encode(standing))
        except OSError as problem:
            log.error("what was tested is not kept", extra={"problem": str(problem)})
