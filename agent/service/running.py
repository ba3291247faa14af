"""The service as a process: its memory, its signals, its loud end."""

import fcntl
import logging
import os
import signal
from pathlib import Path

from agent import logs
from agent.backends import device, own_process
from agent.backends.clocks import SystemClock
from agent.errors import ConfigProblem, DeviceFailed
from agent.paths import Config
from agent.service.app import Service
from agent.service.loop import Stopping

log = logging.getLogger(__name__)


def run(config: Config, config_path: Path, *, verbose: bool) -> int:
    """Run until SIGTERM or SIGINT; 1 after a fault, so that the supervisor starts it again."""
    logs.start_logging(verbose=verbose)
    os.umask(0o077)
    try:
        alone = _be_alone(config)
        machine = device.choose(config, config_path.resolve())
        own_process.harden(dies_with_parent=False)
        service = Service(config, machine, SystemClock())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: service.loop.put(Stopping()))
        service.start()
        service.run()
        os.close(alone)
    except ConfigProblem as problem:
        log.critical("not started", extra={"problem": str(problem)})
        return 1
    except DeviceFailed as problem:
        log.critical("this system will not do", extra={"problem": str(problem)})
        return 1
    except Exception:
        log.critical("the service ends: a fault nobody expected", exc_info=True)
        return 1
    return 0


def _be_alone(config: Config) -> int:
    """Hold the lock that only one service may hold; two would both write the journal."""
    config.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(config.run / "service.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        raise ConfigProblem(f"the service runs already (it holds {config.run / 'service.lock'})") from problem
    return descriptor
