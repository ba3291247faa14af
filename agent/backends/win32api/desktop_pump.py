"""The desktop's own thread: our covers, the one key, and news of which window comes to the front.

Windows hands messages only to the thread that made a window, so all of it lives in one. No decisions: what
is painted where comes from outside, and what is pressed goes out as an Event.
"""

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
import queue
import threading
from collections.abc import Callable, Sequence
from ctypes import wintypes
from typing import Any

import pywintypes
import win32api
import win32con
import win32gui

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import cover_paint
from agent.backends.windows_desktop_slices import Board, Event, Rectangle

_gui: Any = win32gui
"""Where its types want objects and it takes tuples and numbers."""
_CLASS = "GatepostCover"
_KEY_ID = 1
_TIMED_OUT = 1460
_ANSWER_SECONDS = 5.0
_EVENT_SYSTEM_FOREGROUND = 3
_WINEVENT_OUTOFCONTEXT = 0
_WORK = win32con.WM_APP + 1
_WM_DISPLAYCHANGE = 0x7E
_MA_ACTIVATE = 1
_ENTER_KEYS = (win32con.VK_RETURN, win32con.VK_SPACE)
_TURN_KEYS = (win32con.VK_LEFT, win32con.VK_RIGHT, win32con.VK_UP, win32con.VK_DOWN)
_NOREPEAT = 0x4000

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_HOOK = ctypes.WINFUNCTYPE(
    None,
    wintypes.HANDLE,
    wintypes.DWORD,
    wintypes.HWND,
    wintypes.LONG,
    wintypes.LONG,
    wintypes.DWORD,
    wintypes.DWORD,
)
_user32.SetWinEventHook.argtypes = (
    wintypes.UINT,
    wintypes.UINT,
    wintypes.HMODULE,
    _HOOK,
    wintypes.DWORD,
    wintypes.DWORD,
    wintypes.UINT,
)
_user32.SetWinEventHook.restype = wintypes.HANDLE
_user32.UnhookWinEvent.argtypes = (wintypes.HANDLE,)
_user32.UnhookWinEvent.restype = wintypes.BOOL
_user32.ShowWindowAsync.argtypes = (wintypes.HWND, ctypes.c_int)
_user32.ShowWindowAsync.restype = wintypes.BOOL


class _Job:
    """Something the thread is asked to do; its answer or its problem comes back."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._done = threading.Event()
        self._answer: object = None
        self._problem: Exception | None = None

    def run(self) -> None:
        try:
            self._answer = self._act()
        except pywintypes.error as problem:
            self._problem = WinProblem(str(problem.funcname or "user32"), problem.winerror)
        except Exception as problem:  # it belongs to who asked
            self._problem = problem
        self._done.set()

    def wait(self) -> object:
        if not self._done.wait(_ANSWER_SECONDS):
            raise WinProblem("PostThreadMessage", _TIMED_OUT)
        if self._problem is not None:
            raise self._problem
        return self._answer


class DesktopPump:
    """Started at once; every method may be called from any other thread."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._covers: dict[str, dict[int, Board]] = {}
        self._owner: dict[int, str] = {}
        self._key = (0, 0)
        self._hook = _HOOK(self._came_to_front)
        self._hook_handle: int | None = None
        self._instance = 0
        self._listener = 0
        self._started = threading.Event()
        self._problem: WinProblem | None = None
        self._thread = threading.Thread(target=self._run, name="desktop", daemon=True)
        self._thread.start()
        if not self._started.wait(_ANSWER_SECONDS):
            raise WinProblem("CreateWindowEx", _TIMED_OUT)
        if self._problem is not None:
            raise self._problem

    # ---- the thread ----

    def _run(self) -> None:
        try:
            self._begin()
        except pywintypes.error as problem:
            self._problem = WinProblem(str(problem.funcname or "CreateWindowEx"), problem.winerror)
            self._started.set()
            return
        self._started.set()
        win32gui.PumpMessages()
        if self._hook_handle:
            _user32.UnhookWinEvent(self._hook_handle)

    def _begin(self) -> None:
        self._instance = win32api.GetModuleHandle(None)
        shape: Any = win32gui.WNDCLASS()
        shape.hInstance = self._instance
        shape.lpszClassName = f"{_CLASS}-{id(self):x}"
        shape.lpfnWndProc = self._proc
        shape.hCursor = _gui.LoadCursor(0, win32con.IDC_ARROW)
        self._class = win32gui.RegisterClass(shape)
        self._listener = self._make(Rectangle(0, 0, 1, 1), shown=False)
        self._hook_handle = _user32.SetWinEventHook(
            _EVENT_SYSTEM_FOREGROUND, _EVENT_SYSTEM_FOREGROUND, None, self._hook, 0, 0, _WINEVENT_OUTOFCONTEXT
        )

    def _make(self, rect: Rectangle, *, shown: bool) -> int:
        extended = win32con.WS_EX_TOPMOST | win32con.WS_EX_TOOLWINDOW
        window = _gui.CreateWindowEx(
            extended,
            self._class,
            "Gatepost",
            win32con.WS_POPUP,
            rect.x,
            rect.y,
            rect.width,
            rect.height,
            0,
            0,
            self._instance,
            None,
        )
        if shown:
            win32gui.ShowWindow(window, win32con.SW_SHOWNA)
        return int(window)

    def _came_to_front(
        self, _hook: int, _event: int, _window: int, _object: int, _child: int, _thread: int, _at: int
    ) -> None:
        self._on_event(Event("front"))

    def _proc(self, window: int, message: int, word: int, long: int) -> int:
        if message == _WORK:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._jobs.get_nowait().run()
            return 0
        if message == win32con.WM_HOTKEY:
            self._on_event(Event("hotkey"))
            return 0
        if message == _WM_DISPLAYCHANGE:
            self._on_event(Event("screens"))
            return 0
        if message == win32con.WM_CLOSE:  # any program may send it
            return 0
        cover = self._owner.get(window)
        if cover is None:
            return int(win32gui.DefWindowProc(window, message, word, long))
        return self._cover_proc(cover, window, message, word, long)

    def _cover_proc(self, cover: str, window: int, message: int, word: int, long: int) -> int:
        board = self._covers.get(cover, {}).get(window)
        match message:
            case win32con.WM_PAINT if board is not None:
                cover_paint.paint(window, board)
                return 0
            case win32con.WM_ERASEBKGND:
                return 1
            case win32con.WM_MOUSEACTIVATE:
                return _MA_ACTIVATE
            case win32con.WM_LBUTTONUP if board is not None:
                pressed = _hit(board, _short(long), _short(long >> 16))
                if pressed:
                    self._on_event(Event("press", cover, pressed))
                return 0
            case win32con.WM_KEYDOWN if word in _ENTER_KEYS:
                self._on_event(Event("key", cover, "enter"))
                return 0
            case win32con.WM_KEYDOWN if word == win32con.VK_TAB:
                self._on_event(Event("key", cover, "tab"))
                return 0
            case win32con.WM_KEYDOWN if word in _TURN_KEYS:
                self._on_event(Event("key", cover, "turn"))
                return 0
        return int(win32gui.DefWindowProc(window, message, word, long))

    def _ask(self, act: Callable[[], object]) -> object:
        job = _Job(act)
        self._jobs.put(job)
        try:
            win32gui.PostMessage(self._listener, _WORK, 0, 0)
        except pywintypes.error as problem:
            raise WinProblem("PostMessage", problem.winerror) from problem
        return job.wait()

    # ---- what is asked of it ----

    def hold_key(self, modifiers: int, key: int) -> None:
        """Hold this key in place of the last (0, 0: none); WinProblem 1409 if another program has it."""

        def hold() -> None:
            if self._key != (0, 0):
                with contextlib.suppress(pywintypes.error):
                    win32gui.UnregisterHotKey(self._listener, _KEY_ID)
            self._key = (0, 0)
            if key:
                win32gui.RegisterHotKey(self._listener, _KEY_ID, modifiers | _NOREPEAT, key)
                self._key = (modifiers, key)

        self._ask(hold)

    def measure(self, words: str, size: int, bold: bool, width: int) -> tuple[int, int]:
        """Return how wide and high these words are, wrapped to a width."""
        try:
            return cover_paint.measure(words, size, bold, width)
        except pywintypes.error as problem:
            raise WinProblem("DrawText", problem.winerror) from problem

    def put_up(self, cover: str, boards: Sequence[Board]) -> None:
        """Show these boards, above everything, in place of the cover's last."""
        self._ask(lambda: self._put_up(cover, list(boards)))

    def _put_up(self, cover: str, boards: list[Board]) -> None:
        old = self._covers.get(cover, {})
        windows = [window for window in old if win32gui.IsWindow(window)]
        now: dict[int, Board] = {}
        for at, board in enumerate(boards):
            window = windows[at] if at < len(windows) else self._make(board.rect, shown=False)
            self._owner[window] = cover
            now[window] = board
        self._covers[cover] = now
        for gone in set(old) - set(now):
            self._destroy(gone)
        for window, board in now.items():
            _place(window, board.rect)
            _gui.InvalidateRect(window, None, False)
            win32gui.UpdateWindow(window)

    def take_down(self, cover: str) -> None:
        """Take the cover away; does nothing if it is not up."""

        def down() -> None:
            for window in self._covers.pop(cover, {}):
                self._destroy(window)

        self._ask(down)

    def windows_of(self, cover: str) -> tuple[int, ...]:
        """Return the windows of a cover that is up."""
        return tuple(self._covers.get(cover, {}))

    def mend(self, cover: str) -> bool:
        """Undo what another program did to it (hidden, moved, ended); say if any had."""
        return bool(self._ask(lambda: self._mend(cover)))

    def _mend(self, cover: str) -> bool:
        now = self._covers.get(cover, {})
        if any(not win32gui.IsWindow(window) or _is_taken(window) for window in now):
            boards = list(now.values())
            for window in now:
                self._destroy(window)
            self._covers[cover] = {}
            self._put_up(cover, boards)
            return True
        undone = False
        for window, board in now.items():
            undone = _put_strangers_out(window) or undone
            left, top, right, bottom = win32gui.GetWindowRect(window)
            as_it_was = Rectangle(left, top, right - left, bottom - top) == board.rect
            if not (as_it_was and win32gui.IsWindowVisible(window)) or win32gui.IsIconic(window):
                _place(window, board.rect)
                undone = True
            if _is_shaped(window):
                _gui.SetWindowRgn(window, None, True)
                undone = True
        return undone

    def _destroy(self, window: int) -> None:
        self._owner.pop(window, None)
        with contextlib.suppress(pywintypes.error):
            win32gui.DestroyWindow(window)

    def stop(self) -> None:
        """End the thread with all it has."""

        def end() -> None:
            for cover in list(self._covers):
                for window in self._covers.pop(cover):
                    self._destroy(window)
            win32gui.DestroyWindow(self._listener)
            win32gui.PostQuitMessage(0)

        with contextlib.suppress(WinProblem):
            self._ask(end)
        self._thread.join(_ANSWER_SECONDS)


def _place(window: int, rect: Rectangle) -> None:
    flags = win32con.SWP_NOACTIVATE | win32con.SWP_SHOWWINDOW
    win32gui.SetWindowPos(window, win32con.HWND_TOPMOST, *rect, flags)


def _is_shaped(window: int) -> bool:
    """Say whether somebody cut a hole into the window."""
    region = _gui.CreateRectRgnIndirect((0, 0, 0, 0))
    with contextlib.suppress(pywintypes.error):
        return win32gui.GetWindowRgn(window, region) not in (0, win32con.NULLREGION)
    return False


def _is_taken(window: int) -> bool:
    """Say whether another program made the window see-through, or put it into one of its own."""
    extended = int(win32gui.GetWindowLong(window, win32con.GWL_EXSTYLE))
    parent = int(_gui.GetAncestor(window, win32con.GA_PARENT) or 0)
    return bool(extended & win32con.WS_EX_LAYERED) or parent != int(_gui.GetDesktopWindow())


def _put_strangers_out(window: int) -> bool:
    """Hide what another program shows *in* our window, where nothing of ours is; say if there was any."""
    found: list[int] = []

    def note(child: int, _more: object) -> bool:
        if win32gui.IsWindowVisible(child):
            found.append(int(child))
        return True

    with contextlib.suppress(pywintypes.error):
        win32gui.EnumChildWindows(window, note, None)
    for child in found:
        _user32.ShowWindowAsync(child, win32con.SW_HIDE)  # never waits for its program
    return bool(found)


def _hit(board: Board, x: int, y: int) -> str:
    for piece in reversed(board.pieces):
        rect = piece.rect
        if piece.press and rect.x <= x < rect.x + rect.width and rect.y <= y < rect.y + rect.height:
            return piece.press
    return ""


def _short(number: int) -> int:
    """Return the lower 16 bits as a signed number."""
    number &= 0xFFFF
    return number - 0x10000 if number >= 0x8000 else number
