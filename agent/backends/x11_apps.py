"""The app in front, and apps put away: asked of the window manager first, done without it where it does not.

An app is told by its windows' class and the program behind them, exactly as the app in front is. Our own
windows are nobody's app. What is put away lives on; ending is asked for (WM_DELETE_WINDOW), never forced.
"""

import sys

assert sys.platform == "linux"

from collections.abc import Iterator
from typing import Any

from Xlib import X, Xatom
from Xlib.protocol.event import ClientMessage, UnmapNotify

from agent.backends.desktop import Focus
from agent.backends.x11_hide import ask_for_front, managed_windows
from agent.backends.x11_programs import is_our_window, program_of, word
from agent.backends.x11_windows import RACE, X11Windows, display_lives

_ICONIC = 3
_MOST_KEPT = 200
_CLASS_BYTES = 2048
"""Of a window's own two names. Who makes them longer has none here but its program's."""
_MANAGER = X.SubstructureRedirectMask | X.SubstructureNotifyMask


class X11Apps(X11Windows):
    """Apps by name, never by title."""

    def __init__(self) -> None:
        super().__init__()
        self._active = self._x.get_atom("_NET_ACTIVE_WINDOW")
        self._withdrawn: dict[int, Focus] = {}
        """Windows we unmapped ourselves, because nobody else would."""
        self._asked_away: set[int] = set()
        """Windows the window manager was asked to put away."""

    # ---- the app in front ----

    def focused(self) -> Focus:
        """Return the app in front, by window class and program; never its title."""
        with display_lives():
            try:
                found = self._root.get_full_property(self._active, Xatom.WINDOW)
                number = int(found.value[0]) if found is not None and len(found.value) else 0
                return self._app_of(number) if number else Focus()
            except RACE:
                return Focus()

    def _app_of(self, number: int) -> Focus:
        pid = self._client_pid(number)
        if pid and is_our_window(pid):
            return Focus()
        return Focus(word(self._class_of(number)), word(program_of(pid)))

    def _class_of(self, number: int) -> str:
        """Return a window's class, empty for none; a name of a megabyte is not even fetched."""
        found = self._window(number).get_property(Xatom.WM_CLASS, Xatom.STRING, 0, _CLASS_BYTES // 4)
        if found is None or found.format != 8:
            return ""
        parts = bytes(found.value).decode("latin-1").split("\0")
        return parts[1] if len(parts) > 1 else ""

    def _window(self, number: int) -> Any:
        return self._x.create_resource_object("window", number)

    # ---- put away ----

    def put_away(self, app: str, program: str, *, spare_dialogs: bool = False) -> int:
        """
        Take every window of this app from the screen; return how many could still be seen before.

        With `spare_dialogs` nothing is taken while the app asks something: that can be seen still.
        """
        seen = 0
        with display_lives():
            managed = set(managed_windows(self._x, self._root))
            mine = [each for each in managed if self._is_of(each, app, program) and not self._is_shell(each)]
            if spare_dialogs:
                asking = [each for each in mine if self._is_seen(each) and self._is_dialog(each)]
                if asking:
                    return len(asking)
            for number in mine:
                if self._is_seen(number):
                    seen += 1
                    self._put_one_away(number, app, program)
            for number in self._unmanaged(managed):
                if self._is_of(number, app, program):
                    seen += 1
                    self._withdraw(number, app, program)
            self._asked_away &= managed
            self._x.sync()
        return seen

    def _put_one_away(self, number: int, app: str, program: str) -> None:
        if number in self._asked_away:
            self._withdraw(number, app, program)
            return
        self._asked_away.add(number)
        window = self._window(number)
        change = self._x.get_atom("WM_CHANGE_STATE")
        asked = ClientMessage(window=window, client_type=change, data=(32, [_ICONIC, 0, 0, 0, 0]))
        self._root.send_event(asked, event_mask=_MANAGER)

    def _withdraw(self, number: int, app: str, program: str) -> None:
        """Unmap a window ourselves, and say so to a window manager as a client would (ICCCM 4.1.4)."""
        window = self._window(number)
        try:
            window.unmap()
            told = UnmapNotify(event=self._root, window=window, from_configure=False)
            self._root.send_event(told, event_mask=_MANAGER)
        except RACE:
            return
        while len(self._withdrawn) >= _MOST_KEPT:
            del self._withdrawn[next(iter(self._withdrawn))]
        self._withdrawn[number] = Focus(app, program)
        self._asked_away.discard(number)

    def bring_back(self, app: str, program: str) -> None:
        """Show this app's windows again."""
        with display_lives():
            wanted = Focus(app, program)
            for number, name in list(self._withdrawn.items()):
                if _fits(name, wanted):
                    del self._withdrawn[number]
                    self._window(number).map()
            self._x.sync()
            mine = [
                number for number in managed_windows(self._x, self._root) if self._is_of(number, app, program)
            ]
            for number in mine:
                self._asked_away.discard(number)
            if mine:
                ask_for_front(self._x, self._root, mine[-1])
            self._x.sync()

    def ask_to_end(self, app: str, program: str) -> None:
        """Ask every window of this app to close, as its own close button would, those we withdrew too."""
        with display_lives():
            protocols, delete = self._x.get_atom("WM_PROTOCOLS"), self._x.get_atom("WM_DELETE_WINDOW")
            for number in dict.fromkeys((*managed_windows(self._x, self._root), *self._withdrawn)):
                try:
                    if not self._is_of(number, app, program) or self._is_shell(number):
                        continue
                    window = self._window(number)
                    found = window.get_full_property(protocols, Xatom.ATOM)
                    if found is not None and delete in found.value:
                        data = (32, [delete, X.CurrentTime, 0, 0, 0])
                        window.send_event(ClientMessage(window=window, client_type=protocols, data=data))
                except RACE:
                    continue
            self._x.sync()

    def raise_windows(self, pid: int) -> None:
        """Ask the window manager to put the windows of this process of ours in front."""
        with display_lives():
            for number in managed_windows(self._x, self._root):
                if self._client_pid(number) == pid:
                    ask_for_front(self._x, self._root, number)

    # ---- what a window is ----

    def _is_of(self, number: int, app: str, program: str) -> bool:
        try:
            found = self._app_of(number)
        except RACE:
            return False
        return bool(found.app or found.program) and _fits(found, Focus(app, program))

    def _is_seen(self, number: int) -> bool:
        try:
            return bool(self._window(number).get_attributes().map_state == X.IsViewable)
        except RACE:
            return False

    def _is_dialog(self, number: int) -> bool:
        try:
            if self._window(number).get_wm_transient_for() is not None:
                return True
        except RACE:
            return False
        return self._has_type(number, "DIALOG")

    def _is_shell(self, number: int) -> bool:
        """Say whether this is the desktop itself or a panel: nobody could go on without."""
        return self._has_type(number, "DESKTOP", "DOCK")

    def _has_type(self, number: int, *types: str) -> bool:
        try:
            kind = self._x.get_atom("_NET_WM_WINDOW_TYPE")
            found = self._window(number).get_full_property(kind, Xatom.ATOM)
        except RACE:
            return False
        return found is not None and any(
            self._x.get_atom(f"_NET_WM_WINDOW_TYPE_{name}") in found.value for name in types
        )

    def _unmanaged(self, managed: set[int]) -> Iterator[int]:
        """Return what programs drew past the window manager: a game that takes the whole screen."""
        for window, _stacked in self._stack():
            try:
                if window.id not in managed and window.get_attributes().override_redirect:
                    yield int(window.id)
            except RACE:
                continue


def _fits(found: Focus, wanted: Focus) -> bool:
    """Say whether an app is the one meant; an empty word of the one meant names any."""
    if not (wanted.app or wanted.program):
        return False
    return (not wanted.app or found.app.casefold() == wanted.app.casefold()) and (
        not wanted.program or found.program.casefold() == wanted.program.casefold()
    )
