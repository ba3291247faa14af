"""Windows' Application log: entries of a source of ours, whose texts the viewer can show."""

import sys

assert sys.platform == "win32"

import pywintypes
import servicemanager
import win32evtlog
import win32evtlogutil
import winerror

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_eventlog import Kind

_LOG = "Application"
_KINDS: dict[Kind, tuple[int, int]] = {
    # pywin32's own table of messages has "%1" under these numbers.
    "information": (win32evtlog.EVENTLOG_INFORMATION_TYPE, 0x4000F001),
    "warning": (win32evtlog.EVENTLOG_WARNING_TYPE, 0x8000F002),
    "error": (win32evtlog.EVENTLOG_ERROR_TYPE, 0xC000F003),
}


def _code(problem: pywintypes.error | OSError) -> int:
    return int(getattr(problem, "winerror", 0) or 0)


def add_source(source: str) -> None:
    """Make a source known."""
    try:
        win32evtlogutil.AddSourceToRegistry(source, servicemanager.__file__, _LOG)
    except (pywintypes.error, OSError) as problem:
        raise WinProblem("AddSourceToRegistry", _code(problem)) from problem


def remove_source(source: str) -> None:
    """Forget a source."""
    try:
        win32evtlogutil.RemoveSourceFromRegistry(source, _LOG)
    except (pywintypes.error, OSError) as problem:
        if _code(problem) != winerror.ERROR_FILE_NOT_FOUND:
            raise WinProblem("RemoveSourceFromRegistry", _code(problem)) from problem


def write(source: str, kind: Kind, text: str) -> None:
    """Add one entry."""
    level, number = _KINDS[kind]
    try:
        handle = win32evtlog.RegisterEventSource(None, source)
        try:
            win32evtlog.ReportEvent(handle, level, 0, number, None, [text], None)
        finally:
            win32evtlog.DeregisterEventSource(handle)
    except pywintypes.error as problem:
        raise WinProblem("ReportEvent", _code(problem)) from problem
