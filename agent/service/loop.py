"""One queue, one thread that takes from it: everybody else only puts facts.

Due times are kept on the boot clock, so a wall clock set back a year delays nothing (decision 0025).
Slow work runs in short-lived threads that put their result back as a fact. A fault that nobody expected,
in any thread, ends the service loudly: its supervisor starts it again, and it is never left deaf.
"""

import heapq
import itertools
import logging
import queue
import threading
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from agent.clock import Clock
from agent.errors import AgentError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
LONGEST_WAIT_SECONDS = 20.0


class WorkDone(NamedTuple):
    """A worker's result, or why there is none."""

    then: Callable[[], None]


class Crashed(NamedTuple):
    """A thread ended that must not end."""

    thread: str
    problem: BaseException


class Stopping(NamedTuple):
    """Somebody asked the service to stop, properly."""


class Timer:
    """One thing to do later; `cancel` forgets it."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Do not do it."""
        self.action = None


Spawn = Callable[[str, Callable[[], None]], None]


def spawn_thread(name: str, job: Callable[[], None]) -> None:
    """Run a job beside the loop; it does not keep the process alive."""
    threading.Thread(target=job, name=name, daemon=True).start()


class Loop:
    """The queue, the timers and the workers. `take` is called for every fact that is not the loop's own."""

    def __init__(self, clock: Clock, take: Callable[[object], None], spawn: Spawn = spawn_thread) -> None:
        self.clock = clock
        self._take = take
        self._spawn = spawn
        self._facts: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._due: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()

    # ---- from any thread ----

    def put(self, fact: object) -> None:
        """Hand over a fact."""
        self._facts.put(fact)

    def guard(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        """Return the job so wrapped that its unexpected end ends the service."""

        def guarded() -> None:
            try:
                job()
            except BaseException as problem:
                self.put(Crashed(name, problem))

        return guarded

    # ---- from the taking thread ----

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something once, so many seconds from now."""
        timer = Timer(action)
        heapq.heappush(self._due, (self.clock.boot() + seconds, next(self._numbers), timer))
        return timer

    def every(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something again and again, first in `seconds`."""

        def again() -> None:
            self.after(seconds, again)
            action()

        self.after(seconds, again)

    def work(self, name: str, job: Callable[[], Result], then: Callable[[Result | AgentError], None]) -> None:
        """Run a slow job elsewhere; `then` gets its result, or its AgentError, back in this thread."""

        def run() -> None:
            result: Result | AgentError
            try:
                result = job()
            except AgentError as problem:
                result = problem
            self.put(WorkDone(lambda: then(result)))

        self._spawn(name, self.guard(name, run))

    def beside(self, name: str, job: Callable[[], None]) -> None:
        """Run a job that lasts as long as the service."""
        self._spawn(name, self.guard(name, job))

    def step(self, *, wait: bool = False) -> bool:
        """Take one fact or do one due thing; say whether there was any. False for `Stopping` never comes."""
        now = self.clock.boot()
        if self._due and self._due[0][0] <= now:
            action = heapq.heappop(self._due)[2].action
            if action is not None:
                action()
            return True
        timeout = min(self._due[0][0] - now, LONGEST_WAIT_SECONDS) if self._due else LONGEST_WAIT_SECONDS
        try:
            fact = self._facts.get(timeout=timeout) if wait else self._facts.get_nowait()
        except queue.Empty:
            return False
        if isinstance(fact, WorkDone):
            fact.then()
        elif isinstance(fact, Crashed):
            log.critical("a thread crashed", extra={"thread_name": fact.thread}, exc_info=fact.problem)
            raise fact.problem
        else:
            self._take(fact)
        return True
