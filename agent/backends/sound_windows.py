"""Playing one sound file on Windows, through its own player: for as long as the file says it lasts."""

import contextlib
import sys
import threading
import wave
from pathlib import Path
from typing import Protocol

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import on_windows

LONGEST_SECONDS = 600.0
LATER_SECONDS = 0.3
"""A player begins a little late."""


class SoundCalls(Protocol):
    """The slice `win32api.sound`."""

    def play(self, path: str) -> None:
        """Begin to play a WAV file; raises WinProblem."""
        ...

    def stop(self) -> None:
        """End what is played; raises WinProblem."""
        ...


def length_seconds(path: Path) -> float | None:
    """Return how long a WAV file lasts, at most LONGEST_SECONDS; None if it is none."""
    try:
        with wave.open(str(path), "rb") as sound:
            return min(sound.getnframes() / sound.getframerate(), LONGEST_SECONDS)
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


class Sound:
    """One file being played; `finish` waits for its end, `stop` ends it from another thread."""

    def __init__(self, path: Path, calls: SoundCalls | None = None) -> None:
        self._path = path
        self._calls = calls or _real()
        self._stopped = threading.Event()

    def finish(self) -> bool:
        """Play to the end. Return False if nothing here can play it; a stopped sound counts as played."""
        seconds = length_seconds(self._path)
        if seconds is None:
            return False
        if self._stopped.is_set():
            return True
        try:
            self._calls.play(str(self._path))
        except WinProblem:
            return False
        self._stopped.wait(seconds + LATER_SECONDS)
        if self._stopped.is_set():
            with contextlib.suppress(WinProblem):
                self._calls.stop()
        return True

    def stop(self) -> None:
        """End the sound now."""
        self._stopped.set()


def _real() -> SoundCalls:
    found: SoundCalls | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import sound

        found = sound
    return on_windows(found)
