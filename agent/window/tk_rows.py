"""Rows of the plain report in Tk, and the fields that small windows have too."""

import tkinter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from agent.window.plain_rows import MOST_SHORT, Kind
from agent.window.tk_look import EDGE, FOCUS, GROUND, INK, SURFACE, Look
from agent.window.tk_parts import GAP, Press, Words

_LINES = 5


class Pick(tkinter.Frame):
    """One answer: a sign and its words, all of it to press."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, words: str, *, many: bool, value: int,
        variable: tkinter.IntVar, act: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(parent, background=GROUND, padx=look.px(3), pady=look.px(2))
        off, on = look.sign("box" if many else "ring"), look.sign("box-on" if many else "ring-on")
        self._sign = off.width()
        self._look = look
        common: dict[str, Any] = {
            "text": look.words(words), "image": off, "selectimage": on, "compound": "left",
            "indicatoron": False, "variable": variable, "command": act, "font": look.letters(),
            "justify": "left", "anchor": "w", "relief": "flat", "offrelief": "flat", "overrelief": "flat",
            "borderwidth": 0, "highlightthickness": 0, "background": GROUND, "foreground": INK,
            "selectcolor": GROUND, "activebackground": GROUND, "activeforeground": INK,
            "padx": look.px(8), "pady": look.px(5), "cursor": "hand2",
        }  # fmt: skip
        self.button: tkinter.Checkbutton | tkinter.Radiobutton = (
            tkinter.Checkbutton(self, **common) if many else tkinter.Radiobutton(self, value=value, **common)
        )
        self.button.pack(fill="x", expand=True)
        self.button.bind("<FocusIn>", lambda _: self.configure(background=FOCUS))
        self.button.bind("<FocusOut>", lambda _: self.configure(background=GROUND))
        self.button.bind("<Return>", self._entered)
        self.bind("<Configure>", self._wrap)

    def _entered(self, _: object) -> str:
        self.button.invoke()
        return "break"

    def _wrap(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        self.button.configure(wraplength=max(60, event.width - self._sign - self._look.px(40)))


class TkRows:
    """Rows of Tk, beneath `parent`."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._parent: tkinter.Misc | None = None
        self._sometimes: list[tuple[tkinter.Frame, tkinter.Frame, Callable[[], bool]]] = []
        self._kept: list[tkinter.Variable] = []

    def put_into(self, parent: tkinter.Misc) -> None:
        """Make the next rows beneath this one."""
        self._parent = parent

    @property
    def _above(self) -> tkinter.Misc:
        if self._parent is None:
            raise RuntimeError("rows without a window")
        return self._parent

    def begin(self) -> None:
        """Forget the rows of the last screen."""
        self._sometimes, self._kept = [], []

    def label(self, words: str, kind: Kind = "text") -> tkinter.Frame:
        """Return words that wrap."""
        return Words(self._above, self._look, words, kind)

    def button(self, words: str, act: Callable[[], None]) -> tkinter.Frame:
        """Return a button."""
        return Press(self._above, self._look, words, act)

    def choices(
        self, rows: Sequence[tuple[str, bool]], *, many: bool, then: Callable[[int, bool], None]
    ) -> list[tkinter.Frame]:
        """Return check boxes, or radio buttons of one group."""
        made: list[tkinter.Frame] = []
        chosen = next((at for at, (_words, on) in enumerate(rows) if on), -1)
        one = tkinter.IntVar(self._above, chosen)
        for at, (words, on) in enumerate(rows):
            variable = tkinter.IntVar(self._above, int(on)) if many else one
            self._kept.append(variable)
            act = partial(_told, then, at, variable if many else None)
            made.append(Pick(self._above, self._look, words, many=many, value=at, variable=variable, act=act))
        return made

    def only_when(self, when: Callable[[], bool], build: Callable[[], list[tkinter.Frame]]) -> tkinter.Frame:
        """Return a box whose rows are there only sometimes."""
        above = self._above
        outside = tkinter.Frame(above, background=GROUND)
        inside = tkinter.Frame(outside, background=GROUND)
        self._parent = inside
        for row in build():
            row.pack(fill="x", pady=(0, self._look.px(GAP)))
        self._parent = above
        self._sometimes.append((outside, inside, when))
        _show(outside, inside, when())
        return outside

    def look_again(self) -> None:
        """Show what is there sometimes when its time is."""
        for outside, inside, when in self._sometimes:
            _show(outside, inside, when())

    def long_text(self, words: str, most_letters: int, then: Callable[[str], None]) -> tkinter.Frame:
        """Return a field of several lines; Tab leaves it."""
        frame, edge = self._field()
        text = tkinter.Text(
            edge, height=_LINES, wrap="word", undo=True, font=self._look.letters(), background=SURFACE,
            foreground=INK, insertbackground=INK, insertwidth=2, relief="flat", borderwidth=0,
            highlightthickness=0, padx=self._look.px(8), pady=self._look.px(6),
        )  # fmt: skip
        text.insert("1.0", words)
        text.edit_modified(False)

        def changed(_: object) -> None:
            if text.edit_modified():
                text.edit_modified(False)
                then(text.get("1.0", "end-1c")[:most_letters])

        text.bind("<<Modified>>", changed)
        text.bind("<Tab>", lambda _: _go(text.tk_focusNext()))
        for key in ("<Shift-Tab>", "<ISO_Left_Tab>"):
            try:
                text.bind(key, lambda _: _go(text.tk_focusPrev()))
            except tkinter.TclError:
                continue  # a name that only X11 knows
        self._ring(text, frame)
        text.pack(fill="x", expand=True)
        return frame

    def short_text(
        self, words: str, then: Callable[[str], None], *, hidden: bool = False, most: int = MOST_SHORT
    ) -> tkinter.Frame:
        """Return a field of one line; `hidden` shows dots for letters."""
        frame, edge = self._field()
        variable = tkinter.StringVar(self._above, words)
        self._kept.append(variable)
        entry = tkinter.Entry(
            edge, textvariable=variable, font=self._look.letters(), background=SURFACE, foreground=INK,
            insertbackground=INK, insertwidth=2, relief="flat", borderwidth=0, highlightthickness=0,
            show="•" if hidden else "",
        )  # fmt: skip
        variable.trace_add("write", lambda *_: then(variable.get()[:most]))
        self._ring(entry, frame)
        entry.pack(fill="x", expand=True, padx=self._look.px(8), pady=self._look.px(6))
        return frame

    def _field(self) -> tuple[tkinter.Frame, tkinter.Frame]:
        """Return a ring for the focus and, in it, the field's edge and ground."""
        px = self._look.px
        ring = tkinter.Frame(self._above, background=GROUND, padx=px(3), pady=px(3))
        edge = tkinter.Frame(ring, background=EDGE, padx=px(2), pady=px(2))
        edge.pack(fill="x", expand=True)
        paper = tkinter.Frame(edge, background=SURFACE)
        paper.pack(fill="x", expand=True)
        return ring, paper

    def _ring(self, field: tkinter.Misc, ring: tkinter.Frame) -> None:
        field.bind("<FocusIn>", lambda _: ring.configure(background=FOCUS))
        field.bind("<FocusOut>", lambda _: ring.configure(background=GROUND))


def entry_in(field: tkinter.Misc) -> tkinter.Misc | None:
    """Return where one types in such a row."""
    for child in field.winfo_children():
        found = child if isinstance(child, tkinter.Entry) else entry_in(child)
        if found is not None:
            return found
    return None


def _told(then: Callable[[int, bool], None], at: int, variable: tkinter.IntVar | None) -> None:
    then(at, True if variable is None else bool(variable.get()))


def _show(outside: tkinter.Frame, inside: tkinter.Frame, yes: bool) -> None:
    if yes:
        inside.pack(fill="x")
    else:
        inside.pack_forget()
        outside.configure(height=1)  # an emptied frame keeps the size it had


def _go(to: "tkinter.Misc | None") -> str:
    if to is not None:
        to.focus_set()
    return "break"
