"""Policy mode `copy`: the person gets copies, and it is the copies that are checked.

A hostile stick that answers otherwise on the second read gains nothing: there is no second read.
"""

import sys

assert sys.platform == "linux"

# Names on a stick are bytes, which pathlib does not take.
# ruff: noqa: PTH102, PTH108, PTH118, PTH120

import contextlib
import os
from collections.abc import Generator

from agent.backends.scan_job import ScanJob

_PIECE_BYTES = 1024 * 1024


class Copier:
    """Copies files into a folder that only root enters until all of it is clean."""

    def __init__(self, job: ScanJob) -> None:
        self._top = os.fsencode(job.copy_to)
        self._owner = (job.uid, job.gid)

    def copy(self, file: int, relative: bytes, most_bytes: int) -> Generator[None, None, int]:
        """
        Copy one open file to its place; return the copy, open for reading. Pauses after every piece.

        One that is longer than it was said to be ends soon behind `most_bytes`: it fills no disk.
        """
        target = os.path.join(self._top, relative)
        self._make_folders(os.path.dirname(relative))
        handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            copied = 0
            while copied <= most_bytes and (piece := os.read(file, _PIECE_BYTES)):
                copied += len(piece)
                view = memoryview(piece)
                while view:
                    view = view[os.write(handle, view) :]
                yield
            os.fchown(handle, *self._owner)
        except (OSError, GeneratorExit):
            os.close(handle)
            with contextlib.suppress(OSError):
                os.unlink(target)
            raise
        return handle

    def _make_folders(self, relative: bytes) -> None:
        folder = self._top
        for part in relative.split(b"/"):
            if part:
                folder = os.path.join(folder, part)
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, 0o700)
                    os.chown(folder, *self._owner)
