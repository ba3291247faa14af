"""Windows' word that devices have changed: a hidden window of our own, in a thread of its own."""

import sys

assert sys.platform == "win32"

import logging
import threading
from typing import Any

import pywintypes
import win32api
import win32con
import win32gui
import win32gui_struct

log = logging.getLogger(__name__)

_USB_DEVICE = "{A5DCBF10-6530-11D2-901F-00C04FB951ED}"
_VOLUME = "{53F5630D-B6BF-11D0-94F2-00A0C91EFB8B}"
_CLASS = "GatepostDevices"

_changed = threading.Event()
_once = threading.Lock()
_thread: threading.Thread | None = None


def wait(seconds: float) -> bool:
    """Wait for a change, or so long; where no window can be had, the time only passes."""
    global _thread
    with _once:
        if _thread is None:
            _thread = threading.Thread(target=_listen, name="device-changes", daemon=True)
            _thread.start()
    heard = _changed.wait(seconds)
    _changed.clear()
    return heard


def _listen() -> None:
    try:
        window = _make_window()
        if not window:
            log.warning("no hidden window can be had: devices are only looked for")
            return
        # Kept while we listen: with the last name of such a handle pywin32 takes back what was asked for.
        asked = [_ask(window, guid) for guid in (_USB_DEVICE, _VOLUME)]
        win32gui.PumpMessages()
        asked.clear()
    except pywintypes.error as problem:
        # The list is compared every few seconds in any case.
        log.warning("Windows' word of devices is not heard", extra={"problem": str(problem)})


def _ask(window: int, guid: str) -> object:
    wanted = win32gui_struct.PackDEV_BROADCAST_DEVICEINTERFACE(guid)
    return win32gui.RegisterDeviceNotification(window, wanted, win32con.DEVICE_NOTIFY_WINDOW_HANDLE)


def _make_window() -> int:
    """Make a window that is never shown; not a message-only one: those are not told of changed nodes."""
    shape: Any = win32gui.WNDCLASS()
    shape.lpszClassName = _CLASS
    shape.hInstance = win32api.GetModuleHandle(None)
    shape.lpfnWndProc = {win32con.WM_DEVICECHANGE: _heard}
    kind = win32gui.RegisterClass(shape)
    return int(win32gui.CreateWindow(kind, _CLASS, 0, 0, 0, 0, 0, 0, 0, shape.hInstance, None))


def _heard(_window: int, _message: int, _event: int, _data: int) -> int:
    _changed.set()
    return 1
