"""How long nobody touched the machine: the server's own clock, or times alone where it has none."""

import time
from typing import Any


class ScreenSaverClock:
    """The MIT-SCREEN-SAVER extension: the X server counts, we only ask."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def idle_seconds(self) -> float:
        """Return the seconds since the last input."""
        return float(self._root.screensaver_query_info().idle) / 1000

    def close(self) -> None:
        """Nothing to let go of."""


class TimesOnly:
    """
    Where that extension is missing (some remote displays): note *when* something happened, never what.

    pynput hands its callbacks the key and the place; they are dropped unread.
    """

    def __init__(self) -> None:
        from pynput import keyboard, mouse

        self._last = time.monotonic()
        self._listeners: list[Any] = [
            keyboard.Listener(on_press=self._note, on_release=self._note),
            mouse.Listener(on_move=self._note, on_click=self._note, on_scroll=self._note),
        ]
        for listener in self._listeners:
            listener.daemon = True
            listener.start()

    def _note(self, *_unread: object) -> None:
        self._last = time.monotonic()

    def is_alive(self) -> bool:
        """Say whether both listeners still run; pynput's own `running` stays true after they died."""
        return all(bool(listener.is_alive()) for listener in self._listeners)

    def idle_seconds(self) -> float:
        """Return the seconds since the last input; a dead listener counts as nobody there."""
        return time.monotonic() - self._last

    def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners:
            listener.stop()
