"""What lies beside the content of files and folders: NTFS' alternate data streams. Nothing here decides."""

import sys

assert sys.platform == "win32"

import pywintypes
import win32file

from agent.backends.win32_problem import WinProblem

_PLAIN = "::$DATA"
_NONE = (1, 38, 50, 87)
"""A folder without any says `end of file`; a file system that knows none does not know the question."""


def named(path: str) -> list[tuple[str, int]]:
    """Return the name (`:notes:$DATA`) and size of everything beside the plain content of a path."""
    try:
        found = win32file.FindStreams(path)
    except pywintypes.error as problem:
        if problem.winerror in _NONE:
            return []
        raise WinProblem("FindFirstStream", problem.winerror) from problem
    return [(str(name), int(size)) for size, name in found if name != _PLAIN]
