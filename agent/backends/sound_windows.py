"""Playing one sound file on Windows."""

import sys
import threading
import wave
from pathlib import Path

_SLACK_SECONDS = 0.3


def seconds_of(path: Path) -> float:
    """Return how long a WAV file sounds; 0 for one that is none."""
    try:
        with wave.open(str(path), "rb") as sound:
            return sound.getnframes() / max(1, sound.getframerate())
    except (OSError, EOFError, wave.Error):
        return 0.0


class Sound:
    """One file being played; `finish` waits for its end, `stop` ends it from another thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopped = threading.Event()

    def finish(self) -> bool:
        """
        Play to the end. Return False if nothing here can play it; a stopped sound counts as played.

        Windows says nothing when a sound ends, so its length is read from the file.
        """
        seconds = seconds_of(self._path)
        if seconds <= 0:
            return False
        if self._stopped.is_set():
            return True
        if not _begin(self._path):
            return False
        self._stopped.wait(seconds + _SLACK_SECONDS)
        return True

    def stop(self) -> None:
        """End the sound now."""
        if not self._stopped.is_set():
            self._stopped.set()
            _hush()


def _begin(path: Path) -> bool:
    if sys.platform == "win32":
        import winsound

        try:
            winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        except RuntimeError:
            return False
        return True
    return False


def _hush() -> None:
    if sys.platform == "win32":
        import contextlib
        import winsound

        with contextlib.suppress(RuntimeError):
            winsound.PlaySound(None, 0)
