"""What a walk through a stranger's file system comes to, and where it ends. Alike on every system."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from policies.settings import ScanSettings

Top = TypeVar("Top")
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


def add_up(found: Iterable[FileSeen], limits: ScanSettings) -> tuple[int, int]:
    """Return how many files and bytes there are; raises WalkFailed beyond the policy's limits."""
    files = size = 0
    for seen in found:
        files += 1
        size += seen.size_bytes
        if files > limits.most_files:
            raise WalkFailed("too-large", f"more than {limits.most_files} files")
        if seen.size_bytes > limits.most_file_bytes:
            raise WalkFailed("too-large", f"a file larger than {limits.most_file_bytes} bytes")
        if size > limits.most_bytes:
            raise WalkFailed("too-large", f"more than {limits.most_bytes} bytes")
    return files, size


def no_more_than(
    files: int, size_bytes: int, found: Iterable[tuple[Top, FileSeen]]
) -> Iterator[tuple[Top, FileSeen]]:
    """Yield the same, as long as it is no more than was counted: a stick may answer otherwise this time."""
    for top, seen in found:
        files, size_bytes = files - 1, size_bytes - seen.size_bytes
        if files < 0 or size_bytes < 0:
            raise WalkFailed("changed", "there is more on it than a moment ago")
        yield top, seen
