"""The desktop of this session: idle time, windows, screens, the input desktop. No decisions."""

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
import os
from ctypes import wintypes
from typing import Any

import pywintypes
import win32api
import win32con
import win32gui
import win32process
import win32service

from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.win32api import sessions
from agent.backends.windows_desktop_slices import NO_SUCH_WINDOW, Rectangle, WindowRow

_SYSTEM_EXECUTION_STATE = 16
_PER_MONITOR_AWARE = 2
_DWMWA_CLOAKED = 14
_DESKTOP_READOBJECTS = 1
_UOI_NAME = 2
_CORE_WINDOW = "Windows.UI.Core.CoreWindow"
_SHOW_FOLDER_FAILED = 32

_service: Any = win32service
"""Its types say that GetUserObjectInformation returns nothing; it returns the name."""
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.GlobalAddAtomW.argtypes = (wintypes.LPCWSTR,)
_kernel32.GlobalAddAtomW.restype = wintypes.ATOM
_kernel32.GlobalFindAtomW.argtypes = (wintypes.LPCWSTR,)
_kernel32.GlobalFindAtomW.restype = wintypes.ATOM
_kernel32.GlobalDeleteAtom.argtypes = (wintypes.ATOM,)
_kernel32.GlobalDeleteAtom.restype = wintypes.ATOM
_gdi32 = ctypes.WinDLL("gdi32", use_last_error=True)
_gdi32.GetDeviceCaps.argtypes = (wintypes.HDC, ctypes.c_int)
_gdi32.GetDeviceCaps.restype = ctypes.c_int
_user32 = ctypes.WinDLL("user32", use_last_error=True)
_user32.GetShellWindow.argtypes = ()
_user32.GetShellWindow.restype = wintypes.HWND
_user32.ShowWindowAsync.argtypes = (wintypes.HWND, ctypes.c_int)
_user32.ShowWindowAsync.restype = wintypes.BOOL
_user32.IsHungAppWindow.argtypes = (wintypes.HWND,)
_user32.IsHungAppWindow.restype = wintypes.BOOL
_user32.AttachThreadInput.argtypes = (wintypes.DWORD, wintypes.DWORD, wintypes.BOOL)
_user32.AttachThreadInput.restype = wintypes.BOOL
_user32.LockWorkStation.argtypes = ()
_user32.LockWorkStation.restype = wintypes.BOOL


def be_dpi_aware() -> None:
    """Ask for the screen's own points; does nothing where that was settled before (a manifest)."""
    with contextlib.suppress(OSError, AttributeError):
        shcore = ctypes.WinDLL("shcore")
        shcore.SetProcessDpiAwareness.argtypes = (ctypes.c_int,)
        shcore.SetProcessDpiAwareness.restype = ctypes.c_long
        shcore.SetProcessDpiAwareness(_PER_MONITOR_AWARE)


# ---- time ----


def tick() -> int:
    """Return the milliseconds since the start, 32 bits of them."""
    return int(win32api.GetTickCount()) & 0xFFFFFFFF


def last_input_tick() -> int:
    """Return `tick` as it was at this session's last input."""
    try:
        return int(win32api.GetLastInputInfo()) & 0xFFFFFFFF
    except pywintypes.error as problem:
        raise WinProblem("GetLastInputInfo", problem.winerror) from problem


def execution_state() -> int:
    """Return what all programs together ask of the machine (ES_*), e.g. that the screen stay on."""
    powrprof = ctypes.WinDLL("powrprof")
    call = powrprof.CallNtPowerInformation
    call.argtypes = (ctypes.c_int, ctypes.c_void_p, wintypes.ULONG, ctypes.c_void_p, wintypes.ULONG)
    call.restype = ctypes.c_long
    state = wintypes.ULONG(0)
    code = call(_SYSTEM_EXECUTION_STATE, None, 0, ctypes.byref(state), ctypes.sizeof(state))
    if code != 0:
        raise WinProblem("CallNtPowerInformation", code & 0xFFFFFFFF)
    return int(state.value)


# ---- screens and desktops ----


def monitors() -> list[Rectangle]:
    """Return every screen as x, y, width and height, the primary one first."""
    found: list[tuple[bool, Rectangle]] = []
    try:
        for handle, _context, _rect in win32api.EnumDisplayMonitors():
            info = win32api.GetMonitorInfo(int(handle))
            found.append((info["Flags"] != win32con.MONITORINFOF_PRIMARY, _rectangle(info["Monitor"])))
    except pywintypes.error as problem:
        raise WinProblem("EnumDisplayMonitors", problem.winerror) from problem
    return [rect for _second, rect in sorted(found)]


def work_area() -> Rectangle:
    """Return what no panel takes of the primary screen."""
    try:
        for handle, _context, _rect in win32api.EnumDisplayMonitors():
            info = win32api.GetMonitorInfo(int(handle))
            if info["Flags"] == win32con.MONITORINFOF_PRIMARY:
                return _rectangle(info["Work"])
    except pywintypes.error as problem:
        raise WinProblem("GetMonitorInfo", problem.winerror) from problem
    raise WinProblem("EnumDisplayMonitors", 0)


def dots_per_inch() -> int:
    """Return how fine the primary screen is."""
    screen = win32gui.GetDC(0)
    try:
        return int(_gdi32.GetDeviceCaps(screen, win32con.LOGPIXELSX))
    finally:
        win32gui.ReleaseDC(0, screen)


def input_desktop() -> str:
    """Return the name of the desktop that gets the input; empty where it may not be opened."""
    try:
        opened = win32service.OpenInputDesktop(0, False, _DESKTOP_READOBJECTS)
        name = _service.GetUserObjectInformation(opened, _UOI_NAME)
    except pywintypes.error as problem:
        if problem.winerror == ACCESS_DENIED:
            return ""
        raise WinProblem("OpenInputDesktop", problem.winerror) from problem
    return str(name)


def is_locked() -> bool:
    """Say whether Windows itself says that this session is locked."""
    return sessions.lock_state(sessions.session_of(os.getpid())) == "locked"


def lock_workstation() -> None:
    """Begin to lock; returns before it is locked."""
    if not _user32.LockWorkStation():
        raise WinProblem("LockWorkStation", ctypes.get_last_error())


# ---- windows ----


def shell_window() -> int:
    """Return the shell's own window, or 0 without a shell."""
    return int(_user32.GetShellWindow() or 0)


def find_class(name: str) -> int:
    """Return a top-level window of this class, or 0."""
    try:
        return int(win32gui.FindWindow(name, None))
    except pywintypes.error:
        return 0


def foreground() -> int:
    """Return the window in front, or 0 for none."""
    return int(win32gui.GetForegroundWindow() or 0)


def windows() -> list[int]:
    """Return every top-level window, from the top to the bottom."""
    found: list[int] = []

    def note(window: int, _more: object) -> bool:
        found.append(int(window))
        return True

    try:
        win32gui.EnumWindows(note, None)
    except pywintypes.error as problem:
        raise WinProblem("EnumWindows", problem.winerror) from problem
    return found


def look(window: int) -> WindowRow:
    """Return what a window is; WinProblem 1400 if it is gone."""
    try:
        if not win32gui.IsWindow(window):
            raise WinProblem("IsWindow", NO_SUCH_WINDOW)
        _thread, pid = win32process.GetWindowThreadProcessId(window)
        return WindowRow(
            window=window,
            pid=int(pid),
            kind=str(win32gui.GetClassName(window) or ""),
            rect=_rectangle(win32gui.GetWindowRect(window)),
            visible=bool(win32gui.IsWindowVisible(window)),
            minimized=bool(win32gui.IsIconic(window)),
            cloaked=_is_cloaked(window),
            owner=int(win32gui.GetWindow(window, win32con.GW_OWNER) or 0),
        )
    except pywintypes.error as problem:
        raise WinProblem("GetWindowRect", problem.winerror) from problem


def hosted_pid(window: int) -> int:
    """Return the process whose app a frame window shows, or 0: store apps live in another's frame."""
    found: list[int] = []

    def note(child: int, _more: object) -> bool:
        if win32gui.GetClassName(child) == _CORE_WINDOW:
            found.append(int(win32process.GetWindowThreadProcessId(child)[1]))
        return True

    with contextlib.suppress(pywintypes.error):
        win32gui.EnumChildWindows(window, note, None)
    return found[0] if found else 0


def is_hung(window: int) -> bool:
    """Say whether a window's program has not answered for seconds."""
    return bool(_user32.IsHungAppWindow(window))


def minimize(window: int) -> None:
    """Have a window put into the taskbar; never waits for its program."""
    _show(window, win32con.SW_SHOWMINNOACTIVE)


def hide(window: int) -> None:
    """Have a window taken from the screen and the taskbar; never waits for its program."""
    _show(window, win32con.SW_HIDE)


def restore(window: int) -> None:
    """Have a minimized or hidden window shown again; never waits for its program."""
    _show(window, win32con.SW_RESTORE)


def ask_close(window: int) -> None:
    """Ask a window to close, as its own close button would."""
    try:
        win32gui.PostMessage(window, win32con.WM_CLOSE, 0, 0)
    except pywintypes.error as problem:
        raise WinProblem("PostMessage", problem.winerror) from problem


def put_topmost(window: int) -> None:
    """Put a window above every other, without the keyboard."""
    flags = win32con.SWP_NOMOVE | win32con.SWP_NOSIZE | win32con.SWP_NOACTIVATE | win32con.SWP_ASYNCWINDOWPOS
    try:
        win32gui.SetWindowPos(window, win32con.HWND_TOPMOST, 0, 0, 0, 0, flags)
    except pywintypes.error as problem:
        raise WinProblem("SetWindowPos", problem.winerror) from problem


def take_keyboard(window: int) -> bool:
    """
    Give a window the keyboard; False if Windows would not.

    It gives it only to the program that has it already, so our thread joins that one's input for a moment.
    """
    front = foreground()
    if front == window:
        return True
    ours = win32api.GetCurrentThreadId()
    theirs = win32process.GetWindowThreadProcessId(front)[0] if front else 0
    joined = bool(
        theirs and theirs != ours and not is_hung(front) and _user32.AttachThreadInput(ours, theirs, True)
    )
    try:
        with contextlib.suppress(pywintypes.error):
            win32gui.SetForegroundWindow(window)
    finally:
        if joined:
            _user32.AttachThreadInput(ours, theirs, False)
    return foreground() == window


def _show(window: int, how: int) -> None:
    if not win32gui.IsWindow(window):
        raise WinProblem("ShowWindowAsync", NO_SUCH_WINDOW)
    ctypes.set_last_error(0)
    _user32.ShowWindowAsync(window, how)
    code = ctypes.get_last_error()
    if code == ACCESS_DENIED:
        raise WinProblem("ShowWindowAsync", code)


def _is_cloaked(window: int) -> bool:
    """Say whether the compositor hides it though it counts as visible: store apps, other desktops."""
    try:
        dwmapi = ctypes.WinDLL("dwmapi")
        call = dwmapi.DwmGetWindowAttribute
        call.argtypes = (wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD)
        call.restype = ctypes.c_long
        cloaked = wintypes.DWORD(0)
        code = call(window, _DWMWA_CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
    except (OSError, AttributeError):
        return False
    return code == 0 and cloaked.value != 0


def _rectangle(corners: tuple[int, int, int, int]) -> Rectangle:
    left, top, right, bottom = corners
    return Rectangle(left, top, right - left, bottom - top)


# ---- the rest ----


def add_atom(name: str) -> None:
    """Leave a name in this session's table, which outlives us."""
    if not _kernel32.GlobalAddAtomW(name):
        raise WinProblem("GlobalAddAtom", ctypes.get_last_error())


def has_atom(name: str) -> bool:
    """Say whether that name stands there."""
    return bool(_kernel32.GlobalFindAtomW(name))


def delete_atom(name: str) -> None:
    """Take that name away, however often it was left; does nothing if it is not there."""
    for _time in range(256):
        atom = _kernel32.GlobalFindAtomW(name)
        if not atom:
            return
        _kernel32.GlobalDeleteAtom(atom)


def show_folder(folder: str) -> None:
    """Have the file manager show this folder."""
    try:
        code = win32api.ShellExecute(0, "explore", folder, "", "", win32con.SW_SHOWNORMAL)
    except pywintypes.error as problem:
        raise WinProblem("ShellExecute", problem.winerror) from problem
    if int(code) <= _SHOW_FOLDER_FAILED:
        raise WinProblem("ShellExecute", int(code))
