"""Playing one sound file on Linux, through whichever sound server or card this session has."""

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

PLAYERS: tuple[tuple[str, ...], ...] = (
    ("/usr/bin/pw-play",),
    ("/usr/bin/paplay",),
    ("/usr/bin/aplay", "-q"),
)
"""Tried in this order: a sound server first, else the card itself (at the gate may be no server yet)."""


class Sound:
    """One file being played; `finish` waits for its end, `stop` ends it from another thread."""

    def __init__(self, path: Path, players: Sequence[tuple[str, ...]] = PLAYERS) -> None:
        self._path = path
        self._players = players
        self._lock = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def finish(self) -> bool:
        """Play to the end. Return False if nothing here can play it; a stopped sound counts as played."""
        if not self._path.is_file():
            return False
        return any(self._play(player) for player in self._players if Path(player[0]).exists())

    def stop(self) -> None:
        """End the sound now."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()

    def _play(self, player: tuple[str, ...]) -> bool:
        with self._lock:
            if self._stopped:
                return True
            try:
                self._process = subprocess.Popen(
                    [*player, str(self._path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:
                return False
        code = self._process.wait()
        return code == 0 or self._stopped
