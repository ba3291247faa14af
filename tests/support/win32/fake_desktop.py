"""A Windows desktop in memory: windows in their order, screens, a key, covers; calls fail when told to."""

import itertools
import os

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_desktop_slices import (
    HOTKEY_TAKEN,
    NO_SUCH_WINDOW,
    SCREEN_STAYS_ON,
    Event,
    Rectangle,
    WindowRow,
)

SCREEN = Rectangle(0, 0, 1366, 768)
PLACE = Rectangle(100, 100, 600, 400)
SECOND = Rectangle(1366, 0, 1920, 1080)


class FakeDesktop:
    """The slices `desktop` and `desktop_pump` over one stack. `fail[call] = code` makes each fail."""

    def __init__(self, screens=(SCREEN,)):
        self.fail = {}
        self.stack = []
        """Window numbers, the top one first."""
        self.rows = {}
        self.front = 0
        self.now = 10_000
        self.last_input = 10_000
        self.stays_on = False
        self.screens = list(screens)
        self.input = "Default"
        self.locked = False
        self.atoms = []
        self.folders = []
        self.asked_to_close = []
        self.hosted = {}
        self.keys_taken = set()
        self.key = (0, 0)
        self.boards = {}
        """Of each cover: its windows and what is painted on them."""
        self.on_event = lambda _event: None
        self.comes_back = set()
        """Windows that show themselves again when minimized."""
        self.gone_at_look = set()
        """Windows that end between the list and the look."""
        self.refuses_keyboard = False
        self.stopped = False
        self._numbers = itertools.count(0x10010, 2)

    # ---- what tests do ----

    def open(self, pid, kind="Notepad", rect=PLACE, **more):
        number = next(self._numbers)
        row = WindowRow(number, pid, kind, rect, visible=True, minimized=False, cloaked=False, owner=0)
        self.rows[number] = row._replace(**more)
        self.stack.insert(0, number)
        self.front = number
        return number

    def end(self, window):
        self.rows.pop(window, None)
        if window in self.stack:
            self.stack.remove(window)

    def change(self, window, **changes):
        self.rows[window] = self.rows[window]._replace(**changes)

    def open_pump(self, on_event):
        self._check("open_pump")
        self.on_event = on_event
        return self

    def tell(self, kind, cover="", detail=""):
        self.on_event(Event(kind, cover, detail))

    def words_on(self, cover):
        return [piece.words for board in self.boards[cover].values() for piece in board.pieces if piece.words]

    def _check(self, call):
        if call in self.fail:
            raise WinProblem(call, self.fail[call])

    def _row(self, call, window):
        self._check(call)
        if window not in self.rows or window in self.gone_at_look:
            raise WinProblem(call, NO_SUCH_WINDOW)
        return self.rows[window]

    # ---- the slice `desktop` ----

    def tick(self):
        self._check("tick")
        return self.now & 0xFFFFFFFF

    def last_input_tick(self):
        self._check("last_input_tick")
        return self.last_input & 0xFFFFFFFF

    def execution_state(self):
        self._check("execution_state")
        return SCREEN_STAYS_ON if self.stays_on else 0

    def monitors(self):
        self._check("monitors")
        return list(self.screens)

    def input_desktop(self):
        self._check("input_desktop")
        return self.input

    def is_locked(self):
        self._check("is_locked")
        return self.locked

    def shell_window(self):
        return next((each for each, row in self.rows.items() if row.kind == "Progman"), 0)

    def find_class(self, name, /):
        self._check("find_class")
        return next((each for each, row in self.rows.items() if row.kind == name), 0)

    def foreground(self):
        self._check("foreground")
        return self.front if self.front in self.rows else 0

    def windows(self):
        self._check("windows")
        return list(self.stack)

    def look(self, window, /):
        return self._row("look", window)

    def hosted_pid(self, window, /):
        return self.hosted.get(window, 0)

    def minimize(self, window, /):
        row = self._row("minimize", window)
        self.rows[window] = row._replace(minimized=window not in self.comes_back)

    def hide(self, window, /):
        self.rows[window] = self._row("hide", window)._replace(visible=False)

    def restore(self, window, /):
        self.rows[window] = self._row("restore", window)._replace(visible=True, minimized=False)

    def ask_close(self, window, /):
        self._row("ask_close", window)
        self.asked_to_close.append(window)

    def put_topmost(self, window, /):
        self._row("put_topmost", window)
        self.stack.remove(window)
        self.stack.insert(0, window)

    def take_keyboard(self, window, /):
        self._row("take_keyboard", window)
        if not self.refuses_keyboard:
            self.front = window
        return not self.refuses_keyboard

    def add_atom(self, name, /):
        self._check("add_atom")
        self.atoms.append(name)

    def has_atom(self, name, /):
        self._check("has_atom")
        return name in self.atoms

    def delete_atom(self, name, /):
        self._check("delete_atom")
        self.atoms = [each for each in self.atoms if each != name]

    def show_folder(self, folder, /):
        self._check("show_folder")
        self.folders.append(folder)

    # ---- the slice `desktop_pump` ----

    def hold_key(self, modifiers, key):
        self._check("hold_key")
        if (modifiers, key) in self.keys_taken:
            self.key = (0, 0)
            raise WinProblem("RegisterHotKey", HOTKEY_TAKEN)
        self.key = (modifiers, key)

    def measure(self, words, size, bold, width):
        """Letters as wide as half their height; bold ones a little wider."""
        self._check("measure")
        letter = max(1, round(size * (0.6 if bold else 0.5)))
        per_line = max(1, width // letter)
        lines = max(1, -(-len(words) // per_line))
        return min(width, letter * len(words)), lines * round(size * 1.4)

    def put_up(self, cover, boards):
        self._check("put_up")
        self.take_down(cover)
        made = {}
        for board in reversed(boards):
            number = next(self._numbers)
            self.rows[number] = WindowRow(
                number, os.getpid(), "GatepostCover", board.rect, True, False, False, 0
            )
            self.stack.insert(0, number)
            made[number] = board
        self.boards[cover] = made

    def take_down(self, cover):
        for window in self.boards.pop(cover, {}):
            self.end(window)

    def windows_of(self, cover):
        return tuple(self.boards.get(cover, {}))

    def mend(self, cover):
        self._check("mend")
        boards = self.boards.get(cover, {})
        broken = [
            window
            for window, board in boards.items()
            if window not in self.rows
            or not self.rows[window].visible
            or self.rows[window].minimized
            or self.rows[window].rect != board.rect
        ]
        if broken:
            self.put_up(cover, list(boards.values()))
        return bool(broken)

    def stop(self):
        for cover in list(self.boards):
            self.take_down(cover)
        self.stopped = True
