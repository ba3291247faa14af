"""How the plain window looks in Tk: our tokens, letters of the reader's size, and the signs of a pick."""

import math
import tkinter
from tkinter import font as tk_font
from typing import Literal

from agent.window.markup import harmless

GROUND, SURFACE, SUNKEN, INK, QUIET = "#f3f6f3", "#ffffff", "#e8eeea", "#16231f", "#46564f"
EDGE, LINE, INFO_SOFT, POST, FOCUS = "#66766f", "#cbd5cf", "#dfeaf6", "#0c4a3c", "#1a4fd6"
"""Our tokens of the same names; QUIET is --ink-quiet."""
BASE = 16
"""Height of a letter's line at 100 %, in points of a screen of 96 dots an inch."""
FAMILIES = ("Segoe UI", "Noto Sans", "Cantarell", "DejaVu Sans", "Tahoma")
MOST_UNIT = 4.0
LARGE = 1.6
"""Letters so many times the usual ones are large."""
_FINE = 4
Weight = Literal["normal", "bold"]
Sign = Literal["box", "box-on", "ring", "ring-on"]


class Look:
    """Letters and signs of one window. `percent` is how large this person reads."""

    def __init__(self, root: tkinter.Misc, percent: int) -> None:
        self._root = root
        self.unit = unit_of(root)
        """Screen points to one of ours."""
        self._scale = self.unit * percent / 100
        known = set(tk_font.families(root))
        self._family = next((name for name in FAMILIES if name in known), "TkDefaultFont")
        self._fonts: dict[tuple[int, Weight], tk_font.Font] = {}
        self._signs: dict[Sign, tkinter.PhotoImage] = {}
        self._is_x11 = root.tk.call("tk", "windowingsystem") == "x11"

    def px(self, size: float) -> int:
        """Return a length in screen points, at least one."""
        return max(1, round(size * self.unit))

    def letters(self, percent: int = 100, weight: Weight = "normal") -> tk_font.Font:
        """Return letters of this size beside the reader's own."""
        key = (percent, weight)
        if key not in self._fonts:
            size = -max(9, round(BASE * self._scale * percent / 100))
            self._fonts[key] = tk_font.Font(self._root, family=self._family, size=size, weight=weight)
        return self._fonts[key]

    def heading_percent(self, percent: int) -> int:
        """Return how much larger a heading is: less where all is large already, or it fills the screen."""
        return percent if self._scale <= self.unit * LARGE else 100 + (percent - 100) // 2

    def column_width(self) -> int:
        """Return the width of some seventy letters: longer lines are hard to follow."""
        return self.letters().measure("n" * 66)

    def words(self, text: str) -> str:
        """
        Return the text as it may be shown.

        Tk's X11 half ends the whole process over some coloured pictures among the letters.
        """
        shown = harmless(text)
        return "".join(each if ord(each) < 0x10000 else "�" for each in shown) if self._is_x11 else shown

    def sign(self, name: Sign) -> tkinter.PhotoImage:
        """Return a box or ring, ticked or not, as large as the letters."""
        if name not in self._signs:
            side = max(14, round(BASE * self._scale * 1.25))
            image = tkinter.PhotoImage(master=self._root, width=side, height=side)
            image.put(" ".join("{" + " ".join(row) + "}" for row in sign_points(name, side)))
            self._signs[name] = image
        return self._signs[name]


def unit_of(root: tkinter.Misc) -> float:
    """Return how many screen points one of ours takes: Windows tells its own zoom as dots an inch."""
    if root.tk.call("tk", "windowingsystem") == "x11":
        return 1.0
    return min(MOST_UNIT, max(1.0, root.winfo_fpixels("1i") / 96))


def sign_points(name: Sign, side: int) -> list[list[str]]:
    """Return the colours of a sign, row by row, with soft edges. Pure."""
    rows: list[list[str]] = []
    for row in range(side):
        line: list[str] = []
        for column in range(side):
            edge = fill = 0
            for fine in range(_FINE * _FINE):
                x = (column + (fine % _FINE + 0.5) / _FINE) / side * 20
                y = (row + (fine // _FINE + 0.5) / _FINE) / side * 20
                where = _where(name, x, y)
                edge += where == "edge"
                fill += where == "inside"
            line.append(_mixed(edge / _FINE**2, fill / _FINE**2))
        rows.append(line)
    return rows


def _where(name: Sign, x: float, y: float) -> Literal["edge", "inside", "outside"]:
    on = name.endswith("-on")
    if name.startswith("ring"):
        away = math.hypot(x - 10, y - 10)
        if away > 9 or 4.5 < away < 7.2 or (away <= 4.5 and not on):
            return "inside" if away < 7.2 else "outside"
        return "edge"
    if not (1 <= x <= 19 and 1 <= y <= 19):
        return "outside"
    is_tick = on and _near_tick(x, y)
    if on:
        return "inside" if is_tick else "edge"
    return "inside" if 2.8 <= x <= 17.2 and 2.8 <= y <= 17.2 else "edge"


def _near_tick(x: float, y: float) -> bool:
    """Say whether a point lies on the tick: two strokes."""
    return min(_away(x, y, 5, 10.5, 8.8, 14.2), _away(x, y, 8.8, 14.2, 15, 6.2)) <= 1.3


def _away(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """Return how far a point is from a stroke."""
    along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
    along = min(1.0, max(0.0, along))
    return math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def _mixed(edge: float, fill: float) -> str:
    """Return a colour between the page's, the sign's and the white inside it."""
    rest = 1 - edge - fill
    parts = ((POST, edge), (SURFACE, fill), (GROUND, rest))
    mixed = (sum(int(colour[at : at + 2], 16) * share for colour, share in parts) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part):02x}" for part in mixed)
