"""A group of processes that end together (a *job object*). Nothing here decides."""

import sys

assert sys.platform == "win32"

import contextlib
import threading
from typing import Any, cast

import pywintypes
import win32api
import win32con
import win32job

from agent.backends.win32_problem import WinProblem


class Group:
    """One process with all that it starts; ends also with the last handle to it, so with the service."""

    def __init__(self, pid: int) -> None:
        try:
            # The stubs have it return nothing.
            self._job = cast("Any", win32job.CreateJobObject(None, ""))
            limits = win32job.QueryInformationJobObject(self._job, win32job.JobObjectExtendedLimitInformation)
            limits["BasicLimitInformation"]["LimitFlags"] |= win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
            win32job.SetInformationJobObject(self._job, win32job.JobObjectExtendedLimitInformation, limits)
            access = win32con.PROCESS_SET_QUOTA | win32con.PROCESS_TERMINATE
            process: Any = win32api.OpenProcess(access, False, pid)
            try:
                win32job.AssignProcessToJobObject(self._job, process)
            finally:
                process.Close()
        except pywintypes.error as problem:
            raise WinProblem(problem.funcname, problem.winerror) from problem
        self._guard = threading.Lock()
        self._ended = False

    def end(self) -> None:
        """End them all; does nothing if they have ended."""
        with self._guard:
            if self._ended:
                return
            self._ended = True
            with contextlib.suppress(pywintypes.error):
                win32job.TerminateJobObject(self._job, 1)
            self._job.Close()
