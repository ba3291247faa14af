"""A service for the tests: our own framework around a job that writes down what it hears.

Wine sends no changes of sessions. Control 200, which only this class here knows, stands for one.
"""

import functools
import sys
import threading
from pathlib import Path

ROOT, NAME, HEARD, FAILS = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] == "fails"
sys.path.insert(0, ROOT)

from agent.backends import windows_service  # noqa: E402
from agent.backends.win32api import service_host, services  # noqa: E402
from agent.backends.windows_events import HUB  # noqa: E402


def note(line: str) -> None:
    with HEARD.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def job(until, _handler) -> int:
    stopped = threading.Event()
    until(stopped.set)
    note("runs")
    if FAILS and HEARD.read_text(encoding="utf-8").count("runs") == 1:
        note("fails")
        return 1
    stopped.wait(120)
    note("stopped")
    return 0


def main() -> None:
    HUB.on_session(lambda change: note(f"{change.kind} {change.session}"))
    begin = functools.partial(windows_service.supervise, services, sys.executable, NAME)
    base = service_host.framework(NAME, windows_service.Hosted(job, end=service_host.end_now, begin=begin))

    class ForTests(base):
        def SvcOtherEx(self, control, event_type, data):
            if control == 200:
                super().SvcOtherEx(windows_service.SESSION_CHANGE, 5, (3,))
            else:
                super().SvcOtherEx(control, event_type, data)

    if not service_host.dispatch(ForTests):
        note("not under the service manager")


main()
