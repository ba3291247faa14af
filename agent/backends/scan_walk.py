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
from typing import NamedTuple

from policies.settings import ScanSettings

DEEPEST = 64
MOST_FOLDERS = 100_000


class WalkFailed(Exception):
    """The walk cannot be finished; `reason` is a ShutReason."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


class FileSeen(NamedTuple):
    """One regular file."""

    path: bytes
    size_bytes: int


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
                        waiting.append((entry.path, depth + 1))
                    elif stat.S_ISREG(found.st_mode):
                        yield FileSeen(entry.path, found.st_size)
        except OSError as problem:
            raise WalkFailed("unreadable", f"a folder cannot be read: {problem.strerror}") from problem


def count(tops: list[bytes], limits: ScanSettings) -> tuple[int, int]:
    """Return how many files and bytes there are; raises WalkFailed beyond the policy's limits."""
    files = size = 0
    for top in tops:
        for seen in walk(top):
            files += 1
            size += seen.size_bytes
            if files > limits.most_files:
                raise WalkFailed("too-large", f"more than {limits.most_files} files")
            if seen.size_bytes > limits.most_file_bytes:
                raise WalkFailed("too-large", f"a file larger than {limits.most_file_bytes} bytes")
            if size > limits.most_bytes:
                raise WalkFailed("too-large", f"more than {limits.most_bytes} bytes")
    return files, size


def open_file(path: bytes) -> int:
    """Open one regular file for reading; raises OSError, also if it is something else by now."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file any more")
    return handle
