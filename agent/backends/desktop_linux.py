"""One X11 desktop, asked through python-xlib: events where there are any, cheap questions where not."""

import sys

assert sys.platform == "linux"

import contextlib
import os
import time

from Xlib import X, Xatom
from Xlib.ext import screensaver

from agent.backends import folder_linux, linux_processes
from agent.backends.bus_inhibitors import BusInhibitors
from agent.backends.desktop import Change, Cover, DesktopGone
from agent.backends.x11_apps import X11Apps
from agent.backends.x11_cover import decide_cover
from agent.backends.x11_covers import X11Covers
from agent.backends.x11_idle import ScreenSaverClock, TimesOnly
from agent.backends.x11_programs import descends
from agent.backends.x11_windows import GONE, RACE

_GROUND = 0x0C4A3C
"""Our token --post: what a bare display shows until the gate is painted."""
_LEFT_POINTER = 68
_SUSPENDS = "SaverSuspend"
_INHIBIT_EVERY_SECONDS = 5.0
_MOVES = (
    X.MapNotify,
    X.ConfigureNotify,
    X.ReparentNotify,
    X.CirculateNotify,
    X.VisibilityNotify,
    X.FocusOut,
)


class X11Desktop(X11Covers, X11Apps):
    """The display named by DISPLAY. Raises DeviceFailed when it cannot be opened."""

    def __init__(self) -> None:
        super().__init__()
        self._telling = self._x.get_atom("_GATEPOST_TELLING")
        self._inhibited = (-_INHIBIT_EVERY_SECONDS, False)
        self._bus = BusInhibitors()
        self._lacking: list[str] = []
        if not self._has_res:
            self._lacking += ["cover", "inhibit"]
        self._idle = self._find_clock()
        self._choose_events()

    def _find_clock(self) -> ScreenSaverClock | TimesOnly | None:
        if self._x.has_extension(screensaver.extname):
            return ScreenSaverClock(self._root)
        if self._x.has_extension("RECORD"):
            return TimesOnly()
        self._lacking.append("idle")
        return None

    def fileno(self) -> int:
        """Return the connection's descriptor."""
        return int(self._x.fileno())

    def lacking(self) -> tuple[str, ...]:
        """Return the stable names of what this desktop cannot do."""
        return tuple(self._lacking)

    def has_news(self) -> bool:
        """Say whether changes were read along with an answer, so that the descriptor stays silent of them."""
        try:
            return bool(self._x.pending_events())
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def take_changes(self) -> set[Change]:
        """Return what may have changed; never waits."""
        changes: set[Change] = set()
        try:
            while self._x.pending_events():
                event = self._x.next_event()
                if event.type == X.PropertyNotify and event.atom == self._active:
                    changes.add("focus")
                elif event.type in _MOVES:
                    changes.add("windows")
                elif event.type == X.MappingNotify:
                    self._x.refresh_keyboard_mapping(event)
                    self._key.again()
                elif event.type == X.KeyPress and self._key.is_it(event):
                    changes.add("hide")
                elif self._front.pressed(event):
                    changes.add("front-tell")
                elif (pressed := self._hiding.pressed(event)) is not None:
                    changes.add(pressed)
            self._hiding.take_drawn()
            self._front.take_drawn()
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem
        return changes

    def idle_seconds(self) -> float:
        """Return the seconds since the last input; 0 where nothing can tell (`lacking` says so)."""
        try:
            return self._idle.idle_seconds() if self._idle else 0.0
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def inhibited(self) -> bool:
        """
        Say whether a program has suspended the screen saver, as browsers and players do while a film plays.

        The server tells nobody outright, but counts every client's suspensions as a resource of theirs.
        Where the desktop has services for the same wish, they are asked too.
        """
        at, answer = self._inhibited
        now = time.monotonic()
        if now - at >= _INHIBIT_EVERY_SECONDS:
            answer = (self._has_res and self._ask_inhibited()) or self._bus.inhibit()
            self._inhibited = (now, answer)
        return answer

    def _ask_inhibited(self) -> bool:
        atom = self._x.get_atom(_SUSPENDS)
        try:
            for client in self._x.res_query_clients().clients:
                with contextlib.suppress(*RACE):
                    kinds = self._x.res_query_client_resources(client.resource_base).types
                    if any(kind.resource_type == atom and kind.count for kind in kinds):
                        return True
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem
        return False

    # ---- what lies on top ----

    def check_cover(self, locker_pid: int) -> Cover:
        """Look whether the windows of this process and its children lie on top of every screen."""
        if not self._has_res:
            return Cover(False, "this display cannot say whose a window is")
        if linux_processes.read_process(locker_pid) is None:
            return Cover(False, "the locker is not running")
        try:
            self._note_locker(locker_pid)
            stack = [stacked for _window, stacked in self._stack()]
            lockers = {pid for pid in {stacked.pid for stacked in stack} if descends(pid, locker_pid)}
            return decide_cover(stack, self.screens(), lockers)
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def guard_front(self, on: bool) -> None:
        """Ask for, or stop asking for, news of windows; on also gives the bare display our colour."""
        self._guarding = on
        try:
            if on:
                self._paint_ground()
            self._choose_events()
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def _paint_ground(self) -> None:
        font = self._x.open_font("cursor")
        pointer = font.create_glyph_cursor(
            font, _LEFT_POINTER, _LEFT_POINTER + 1, (0, 0, 0), (65535, 65535, 65535)
        )
        self._root.change_attributes(background_pixel=_GROUND, cursor=pointer)
        self._root.clear_area()

    def mark_telling(self, on: bool) -> None:
        """Note on the root window, which outlives us, that a report is on its way."""
        try:
            if on:
                self._root.change_property(self._telling, Xatom.CARDINAL, 32, [os.getuid()])
            else:
                self._root.delete_property(self._telling)
            self._x.sync()
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def was_telling(self) -> bool:
        """Say whether a session of this user left that note."""
        try:
            found = self._root.get_full_property(self._telling, Xatom.CARDINAL)
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem
        return found is not None and list(found.value[:1]) == [os.getuid()]

    def open_folder(self, folder: str) -> None:
        """Have the desktop's file manager show this folder."""
        folder_linux.open_folder(folder)

    def keep_in_front(self, pid: int) -> bool:
        """Put the windows of this process above all others and give it the keyboard."""
        try:
            stack = self._stack()
            own = [window for window, stacked in stack if stacked.pid == pid]
            if not own:
                return False
            top = [stacked.pid for _window, stacked in stack[-len(own) :]]
            if any(other != pid for other in top):
                for window in own:
                    window.configure(stack_mode=X.Above)
            if self._focus_pid() != pid:
                with contextlib.suppress(*RACE):
                    own[-1].set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
            self._x.sync()
        except RACE:
            return False
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem
        return True

    def _focus_pid(self) -> int:
        focus = self._x.get_input_focus().focus
        return self._client_pid(focus.id) if hasattr(focus, "id") else 0

    def has_tray(self) -> bool:
        """Say whether a panel here takes tray icons."""
        try:
            name = self._x.get_atom(f"_NET_SYSTEM_TRAY_S{self._x.get_default_screen()}")
            return bool(self._x.get_selection_owner(name) != X.NONE)
        except GONE as problem:
            raise DesktopGone("the display has ended") from problem

    def close(self) -> None:
        """Let go of the display."""
        with contextlib.suppress(*GONE, OSError):
            if self._idle is not None:
                self._idle.close()
            self._x.close()
