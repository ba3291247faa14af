"""Sessions of Windows' terminal services: who is where, whether it is locked, and ending one."""

import sys
from contextlib import suppress

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes

import win32api
import win32security
import win32ts

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import processes, security
from agent.backends.win32api.telling import told
from agent.backends.windows_slices import LockState, SessionRow, SessionState

_SERVICES = 0
_STATES: dict[int, SessionState] = {0: "active", 1: "connected", 4: "disconnected", 6: "listening"}
_SESSION_INFO_EX = 25
_LOCKED, _UNLOCKED = 0, 1
"""WTS_SESSIONSTATE_LOCK and _UNLOCK (wtsapi32.h); Windows 7 had them the other way round."""

_wts = ctypes.WinDLL("wtsapi32", use_last_error=True)


class _InfoLevel1(ctypes.Structure):
    """The beginning of WTSINFOEX_LEVEL1_W; the union before it is aligned to eight bytes."""

    _fields_ = (
        ("Level", wintypes.DWORD),
        ("_pad", wintypes.DWORD),
        ("SessionId", wintypes.ULONG),
        ("SessionState", ctypes.c_int),
        ("SessionFlags", wintypes.LONG),
    )


_query = _wts.WTSQuerySessionInformationW
_query.argtypes = (
    wintypes.HANDLE,
    wintypes.DWORD,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(wintypes.DWORD),
)
_query.restype = wintypes.BOOL
_free = _wts.WTSFreeMemory
_free.argtypes = (ctypes.c_void_p,)
_free.restype = None


def listed() -> list[SessionRow]:
    """Return every session but that of services."""
    with told("WTSEnumerateSessions"):
        found = win32ts.WTSEnumerateSessions(win32ts.WTS_CURRENT_SERVER_HANDLE, 1, 0)
    rows = []
    for each in found:
        number = int(each["SessionId"])
        if number == _SERVICES:
            continue
        state = _STATES.get(int(each["State"]), "other")
        user, domain = _text(number, win32ts.WTSUserName), _text(number, win32ts.WTSDomainName)
        sid = ""
        if user:
            sid = _sid_in(number, user, domain)
        rows.append(SessionRow(number, state, user, domain, sid))
    return rows


def _sid_in(number: int, user: str, domain: str) -> str:
    """Ask the session's own token; only where we may not, the name, which may wait for a far domain."""
    with suppress(WinProblem):
        return session_sid(number)
    with suppress(WinProblem):
        return security.sid_of_name(f"{domain}\\{user}")
    return ""


def _text(number: int, what: int) -> str:
    try:
        with told("WTSQuerySessionInformation"):
            said = win32ts.WTSQuerySessionInformation(win32ts.WTS_CURRENT_SERVER_HANDLE, number, what)
    except WinProblem:
        return ""  # it has just ended
    return said if isinstance(said, str) else ""


def session_sid(session_id: int) -> str:
    """Return the SID of who is logged in there; needs LocalSystem."""
    with told("WTSQueryUserToken"):
        token = win32ts.WTSQueryUserToken(session_id)
        try:
            user, _flags = win32security.GetTokenInformation(token, win32security.TokenUser)
            return str(win32security.ConvertSidToStringSid(user))
        finally:
            win32api.CloseHandle(token)


def session_of(pid: int) -> int:
    """Return the session a process runs in."""
    return processes.session_of(pid)


def lock_state(session_id: int) -> LockState:
    """Return whether that session's screen is locked, as far as Windows says."""
    said, size = ctypes.c_void_p(), wintypes.DWORD(0)
    if not _query(None, session_id, _SESSION_INFO_EX, ctypes.byref(said), ctypes.byref(size)):
        raise WinProblem("WTSQuerySessionInformation", ctypes.get_last_error())
    try:
        if not said.value or size.value < ctypes.sizeof(_InfoLevel1):
            return "unknown"
        info = _InfoLevel1.from_address(said.value)
        level, flags = int(info.Level), int(info.SessionFlags)
    finally:
        _free(said)
    if level != 1:
        return "unknown"
    return "locked" if flags == _LOCKED else "unlocked" if flags == _UNLOCKED else "unknown"


def logoff(session_id: int) -> None:
    """Have that session end; returns before it has."""
    with told("WTSLogoffSession"):
        win32ts.WTSLogoffSession(win32ts.WTS_CURRENT_SERVER_HANDLE, session_id, False)
