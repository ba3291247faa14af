"""Which numbers were ever promised to a stream, kept beside the journal and safe from its fate.

The journal is one file that can be torn. This file holds, for every stream, a number that no batch has
reached yet. It is written once in a thousand records, so it costs nothing; after a loss numbering goes on
from there, and no number is ever given twice.
"""

import contextlib
import json
import time
from pathlib import Path

from agent.backends.whole_files import write_whole
from policies.recording import Stream

STEP = 1000
UNKNOWN_START = 1_000_000_000
"""Beyond any number a laptop reaches by counting; only used when this file is lost too."""

_LINE_BYTES = 128
"""Longer than the newest numbers of every stream ever are, so that nothing of an older line is left."""


class Numbering:
    """A ceiling for every stream: all numbers given so far are below it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._newest_path = path.with_name(path.name + ".newest")
        self.is_new = not path.exists()
        self._ceilings: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError):
            found = json.loads(path.read_bytes())
            self._ceilings = {str(k): int(v) for k, v in found.items() if isinstance(v, int) and v > 0}
        self.was_lost = not self.is_new and set(self._ceilings) != {stream.value for stream in Stream}

    def begin(self) -> None:
        """Write the file if it is missing or damaged; raises OSError if that is impossible."""
        if self.is_new or self.was_lost:
            self._write({each.value: self.after_loss(each) if self.was_lost else 1 for each in Stream})
            self.is_new = self.was_lost = False

    def reserve(self, stream: Stream, below: int) -> None:
        """Make sure on disk that numbers below `below` count as given; raises OSError if it cannot."""
        if below <= self._ceilings.get(stream.value, 0):
            return
        ceilings = {each.value: self._ceilings.get(each.value, 1) for each in Stream}
        ceilings[stream.value] = below + STEP
        self._write(ceilings)

    def _write(self, ceilings: dict[str, int]) -> None:
        write_whole(self._path, json.dumps(ceilings).encode())
        self._ceilings = ceilings

    def note(self, newest: dict[Stream, int]) -> None:
        """
        Remember the newest numbers without waiting for the disk.

        A journal that comes back shorter than this was cut. After a power cut this file may be the older
        one; that is harmless, because the journal itself is synced.
        """
        line = json.dumps({stream.value: number for stream, number in newest.items()})
        with contextlib.suppress(OSError):
            self._note(line.encode().ljust(_LINE_BYTES))

    def _note(self, line: bytes) -> None:
        """Write over what is there: a file that is emptied first is sent to the disk at once by ext4."""
        try:
            file = self._newest_path.open("r+b", buffering=0)
        except FileNotFoundError:
            file = self._newest_path.open("xb", buffering=0)
        with file:
            file.write(line)

    def newest(self) -> dict[Stream, int]:
        """Return the numbers last noted; empty if unknown."""
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            found = json.loads(self._newest_path.read_bytes())
            return {Stream(name): int(number) for name, number in found.items()}
        return {}

    def after_loss(self, stream: Stream) -> int:
        """Return a number that was certainly never given to this stream."""
        known = self._ceilings.get(stream.value)
        if known is not None and not self.was_lost:
            return known
        return max(known or 1, UNKNOWN_START + int(time.time()))
