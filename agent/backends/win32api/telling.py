"""What pywin32 says of a call that failed, in our own error."""

import sys

assert sys.platform == "win32"

from collections.abc import Iterator
from contextlib import contextmanager

import pywintypes

from agent.backends.win32_problem import WinProblem


@contextmanager
def told(function: str) -> Iterator[None]:
    """Turn the failure of this call into a WinProblem that names it."""
    try:
        yield
    except pywintypes.error as problem:
        raise WinProblem(function, int(problem.winerror)) from problem
