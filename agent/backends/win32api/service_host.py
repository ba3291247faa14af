"""pywin32's service framework around our service: every word of the service manager is passed on."""

import sys

assert sys.platform == "win32"

import pywintypes
import servicemanager
import win32process
import win32service
import win32serviceutil
import winerror

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_eventlog import SOURCE
from agent.backends.windows_service import STOP_WITHIN_SECONDS, Hosted

_ACCEPTED = (
    win32service.SERVICE_ACCEPT_STOP
    | win32service.SERVICE_ACCEPT_SHUTDOWN
    | win32service.SERVICE_ACCEPT_PRESHUTDOWN
    | win32service.SERVICE_ACCEPT_SESSIONCHANGE
    | win32service.SERVICE_ACCEPT_POWEREVENT
)


def framework(name: str, hosted: Hosted) -> type[win32serviceutil.ServiceFramework]:
    """Return the class that the service manager's thread makes one of."""

    class Framework(win32serviceutil.ServiceFramework):
        _svc_name_ = name
        _svc_display_name_ = name

        def GetAcceptedControls(self) -> int:  # noqa: N802
            return _ACCEPTED

        def SvcStop(self) -> None:  # noqa: N802
            self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING, waitHint=STOP_WITHIN_SECONDS * 1000)
            hosted.stop()

        SvcShutdown = SvcStop

        def SvcOtherEx(self, control: int, event_type: int, data: object) -> None:  # noqa: N802
            if control == win32service.SERVICE_CONTROL_PRESHUTDOWN:
                self.SvcStop()
            else:
                hosted.heard(control, event_type, data)

        def SvcDoRun(self) -> None:  # noqa: N802
            hosted.run()

    return Framework


def run_under_manager(name: str, hosted: Hosted) -> bool:
    """Serve the service manager until it has stopped us; False if it did not start us."""
    return dispatch(framework(name, hosted))


def dispatch(service: type[win32serviceutil.ServiceFramework]) -> bool:
    """Give the main thread to the service manager; False if it did not start us."""
    try:
        servicemanager.Initialize(SOURCE, servicemanager.__file__)  # its own words of start and stop
        servicemanager.PrepareToHostSingle(service)
        servicemanager.StartServiceCtrlDispatcher()  # type: ignore[no-untyped-call]
    except pywintypes.error as problem:
        if problem.winerror == winerror.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT:
            return False
        raise WinProblem("StartServiceCtrlDispatcher", int(problem.winerror)) from problem
    return True


def end_now(code: int) -> None:
    """End this process at once: no library of it is asked whether it agrees."""
    win32process.TerminateProcess(win32process.GetCurrentProcess(), code)
