"""The covers of one Windows desktop: *Hide my screen*, and *Eyes to the front*, over every screen.

They are windows of our own above all others. Windows lets nobody but itself hold the keyboard, so a cover
comes back to the front when something else took it, and says so while it has to fight for it.
"""

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Literal

from agent.backends.desktop import Change, Cover, CoverWords, FrontWords
from agent.backends.front_keys import FrontKeys, Key
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_apps import WindowsApps, is_on_screen
from agent.backends.windows_covers import HideButton, front_boards, hiding_boards
from agent.backends.windows_desktop_slices import Board, DesktopCalls, Event, Pump, Rectangle, WindowRow
from agent.backends.windows_slices import USERS_DESKTOP, ProcessCalls
from agent.backends.x11_contest import CONTESTED, Contest
from agent.backends.x11_cover import Rect, Stacked, decide_cover

HIDE, FRONT = "hide", "front"
ELSEWHERE = "Windows shows another desktop than the one that is covered"
_OURS, _STRANGER = 1, 2


def decide_front(
    stack: Sequence[WindowRow],
    screens: Sequence[Rectangle],
    covers: Collection[int],
    allowed: Collection[int],
) -> Cover:
    """
    Say whether the cover hides every screen. `stack` runs from the top to the bottom, as Windows has it.

    What is `allowed` (a report begun from the cover) hides as well as the cover does. Pure.
    """
    seen = [row for row in stack if is_on_screen(row)]
    if not any(row.window in covers for row in seen):
        return Cover(False, "the cover is not on the screen")
    marked = [
        Stacked(Rect(*row.rect), _OURS if row.window in covers or row.pid in allowed else _STRANGER)
        for row in reversed(seen)
    ]
    found = decide_cover(marked, [Rect(*screen) for screen in screens], {_OURS})
    return found if found.covered else Cover(False, found.problem.replace("the locker", "the cover"))


def strangers_above(
    stack: Sequence[WindowRow], covers: Collection[int], allowed: Collection[int]
) -> list[WindowRow]:
    """Return what lies above the lowest of the cover's windows and may not. Pure."""
    seen = [row for row in stack if is_on_screen(row)]
    last = max((at for at, row in enumerate(seen) if row.window in covers), default=-1)
    return [row for row in seen[:last] if row.window not in covers and row.pid not in allowed]


class WindowsCovers(WindowsApps):
    """What lies over everything when somebody asks for it."""

    def __init__(
        self, calls: DesktopCalls, processes: ProcessCalls, pump: Pump, now: Callable[[], float]
    ) -> None:
        super().__init__(calls, processes)
        self._pump = pump
        self._now = now
        self._contest = Contest()
        self._hiding_words = CoverWords("", "", "")
        self._front_words = FrontWords("", "", "", "", "")
        self._focused: HideButton = "tell"
        self._keys = FrontKeys(now)
        self._is_hidden = self._is_front = False
        self._before = 0
        """What had the keyboard before the front's cover came, and gets it back."""

    @property
    def is_covering(self) -> bool:
        """Say whether a cover of ours is up."""
        return self._is_hidden or self._is_front

    # ---- hiding the screen ----

    def take_hiding_words(self, words: CoverWords) -> None:
        """Keep what the cover will say."""
        self._hiding_words = words
        if self._is_hidden:
            self._lay_hiding()

    def hide_screen(self) -> None:
        """Cover every screen, at once, with what was prepared."""
        self._is_hidden, self._focused = True, "tell"
        self._lay_hiding()
        self._take_keyboard(HIDE)

    def _lay_hiding(self) -> None:
        screens = self._calls.monitors()
        boards = hiding_boards(self._hiding_words, self._focused, screens, self._pump.measure)
        self._pump.put_up(HIDE, boards)

    def keep_hidden(self, own_pids: Sequence[int]) -> None:
        """Keep the cover above everything but the windows of these processes."""
        with contextlib.suppress(WinProblem):
            self._keep(HIDE, own_pids)

    def show_screen(self) -> None:
        """Take the cover away."""
        self._is_hidden = False
        self._pump.take_down(HIDE)

    # ---- eyes to the front ----

    def prepare_front(self, words: FrontWords) -> None:
        """Windows draws every letter at once: there is nothing to have ready."""

    def show_front(self, words: FrontWords) -> Cover:
        """Lay the cover over every screen, at once; return whether it lies there."""
        self._front_words = words
        try:
            if not self._is_front:
                self._before = self._calls.foreground()
            self._is_front = True
            self._keys.came()
            self._lay_front()
            self._take_keyboard(FRONT)
        except WinProblem as problem:
            return Cover(False, str(problem))
        return self.keep_front(())

    def _lay_front(self) -> None:
        boards: list[Board] = front_boards(
            self._front_words, self._calls.monitors(), self._pump.measure, focused=self._keys.focused
        )
        self._pump.put_up(FRONT, boards)

    def keep_front(self, own_pids: Sequence[int]) -> Cover:
        """Keep that cover above everything but the windows of these processes, and look."""
        if not self._is_front:
            return Cover(False, "the cover is not on the screen")
        try:
            fought = self._keep(FRONT, own_pids)
            if fought:
                self._contest.found_above(self._now())
            covers = self._pump.windows_of(FRONT)
            seen = decide_front(list(self._rows()), self._calls.monitors(), covers, own_pids)
        except WinProblem as problem:
            return Cover(False, str(problem))
        if seen.covered and not self._is_shown():
            return Cover(False, ELSEWHERE)
        return Cover(False, CONTESTED) if seen.covered and self._contest.is_on(self._now()) else seen

    def _is_shown(self) -> bool:
        """
        Say whether the screens show the desktop that our windows are on, or Windows' lock screen.

        Any program may make a desktop of its own and switch to it: no window of ours is there.
        """
        with contextlib.suppress(WinProblem):
            if self._calls.input_desktop().casefold() == USERS_DESKTOP:
                return True
        with contextlib.suppress(WinProblem):
            return self._calls.is_locked()
        return False

    def hide_front(self) -> None:
        """Take that cover away; the work is as it was."""
        self._is_front = False
        self._keys.went()
        self._contest.over()
        self._pump.take_down(FRONT)
        before, self._before = self._before, 0
        if before and not self._is_hidden:
            with contextlib.suppress(WinProblem):
                self._calls.take_keyboard(before)

    # ---- both ----

    def _keep(self, cover: str, own_pids: Sequence[int]) -> bool:
        """Bring the cover back to the top, and our own windows above it; say if something had come."""
        came = self._pump.mend(cover)
        covers = self._pump.windows_of(cover)
        stack = list(self._rows())
        own = [row for row in stack if row.pid in own_pids and is_on_screen(row)]
        if strangers_above(stack, covers, own_pids):
            came = True
            for window in covers:
                self._calls.put_topmost(window)
        if came or self._is_beneath(own, stack, covers):
            for row in reversed(own):
                self._calls.put_topmost(row.window)
        front = self._calls.foreground()
        if own:
            if front not in {row.window for row in own}:
                self._calls.take_keyboard(own[0].window)
        elif front not in covers:
            self._take_keyboard(cover)
        return came

    def _is_beneath(
        self, own: Sequence[WindowRow], stack: Sequence[WindowRow], covers: Collection[int]
    ) -> bool:
        """Say whether a window of ours lies beneath the cover."""
        order = [row.window for row in stack]
        first = min((order.index(window) for window in covers if window in order), default=len(order))
        return any(order.index(row.window) > first for row in own)

    def _take_keyboard(self, cover: str) -> None:
        windows = self._pump.windows_of(cover)
        if windows:
            self._calls.take_keyboard(windows[0])

    def lay_again(self) -> None:
        """The screens are others now."""
        with contextlib.suppress(WinProblem):
            if self._is_front:
                self._lay_front()
            if self._is_hidden:
                self._lay_hiding()

    def pressed(self, event: Event) -> Change | None:
        """Return what was pressed on a cover, or None for nothing that leads on."""
        if event.cover == FRONT and self._is_front:
            return "front-tell" if event.kind == "press" or self._typed_on_front(event.detail) else None
        if event.cover != HIDE or not self._is_hidden:
            return None
        if event.kind == "press":
            return _button(event.detail)
        if event.detail == "enter":
            return self._focused
        self._focused = "uncover" if self._focused == "tell" else "tell"
        with contextlib.suppress(WinProblem):
            self._lay_hiding()
        return None

    def _typed_on_front(self, detail: str) -> bool:
        before = self._keys.focused
        pressed = self._keys.typed(_front_key(detail))
        if self._keys.focused != before:
            with contextlib.suppress(WinProblem):
                self._lay_front()
        return pressed


def _front_key(detail: str) -> Key:
    return "tab" if detail == "tab" else "enter" if detail == "enter" else "other"


def _button(name: str) -> Literal["tell", "uncover"] | None:
    if name == "tell":
        return "tell"
    return "uncover" if name == "uncover" else None
