"""Sending what is kept and hearing what is new: one upload at a time, one held request, and patience.

An upload goes out as soon as something waits; a server that does not answer is asked again later and
later, with jitter, and a held request that comes through at last sends everything at once.
"""

import hashlib
import logging
import random
import threading
import zlib
from collections.abc import Callable
from functools import partial

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


def unpacked_body(packed: bytes | None, body_hash: str) -> bytes | None:
    """Return the body that came along with an assignment; None where it has to be fetched."""
    if packed is None:
        return None
    unzip = zlib.decompressobj()
    try:
        body = unzip.decompress(packed, wire.MAX_PLAIN_BYTES)
    except zlib.error:
        return None
    whole = unzip.eof and not unzip.unconsumed_tail
    return body if whole and hashlib.sha256(body).hexdigest() == body_hash else None


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
        self._round = 0
        self.on_safe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin: learn what the server has, send what waits, and listen."""
        self._upload()
        self.hold_anew()

    def hold_anew(self) -> None:
        """Hold a request at the uplink of now; one that hangs at an older one is heard no more."""
        self._round += 1
        self._ground.loop.beside("hold", partial(self._hold, self._round))

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

    def _hold(self, round_: int) -> None:
        cursor = failures = 0
        put = self._ground.loop.put
        policies = self._server.policies
        while not self._is_over(round_):
            try:
                # After a failure ask without waiting, so that being back is known at once.
                wait = self._hold_seconds if failures == 0 and cursor else 0
                answer = self._server.uplink.hold(policies.number, cursor, wait, policies.rejected_number)
                if self._is_over(round_):
                    return
                self._pass_on(answer)
                put(facts.Held(answer, self._believed(answer)))
                cursor, failures = answer.cursor, 0
            except AgentError as problem:
                if self._is_over(round_):
                    return
                failures += 1
                put(facts.HoldFailed(problem))
                seconds = decide_retry(failures, random.random())  # noqa: S311
                if isinstance(problem, ServerRefused):
                    seconds = REFUSED_RETRY_SECONDS
                self._stopped.wait(seconds)

    def _is_over(self, round_: int) -> bool:
        return self._stopped.is_set() or round_ != self._round

    def _pass_on(self, answer: wire.HoldAnswer) -> None:
        """Have a new policy applied or refused; only then it is known which number is in force."""
        if answer.assignment is None:
            return
        enrolment, policies = self._server.enrolment, self._server.policies
        try:
            said = orders.read_said(enrolment.policy_key, enrolment.device, answer.assignment)
        except sealing.SealingError as problem:
            self._ground.loop.put(facts.PolicyFetched(answer.assignment, b""))
            raise ServerUnreachable("a policy came that is not signed for us") from problem
        if not isinstance(said, orders.Assignment):
            raise ServerUnreachable("something else came as a policy")
        newest = max(policies.number, policies.rejected_number)
        body = unpacked_body(answer.body, said.body_hash)
        if body is None:
            body = self._server.uplink.policy_body(said.body_hash)
        taken = threading.Event()
        self._ground.loop.put(facts.PolicyFetched(answer.assignment, body, taken))
        while not taken.wait(1.0):
            if self._stopped.is_set():
                return
        if said.number <= newest:
            raise ServerUnreachable("an older policy came than the one that was asked for")
        if max(policies.number, policies.rejected_number) < said.number:
            raise ServerUnreachable("a policy could not be kept; it is asked for again")

    def _believed(self, answer: wire.HoldAnswer) -> tuple[orders.AnySaid, ...]:
        enrolment = self._server.enrolment
        believed = []
        for signed in answer.orders:
            try:
                believed.append(orders.read_said(enrolment.policy_key, enrolment.device, signed))
            except sealing.SealingError as problem:
                log.warning("order not believed", extra={"problem": str(problem)})
        return tuple(believed)
