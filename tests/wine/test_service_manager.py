"""The agent as a service: Wine's service manager starts it, it answers on its pipe, and stops when told."""

import json
import textwrap

from installer import places
from installer.processes import wait_for
from tests.wine.windows import Windows, seen_from_windows

SECONDS = 90.0
MANAGE = """
import subprocess, sys, win32service as s
manager = s.OpenSCManager(None, None, s.SC_MANAGER_ALL_ACCESS)
def opened():
    return s.OpenService(manager, "gatepost-agent", s.SERVICE_ALL_ACCESS)
"""


def manage(windows: Windows, words: str) -> str:
    """Do something with the service manager; return what it printed."""
    return windows.run("-c", MANAGE + textwrap.dedent(words), seconds=SECONDS).stdout.strip()


def install(windows: Windows) -> None:
    program = (
        f"import sys; sys.path.insert(0, {seen_from_windows(places.CLONE)!r}); "
        "from agent.__main__ import main; sys.exit(main(['service', '--verbose']))"
    )
    manage(
        windows,
        f"""
        line = subprocess.list2cmdline([sys.executable, "-c", {program!r}])
        s.CreateService(manager, "gatepost-agent", "Gatepost", s.SERVICE_ALL_ACCESS,
            s.SERVICE_WIN32_OWN_PROCESS, s.SERVICE_DEMAND_START, s.SERVICE_ERROR_NORMAL,
            line, None, False, None, None, None)
        """,
    )


def state(windows: Windows) -> str:
    return manage(windows, "print(s.QueryServiceStatusEx(opened())['CurrentState'])")


def status(windows: Windows) -> dict[str, object]:
    said = windows.run("-m", "agent", "status", "--json", seconds=SECONDS, check=False).stdout
    try:
        found = dict(json.loads(said.strip().splitlines()[-1]))
    except (ValueError, IndexError):
        return {}
    return found if found.get("running") else {}  # while it starts, the command says that nobody answers


def test_the_agent_runs_under_the_service_manager_and_stops_when_it_is_told(own_windows: Windows) -> None:
    install(own_windows)
    manage(own_windows, "s.StartService(opened(), None)")
    answer = wait_for("its answer", lambda: status(own_windows), SECONDS)
    running = state(own_windows)
    manage(own_windows, "s.ControlService(opened(), s.SERVICE_CONTROL_STOP)")
    wait_for("its end", lambda: state(own_windows) == "1", SECONDS)
    log = own_windows.path(r"C:\ProgramData\Gatepost\service.log").read_text(encoding="utf-8")
    said = [json.loads(line)["message"] for line in log.splitlines()]

    assert answer["enrolled"] is False
    assert "4" == running
    assert "service started" in said
    assert "service stopped" == said[-1]
