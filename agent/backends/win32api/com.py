"""COM for the time of one piece of work. Nothing here decides."""

import sys

assert sys.platform == "win32"

from collections.abc import Callable
from typing import Any, TypeVar

import pythoncom

from agent.backends.win32_problem import WinProblem

T = TypeVar("T")
_UNKNOWN_NAME = 0x80020006
"""DISP_E_UNKNOWNNAME: half an installation, as under Wine; pywin32 says it as Python does."""


def outer_code(problem: Any) -> int:
    """Return the code of the call itself."""
    return int(problem.hresult)


def within(function: str, work: Callable[[], T], code_of: Callable[[Any], int] = outer_code) -> T:
    """
    Do this with COM set up in this thread.

    What the work got of COM goes with its own frame, and so before COM does: whoever lets go of such an
    object later calls a library that may be gone.
    """
    pythoncom.CoInitialize()
    try:
        return _told(function, work, code_of)
    finally:
        pythoncom.CoUninitialize()


def _told(function: str, work: Callable[[], T], code_of: Callable[[Any], int]) -> T:
    try:
        return work()
    except pythoncom.com_error as problem:
        code = code_of(problem) & 0xFFFFFFFF
    except AttributeError:
        code = _UNKNOWN_NAME
    raise WinProblem(function, code)  # here: what was raised has let go of its frames, and they of COM
