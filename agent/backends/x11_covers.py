"""The covers of one display: *Hide my screen*, and the key that brings it."""

from collections.abc import Sequence

from Xlib import X

from agent.backends.desktop import CoverWords
from agent.backends.x11_hide import HidingCover, ask_for_front
from agent.backends.x11_keys import GrabbedKey
from agent.backends.x11_windows import RACE, X11Windows, display_lives


class X11Covers(X11Windows):
    """What lies over everything when somebody asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self._guarding = False
        self._hiding = HidingCover(self._x)
        self._key = GrabbedKey(self._x)

    def _choose_events(self) -> None:
        wanted = X.PropertyChangeMask
        if self._guarding or self._hiding.is_up:
            wanted |= X.SubstructureNotifyMask
        self._root.change_attributes(event_mask=wanted)
        self._x.flush()

    # ---- hiding the screen ----

    def prepare_hiding(self, shortcut: str, words: CoverWords) -> bool:
        """Have the cover ready and hold its key; False if another program has that key."""
        with display_lives():
            self._hiding.prepare(words, self.screens()[0])
            return self._key.grab(shortcut)

    def hide_screen(self) -> None:
        """Cover every screen, at once."""
        with display_lives():
            self._hiding.show()
            self._choose_events()

    def keep_hidden(self, own_pids: Sequence[int]) -> None:
        """Keep the cover above everything but the windows of these processes, and a locker."""
        try:
            with display_lives():
                own, clients = self._own_windows(own_pids)
                stack = [
                    (window, stacked.rect, bool(window.get_attributes().override_redirect))
                    for window, stacked in self._stack()
                ]
                self._hiding.keep(own, stack)
                if own and stack and stack[-1][0].id not in own and clients:
                    ask_for_front(self._x, self._root, clients[-1])
        except RACE:
            return

    def show_screen(self) -> None:
        """Take the cover away."""
        with display_lives():
            self._hiding.hide()
            self._choose_events()
