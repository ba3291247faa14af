"""Processes: the list, and one of them by handle."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes
from typing import Any

import win32api
import win32con
import win32event
import win32security

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api.telling import told
from agent.backends.windows_slices import ProcessRow

_SNAP_PROCESSES = 0x2
_INVALID = ctypes.c_void_p(-1).value
_LOOK = 0x1000
"""PROCESS_QUERY_LIMITED_INFORMATION"""
_PATH_LETTERS = 32768
_MOST_PROCESSES = 100_000

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)


class _Entry(ctypes.Structure):
    """PROCESSENTRY32W (tlhelp32.h)."""

    _fields_ = (
        ("dwSize", wintypes.DWORD),
        ("cntUsage", wintypes.DWORD),
        ("th32ProcessID", wintypes.DWORD),
        ("th32DefaultHeapID", ctypes.c_size_t),
        ("th32ModuleID", wintypes.DWORD),
        ("cntThreads", wintypes.DWORD),
        ("th32ParentProcessID", wintypes.DWORD),
        ("pcPriClassBase", wintypes.LONG),
        ("dwFlags", wintypes.DWORD),
        ("szExeFile", wintypes.WCHAR * 260),
    )


_snapshot = _kernel.CreateToolhelp32Snapshot
_snapshot.argtypes = (wintypes.DWORD, wintypes.DWORD)
_snapshot.restype = wintypes.HANDLE
_first = _kernel.Process32FirstW
_first.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Entry))
_first.restype = wintypes.BOOL
_next = _kernel.Process32NextW
_next.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Entry))
_next.restype = wintypes.BOOL
_close = _kernel.CloseHandle
_close.argtypes = (wintypes.HANDLE,)
_close.restype = wintypes.BOOL
_times = _kernel.GetProcessTimes
_times.argtypes = (wintypes.HANDLE, *([ctypes.POINTER(wintypes.FILETIME)] * 4))
_times.restype = wintypes.BOOL
_image_name = _kernel.QueryFullProcessImageNameW
_image_name.argtypes = (
    wintypes.HANDLE,
    wintypes.DWORD,
    wintypes.LPWSTR,
    ctypes.POINTER(wintypes.DWORD),
)
_image_name.restype = wintypes.BOOL
_exit_code = _kernel.GetExitCodeProcess
_exit_code.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
_exit_code.restype = wintypes.BOOL
_terminate = _kernel.TerminateProcess
_terminate.argtypes = (wintypes.HANDLE, wintypes.UINT)
_terminate.restype = wintypes.BOOL
_session = _kernel.ProcessIdToSessionId
_session.argtypes = (wintypes.DWORD, ctypes.POINTER(wintypes.DWORD))
_session.restype = wintypes.BOOL


def listed() -> list[ProcessRow]:
    """Return every process there is."""
    snapshot = _snapshot(_SNAP_PROCESSES, 0)
    if snapshot in (None, _INVALID):
        raise WinProblem("CreateToolhelp32Snapshot", ctypes.get_last_error())
    rows: list[ProcessRow] = []
    try:
        entry = _Entry()
        entry.dwSize = ctypes.sizeof(_Entry)
        more = _first(snapshot, ctypes.byref(entry))
        while more and len(rows) < _MOST_PROCESSES:
            pid = int(entry.th32ProcessID)
            number = wintypes.DWORD(0)
            if pid and _session(pid, ctypes.byref(number)):
                rows.append(
                    ProcessRow(pid, int(entry.th32ParentProcessID), str(entry.szExeFile), int(number.value))
                )
            more = _next(snapshot, ctypes.byref(entry))
    finally:
        _close(snapshot)
    return rows


def _taken(handle: Any) -> int:
    """Return pywin32's handle as a number that is ours to close (its stubs say int)."""
    return int(handle.Detach())


def open_process(pid: int) -> int:
    """Return a handle to wait for it, to ask about it and to end it."""
    rights = win32con.SYNCHRONIZE | win32con.PROCESS_TERMINATE | _LOOK
    with told("OpenProcess"):
        return _taken(win32api.OpenProcess(rights, False, pid))


def open_to_look(pid: int) -> int:
    """Return a handle that may only ask, and wait."""
    with told("OpenProcess"):
        return _taken(win32api.OpenProcess(win32con.SYNCHRONIZE | _LOOK, False, pid))


def created_at(handle: int) -> int:
    """Return when it was made, in 100 ns since 1601."""
    made, ended, kernel, user = (wintypes.FILETIME() for _ in range(4))
    if not _times(handle, *(ctypes.byref(each) for each in (made, ended, kernel, user))):
        raise WinProblem("GetProcessTimes", ctypes.get_last_error())
    return (int(made.dwHighDateTime) << 32) | int(made.dwLowDateTime)


def exit_code(handle: int) -> int | None:
    """Return how it ended, or None while it runs."""
    # 259 means "still running", and is a code like any other: only waiting tells.
    if not wait(handle, 0):
        return None
    code = wintypes.DWORD(0)
    if not _exit_code(handle, ctypes.byref(code)):
        raise WinProblem("GetExitCodeProcess", ctypes.get_last_error())
    return int(code.value)


def terminate(handle: int, code: int) -> None:
    """End it with this code."""
    # Not by pywin32: it takes a signed number, and codes of 2**31 and more are what a kill is known by.
    if not _terminate(handle, code):
        raise WinProblem("TerminateProcess", ctypes.get_last_error())


def wait(handle: int, milliseconds: int) -> bool:
    """Wait for its end; say whether it has ended."""
    with told("WaitForSingleObject"):
        return bool(win32event.WaitForSingleObject(handle, milliseconds) == win32event.WAIT_OBJECT_0)


def duplicate(handle: int) -> int:
    """Return another handle to the same thing."""
    own = win32api.GetCurrentProcess()
    with told("DuplicateHandle"):
        return _taken(win32api.DuplicateHandle(own, handle, own, 0, False, win32con.DUPLICATE_SAME_ACCESS))


def close(handle: int) -> None:
    """Let go of a handle."""
    if not _close(handle):
        raise WinProblem("CloseHandle", ctypes.get_last_error())


def session_of(pid: int) -> int:
    """Return the number of its session."""
    number = wintypes.DWORD(0)
    if not _session(pid, ctypes.byref(number)):
        raise WinProblem("ProcessIdToSessionId", ctypes.get_last_error())
    return int(number.value)


def program(handle: int) -> str:
    """Return the whole path of what it runs."""
    text = ctypes.create_unicode_buffer(_PATH_LETTERS)
    letters = wintypes.DWORD(_PATH_LETTERS)
    if not _image_name(handle, 0, text, ctypes.byref(letters)):
        raise WinProblem("QueryFullProcessImageName", ctypes.get_last_error())
    return text.value


def sid_of(handle: int) -> str:
    """Return the SID of its user, e.g. `S-1-5-18`."""
    with told("OpenProcessToken"):
        token = win32security.OpenProcessToken(handle, win32con.TOKEN_QUERY)
        try:
            user, _flags = win32security.GetTokenInformation(token, win32security.TokenUser)
            return str(win32security.ConvertSidToStringSid(user))
        finally:
            win32api.CloseHandle(token)
