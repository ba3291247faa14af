"""Sending what is kept and hearing what is new: one upload at a time, one held request, and patience.

An upload goes out as soon as something waits; a server that does not answer is asked again later and
later, with jitter, and a held request that comes through at last sends everything at once.
"""

import logging
import random
import threading
from collections.abc import Callable

from agent.errors import AgentError, ServerRefused, ServerUnreachable
from agent.service import facts
from agent.service.ground import Ground, Server
from agent.service.loop import Timer
from policies import orders, sealing, wire

log = logging.getLogger(__name__)

HOLD_SECONDS = 50
GATHER_SECONDS = 0.05
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 20.0
REFUSED_RETRY_SECONDS = 120.0
STUCK_RETRY_SECONDS = 60.0


def decide_retry(failures: int, chance: float) -> float:
    """Return how long to wait after so many failures in a row; `chance` in 0..1 spreads a whole school."""
    longest = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10))
    return longest * (0.5 + chance / 2)


class Exchange:
    """One enrolment's exchange with its server."""

    def __init__(self, ground: Ground, server: Server, hold_seconds: int = HOLD_SECONDS) -> None:
        self._ground = ground
        self._server = server
        self._hold_seconds = hold_seconds
        self._busy = False
        self._failures = 0
        self._retry: Timer | None = None
        self._gather: Timer | None = None
        self._stopped = threading.Event()
        self.on_safe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin: learn what the server has, send what waits, and listen."""
        self._upload()
        self._ground.loop.beside("hold", self._hold)

    def stop(self) -> None:
        """Begin nothing new. What is under way ends by itself."""
        self._stopped.set()
        self._server.uplink.close()

    # ---- uploads (the taking thread) ----

    def something_waits(self) -> None:
        """A record was kept: send it, with whatever is kept in the same moment."""
        if self._gather is None and self._retry is None:
            self._gather = self._ground.loop.after(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._gather = None
        self._upload()

    def online_again(self) -> None:
        """The server answers again: send at once what has waited."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._failures = 0
        self._upload()

    def _upload(self) -> None:
        if self._busy or self._stopped.is_set() or self._retry is not None:
            return
        batches = self._server.journal.next_upload()
        if not batches and self._ground.safe_below:
            return
        self._busy = True
        self._ground.loop.work(
            "upload",
            lambda: self._server.uplink.upload(batches),
            lambda result: self._uploaded(result, asked_only=not batches),
        )

    def _uploaded(self, result: wire.UploadAnswer | AgentError, *, asked_only: bool) -> None:
        self._busy = False
        if self._stopped.is_set():
            return
        if isinstance(result, AgentError):
            self._failures += 1
            seconds = decide_retry(self._failures, random.random())  # noqa: S311
            if isinstance(result, ServerRefused):
                seconds = REFUSED_RETRY_SECONDS
            self.lost_touch(result)
            self._try_later(seconds)
            return
        self._failures = 0
        self.in_touch()
        changed = self._server.journal.acknowledged(result.next_seq)
        self._ground.safe_below = dict(result.next_seq)
        self.on_safe()
        if not self._server.journal.next_upload():
            return
        if changed or asked_only:
            # Nothing was offered the last time, so what has come since is no refusal.
            self._upload()
        else:
            log.error("the server does not take the next batch")
            self._try_later(STUCK_RETRY_SECONDS)

    def _try_later(self, seconds: float) -> None:
        def again() -> None:
            self._retry = None
            self._upload()

        self._retry = self._ground.loop.after(seconds, again)

    def in_touch(self) -> None:
        """The server has just answered."""
        if self._ground.connection.state != "online":
            log.info("server answers")
        self._ground.connection = facts.Connection("online")

    def lost_touch(self, problem: AgentError) -> None:
        """The server has not answered, or has said no."""
        state = "refused" if isinstance(problem, ServerRefused) else "unreachable"
        if self._ground.connection.state != state:
            log.warning("server does not serve us", extra={"state": state, "problem": str(problem)})
        self._ground.connection = facts.Connection(
            "refused" if isinstance(problem, ServerRefused) else "unreachable", str(problem)
        )

    # ---- the held request (a thread of its own) ----

    def _hold(self) -> None:
        number = self._server.policies.number
        cursor = failures = 0
        put = self._ground.loop.put
        while not self._stopped.is_set():
            try:
                # After a failure ask without waiting, so that being back is known at once.
                wait = self._hold_seconds if failures == 0 and cursor else 0
                answer = self._server.uplink.hold(number, cursor, wait)
                if self._stopped.is_set():
                    return
                number = max(number, self._fetch(answer, number))
                put(facts.Held(answer, self._believed(answer)))
                cursor, failures = answer.cursor, 0
            except AgentError as problem:
                failures += 1
                put(facts.HoldFailed(problem))
                seconds = decide_retry(failures, random.random())  # noqa: S311
                if isinstance(problem, ServerRefused):
                    seconds = REFUSED_RETRY_SECONDS
                self._stopped.wait(seconds)

    def _fetch(self, answer: wire.HoldAnswer, number: int) -> int:
        """Fetch the policy an answer names; return its number, so that it is not offered again."""
        if answer.assignment is None:
            return number
        enrolment = self._server.enrolment
        try:
            said = orders.read_said(enrolment.policy_key, enrolment.device, answer.assignment)
        except sealing.SealingError as problem:
            self._ground.loop.put(facts.PolicyFetched(answer.assignment, b""))
            raise ServerUnreachable("a policy came that is not signed for us") from problem
        if not isinstance(said, orders.Assignment):
            raise ServerUnreachable("something else came as a policy")
        body = self._server.uplink.policy_body(said.body_hash)
        self._ground.loop.put(facts.PolicyFetched(answer.assignment, body))
        return said.number

    def _believed(self, answer: wire.HoldAnswer) -> tuple[orders.AnySaid, ...]:
        enrolment = self._server.enrolment
        believed = []
        for signed in answer.orders:
            try:
                believed.append(orders.read_said(enrolment.policy_key, enrolment.device, signed))
            except sealing.SealingError as problem:
                log.warning("order not believed", extra={"problem": str(problem)})
        return tuple(believed)
