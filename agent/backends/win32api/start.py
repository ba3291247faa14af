"""Starting a program as the user of a session: the chain that ends in CreateProcessAsUser."""

import sys

assert sys.platform == "win32"

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import cast

import pywintypes
import win32api
import win32con
import win32file
import win32job
import win32process
import win32profile
import win32security
import win32ts

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api.telling import told
from agent.backends.windows_start import Started

_DESKTOP = r"winsta0\default"


@contextmanager
def _token(session: int) -> Iterator[int]:
    """Give the primary token of whoever is logged in there; needs SYSTEM."""
    with told("WTSQueryUserToken"):
        token = win32ts.WTSQueryUserToken(session)
    try:
        yield token
    finally:
        with suppress(pywintypes.error):
            win32file.CloseHandle(token)


def user_sid(session: int) -> str:
    """Return the SID of whoever is logged in in this session."""
    with _token(session) as token, told("GetTokenInformation"):
        sid, _attributes = win32security.GetTokenInformation(token, win32security.TokenUser)
        return str(win32security.ConvertSidToStringSid(sid))


def environments(session: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment of the machine, and the one of this session's user with their own changes."""
    with _token(session) as token, told("CreateEnvironmentBlock"):
        machine = win32profile.CreateEnvironmentBlock(None, False)  # type: ignore[arg-type]  # None: the machine's
        user = win32profile.CreateEnvironmentBlock(token, False)
        return dict(machine), dict(user)


def start_in_session(
    session: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    guard: str,
    *,
    dies_with_us: bool,
) -> Started:
    """
    Start a program there, on the desktop its user sees; its handles are the caller's to close.

    guard: the SDDL of the new process and of its first thread. dies_with_us: it and what it starts end
    with its job, which ends with our last handle to it.
    """
    flags = (
        win32con.CREATE_SUSPENDED
        | win32con.CREATE_NEW_PROCESS_GROUP
        | win32process.CREATE_UNICODE_ENVIRONMENT
        | win32process.CREATE_NO_WINDOW
    )
    look = win32process.STARTUPINFO()
    look.lpDesktop = _DESKTOP
    attributes = pywintypes.SECURITY_ATTRIBUTES()
    with told("ConvertStringSecurityDescriptorToSecurityDescriptor"):
        attributes.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            guard, win32security.SDDL_REVISION_1
        )
    with _token(session) as token, told("CreateProcessAsUser"):
        process, thread, pid, _thread_id = win32process.CreateProcessAsUser(
            token,
            command[0],
            subprocess.list2cmdline(command),
            attributes,
            attributes,
            False,
            flags,
            dict(environment),
            win32api.GetSystemDirectory(),
            look,
        )
    try:
        job = _job(process) if dies_with_us else 0
        with told("ResumeThread"):
            win32process.ResumeThread(thread)
    except WinProblem:
        with suppress(pywintypes.error):
            win32process.TerminateProcess(process, 1)
        raise
    finally:
        with suppress(pywintypes.error):
            win32file.CloseHandle(thread)
    return Started(int(pid), _detached(process), job)


def _job(process: int) -> int:
    with told("AssignProcessToJobObject"):
        job = cast("int", win32job.CreateJobObject(None, ""))  # its stub says None
        kind = win32job.JobObjectExtendedLimitInformation
        limits = win32job.QueryInformationJobObject(job, kind)
        limits["BasicLimitInformation"]["LimitFlags"] |= (
            win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | win32job.JOB_OBJECT_LIMIT_BREAKAWAY_OK
        )
        win32job.SetInformationJobObject(job, kind, limits)
        win32job.AssignProcessToJobObject(job, process)
        return _detached(job)


def _detached(handle: object) -> int:
    """Return the bare number of a handle; from now on nobody closes it but the caller."""
    return int(handle.Detach())  # type: ignore[attr-defined]  # the stubs call a PyHANDLE an int


def end_job(job: int, code: int) -> None:
    """End every process of a job."""
    with told("TerminateJobObject"):
        win32job.TerminateJobObject(job, code)
