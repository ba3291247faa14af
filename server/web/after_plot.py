"""Where everything of a lesson's two plots stands, so that the template only draws. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from server.lesson_use import MOST_PLOTTED, AppLine, Use
from server.masking import Cell

WIDTH = 760
LABELS = 190
"""For the apps' names, at the start."""
_END = 110
"""For the words beside a row, at the end."""
TOP = 34
ROW = 46
_HIGHEST = 30
_FEW_HIGH = 8
"""Of a count that is not shown: one fixed height, no scale."""
STEP = 34
BAR = 22
FEW_WIDTH = 24
_MOST_TIMES = 7


class Mark(NamedTuple):
    """One slot of one app."""

    x: float
    y: float
    width: float
    height: float
    few: bool


class Row(NamedTuple):
    """One app over time."""

    app: str
    pupils: Cell
    base: int
    """Where its bars stand."""
    marks: tuple[Mark, ...]


class OverTime(NamedTuple):
    """Apps one below the other, each over the same time."""

    width: int
    height: int
    labels: int
    ends: int
    times: tuple[tuple[float, datetime], ...]
    rows: tuple[Row, ...]


class Bar(NamedTuple):
    """One app."""

    app: str
    y: int
    width: int
    line: AppLine


class ByApp(NamedTuple):
    """Apps by the number of pupils."""

    width: int
    height: int
    labels: int
    bars: tuple[Bar, ...]


def draw_over_time(use: Use) -> OverTime | None:
    """Return the plot over time; None where no app may be drawn."""
    lines = [line for line in use.lines if line.strip][:MOST_PLOTTED]
    if not lines or not use.slots:
        return None
    apart = (WIDTH - LABELS - _END) / len(use.slots)
    most = max((cell for line in lines for cell in line.strip if isinstance(cell, int)), default=0)
    rows = []
    for number, line in enumerate(lines):
        base = TOP + number * ROW + ROW - 10
        marks = []
        for place, cell in enumerate(line.strip):
            if cell == 0:
                continue
            high = _HIGHEST * cell / most if isinstance(cell, int) and most else _FEW_HIGH
            x = LABELS + place * apart
            marks.append(
                Mark(
                    round(x + 1, 1), round(base - high, 1), round(apart - 2, 1), round(high, 1), cell == "few"
                )
            )
        rows.append(Row(line.app, line.pupils, base, tuple(marks)))
    return OverTime(
        WIDTH,
        TOP + len(lines) * ROW + 4,
        LABELS,
        WIDTH - _END,
        _times(use.slots, apart),
        tuple(rows),
    )


def _times(slots: Sequence[datetime], apart: float) -> tuple[tuple[float, datetime], ...]:
    """Return where a time of day stands: as many as can be read beside one another."""
    every = -(-len(slots) // _MOST_TIMES)
    return tuple(
        (round(LABELS + place * apart, 1), at) for place, at in enumerate(slots) if place % every == 0
    )


def draw_by_app(use: Use) -> ByApp | None:
    """Return the plot by app; None where nothing was used."""
    if not use.lines:
        return None
    longest = max((line.pupils for line in use.lines if isinstance(line.pupils, int)), default=0)
    room = WIDTH - LABELS - 2 * _END
    bars = []
    for number, line in enumerate(use.lines):
        is_shown = isinstance(line.pupils, int)
        width = round(room * line.pupils / longest) if isinstance(line.pupils, int) and longest else FEW_WIDTH
        bars.append(Bar(line.app, TOP - 24 + number * STEP, width if is_shown else FEW_WIDTH, line))
    return ByApp(WIDTH, TOP - 24 + len(bars) * STEP + 6, LABELS, tuple(bars))
