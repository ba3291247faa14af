"""The icon that is always there: who sees it knows that this laptop is looked after (R34).

pystray's thread only notes a click; the session's loop does the rest.
"""

import logging
from collections.abc import Callable

from agent.backends.tray_icon import TrayIcon, open_icon
from agent.backends.waiting import Waker
from agent.errors import DeviceFailed
from agent.link.pages import TrayWords

log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 2.0
LOOK_SELDOM_SECONDS = 10.0
EAGER_LOOKS = 30
ASK_BUS_AT_LOOKS = (1, 3, 10)
"""Asking the session bus for an indicator host starts a program: rarely."""
Opener = Callable[[str, str, str, bool, Callable[[], None]], TrayIcon | None]


class Tray:
    """Shows the icon as soon as a panel takes it, and again when the panel was restarted."""

    def __init__(self, kind: str, opener: Opener = open_icon) -> None:
        self._kind = kind
        self._open = opener
        self._words: TrayWords | None = None
        self._viewing = ""
        self._icon: TrayIcon | None = None
        self._looks = 0
        self._look_at = 0.0
        self._clicks = Waker()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable with a click."""
        return self._clicks.fileno()

    def take_click(self) -> bool:
        """Say whether the icon was clicked since the last call; many clicks are one."""
        return self._clicks.drain()

    def show(self, words: TrayWords) -> None:
        """Be there from now on, with these words."""
        self._words = words
        self._looks, self._look_at = 0, 0.0

    def set_viewing(self, line: str) -> None:
        """Show that an adult views this lab, or (empty) that nobody does."""
        self._viewing = line
        if self._icon is not None and self._words is not None:
            self._icon.change(line or self._words.title, bool(line))

    def due_at(self, now: float) -> float | None:
        """Return when `tick` has something to do, or None."""
        return max(now, self._look_at) if self._words is not None else None

    def tick(self, now: float, has_tray: Callable[[], bool]) -> None:
        """Look whether there is a panel to put the icon in, often at first and then seldom."""
        if self._words is None or now < self._look_at:
            return
        self._looks += 1
        self._look_at = now + (LOOK_EVERY_SECONDS if self._looks < EAGER_LOOKS else LOOK_SELDOM_SECONDS)
        if self._icon is not None and self._icon.is_alive():
            return
        kind = "xembed" if self._kind != "appindicator" and has_tray() else self._kind
        if kind != "xembed" and self._looks not in ASK_BUS_AT_LOOKS and self._looks % EAGER_LOOKS:
            return
        if kind == "xembed" and not has_tray():
            return
        try:
            title = self._viewing or self._words.title
            self._icon = self._open(
                kind, title, self._words.open_panel, bool(self._viewing), self._clicks.wake
            )
        except DeviceFailed:
            log.warning("no tray icon here; the desktop launcher does the same")
            self._look_at = now + LOOK_SELDOM_SECONDS
