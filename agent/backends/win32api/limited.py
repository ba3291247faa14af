"""Doing something with no more rights than somebody else has. Nothing here decides."""

import sys

assert sys.platform == "win32"

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import win32api
import win32con
import win32security

from agent.backends.win32api.telling import told

_WITHOUT_PRIVILEGES = 0x1
"""DISABLE_MAX_PRIVILEGE: all but the one to pass through folders."""
_TOKEN_RIGHTS = win32con.TOKEN_DUPLICATE | win32con.TOKEN_QUERY | win32con.TOKEN_IMPERSONATE


@contextmanager
def limited_to(sids: Sequence[str]) -> Iterator[None]:
    """Have this thread go on with our rights only as far as one of these has them too."""
    with told("CreateRestrictedToken"):
        # Pairs of a SID and its attributes; the stubs know them by a name of their own.
        limits: Any = tuple((win32security.ConvertStringSidToSid(each), 0) for each in sids)
        own = win32security.OpenProcessToken(win32api.GetCurrentProcess(), _TOKEN_RIGHTS)
        try:
            limited = win32security.CreateRestrictedToken(own, _WITHOUT_PRIVILEGES, (), (), limits)
        finally:
            win32api.CloseHandle(own)
    try:
        with told("ImpersonateLoggedOnUser"):
            win32security.ImpersonateLoggedOnUser(limited)
        try:
            yield
        finally:
            win32security.RevertToSelf()  # what fails here must end the service: no AgentError
    finally:
        win32api.CloseHandle(limited)
