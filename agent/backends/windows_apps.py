"""The app in front, and apps put away, on Windows. An app is its program; no title is ever read.

What is put away is minimized, and hidden if it comes back by itself; it lives on. Ending is asked for
(WM_CLOSE), never forced. A window of a program with more rights than the pupil's cannot be put away: it
counts as seen.
"""

import contextlib
import os
from collections.abc import Iterable

from agent.backends.desktop import Focus
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_desktop_slices import DesktopCalls, WindowRow
from agent.backends.windows_slices import ProcessCalls

MAX_WORD = 120
SHELL_KINDS = frozenset(
    ("Progman", "WorkerW", "Shell_TrayWnd", "Shell_SecondaryTrayWnd", "NotifyIconOverflowWindow")
)
"""Classes of the desktop itself and its panels: nobody could go on without."""
FRAME_KIND = "ApplicationFrameWindow"
"""In which Windows shows apps of its store; the app itself is another process."""
DIALOG_KIND = "#32770"
_MOST_KEPT = 200


class WindowsApps:
    """Apps by program."""

    def __init__(self, calls: DesktopCalls, processes: ProcessCalls) -> None:
        self._calls = calls
        self._processes = processes
        self._hidden: dict[int, Focus] = {}
        """Windows that we hid ourselves, because minimizing them was not enough."""
        self._asked_away: set[int] = set()

    # ---- the app in front ----

    def focused(self) -> Focus:
        """Return the app in front; of a window that is just going, or of ours, none."""
        try:
            window = self._calls.foreground()
            if not window:
                return Focus()
            row = self._calls.look(window)
            names = self._names()
            if row.kind in SHELL_KINDS:
                return _app_of(names.get(row.pid, ""))
            return Focus() if self.is_ours(row.pid) else self._app_of(row, names)
        except WinProblem:
            return Focus()

    def is_ours(self, pid: int) -> bool:
        """
        Say whether this is this very process or a window that it started.

        Windows gives the number of an ended parent to others, so the child must be younger than we are.
        """
        own = os.getpid()
        if pid == own:
            return True
        if all(row.parent != own for row in self._processes.listed() if row.pid == pid):
            return False
        with contextlib.suppress(WinProblem):
            return self._made(pid) >= self._made(own)
        return False

    def _made(self, pid: int) -> int:
        handle = self._processes.open_to_look(pid)
        try:
            return self._processes.created_at(handle)
        finally:
            self._processes.close(handle)

    def _names(self) -> dict[int, str]:
        return {row.pid: row.name for row in self._processes.listed()}

    def _app_of(self, row: WindowRow, names: dict[int, str]) -> Focus:
        pid = row.pid
        if row.kind == FRAME_KIND:
            pid = self._calls.hosted_pid(row.window) or pid
        return _app_of(names.get(pid, ""))

    # ---- put away ----

    def put_away(self, app: str, program: str, *, spare_dialogs: bool = False) -> int:
        """
        Take every window of this app from the screen; return how many could still be seen before.

        With `spare_dialogs` nothing is taken while the app asks something: that can be seen still.
        """
        mine = [row for row in self._windows_of(app, program) if _is_seen(row)]
        if spare_dialogs:
            asking = [row for row in mine if row.owner or row.kind == DIALOG_KIND]
            if asking:
                return len(asking)
        for row in mine:
            with contextlib.suppress(WinProblem):
                self._put_one_away(row, app, program)
        self._asked_away &= {row.window for row in mine}
        return len(mine)

    def _put_one_away(self, row: WindowRow, app: str, program: str) -> None:
        if row.owner and row.owner in self._asked_away:
            return  # goes with its owner
        if row.window not in self._asked_away:
            self._asked_away.add(row.window)
            self._calls.minimize(row.window)
            return
        self._calls.hide(row.window)
        while len(self._hidden) >= _MOST_KEPT:
            del self._hidden[next(iter(self._hidden))]
        self._hidden[row.window] = Focus(app, program)
        self._asked_away.discard(row.window)

    def bring_back(self, app: str, program: str) -> None:
        """Show this app's windows again, the last one used in front."""
        wanted = Focus(app, program)
        back: list[int] = []
        for window, name in list(self._hidden.items()):
            if _fits(name, wanted):
                del self._hidden[window]
                back.append(window)
        back += [row.window for row in self._windows_of(app, program) if row.minimized and row.visible]
        for window in reversed(back):
            self._asked_away.discard(window)
            with contextlib.suppress(WinProblem):
                self._calls.restore(window)
        if back:
            with contextlib.suppress(WinProblem):
                self._calls.take_keyboard(back[0])

    def ask_to_end(self, app: str, program: str) -> None:
        """Ask every window of this app to close, as its own close button would, those we hid too."""
        wanted = Focus(app, program)
        hidden = [window for window, name in self._hidden.items() if _fits(name, wanted)]
        shown = [row.window for row in self._windows_of(app, program) if row.visible and not row.owner]
        for window in dict.fromkeys((*shown, *hidden)):
            with contextlib.suppress(WinProblem):
                self._calls.ask_close(window)

    def raise_windows(self, pid: int) -> None:
        """Put the windows of this process of ours in front."""
        with contextlib.suppress(WinProblem):
            for row in self._rows():
                if row.pid == pid and _is_seen(row):
                    self._calls.take_keyboard(row.window)
                    return

    # ---- what a window is ----

    def _rows(self) -> Iterable[WindowRow]:
        """Yield every top-level window from the top down; one that goes meanwhile is passed over."""
        for window in self._calls.windows():
            with contextlib.suppress(WinProblem):
                yield self._calls.look(window)

    def _windows_of(self, app: str, program: str) -> list[WindowRow]:
        wanted = Focus(app, program)
        with contextlib.suppress(WinProblem):
            names = self._names()
            found = [
                row
                for row in self._rows()
                if row.kind not in SHELL_KINDS and _fits(self._app_of(row, names), wanted)
            ]
            ours = {pid for pid in {row.pid for row in found} if self.is_ours(pid)}
            return [row for row in found if row.pid not in ours]
        return []


def _app_of(name: str) -> Focus:
    """Return an app by its program's file: `chrome.exe` is the app `chrome`."""
    word = "".join(letter for letter in name if letter.isprintable())[:MAX_WORD]
    stem = word[:-4] if word.lower().endswith(".exe") else word
    return Focus(stem, word)


def _is_seen(row: WindowRow) -> bool:
    return (
        row.visible and not row.minimized and not row.cloaked and row.rect.width > 1 and row.rect.height > 1
    )


def is_on_screen(row: WindowRow) -> bool:
    """Say whether anything of a window may be seen."""
    return _is_seen(row)


def _fits(found: Focus, wanted: Focus) -> bool:
    """Say whether an app is the one meant; an empty word of the one meant names any."""
    if not (found.program and (wanted.app or wanted.program)):
        return False
    return (not wanted.app or found.app.casefold() == wanted.app.casefold()) and (
        not wanted.program or found.program.casefold() == wanted.program.casefold()
    )
