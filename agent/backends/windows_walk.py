"""Every file of a stranger's file system on Windows, found without following it anywhere.

NTFS on a stick may hold links and junctions that lead onto the laptop's own disk: they are not followed.
Other *reparse points* stand for contents that lie elsewhere or are made up by a driver: nobody can check
those, so they end the check. Nor can two files be checked of which Windows opens one by both names, as a
stick written elsewhere may have them. What lies beside a file's content (*alternate streams*) is counted and
read like a file.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Literal

from agent.backends.scan_count import DEEPEST, MOST_FOLDERS, FileSeen, WalkFailed
from agent.places import folded

_LINK_TAGS = (0xA000000C, 0xA0000003)
"""IO_REPARSE_TAG_SYMLINK, IO_REPARSE_TAG_MOUNT_POINT (also a junction)."""
VIRUS_INFECTED, VIRUS_DELETED = 225, 226
"""What Windows answers to whoever opens a file in which its guard found something (winerror.h)."""
_GONE = (21, 31, 433, 1006, 1110, 1117, 1167, 1617)
"""Not ready, a device that does not work or is not there, another medium, an I/O error."""

Streams = Callable[[str], list[tuple[str, int]]]
"""Return the name (`:notes:$DATA`) and the size of everything beside the plain content of a path."""
Kind = Literal["folder", "file", "link", "odd"]


def decide_kind(mode: int, attributes: int, tag: int) -> Kind:
    """Return what an entry is to the walk, by what `stat` says of it without following it."""
    if stat.S_ISLNK(mode) or (attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT and tag in _LINK_TAGS):
        return "link"
    if attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
        return "odd"
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "odd"


def long_path(path: str) -> str:
    r"""Return the path as Windows takes it whole: however long, and with names that end with a dot."""
    if sys.platform == "win32" and not path.startswith("\\\\?\\"):
        return "\\\\?\\" + os.path.abspath(path)  # noqa: PTH100 - names on a stick are no Path
    return path


def no_streams(_path: str) -> list[tuple[str, int]]:
    """Return nothing: where there are none, or where they are left behind."""
    return []


def walk(top: str, streams: Streams = no_streams) -> Iterator[FileSeen]:
    """Yield every regular file below a folder; raises WalkFailed where that is impossible."""
    waiting: list[tuple[str, int]] = [(long_path(top), 0)]
    folders = 0
    while waiting:
        folder, depth = waiting.pop()
        folders += 1
        if depth > DEEPEST or folders > MOST_FOLDERS:
            raise WalkFailed("too-large", "more or deeper folders than are looked through")
        names: set[str] = set()
        yield from _beside(folder, streams)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if folded(entry.name) in names:
                        raise WalkFailed("unreadable", "two names that are one to Windows")
                    names.add(folded(entry.name))
                    found = entry.stat(follow_symlinks=False)
                    attributes = getattr(found, "st_file_attributes", 0)
                    kind = decide_kind(found.st_mode, attributes, getattr(found, "st_reparse_tag", 0))
                    if kind == "odd":
                        raise WalkFailed("unreadable", "something that is neither a file nor a folder")
                    if kind == "folder":
                        waiting.append((entry.path, depth + 1))
                    elif kind == "file":
                        yield FileSeen(os.fsencode(entry.path), found.st_size)
                        yield from _beside(entry.path, streams)
        except OSError as problem:
            raise decide_problem(problem, "a folder") from problem


def _beside(path: str, streams: Streams) -> Iterator[FileSeen]:
    for name, size in streams(path):
        yield FileSeen(os.fsencode(path + name), size)


def decide_problem(problem: OSError, what: str) -> WalkFailed:
    """Return why something on a stick cannot be read; pulled out in the middle is one of the reasons."""
    code = getattr(problem, "winerror", None)
    if code in _GONE:
        return WalkFailed("unreadable", "the stick is not there any more, or does not answer")
    return WalkFailed("unreadable", f"{what} cannot be read: {problem.strerror}")


def is_infected(problem: OSError) -> bool:
    """Say whether Windows' guard keeps us from a file because of what is in it."""
    return getattr(problem, "winerror", None) in (VIRUS_INFECTED, VIRUS_DELETED)
