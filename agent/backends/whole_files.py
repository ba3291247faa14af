"""Files that are the old one or the new one, complete and on disk, whenever the machine stops."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.backends import waiting
from agent.backends.win32_problem import ACCESS_DENIED, FILE_NOT_FOUND, SHARING_VIOLATION, WinProblem

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
if sys.platform == "win32":
    # Without it every line feed in a key or a sealed record would become two bytes.
    _NEW |= os.O_BINARY | os.O_NOINHERIT
_ZEROS = bytes(64 * 1024)
PATH_NOT_FOUND = 3
LOCK_VIOLATION = 33
USER_MAPPED_FILE = 1224
HELD = (ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, USER_MAPPED_FILE)
"""What Windows answers while somebody else has the file open: a virus scanner, an indexer, our own reader."""
PAUSES_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)


class Replaces(Protocol):
    """The one call of Windows that this needs."""

    def replace_file(self, new: str, old: str) -> None:
        """Put a file in another's place, on disk when this returns."""
        ...


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """
    Replace a file so that after any crash it is the old one or the new one, complete and on disk.

    Raises OSError. Windows has no modes: there the folder's access list holds for what lies in it.
    """
    beside = path.with_name(path.name + ".new")
    descriptor = _open_new(beside, mode)
    try:
        if sys.platform != "win32":
            os.fchmod(descriptor, mode)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if sys.platform == "win32":
        from agent.backends.win32api import own

        replace_patiently(own, beside, path)
        return
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def move(path: Path, target: Path) -> None:
    """Give a file another name in its folder; raises OSError, FileNotFoundError where it is not there."""
    if sys.platform == "win32":
        from agent.backends.win32api import own

        replace_patiently(own, path, target)
        return
    path.rename(target)


def reserve_space(path: Path, size_bytes: int) -> None:
    """Make a file that really takes so many bytes of the disk; raises OSError where there is no room."""
    if sys.platform == "win32":
        descriptor = _open_new(path, 0o600)
        try:
            for start in range(0, size_bytes, len(_ZEROS)):
                os.write(descriptor, _ZEROS[: size_bytes - start])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    finally:
        os.close(descriptor)


def replace_patiently(
    calls: Replaces, new: Path, old: Path, rest: Callable[[float], None] = waiting.rest
) -> None:
    """
    Put `new` in the place of `old`, waiting while somebody reads `old`; raises OSError.

    Linux never needs to wait: there an open file may be replaced.
    """
    for pause in (*PAUSES_SECONDS, None):
        try:
            calls.replace_file(str(new), str(old))
        except WinProblem as problem:
            if problem.code in (FILE_NOT_FOUND, PATH_NOT_FOUND):
                raise FileNotFoundError(errno.ENOENT, str(problem), str(new)) from problem
            if problem.code not in HELD or pause is None:
                raise PermissionError(errno.EACCES, str(problem), str(old)) from problem
            rest(pause)
        else:
            return


def _open_new(path: Path, mode: int, rest: Callable[[float], None] = waiting.rest) -> int:
    """Open an empty file of this name; one left over may still be in a virus scanner's hands."""
    if sys.platform == "win32":
        for pause in PAUSES_SECONDS:
            try:
                return os.open(path, _NEW, mode)
            except PermissionError:
                rest(pause)
    return os.open(path, _NEW, mode)
