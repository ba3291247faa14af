"""Hands and eyes at the laptop: xdotool types and clicks as a person would; pictures prove what was there."""

import contextlib
import re
import time
from pathlib import Path
from typing import NamedTuple

from installer import processes
from installer.displays import Display
from installer.errors import InstallerError

MOVE_SECONDS = 0.05
SMALLEST = 40
"""Pixels; what is smaller is no window to a person."""
SHADES = 40
"""More colours than these, and something is written on the screen."""
PANEL_HEIGHT = 40
DEEPER = 8
"""Spaces before a window that is inside another, in `xwininfo -tree`."""
TREE_LINE = re.compile(
    r"""\s+(0x[0-9a-f]+)\ (\"(.*)\"|\(has\ no\ name\)).*?
    (\d+)x(\d+)[+-]-?\d+[+-]-?\d+\s+\+(-?\d+)\+(-?\d+)""",
    re.VERBOSE,
)
"""One line of `xwininfo -tree`: id, name, size, place."""


class Window(NamedTuple):
    """A window that is on the screen now."""

    id: str
    name: str
    x: int
    y: int
    width: int
    height: int


class Hands:
    """Types and clicks on one display."""

    def __init__(self, display: Display) -> None:
        self.display = display

    def keys(self, *keys: str) -> None:
        """Press keys, e.g. `Tab`, `ctrl+alt+Right`, one after the other."""
        self.display.run("xdotool", "key", "--delay", "60", *keys)

    def type(self, text: str) -> None:
        """Type text as a person does."""
        self.display.run("xdotool", "type", "--delay", "60", text)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move there and click."""
        self.display.run(
            "xdotool", "mousemove", str(x), str(y), "sleep", str(MOVE_SECONDS), "click", str(button)
        )

    def move(self, x: int, y: int) -> None:
        """Move the mouse."""
        self.display.run("xdotool", "mousemove", str(x), str(y))

    def windows(self) -> list[Window]:
        """Return the mapped windows directly below the root that are worth the name."""
        tree = self.display.run("xwininfo", "-root", "-tree")
        found = []
        for line in tree.splitlines():
            match = TREE_LINE.match(line)
            if match and int(match[4]) > SMALLEST and int(match[5]) > SMALLEST and self._is_mapped(match[1]):
                found.append(
                    Window(
                        match[1], match[3] or "", int(match[6]), int(match[7]), int(match[4]), int(match[5])
                    )
                )
        return found

    def window_of(self, pid: int) -> Window | None:
        """Return the visible window of one process, if it has one."""
        with contextlib.suppress(InstallerError):  # xdotool fails when it finds nothing
            for found in self.display.run("xdotool", "search", "--onlyvisible", "--pid", str(pid)).split():
                said = self.display.run("xdotool", "getwindowgeometry", "--shell", found)
                place = dict(line.split("=") for line in said.split() if "=" in line)
                if int(place["WIDTH"]) > SMALLEST:
                    x, y, width, height = (int(place[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))
                    return Window(found, "", x, y, width, height)
        return None

    def is_drawn(self) -> bool:
        """Say whether there is something to read: letters have edges of many shades."""
        return int(self.display.run("import", "-window", "root", "-format", "%k", "info:")) > SHADES

    def wait_drawn(self, what: str, seconds: float = 15.0) -> None:
        """Wait until there is something to read; NotInTime names `what` is not there."""
        processes.wait_for(f"{what} can be read", self.is_drawn, seconds)

    def icon_in(self, panel: str) -> Window | None:
        """Return the last small window embedded in this panel's window: its tray's newest icon."""
        found = None
        for line in self.display.run("xwininfo", "-root", "-tree").splitlines():
            match = TREE_LINE.match(line)
            depth = len(line) - len(line.lstrip())
            if match is None or depth < DEEPER:
                continue
            width, height = int(match[4]), int(match[5])
            place = Window(match[1], match[3] or "", int(match[6]), int(match[7]), width, height)
            inside = place.y > self.display.size[1] - PANEL_HEIGHT
            if inside and 10 <= width <= PANEL_HEIGHT and 10 <= height <= PANEL_HEIGHT and panel:
                found = place
        return found

    def _is_mapped(self, window: str) -> bool:
        try:
            return "IsViewable" in self.display.run("xwininfo", "-id", window)
        except InstallerError:  # gone between two questions
            return False

    def wait_for_class(self, name: str, seconds: float = 20.0) -> str:
        """Return the id of a visible window of this class, once there is one."""

        def look() -> str:
            try:
                said = self.display.run("xdotool", "search", "--onlyvisible", "--class", name)
            except InstallerError:  # xdotool fails when nothing is found
                return ""
            return said.split()[-1] if said.split() else ""

        return processes.wait_for(f"a window of {name}", look, seconds)

    def settle(self, path: Path, *, seconds: float = 3.0) -> Path:
        """Save a picture once two in a row are the same (or `seconds` have passed), and return its path."""
        until = time.monotonic() + seconds
        before = b""
        while True:
            self.display.screenshot(path)
            now = path.read_bytes()
            if now == before or time.monotonic() > until:
                return path
            before = now
            time.sleep(0.25)
