"""Eyes and fingers with a clock: real input through XTEST and the moments at which windows appear."""

import os
import select
import socket
import struct
import time
from typing import Any, NamedTuple

from Xlib import XK, X, display
from Xlib.ext import xtest

from installer.displays import Display

FAMILY_LOCAL = 256


class Seen(NamedTuple):
    """A window of the whole screen's size has just been mapped."""

    at: float
    """On the clock of `time.monotonic`."""
    idle_seconds: float
    """What the X server's idle clock said then."""


class Screen:
    """One X display, looked at from outside. Needs the XTEST extension."""

    def __init__(self, shown: Display) -> None:
        # python-xlib takes its key only from a file named in the environment, and only by this host's name.
        key = shown.authority.with_name("python-xlib.xauth")
        host = socket.gethostname().encode()
        parts = struct.pack(">HH", FAMILY_LOCAL, len(host)) + host + shown.entry[4:]
        key.write_bytes(parts)
        key.chmod(0o600)
        os.environ["XAUTHORITY"] = str(key)
        self._x: Any = display.Display(shown.name)
        self._root: Any = self._x.screen().root
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._x.sync()
        self._side = 0

    def touch(self) -> float:
        """Move the pointer a little, as a hand on the table does; return when."""
        self._side = (self._side + 3) % 90
        self.move(400 + self._side, 300)
        return time.monotonic()

    def move(self, x: int, y: int) -> None:
        """Move the pointer there."""
        xtest.fake_input(self._x, X.MotionNotify, x=x, y=y)
        self._x.sync()

    def key(self, name: str) -> None:
        """Press and release one key, e.g. `Return` or `a`."""
        code = self._x.keysym_to_keycode(XK.string_to_keysym(name))
        for kind in (X.KeyPress, X.KeyRelease):
            xtest.fake_input(self._x, kind, code)
        self._x.sync()

    def idle_seconds(self) -> float:
        """Return what the X server's idle clock says."""
        return float(self._root.screensaver_query_info().idle) / 1000

    def forget_events(self) -> None:
        """Drop what has happened so far."""
        self._x.sync()
        while self._x.pending_events():
            self._x.next_event()

    def wait_for_cover(self, seconds: float) -> Seen | None:
        """Return the moment an unmanaged window of the whole screen's size is mapped, or None."""
        size = self._root.get_geometry()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._x.pending_events():
                select.select([self._x.fileno()], [], [], left)
            while self._x.pending_events():
                event = self._x.next_event()
                if event.type != X.MapNotify or not event.override:
                    continue
                seen = Seen(time.monotonic(), self.idle_seconds())
                if self._is_whole(event.window, size):
                    return seen
        return None

    def is_covered(self, *, by_locker: bool = True) -> bool:
        """Say whether a window of the whole screen's size is up: a locker's, or (else) a gate's."""
        size = self._root.get_geometry()
        return any(
            self._is_whole(each, size, unmanaged=by_locker) for each in self._root.query_tree().children
        )

    def _is_whole(self, window: Any, size: Any, *, unmanaged: bool = True) -> bool:
        try:
            found, how = window.get_geometry(), window.get_attributes()
        except Exception:  # gone between two questions
            return False
        viewable = bool(how.map_state == X.IsViewable and bool(how.override_redirect) == unmanaged)
        return viewable and found.width >= size.width and found.height >= size.height

    def strip(self, y: int = 0, height: int = 60) -> bytes:
        """Return the pixels of a strip of the screen, to see whether something has changed."""
        width = self._root.get_geometry().width
        return bytes(self._root.get_image(0, y, width, height, X.ZPixmap, 0xFFFFFFFF).data)

    def wait_for_change(self, before: bytes, seconds: float) -> bool:
        """Wait until the top strip is another one; False if it stays."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.strip() != before:
                return True
            time.sleep(0.03)
        return False

    def close(self) -> None:
        """Let go of the display."""
        self._x.close()
