"""The covers of one display: *Hide my screen* with the key that brings it, and *Eyes to the front*."""

import sys

assert sys.platform == "linux"

import time
from collections.abc import Sequence
from typing import Any

from Xlib import X

from agent.backends import linux_processes
from agent.backends.desktop import Cover, CoverWords, FrontWords
from agent.backends.device import Anchor
from agent.backends.x11_contest import CONTESTED, Contest
from agent.backends.x11_cover import Rect
from agent.backends.x11_front import FrontCover, decide_front
from agent.backends.x11_hide import HidingCover, ask_for_front
from agent.backends.x11_keys import GrabbedKey
from agent.backends.x11_programs import descends
from agent.backends.x11_windows import RACE, X11Windows, display_lives


class X11Covers(X11Windows):
    """What lies over everything when somebody asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self._guarding = False
        self._hiding = HidingCover(self._x)
        self._front = FrontCover(self._x)
        self._contest = Contest()
        self._locker: Anchor | None = None
        """The locker that the service asked about last."""
        self._key = GrabbedKey(self._x)

    def _choose_events(self) -> None:
        wanted = X.PropertyChangeMask
        if self._guarding or self._hiding.is_up or self._front.is_up:
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

    # ---- eyes to the front ----

    def prepare_front(self, words: FrontWords) -> None:
        """Have ready what *Eyes to the front* says whatever the teacher says."""
        with display_lives():
            self._front.prepare(words, self.screens()[0])

    def show_front(self, words: FrontWords) -> Cover:
        """Lay the cover of *Eyes to the front* over every screen, at once; return whether it lies there."""
        with display_lives():
            self._front.show(words, self.screens()[0])
            self._choose_events()
            self._front.put_strangers_out()
        return self.keep_front(())

    def keep_front(self, own_pids: Sequence[int]) -> Cover:
        """Keep that cover above everything but the windows of these processes and a locker, and look."""
        now = time.monotonic()
        try:
            with display_lives():
                self._front.take_drawn()
                undone = self._front.mend() | self._front.put_strangers_out()
                own, clients = self._own_windows(own_pids)
                found = self._stack()
                lockers = self._locker_windows({stacked.pid for _window, stacked in found})
                locking = {window.id for window, stacked in found if stacked.pid in lockers}
                stack = [(window, stacked.rect) for window, stacked in found]
                before = [(window.id, stacked.rect) for window, stacked in found]
                if undone or self._front.is_beneath(before, own | locking):
                    self._contest.found_above(now)
                self._front.keep(own, locking, stack)
                if own and stack and stack[-1][0].id not in own | locking:
                    self._give_front(clients)
                elif own and not locking and self._front.has_focus:
                    # The manager gave it the keyboard before we knew it for ours, and the cover took it back.
                    self._give_front(clients, [window for window, _rect in stack if window.id in own])
                seen = self._look_at_front(own | locking)
        except RACE:
            return Cover(False, "the windows change too fast to look")
        return Cover(False, CONTESTED) if seen.covered and self._contest.is_on(now) else seen

    def _give_front(self, clients: Sequence[int], unmanaged: Sequence[Any] = ()) -> None:
        """Have the manager put the newest of these in front; where it knows none, give the keys alone."""
        if clients:
            ask_for_front(self._x, self._root, clients[-1])
        elif unmanaged:
            unmanaged[-1].set_input_focus(X.RevertToPointerRoot, X.CurrentTime)

    def _look_at_front(self, allowed: set[int]) -> Cover:
        now = [(window.id, stacked.rect) for window, stacked in self._stack()]
        whole = self._root.get_geometry()
        screens = self.screens() or [Rect(0, 0, whole.width, whole.height)]
        return decide_front(now, screens, self._front.window_id, allowed)

    def hide_front(self) -> None:
        """Take that cover away."""
        self._contest.over()
        with display_lives():
            self._front.hide()
            self._choose_events()

    def _note_locker(self, pid: int) -> None:
        """A locker is asked about: it may stand above *Eyes to the front*, and needs the keyboard."""
        process = linux_processes.read_process(pid)
        anchor = process.anchor if process else None
        if anchor is not None and anchor != self._locker:
            self._front.locker_comes()
        self._locker = anchor

    def _locker_windows(self, pids: set[int]) -> set[int]:
        """Return those of these processes that belong to the locker, as long as it lives."""
        if self._locker is None:
            return set()
        process = linux_processes.read_process(self._locker.pid)
        if process is None or process.anchor != self._locker:
            self._locker = None
            return set()
        return {pid for pid in pids if descends(pid, self._locker.pid)}
