"""The service as a process: its memory, its signals, its loud end."""

import logging
from collections.abc import Callable
from pathlib import Path

from agent import logs
from agent.backends import device, only_one, own_process
from agent.backends.clocks import SystemClock
from agent.errors import ConfigProblem, DeviceFailed
from agent.paths import Config
from agent.service import offered_enrolment
from agent.service.app import Service
from agent.service.loop import Stopping

log = logging.getLogger(__name__)


def run(
    config: Config,
    config_path: Path,
    *,
    verbose: bool,
    until: Callable[[Callable[[], None]], None] = own_process.on_stop_request,
    handler: logging.Handler | None = None,
) -> int:
    """
    Run until asked to stop; 1 after a fault, so that the supervisor starts it again.

    `until` is told once how to stop us, from any thread: by default signals do (SIGTERM, SIGINT).
    `handler` takes the log lines where there is no stderr.
    """
    logs.start_logging(verbose=verbose, handler=handler)
    own_process.keep_files_private()
    try:
        alone = _be_alone(config)
        machine = device.choose(config, config_path.resolve())
        offered_enrolment.begin(config, machine)
        own_process.harden(dies_with_parent=False)
        service = Service(config, machine, SystemClock())
        until(lambda: service.loop.put(Stopping()))
        service.start()
        service.run()
        alone.close()
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


def _be_alone(config: Config) -> only_one.Held:
    """Hold the lock that only one service may hold; two would both write the journal."""
    config.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    lock = config.run / "service.lock"
    try:
        return only_one.hold(lock)
    except only_one.HeldByAnother as problem:
        raise ConfigProblem(f"the service runs already (it holds {lock})") from problem
