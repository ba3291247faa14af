"""A lock that one process of this machine holds, and that is free again however that process ends."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FLAGS = os.O_RDWR | os.O_CREAT | os.O_BINARY | os.O_NOINHERIT
else:
    import fcntl

    _FLAGS = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC


class HeldByAnother(OSError):
    """Another process has it. There is one too many of us: go."""


class Held:
    """The lock, while it is held."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Let go of it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def hold(path: Path) -> Held:
    """Take the lock whose file this is, at once; raises HeldByAnother, or OSError for the file itself."""
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        _lock(descriptor)
    except OSError as problem:
        os.close(descriptor)
        raise HeldByAnother(*problem.args) from problem
    return Held(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # the first byte; what the file holds is no matter
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
