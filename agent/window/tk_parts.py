"""Pieces of a plain window in Tk: words that wrap, buttons whose focus is seen, a body that scrolls."""

import contextlib
import tkinter
from collections.abc import Callable

from agent.window.plain_rows import Kind
from agent.window.tk_look import EDGE, FOCUS, GROUND, INFO_SOFT, INK, LINE, POST, QUIET, SUNKEN, SURFACE, Look

GAP = 10
_WHEEL = 120
_SIZES: dict[Kind, int] = {"title": 190, "heading": 125}
_NARROWEST = 190
"""A button beneath the words is not narrower; rather they stand in two rows, or one above the other."""


class Words(tkinter.Frame):
    """One paragraph that wraps to the width it has; an item's lines stand beside its dot."""

    def __init__(self, parent: tkinter.Misc, look: Look, text: str, kind: Kind = "text") -> None:
        ground = INFO_SOFT if kind == "note" else str(parent.cget("background"))
        super().__init__(parent, background=ground)
        self._pad = look.px(12) if kind == "note" else 0
        size = look.heading_percent(_SIZES[kind]) if kind in _SIZES else 100
        letters = look.letters(size, "bold" if kind in _SIZES else "normal")
        dot = kind == "item" or text.startswith("• ")
        if dot:
            mark = tkinter.Label(self, text="•", font=letters, background=ground, foreground=INK)
            mark.pack(side="left", anchor="n", padx=(look.px(6), look.px(8)))
        self._beside = letters.measure("•") + look.px(18) if dot else 0
        self._label = tkinter.Label(
            self, text=look.words(text.removeprefix("• ")), font=letters, justify="left", anchor="w",
            background=ground, foreground=INK, borderwidth=0, padx=0, pady=0,
        )  # fmt: skip
        self._label.pack(side="left", fill="x", expand=True, padx=self._pad, pady=self._pad)
        self.bind("<Configure>", self._wrap)

    def say(self, text: str) -> None:
        """Say something else in this place."""
        if self._label.cget("text") != text:
            self._label.configure(text=text)

    def _wrap(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        self._label.configure(wraplength=max(40, event.width - 2 * self._pad - self._beside - 4))


class Press(tkinter.Frame):
    """A button in a ring that shows where the keyboard is."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        text: str,
        act: Callable[[], object],
        *,
        wraps: bool = True,
    ) -> None:
        self._ground = str(parent.cget("background"))
        super().__init__(parent, background=self._ground, padx=look.px(3), pady=look.px(3))
        self._pad = look.px(40)
        edge = tkinter.Frame(self, background=EDGE, padx=look.px(2), pady=look.px(2))
        edge.pack(fill="both", expand=True)
        self.button = tkinter.Button(
            edge, text=look.words(text), command=act, font=look.letters(100, "bold"), relief="flat",
            overrelief="flat", borderwidth=0, highlightthickness=0, background=SURFACE, foreground=INK,
            activebackground=SUNKEN, activeforeground=INK, disabledforeground=QUIET,
            padx=look.px(12), pady=look.px(10), cursor="hand2",
        )  # fmt: skip
        self.button.pack(fill="both", expand=True)
        self.button.bind("<FocusIn>", lambda _: self.configure(background=FOCUS))
        self.button.bind("<FocusOut>", lambda _: self.configure(background=self._ground))
        for key in ("<Return>", "<KP_Enter>"):
            self.button.bind(key, self._entered)
        if wraps:
            self.bind("<Configure>", self._wrap)

    def allow(self, yes: bool) -> None:
        """Let it be pressed, or not."""
        if (self.button.cget("state") == "normal") != yes:
            self.button.configure(
                state="normal" if yes else "disabled",
                background=SURFACE if yes else SUNKEN,
                cursor="hand2" if yes else "arrow",
            )

    def _entered(self, _: object) -> str:
        self.button.invoke()
        return "break"

    def _wrap(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        self.button.configure(wraplength=max(60, event.width - self._pad))


class Row(tkinter.Frame):
    """Buttons of one width: side by side where there is room, else in fewer columns."""

    def __init__(self, parent: tkinter.Misc, look: Look, *, most: int) -> None:
        super().__init__(parent, background=str(parent.cget("background")))
        self._look, self._most = look, most
        self._columns = 0
        self.presses: list[Press] = []
        self.bind("<Configure>", self._arrange)

    def add(self, text: str, act: Callable[[], object]) -> Press:
        """Add a button after the others."""
        press = Press(self, self._look, text, act)
        self.presses.append(press)
        press.grid(row=len(self.presses) - 1, column=0, sticky="nsew", padx=self._look.px(3))
        self.columnconfigure(0, weight=1, uniform="press")
        return press

    def fold(self, most: int) -> None:
        """Stand in so many columns, where there is room."""
        self._most = most
        self._stand(self.winfo_width())

    def _arrange(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        self._stand(event.width)

    def _stand(self, width: int) -> None:
        columns = decide_columns(len(self.presses), self._most, width, self._look.px(_NARROWEST))
        if columns == self._columns:
            return
        for at in range(max(self._columns, 1)):
            self.columnconfigure(at, weight=0, uniform="")
        self._columns = columns
        for at in range(columns):
            self.columnconfigure(at, weight=1, uniform="press")
        for number, press in enumerate(self.presses):
            press.grid(row=number // columns, column=number % columns)


def decide_columns(count: int, most: int, width: int, narrowest: int) -> int:
    """Return in how many columns so many buttons stand; full rows rather than one alone beneath."""
    room = max(1, min(count, most, width // narrowest))
    rows = -(-count // room)
    return max(1, -(-count // rows)) if count else 1


class Scroll(tkinter.Frame):
    """A body that scrolls by wheel, keys and focus. `on_move` hears of every move and change of size."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_move: Callable[[], object]) -> None:
        super().__init__(parent, background=GROUND, padx=look.px(3), pady=look.px(3))
        self._look, self._on_move = look, on_move
        self.canvas = tkinter.Canvas(
            self, background=GROUND, takefocus=True, borderwidth=0, highlightthickness=0, width=10,
            yscrollincrement=look.px(24),
        )  # fmt: skip
        self._bar = tkinter.Scrollbar(
            self, command=self.canvas.yview, width=look.px(16), background=EDGE, troughcolor=SUNKEN,
            activebackground=POST, relief="flat", borderwidth=0, highlightthickness=0, takefocus=False,
        )  # fmt: skip
        self.canvas.pack(side="left", fill="both", expand=True)
        self.column = tkinter.Frame(self.canvas, background=GROUND)
        self._item = self.canvas.create_window(0, 0, window=self.column, anchor="n")
        self.canvas.configure(yscrollcommand=self._moved)
        self.canvas.bind("<Configure>", lambda _: self._fit())
        self.column.bind("<Configure>", lambda _: self._fit())
        self.canvas.bind("<FocusIn>", lambda _: self.configure(background=FOCUS))
        self.canvas.bind("<FocusOut>", lambda _: self.configure(background=GROUND))
        for key, by, what in (
            ("<Up>", -2, "units"), ("<Down>", 2, "units"), ("<Prior>", -1, "pages"),
            ("<Next>", 1, "pages"), ("<space>", 1, "pages"),
        ):  # fmt: skip
            self.canvas.bind(key, lambda _, by=by, what=what: self._scroll(by, what))  # type: ignore[misc]
        self.canvas.bind("<Home>", lambda _: self.canvas.yview_moveto(0.0))
        self.canvas.bind("<End>", lambda _: self.canvas.yview_moveto(1.0))
        top = self.winfo_toplevel()
        top.bind("<MouseWheel>", lambda event: self._scroll(-2 * round(event.delta / _WHEEL) or 0, "units"))
        top.bind("<Button-4>", lambda _: self._scroll(-2, "units"))
        top.bind("<Button-5>", lambda _: self._scroll(2, "units"))
        top.bind("<FocusIn>", self._focused)

    def add(self, row: tkinter.Widget, space: float = GAP) -> None:
        """Put a row beneath the others."""
        row.pack(fill="x", pady=(0, self._look.px(space)))

    def height_wanted(self) -> int:
        """Return how high all of it is."""
        self.update_idletasks()
        return self.column.winfo_reqheight() + 2 * self._look.px(16)

    def is_at_end(self) -> bool:
        """Say whether the last line can be seen, or all of it."""
        with contextlib.suppress(tkinter.TclError):
            return float(self.canvas.yview()[1]) >= 0.995
        return False

    def _fit(self) -> None:
        width = self.canvas.winfo_width()
        column = max(120, min(width - 2 * self._look.px(20), self._look.column_width()))
        self.canvas.itemconfigure(self._item, width=column)
        self.canvas.coords(self._item, width // 2, self._look.px(16))
        high = self.column.winfo_reqheight() + 2 * self._look.px(16)
        self.canvas.configure(scrollregion=(0, 0, width, max(high, self.canvas.winfo_height())))
        self._on_move()

    def _moved(self, first: float | str, last: float | str) -> None:
        """Tk says both as texts, whatever its types say."""
        if float(first) <= 0.0 and float(last) >= 1.0:
            self._bar.pack_forget()
        else:
            self._bar.pack(side="right", fill="y", before=self.canvas)
        self._bar.set(float(first), float(last))
        self._on_move()

    def _scroll(self, by: int, what: str) -> None:
        with contextlib.suppress(tkinter.TclError):
            self.canvas.yview_scroll(by, what)  # type: ignore[call-overload]

    def _focused(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        """What has the keyboard is in view: whoever has no mouse would lose it."""
        found = event.widget
        if not isinstance(found, tkinter.Misc) or not str(found).startswith(str(self.column) + "."):
            return
        high = max(1, self.column.winfo_reqheight() + 2 * self._look.px(16))
        top = found.winfo_rooty() - self.column.winfo_rooty() + self._look.px(16)
        bottom = top + found.winfo_height()
        seen = self.canvas.winfo_height()
        first = self.canvas.canvasy(0)
        if top < first:
            self.canvas.yview_moveto(max(0.0, (top - self._look.px(24)) / high))
        elif bottom > first + seen:
            self.canvas.yview_moveto(min(1.0, (bottom + self._look.px(24) - seen) / high))


def line(parent: tkinter.Misc) -> tkinter.Frame:
    """Return a hairline."""
    return tkinter.Frame(parent, background=LINE, height=1)
