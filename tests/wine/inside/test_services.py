"""The real slices `services` and `service_host`: a service of ours under Wine's service manager."""

import secrets
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import win32service
import win32serviceutil

from agent.backends import windows_service
from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import service_host, services

SECONDS = 60.0
PROGRAM = Path(__file__).with_name("service_program.py")
ROOT = Path(__file__).parents[3]


def wait_for(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


class Service:
    def __init__(self, folder: Path, *, fails: bool) -> None:
        self.name = f"gatepost-test-{secrets.token_hex(4)}"
        self.heard_file = folder / "duyulan ı.txt"
        way = "fails" if fails else ""
        command = [sys.executable, str(PROGRAM), str(ROOT), self.name, str(self.heard_file), way]
        manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_ALL_ACCESS)
        self._service = win32service.CreateService(
            manager, self.name, self.name, win32service.SERVICE_ALL_ACCESS,
            win32service.SERVICE_WIN32_OWN_PROCESS, win32service.SERVICE_DEMAND_START,
            win32service.SERVICE_ERROR_NORMAL, subprocess.list2cmdline(command),
            None, False, None, None, None,
        )  # fmt: skip
        win32service.CloseServiceHandle(manager)

    def start(self) -> None:
        win32service.StartService(self._service, None)

    def control(self, code: int) -> None:
        win32service.ControlService(self._service, code)

    @property
    def state(self) -> int:
        return win32service.QueryServiceStatus(self._service)[1]

    @property
    def heard(self) -> list[str]:
        try:
            return self.heard_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def remove(self) -> None:
        if self.state == win32service.SERVICE_RUNNING:
            self.control(win32service.SERVICE_CONTROL_STOP)
            wait_for(lambda: self.state == win32service.SERVICE_STOPPED)
        self.forget()

    def forget(self) -> None:
        win32service.DeleteService(self._service)
        win32service.CloseServiceHandle(self._service)


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path, fails=False)
    yield made
    made.remove()


def test_a_service_runs_hears_and_stops(service):
    service.start()
    wait_for(lambda: service.heard == ["runs"])

    assert win32service.SERVICE_RUNNING == service.state
    assert services.pid_of(service.name) > 0

    service.control(200)
    wait_for(lambda: service.heard == ["runs", "logon 3"])
    service.control(win32service.SERVICE_CONTROL_STOP)
    wait_for(lambda: service.state == win32service.SERVICE_STOPPED)

    assert ["runs", "logon 3", "stopped"] == service.heard
    assert 0 == services.pid_of(service.name)


def test_wine_does_not_keep_restarts_and_that_stops_nobody(service):
    with pytest.raises(WinProblem) as caught:
        services.restarts_of(service.name)

    assert 124 == caught.value.code

    windows_service.supervise(services, sys.executable, service.name)
    service.start()
    wait_for(lambda: service.heard == ["runs"])


def test_after_a_fault_the_process_is_gone_and_has_not_said_that_it_stopped(tmp_path):
    service = Service(tmp_path, fails=True)
    service.start()
    pid = 0

    def is_gone() -> bool:
        nonlocal pid
        pid = pid or services.pid_of(service.name)
        return pid != 0 and service.heard == ["runs", "fails"] and not psutil.pid_exists(pid)

    wait_for(is_gone)

    # Windows sees the end of the process and starts another; Wine sees nothing and calls it running.
    assert win32service.SERVICE_RUNNING == service.state
    service.forget()


def test_a_path_is_changed_and_read_back(service):
    services.set_binary_path(service.name, r'"C:\Program Files\Gatepost\agent.exe" service')

    assert r'"C:\Program Files\Gatepost\agent.exe" service' == services.binary_path(service.name)


def test_a_service_nobody_knows_is_a_problem_with_its_code():
    with pytest.raises(WinProblem) as caught:
        services.pid_of("gatepost-never")

    assert 1060 == caught.value.code


def test_a_program_started_by_hand_is_not_under_the_service_manager():
    hosted = windows_service.Hosted(lambda _until, _handler: 0)

    assert not service_host.run_under_manager("gatepost-never", hosted)


def test_the_frameworks_class_is_pywin32s():
    made = service_host.framework("gatepost-never", windows_service.Hosted(lambda _until, _handler: 0))

    assert issubclass(made, win32serviceutil.ServiceFramework)
