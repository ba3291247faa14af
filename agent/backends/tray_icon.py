"""A tray icon: the light XEmbed one through pystray, or a StatusNotifier item where the panel wants that.

On Windows pystray's own is enough: it hears clicks, and comes back when the taskbar was restarted.

pystray's XEmbed window asks for no button events, so clicks never reach it; we add them to its mask
(pystray issue 151). It can be named only in Latin-1, which lacks letters of Turkish; we name it in UTF-8.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from agent.errors import DeviceFailed

_GATE, _INFO, _WHITE = (15, 91, 74), (31, 83, 130), (255, 255, 255)
"""Our tokens --gate, --info, --on-gate."""
_SIZE = 56
_RAILS = (9, 15, 21)
_ASK_BUS_SECONDS = 3
_MOST_TITLE = 127
"""So many UTF-16 units Windows keeps of what an icon says (NOTIFYICONDATA.szTip); pystray fails on more."""
_WATCHER = "org.kde.StatusNotifierWatcher"


class TrayIcon(Protocol):
    """An icon that stands somewhere."""

    def is_alive(self) -> bool:
        """Say whether it still stands; a panel that ended may have taken it along."""
        ...

    def change(self, title: str, viewed: bool) -> None:
        """Say something else and show it, soon."""
        ...


class PystrayIcon:
    """One icon of pystray's in a thread of its own."""

    def __init__(self, icon: Any) -> None:
        self._icon = icon
        self._thread = threading.Thread(target=icon.run, name="tray", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Say whether it still stands; a panel that ended may have taken it along."""
        return self._thread.is_alive()

    def change(self, title: str, viewed: bool) -> None:
        """
        Say something else and show it, soon.

        pystray waits for its own thread here, for ever if the panel has just gone: not in our loop.
        """
        threading.Thread(target=self._change, args=(title, viewed), name="tray-change", daemon=True).start()

    def _change(self, title: str, viewed: bool) -> None:
        self._icon.title = shown_title(title)
        self._icon.icon = draw(viewed)


def draw(viewed: bool) -> Any:
    """Return the icon as pystray wants it."""
    from PIL import Image

    return Image.frombytes("RGB", (_SIZE, _SIZE), points(viewed))


def draw_argb(viewed: bool) -> tuple[int, bytes]:
    """Return the icon as a StatusNotifier host wants it: its side, and four bytes a point."""
    plain = points(viewed)
    return _SIZE, b"".join(b"\xff" + plain[at : at + 3] for at in range(0, len(plain), 3))


def points(viewed: bool) -> bytes:
    """Return the icon, RGB: the post and its rails; blue, with an eye, while an adult views the lab."""
    ground = _INFO if viewed else _GATE
    pixels = bytearray()
    for row in range(_SIZE):
        for column in range(_SIZE):
            x, y = _unit(column), _unit(row)
            shown = _is_eye(x, y) or _is_mark(x, y, first_rail=1) if viewed else _is_mark(x, y, first_rail=0)
            pixels += bytes(_WHITE if shown else ground)
    return bytes(pixels)


def _unit(pixel: int) -> float:
    """Return a pixel's middle in the mark's own 28 units, with a margin around it."""
    return (pixel + 0.5) * 31 / _SIZE - 1.6


def _is_mark(x: float, y: float, *, first_rail: int) -> bool:
    """Say whether a point lies on the post (with its pointed top) or on one of the rails."""
    on_post = abs(x - 7.5) <= 3 and 3 + abs(x - 7.5) * 4 / 3 <= y <= 25
    return on_post or (13 <= x <= 24 and any(top <= y <= top + 3 for top in _RAILS[first_rail:]))


def _is_eye(x: float, y: float) -> bool:
    """Say whether a point lies on the eye in the place of the first rail."""
    across, along = x - 18.5, y - 7.5
    return (across / 6.5) ** 2 + (along / 4) ** 2 <= 1 < (across**2 + along**2) / 4


def open_icon(
    kind: str, title: str, item: str, viewed: bool, on_click: Callable[[], None]
) -> TrayIcon | None:
    """
    Show an icon whose menu, where it has one, is one `item`.

    `kind` is `xembed`, `appindicator`, or `auto`: AppIndicator where a host for it is there.

    Windows has one kind only. Returns None for `auto` without a host. Raises DeviceFailed when it cannot be
    shown.
    """
    if sys.platform == "win32":
        return _open_windows_icon(title, item, viewed, on_click)
    if kind == "auto":
        if not _has_watcher():
            return None
        kind = "appindicator"
    try:
        if kind == "appindicator":
            from agent.backends.indicator_icon import IndicatorIcon

            return IndicatorIcon(title, item, viewed, draw_argb, on_click)
        os.environ["PYSTRAY_BACKEND"] = "xorg"
        import pystray

        menu = pystray.Menu(pystray.MenuItem(item, lambda: on_click(), default=True))
        icon = _named_in_utf8(pystray.Icon)("gatepost", draw(viewed), title, menu)
        _hear_clicks(icon)
    except Exception as problem:
        raise DeviceFailed(f"the tray icon cannot be shown: {type(problem).__name__}") from problem
    return PystrayIcon(icon)


def shown_title(title: str) -> str:
    """Return as much of a title as every tray keeps."""
    if sys.platform == "win32":
        return cut_to_utf16(title, _MOST_TITLE)
    return title


def cut_to_utf16(text: str, most_units: int) -> str:
    """Return the longest beginning of a text that takes so many UTF-16 units, with no half letter. Pure."""
    kept = text.encode("utf-16-le", "replace")[: 2 * most_units]
    return kept.decode("utf-16-le", "ignore")


def _open_windows_icon(title: str, item: str, viewed: bool, on_click: Callable[[], None]) -> TrayIcon:
    """Raise DeviceFailed when it cannot be shown."""
    try:
        import pystray

        menu = pystray.Menu(pystray.MenuItem(item, lambda: on_click(), default=True))
        icon = pystray.Icon("gatepost", draw(viewed), shown_title(title), menu)
    except Exception as problem:
        raise DeviceFailed(f"the tray icon cannot be shown: {type(problem).__name__}") from problem
    return PystrayIcon(icon)


def _named_in_utf8(base: Any) -> Any:
    """Return pystray's XEmbed icon with a title that may hold any letter."""

    class Icon(base):  # type: ignore[misc]
        _title: str

        def _create_window(self) -> Any:
            title, self._title = self._title, "Gatepost"
            window = super()._create_window()
            self._title = title
            _name_window(self._display, window, title)
            return window

        def _update_title(self) -> None:
            _name_window(self._display, self._window, self._title)

    return Icon


def _name_window(display: Any, window: Any, title: str) -> None:
    name, utf8 = (display.intern_atom(atom) for atom in ("_NET_WM_NAME", "UTF8_STRING"))
    window.change_property(name, utf8, 8, title.encode())


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
