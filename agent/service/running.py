"""The service as a process: its memory, its signals, its loud end."""

import ctypes
import gc
import logging
import os
import signal
from pathlib import Path

from agent import logs
from agent.backends import device, own_process
from agent.clock import SystemClock
from agent.errors import DeviceFailed
from agent.paths import Config
from agent.service.app import Service
from agent.service.loop import Stopping

log = logging.getLogger(__name__)


def run(config: Config, config_path: Path, *, verbose: bool) -> int:
    """Run until SIGTERM or SIGINT; 1 after a fault, so that the supervisor starts it again."""
    logs.start_logging(verbose=verbose)
    os.umask(0o077)
    try:
        machine = device.choose(config, config_path.resolve())
        own_process.harden(dies_with_parent=False)
        service = Service(config, machine, SystemClock())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: service.loop.put(Stopping()))
        service.start()
        _settle()
        service.run()
    except DeviceFailed as problem:
        log.critical("this system will not do", extra={"problem": str(problem)})
        return 1
    except Exception:
        log.critical("the service ends: a fault nobody expected", exc_info=True)
        return 1
    return 0


def _settle() -> None:
    """Give back what starting took: measured in docs/figures.md."""
    gc.collect()
    gc.freeze()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
