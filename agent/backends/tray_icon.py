"""A tray icon through pystray: the light XEmbed one, or AppIndicator where the panel wants that.

pystray's XEmbed window asks for no button events, so clicks never reach it; we add them to its mask
(pystray issue 151).
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from agent.errors import DeviceFailed

_GATE, _INFO, _WHITE = (15, 91, 74), (31, 83, 130), (255, 255, 255)
"""Our tokens --gate, --info, --on-gate."""
_SIZE = 56
_MARK = ((4.5, 7), (7.5, 3), (10.5, 7), (10.5, 25), (4.5, 25))
_RAILS = ((13, 9), (13, 15), (13, 21))
_ASK_BUS_SECONDS = 3
_WATCHER = "org.kde.StatusNotifierWatcher"


class TrayIcon:
    """One icon in a thread of its own."""

    def __init__(self, icon: Any) -> None:
        self._icon = icon
        self._thread = threading.Thread(target=icon.run, name="tray", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Say whether it still stands; a panel that ended may have taken it along."""
        return self._thread.is_alive()

    def change(self, title: str, viewed: bool) -> None:
        """Say something else and show it."""
        if self.is_alive():
            self._icon.title = title
            self._icon.icon = draw(viewed)

    def stop(self) -> None:
        """Take it away."""
        if self.is_alive():
            self._icon.stop()


def draw(viewed: bool) -> Any:
    """Return the icon: the post and its rails; blue, with an eye, while an adult views the lab."""
    from PIL import Image, ImageDraw

    scale = _SIZE / 28 * 0.82
    edge = _SIZE * 0.09
    image = Image.new("RGB", (_SIZE, _SIZE), _INFO if viewed else _GATE)
    pen = ImageDraw.Draw(image)
    pen.polygon([(edge + x * scale, edge + y * scale) for x, y in _MARK], fill=_WHITE)
    for x, y in _RAILS[1:] if viewed else _RAILS:
        left, top = edge + x * scale, edge + y * scale
        pen.rectangle((left, top, left + 11 * scale, top + 3 * scale), fill=_WHITE)
    if viewed:
        middle, high = edge + 19 * scale, edge + 6.5 * scale
        pen.ellipse((middle - 12, high - 8, middle + 12, high + 8), fill=_WHITE)
        pen.ellipse((middle - 4, high - 4, middle + 4, high + 4), fill=_INFO)
    return image


def open_icon(kind: str, title: str, viewed: bool, on_click: Callable[[], None]) -> TrayIcon | None:
    """
    Show an icon: `xembed`, `appindicator`, or for `auto` AppIndicator where a host for it is there.

    Returns None for `auto` without a host. Raises DeviceFailed when it cannot be shown.
    """
    if kind == "auto":
        if not _has_watcher():
            return None
        kind = "appindicator"
    os.environ["PYSTRAY_BACKEND"] = "xorg" if kind == "xembed" else "appindicator"
    try:
        import pystray

        menu = pystray.Menu(pystray.MenuItem(title, lambda: on_click(), default=True))
        icon = pystray.Icon("gatepost", draw(viewed), title, menu)
        if kind == "xembed":
            _hear_clicks(icon)
    except Exception as problem:
        raise DeviceFailed("the tray icon cannot be shown") from problem
    return TrayIcon(icon)


def _hear_clicks(icon: Any) -> None:
    from Xlib import X

    icon._window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
    icon._display.flush()


def _has_watcher() -> bool:
    """Say whether a StatusNotifier host is on this session's bus."""
    import shutil
    import subprocess

    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS") or not shutil.which("gdbus"):
        return False
    ask = ("call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/org/freedesktop/DBus")
    try:
        done = subprocess.run(
            ["/usr/bin/gdbus", *ask, "--method", "org.freedesktop.DBus.NameHasOwner", _WATCHER],
            capture_output=True,
            text=True,
            timeout=_ASK_BUS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return "true" in done.stdout
