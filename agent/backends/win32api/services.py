"""The service manager: what it knows of a service, and what it does when one fails."""

import sys

assert sys.platform == "win32"

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import win32service

from agent.backends.win32api.telling import told

if TYPE_CHECKING:
    from _win32typing import PySC_HANDLE


@contextmanager
def _service(name: str, access: int) -> Iterator["PySC_HANDLE"]:
    with told("OpenSCManager"):
        manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_CONNECT)
    try:
        with told("OpenService"):
            service = win32service.OpenService(manager, name, access)
        try:
            yield service
        finally:
            win32service.CloseServiceHandle(service)
    finally:
        win32service.CloseServiceHandle(manager)


def pid_of(name: str) -> int:
    """Return the process of a service; 0 while it does not run."""
    with _service(name, win32service.SERVICE_QUERY_STATUS) as service, told("QueryServiceStatusEx"):
        # The stubs call it a tuple; it is a dict.
        found = cast("dict[str, int]", win32service.QueryServiceStatusEx(service))
        return found["ProcessId"]


def binary_path(name: str) -> str:
    """Return the command line the service manager starts, as it stands in the registry."""
    with _service(name, win32service.SERVICE_QUERY_CONFIG) as service, told("QueryServiceConfig"):
        return str(win32service.QueryServiceConfig(service)[3])


def set_binary_path(name: str, command_line: str) -> None:
    """Have another command line started."""
    same = win32service.SERVICE_NO_CHANGE
    with _service(name, win32service.SERVICE_CHANGE_CONFIG) as service, told("ChangeServiceConfig"):
        win32service.ChangeServiceConfig(
            service, same, same, same, command_line, None, False, None, None, None, None
        )


def restarts_of(name: str) -> tuple[int, tuple[int, ...], bool]:
    """Return after how many seconds failures are forgotten, the delays of restarts in ms, and `on error`."""
    with _service(name, win32service.SERVICE_QUERY_CONFIG) as service, told("QueryServiceConfig2"):
        found = win32service.QueryServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS)
        flag = win32service.QueryServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)
    delays = tuple(
        int(delay) for kind, delay in found["Actions"] or () if kind == win32service.SC_ACTION_RESTART
    )
    return int(found["ResetPeriod"]), delays, bool(flag)


def set_restarts(name: str, forget_after_seconds: int, delays_ms: Sequence[int]) -> None:
    """Have the service started again when it fails; the last delay holds for all later failures."""
    actions = {
        "ResetPeriod": forget_after_seconds,
        "RebootMsg": "",
        "Command": "",
        "Actions": [(win32service.SC_ACTION_RESTART, delay) for delay in delays_ms],
    }
    access = win32service.SERVICE_CHANGE_CONFIG | win32service.SERVICE_START  # a restart asks for both
    with _service(name, access) as service, told("ChangeServiceConfig2"):
        win32service.ChangeServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS, actions)


def set_restarts_on_error(name: str) -> None:
    """Have an end with an error count as a failure too, not only a crash."""
    with _service(name, win32service.SERVICE_CHANGE_CONFIG) as service, told("ChangeServiceConfig2"):
        win32service.ChangeServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, True)
