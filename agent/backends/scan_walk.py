"""Every file of a stranger's file system, found without following it anywhere.

Names stay bytes: sticks come with every encoding. Links are never followed, and a folder that turns up
twice (a FAT that bites its own tail) ends the check: what cannot be walked cannot be counted.
"""

import sys

assert sys.platform == "linux"

import errno
import os
import stat
from collections.abc import Iterator

from agent.backends.scan_count import DEEPEST, MOST_FOLDERS, FileSeen, WalkFailed, add_up
from policies.settings import ScanSettings

__all__ = ["FileSeen", "WalkFailed", "count", "open_file", "walk"]


def walk(top: bytes) -> Iterator[FileSeen]:
    """Yield every regular file below a folder; raises WalkFailed where that is impossible."""
    waiting: list[tuple[bytes, int]] = [(top, 0)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        folder, depth = waiting.pop()
        try:
            own = os.lstat(folder)
            mark = (own.st_dev, own.st_ino)
            if mark in seen:
                raise WalkFailed("unreadable", "a folder contains itself")
            seen.add(mark)
            if depth > DEEPEST or len(seen) > MOST_FOLDERS:
                raise WalkFailed("too-large", "more or deeper folders than are looked through")
            with os.scandir(folder) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(found.st_mode):
                        if len(waiting) + len(seen) > MOST_FOLDERS:
                            raise WalkFailed("too-large", "more folders than are looked through")
                        waiting.append((entry.path, depth + 1))
                    elif stat.S_ISREG(found.st_mode):
                        yield FileSeen(entry.path, found.st_size)
        except OSError as problem:
            raise WalkFailed("unreadable", f"a folder cannot be read: {problem.strerror}") from problem


def count(tops: list[bytes], limits: ScanSettings) -> tuple[int, int]:
    """Return how many files and bytes there are; raises WalkFailed beyond the policy's limits."""
    return add_up((seen for top in tops for seen in walk(top)), limits)


def open_file(path: bytes) -> int:
    """Open one regular file for reading; raises OSError, also if it is something else by now."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file any more")
    return handle
