"""Who runs the service: systemd or a person's shell, or Windows' service manager."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from agent.backends import own_process

Until = Callable[[Callable[[], None]], None]
"""Is given, once, what stops the service; calls it from any thread."""
Job = Callable[[Until, logging.Handler | None], int]
"""The service: told by what it is stopped, and where its log lines go if not to stderr."""


def host(job: Job, state: Path) -> int:
    """Run the service as whoever started us expects; return its exit status."""
    if sys.platform == "win32":
        from agent.backends import windows_service

        return windows_service.host(job, state)
    return job(own_process.on_stop_request, None)


def complain_to_system(text: str) -> None:
    """Have the system keep why the service did not begin, where nobody reads stderr; never raises."""
    if sys.platform == "win32":
        from agent.backends import windows_eventlog

        windows_eventlog.complain(text)
