"""One Windows desktop, asked from within its session: no hook on keys or mouse, no title, no picture of it.

Windows tells a program's own thread which window comes to the front and when our one key is pressed; all the
rest is asked when it is needed.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from agent.backends.desktop import Change, Cover, CoverWords
from agent.backends.waiting import Waker
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_apps import is_on_screen
from agent.backends.windows_desktop_covers import WindowsCovers
from agent.backends.windows_desktop_slices import (
    HOTKEY_TAKEN,
    SCREEN_STAYS_ON,
    DesktopCalls,
    Event,
    OpenPump,
)
from agent.backends.windows_keys import parse_shortcut
from agent.backends.windows_slices import ProcessCalls

INHIBIT_EVERY_SECONDS = 5.0
BACKWARDS_MILLISECONDS = 60_000
"""So much later than now may Windows say the last input was; more than that is a clock gone round."""
_TELLING = "Gatepost.Telling"
_TRAY = "Shell_TrayWnd"
_SECURE = ("", "winlogon")
"""The input desktop while Windows itself asks for a password; no pupil may open it."""


def decide_idle(now: int, last_input: int) -> float:
    """Return the idle seconds from two counts of milliseconds that go round after 49.7 days. Pure."""
    passed = (now - last_input) & 0xFFFFFFFF
    return 0.0 if passed >= 0x1_0000_0000 - BACKWARDS_MILLISECONDS else passed / 1000


class WindowsDesktop(WindowsCovers):
    """The desktop of this session."""

    def __init__(
        self,
        calls: DesktopCalls | None = None,
        processes: ProcessCalls | None = None,
        open_pump: OpenPump | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        calls, processes, open_pump = _real(calls, processes, open_pump)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._waker = Waker()
        super().__init__(calls, processes, open_pump(self._heard), now)
        self._inhibited = (-INHIBIT_EVERY_SECONDS, False)
        self._guarding = False
        self._lacking = self._find_lacking()

    def _heard(self, event: Event) -> None:
        """Note what the desktop's thread heard; the session's loop does the rest."""
        self._events.put(event)
        self._waker.wake()

    def _find_lacking(self) -> tuple[str, ...]:
        lacking: list[str] = []
        for name, ask in (("idle", self._calls.last_input_tick), ("inhibit", self._calls.execution_state)):
            try:
                ask()
            except WinProblem:
                lacking.append(name)
        return tuple(lacking)

    # ---- news ----

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something changes."""
        return self._waker.fileno()

    def lacking(self) -> tuple[str, ...]:
        """Return the stable names of what this desktop cannot do."""
        return self._lacking

    def has_news(self) -> bool:
        """Say whether something waits to be taken."""
        return not self._events.empty()

    def take_changes(self) -> set[Change]:
        """Return what may have changed; never waits."""
        self._waker.drain()
        changes: set[Change] = set()
        with contextlib.suppress(queue.Empty):
            while True:
                changes |= self._change_of(self._events.get_nowait())
        return changes

    def _change_of(self, event: Event) -> set[Change]:
        match event.kind:
            case "front":
                return {"focus", "windows"} if self._guarding or self.is_covering else {"focus"}
            case "hotkey":
                return {"hide"}
            case "screens":
                self.lay_again()
                return {"windows"}
        pressed = self.pressed(event)
        return {pressed} if pressed is not None else set()

    # ---- the person ----

    def idle_seconds(self) -> float:
        """Return the seconds since the last input; 0 where nothing can tell (`lacking` says so)."""
        try:
            return decide_idle(self._calls.tick(), self._calls.last_input_tick())
        except WinProblem:
            return 0.0

    def inhibited(self) -> bool:
        """Say whether a program asks that the screen stay on. How long that counts, policy says."""
        at, answer = self._inhibited
        now = self._now()
        if now - at >= INHIBIT_EVERY_SECONDS:
            try:
                answer = bool(self._calls.execution_state() & SCREEN_STAYS_ON)
            except WinProblem:
                answer = False
            self._inhibited = (now, answer)
        return answer

    # ---- what lies on top ----

    def check_cover(self, locker_pid: int) -> Cover:
        """
        Look whether Windows' own lock is there: it has a desktop of its own, which no pupil may open.

        A question for an administrator's password is there too, so this alone confirms no lock.
        """
        try:
            if all(row.pid != locker_pid for row in self._processes.listed()):
                return Cover(False, "the locker is not running")
            name = self._calls.input_desktop()
        except WinProblem as problem:
            return Cover(False, str(problem))
        if name.casefold() in _SECURE:
            return Cover(True)
        return Cover(False, "the desktop still takes the input")

    def guard_front(self, on: bool) -> None:
        """Ask for, or stop asking for, `windows` changes."""
        self._guarding = on

    def keep_in_front(self, pid: int) -> bool:
        """Put the windows of this process above all others and give it the keyboard; False if it has none."""
        with contextlib.suppress(WinProblem):
            seen = [row for row in self._rows() if is_on_screen(row)]
            own = [row for row in seen if row.pid == pid]
            if not own:
                return False
            if any(row.pid != pid for row in seen[: len(own)]):
                for row in reversed(own):
                    self._calls.put_topmost(row.window)
            front = self._calls.foreground()
            if front not in {row.window for row in own}:
                self._calls.take_keyboard(own[0].window)
            return True
        return False

    # ---- hiding: the key ----

    def prepare_hiding(self, shortcut: str, words: CoverWords) -> bool:
        """Have the cover's words and hold its key (empty: none); False if another program has that key."""
        self.take_hiding_words(words)
        try:
            modifiers, key = parse_shortcut(shortcut) if shortcut else (0, 0)
            self._pump.hold_key(modifiers, key)
        except (ValueError, WinProblem) as problem:
            if isinstance(problem, WinProblem) and problem.code != HOTKEY_TAKEN:
                self._lacking = tuple(dict.fromkeys((*self._lacking, "hide-key")))
            return False
        return True

    # ---- the rest ----

    def mark_telling(self, on: bool) -> None:
        """Note in this session's own table, which outlives us, that a report is on its way."""
        with contextlib.suppress(WinProblem):
            self._calls.delete_atom(_TELLING)
            if on:
                self._calls.add_atom(_TELLING)

    def was_telling(self) -> bool:
        """Say whether the session before this one left that note."""
        try:
            return self._calls.has_atom(_TELLING)
        except WinProblem:
            return False

    def open_folder(self, folder: str) -> None:
        """Have the file manager show this folder; never waits. What is no folder is not opened."""
        threading.Thread(target=self._open_folder, args=(folder,), name="folder", daemon=True).start()

    def _open_folder(self, folder: str) -> None:
        with contextlib.suppress(WinProblem, OSError):
            if Path(folder).is_dir():
                self._calls.show_folder(folder)

    def has_tray(self) -> bool:
        """Say whether there is a panel that takes tray icons."""
        try:
            return bool(self._calls.find_class(_TRAY))
        except WinProblem:
            return False

    def close(self) -> None:
        """Let go of the desktop."""
        self._pump.stop()
        self._waker.close()


def _real(
    calls: DesktopCalls | None, processes: ProcessCalls | None, open_pump: OpenPump | None
) -> tuple[DesktopCalls, ProcessCalls, OpenPump]:
    """Return what was given, and Windows itself for the rest."""
    if calls is not None and processes is not None and open_pump is not None:
        return calls, processes, open_pump
    import importlib

    slices = "agent.backends.win32api."
    real = importlib.import_module(slices + "desktop")
    real.be_dpi_aware()  # before the first window: covers are laid in the screens' own points
    return (
        calls or cast(DesktopCalls, real),
        processes or cast(ProcessCalls, importlib.import_module(slices + "processes")),
        open_pump or cast(OpenPump, importlib.import_module(slices + "desktop_pump").DesktopPump),
    )
