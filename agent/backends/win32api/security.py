"""Accounts by their SID, and the privileges of this process."""

import sys
from typing import Any

assert sys.platform == "win32"

import win32api
import win32con
import win32security

from agent.backends.win32_problem import PRIVILEGE_NOT_HELD, WinProblem
from agent.backends.win32api.telling import told

_HERE: Any = None
"""This machine; the stubs want a name."""


def name_of_sid(sid: str) -> tuple[str, str]:
    """Return the domain and the name of an account."""
    with told("LookupAccountSid"):
        found = win32security.ConvertStringSidToSid(sid)
        name, domain, _kind = win32security.LookupAccountSid(None, found)
    return str(domain), str(name)


def sid_of_name(name: str) -> str:
    """Return the SID of an account."""
    with told("LookupAccountName"):
        found, _domain, _kind = win32security.LookupAccountName(None, name)
        return str(win32security.ConvertSidToStringSid(found))


def enable_privilege(name: str) -> None:
    """Switch on a privilege this process holds; error 1314 if it does not hold it."""
    rights = win32con.TOKEN_ADJUST_PRIVILEGES | win32con.TOKEN_QUERY
    with told("AdjustTokenPrivileges"):
        token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), rights)
        try:
            wanted = win32security.LookupPrivilegeValue(_HERE, name)
            changed: Any = [(wanted, win32con.SE_PRIVILEGE_ENABLED)]
            win32security.AdjustTokenPrivileges(token, False, changed)
            held = win32security.GetTokenInformation(token, win32security.TokenPrivileges)
        finally:
            win32api.CloseHandle(token)
    # The call succeeds also where the privilege is not held: only looking tells.
    if not any(each == wanted and flags & win32con.SE_PRIVILEGE_ENABLED for each, flags in held):
        raise WinProblem("AdjustTokenPrivileges", PRIVILEGE_NOT_HELD)
