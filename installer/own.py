"""Commands that end when the installer ends, however it ends."""

import sys
from collections.abc import Sequence


def bound(*command: str) -> list[str]:
    """Return a command that is asked to end when the thread that started it is gone (setpriv(1))."""
    return ["setpriv", "--pdeathsig", "TERM", "--", *command]


def module(name: str, *arguments: str) -> list[str]:
    """Return the command of one of our packages in this runtime, closed to environment and user files."""
    return [sys.executable, "-I", "-m", name, *arguments]


def service(name: str, arguments: Sequence[str]) -> list[str]:
    """Return the same, bound to us."""
    return bound(*module(name, *arguments))
