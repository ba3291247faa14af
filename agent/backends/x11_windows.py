"""One connection to an X server: its screens, the stack of its windows, and whose each of them is."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from Xlib import X, display, error
from Xlib.ext import randr, res

from agent.backends.desktop import DesktopGone
from agent.backends.x11_cover import Rect, Stacked
from agent.backends.x11_hide import managed_windows, top_level_of
from agent.errors import DeviceFailed

GONE = (error.ConnectionClosedError, error.DisplayConnectionError, ConnectionError)
RACE = (error.BadWindow, error.BadDrawable, error.BadMatch, error.BadValue, error.BadAccess)
"""A window that vanishes while it is being asked about."""

FRAME_PIXELS = 160
"""More than a title and borders take, also on a screen of very many points."""


@contextlib.contextmanager
def display_lives() -> Iterator[None]:
    """Turn the end of the display into DesktopGone."""
    try:
        yield
    except GONE as problem:
        raise DesktopGone("the display has ended") from problem


def _quietly(_problem: object, _request: object) -> None:
    """Windows vanish while they are being asked about; that is no news."""


class X11Windows:
    """The display named by DISPLAY. Raises DeviceFailed when it cannot be opened."""

    def __init__(self) -> None:
        try:
            self._x = display.Display()
        except (*GONE, error.DisplayNameError, OSError, OverflowError) as problem:
            raise DeviceFailed("the display cannot be opened") from problem
        # python-xlib's RandR puts its own errors, which are none, in the place of the core's first three (0,
        # 1 and 2). A client that is gone while it is asked about (BadValue, 2) would end this process.
        self._x.display.error_classes = error.xerror_class.copy()
        self._x.set_error_handler(_quietly)
        self._screen = self._x.screen()
        self._root = self._screen.root
        self._has_res = self._x.has_extension(res.extname)
        self._has_randr = self._x.has_extension(randr.extname)

    def _client_pid(self, window_id: int) -> int:
        """Return the pid the server took from the client's socket; 0 for unknown. Properties can lie."""
        if not self._has_res:
            return 0
        for found in self._x.res_query_client_ids(
            [{"client": window_id, "mask": res.LocalClientPIDMask}]
        ).ids:
            if found.value:
                return int(found.value[0])
        return 0

    def screens(self) -> list[Rect]:
        """Return every monitor's rectangle; the whole X screen where none is named."""
        if self._has_randr:
            with contextlib.suppress(*RACE, AttributeError):
                monitors = self._root.xrandr_get_monitors().monitors
                found = [Rect(m.x, m.y, m.width_in_pixels, m.height_in_pixels) for m in monitors]
                if found:
                    return found
        size = self._root.get_geometry()
        return [Rect(0, 0, size.width, size.height)]

    def _stack(self) -> list[tuple[Any, Stacked]]:
        """Return every top-level window that can be seen, from the bottom up."""
        found = []
        for window in self._root.query_tree().children:
            with contextlib.suppress(*RACE):
                looks = window.get_attributes()
                if looks.map_state != X.IsViewable or looks.win_class != X.InputOutput:
                    continue
                place = window.get_geometry()
                edge = 2 * place.border_width
                rect = Rect(place.x, place.y, place.width + edge, place.height + edge)
                found.append((window, Stacked(rect, self._client_pid(window.id))))
        return found

    def _own_windows(self, own_pids: Sequence[int]) -> tuple[set[int], list[int]]:
        """Return the top-level windows (or their frames) of these processes, and what lies in them."""
        if not own_pids:
            return set(), []
        clients = [
            each for each in managed_windows(self._x, self._root) if self._client_pid(each) in own_pids
        ]
        own = {self._frame_of(each) for each in clients}
        own |= {window.id for window, stacked in self._stack() if stacked.pid in own_pids}
        return own, clients

    def _frame_of(self, client: int) -> int:
        """
        Return the window manager's frame around this window; itself where it is no frame.

        Any program may take a window into one of its own, and lie about who manages it: what is much larger
        than the window frames nothing.
        """
        top = top_level_of(self._x, self._root, client)
        if top == client:
            return client
        around = self._x.create_resource_object("window", top).get_geometry()
        within = self._x.create_resource_object("window", client).get_geometry()
        fits = around.width - within.width <= FRAME_PIXELS and around.height - within.height <= FRAME_PIXELS
        return top if fits else client
