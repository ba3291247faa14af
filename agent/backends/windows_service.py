"""Our service as Windows' service manager runs it: its controls, its restarts, its way to stop.

The service itself is the same as everywhere. Started by hand it runs in the foreground.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from agent.backends import own_process, windows_eventlog
from agent.backends.hosting import Job
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_events import HUB, Hub
from agent.backends.windows_pipes import SERVICE_NAME, on_windows

log = logging.getLogger(__name__)

STOP = 1
SHUTDOWN = 5
POWER_EVENT = 13
SESSION_CHANGE = 14
PRESHUTDOWN = 15
"""SERVICE_CONTROL_… (winsvc.h)."""
STOPS = (STOP, SHUTDOWN, PRESHUTDOWN)
STOP_WITHIN_SECONDS = 30


class Restarts(NamedTuple):
    """What the service manager does when the service fails."""

    forget_after_seconds: int
    delays_ms: tuple[int, ...]
    on_error: bool
    """An end with an error counts, not only a crash."""


WANTED = Restarts(86_400, (1_000, 5_000, 30_000), on_error=True)
"""The last delay holds for every later failure of that day: it never gives up."""


class ServiceCalls(Protocol):
    """The slice `win32api.services`."""

    def binary_path(self, name: str) -> str:
        """Return the command line that is started; raises WinProblem."""
        ...

    def set_binary_path(self, name: str, command_line: str) -> None:
        """Have another command line started; raises WinProblem."""
        ...

    def restarts_of(self, name: str) -> tuple[int, tuple[int, ...], bool]:
        """Return the restarts as they are set; raises WinProblem."""
        ...

    def set_restarts(self, name: str, forget_after_seconds: int, delays_ms: Sequence[int]) -> None:
        """Set the restarts; raises WinProblem."""
        ...

    def set_restarts_on_error(self, name: str) -> None:
        """Have an end with an error count as a failure; raises WinProblem."""
        ...


class Hosted:
    """What the service manager sees of us: it runs, it is told things, it is asked to stop."""

    def __init__(
        self,
        job: Job,
        hub: Hub = HUB,
        end: Callable[[int], None] = os._exit,
        handler: Callable[[], logging.Handler | None] = lambda: None,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self._job = job
        self._begin = begin
        self._handler = handler
        self._hub = hub
        self._end = end
        self._guard = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self._asked = False

    def run(self) -> None:
        """
        Do the work until stopped.

        After a fault the process ends without having said that it stopped: whatever is set for errors, that
        is what the service manager starts again.
        """
        code = self._job(self._until, self._handler())
        if code != 0:
            logging.shutdown()
            self._end(code)

    def heard(self, control: int, event: int, data: object) -> None:
        """Take what the service manager says; never raises."""
        if control in STOPS:
            self.stop()
        elif control == SESSION_CHANGE and (session := session_in(data)) is not None:
            self._hub.session_changed(event, session)
        elif control == POWER_EVENT:
            self._hub.power(event)

    def stop(self) -> None:
        """Have the work stopped, also when it has only just begun."""
        with self._guard:
            self._asked = True
            stop = self._stop
        if stop is not None:
            stop()

    def _until(self, stop: Callable[[], None]) -> None:
        self._begin()
        with self._guard:
            self._stop = stop
            asked = self._asked
        if asked:
            stop()


def session_in(data: object) -> int | None:
    """Return the session a SESSION_CHANGE is about (pywin32 gives a tuple with its number). Pure."""
    if isinstance(data, tuple) and data and isinstance(data[0], int) and data[0] >= 0:
        return data[0]
    return None


def decide_quoted(command_line: str, program: str) -> str | None:
    """
    Return the command line with its program in quotes, or None if it is well as it is. Pure.

    Windows tries every beginning of an unquoted path with spaces: `C:\\Program.exe` would be started first.
    """
    if command_line.startswith('"') or not command_line.lower().startswith(program.lower()):
        return None
    rest = command_line[len(program) :]
    if " " not in program or (rest and not rest.startswith(" ")):
        return None
    return f'"{command_line[: len(program)]}"{rest}'


def supervise(calls: ServiceCalls, program: str, name: str = SERVICE_NAME) -> None:
    """Have ourselves started again whenever we fail, and by a path that cannot be mistaken. Never raises."""
    try:
        found: Restarts | None = Restarts(*calls.restarts_of(name))
    except WinProblem:
        found = None  # then they are set as if they were not
    try:
        if found != WANTED:
            calls.set_restarts(name, WANTED.forget_after_seconds, WANTED.delays_ms)
            calls.set_restarts_on_error(name)
    except WinProblem as problem:
        log.warning("restarts after a failure are not set", extra={"problem": str(problem)})
    try:
        quoted = decide_quoted(calls.binary_path(name), program)
        if quoted is not None:
            calls.set_binary_path(name, quoted)
    except WinProblem as problem:
        log.warning("the service's path is not in quotes", extra={"problem": str(problem)})


def host(
    job: Job,
    state: Path,
    name: str = SERVICE_NAME,
    *,
    manager: "Manager | None" = None,
    calls: ServiceCalls | None = None,
    event_log: windows_eventlog.EventLogCalls | None = None,
) -> int:
    """
    Run the job under the service manager if that started us, else in the foreground; return its status.

    Under the service manager its log lines go to the event log and into a file in `state`, else to stderr.
    """
    real_manager, real_calls = (manager, calls) if manager and calls else on_windows(_real())
    begin = partial(supervise, calls or real_calls, sys.executable, name)
    hosted = Hosted(
        job,
        end=(manager or real_manager).end_now,
        handler=partial(windows_eventlog.handler, state, event_log),
        begin=begin,
    )
    try:
        if (manager or real_manager).run_under_manager(name, hosted):
            # Whoever waits for our stop replaces or removes our files next: no thread may hold them longer.
            logging.shutdown()
            (manager or real_manager).end_now(0)
            return 0
    except WinProblem as problem:
        log.critical("the service manager will not have us", extra={"problem": str(problem)})
        return 1
    return job(own_process.on_stop_request, None)


class Manager(Protocol):
    """The slice `win32api.service_host`."""

    def end_now(self, code: int) -> None:
        """End this process at once."""
        ...

    def run_under_manager(self, name: str, hosted: Hosted) -> bool:
        """Return True once the hosted service has stopped, False if the manager did not start us."""
        ...


def _real() -> tuple[Manager, ServiceCalls] | None:
    if sys.platform == "win32":
        from agent.backends.win32api import service_host, services

        return service_host, services
    return None
