"""Where a plain window in Tk stands, and how it stays there."""

import contextlib
import tkinter

from agent.backends import screens
from agent.backends.screens import Area
from agent.link import pages
from agent.window.place import FRONT_EVERY_MILLISECONDS, place_in
from agent.window.tk_look import GROUND


class TkPlace:
    """Size, position and rank of one window."""

    def __init__(self, root: tkinter.Tk, page: pages.AnyPage, unit: float) -> None:
        self._root = root
        self._is_gate = isinstance(page, pages.GatePage)
        self._screens = screens.monitors() or [_whole(root)]
        area = screens.work_area() or self._screens[0]
        self._place = place_in(page, area, self._screens[0], bare=screens.is_bare(), unit=unit)
        self._blanks: list[tkinter.Toplevel] = []

    @property
    def fills_screen(self) -> bool:
        """Say whether the window is the whole screen."""
        first = self._screens[0]
        return (self._place.width, self._place.height) == (first.width, first.height)

    def settle(self, height: int) -> None:
        """Bring the window up, its words being so high."""
        root, place = self._root, self._place
        root.geometry(f"{place.width}x{place.height}+{place.x}+{place.y}")
        root.minsize(200, 120)
        if not place.framed:
            root.overrideredirect(True)
        with contextlib.suppress(tkinter.TclError):
            root.attributes("-topmost", place.on_top)
        self.fit(height)
        if self._is_gate or place.bare:
            self._cover_others()
        root.deiconify()
        root.lift()
        if not place.quiet:
            root.focus_force()
        if (self._is_gate or place.on_top) and not place.quiet:
            root.after(FRONT_EVERY_MILLISECONDS // 2, self._take_keyboard)
        if self._is_gate and not place.bare:
            # With a shell around it nobody else keeps it in front; before the shell the session does.
            root.after(FRONT_EVERY_MILLISECONDS, self._hold)

    def fit(self, height: int) -> None:
        """Give a small window the height of its words."""
        fitting = self._place.fitting(height)
        if fitting is not None:
            top, high = fitting
            self._root.geometry(f"{self._place.width}x{high}+{self._place.x}+{top}")

    def _cover_others(self) -> None:
        """Leave nothing to be seen on the other screens."""
        for area in self._screens[1:]:
            blank = tkinter.Toplevel(self._root, background=GROUND)
            blank.overrideredirect(True)
            blank.geometry(f"{area.width}x{area.height}+{area.x}+{area.y}")
            with contextlib.suppress(tkinter.TclError):
                blank.attributes("-topmost", True)
            self._blanks.append(blank)

    def _take_keyboard(self) -> None:
        """Once more, after the system has put the window up: the first time it may have been too early."""
        with contextlib.suppress(tkinter.TclError, KeyError):
            if self._root.focus_displayof() is None:
                self._root.focus_force()

    def _hold(self) -> None:
        with contextlib.suppress(tkinter.TclError, KeyError):
            if self._root.focus_displayof() is None:
                self._root.lift()
                self._root.focus_force()
        self._root.after(FRONT_EVERY_MILLISECONDS, self._hold)


def _whole(root: tkinter.Tk) -> Area:
    return Area(0, 0, root.winfo_screenwidth(), root.winfo_screenheight())
