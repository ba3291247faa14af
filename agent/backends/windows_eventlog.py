"""What a technician finds of us in Windows' event log, and all of it in a file of our own beside the state.

No log line of ours names a person, an app or a title, so nothing of that gets into either.
"""

import logging
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal, Protocol

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import on_windows
from agent.errors import DeviceFailed

SOURCE = "Gatepost"
Kind = Literal["information", "warning", "error"]
MOST_LETTERS = 30_000
"""Windows takes 31,839 in one text."""
LOG_FILE = "service.log"
LOG_BYTES = 1_000_000
LOG_FILES = 2
"""Older ones beside the newest."""


class EventLogCalls(Protocol):
    """The slice `win32api.eventlog`."""

    def add_source(self, source: str) -> None:
        """Make a source known, so that the viewer shows its texts; raises WinProblem."""
        ...

    def remove_source(self, source: str) -> None:
        """Forget a source; one that is not known is no problem. Raises WinProblem."""
        ...

    def write(self, source: str, kind: Kind, text: str) -> None:
        """Add one entry to the Application log; raises WinProblem."""
        ...


def kind_of(level: int) -> Kind | None:
    """Return how the event log calls a line of this level; None: it is not for there. Pure."""
    if level >= logging.ERROR:
        return "error"
    return "warning" if level >= logging.WARNING else None


class ServiceLog(logging.Handler):
    """Everything into the file, warnings and worse into the event log; a log that fails stops nobody."""

    def __init__(self, file: Path, calls: EventLogCalls) -> None:
        super().__init__()
        self._calls = calls
        self._file: RotatingFileHandler | None = None
        with suppress(OSError):
            self._file = RotatingFileHandler(
                file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
            )
        with suppress(WinProblem):
            calls.add_source(SOURCE)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        text = self.format(record)
        kind = kind_of(record.levelno)
        if kind is not None:
            with suppress(WinProblem):
                self._calls.write(SOURCE, kind, text[:MOST_LETTERS])
        if self._file is not None:
            self._file.setFormatter(self.formatter)
            self._file.emit(record)  # a full disk is borne: without stderr the handler says nothing of it

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        super().close()


def handler(state: Path, calls: EventLogCalls | None = None) -> logging.Handler:
    """Return where the service's log lines go under the service manager."""
    with suppress(OSError):
        state.mkdir(parents=True, exist_ok=True)
    return ServiceLog(state / LOG_FILE, calls or _real())


def complain(text: str, calls: EventLogCalls | None = None) -> None:
    """Say in the event log why the service did not begin; never raises."""
    with suppress(DeviceFailed):
        found = calls or _real()
        with suppress(WinProblem):
            found.add_source(SOURCE)
        found.write(SOURCE, "error", text[:MOST_LETTERS])


def give_back(calls: EventLogCalls | None = None) -> None:
    """Forget our source: the package is being removed; raises WinProblem."""
    (calls or _real()).remove_source(SOURCE)


def _real() -> EventLogCalls:
    found: EventLogCalls | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import eventlog

        found = eventlog
    return on_windows(found)
