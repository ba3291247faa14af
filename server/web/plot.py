"""Bars of a plot, placed here so that the template only draws. Pure."""

from typing import NamedTuple

from server.masking import Cell
from server.pack import Period, Plot

WIDTH = 760
LABELS = 200
"""For the rows' names, at the start."""
TOP = 36
STEP = 34
BAR = 22
FEW_WIDTH = 24
"""Of a count that is not shown: one fixed length, no scale."""
_BESIDE = 86
"""For the words beside the longest bar."""


class Bar(NamedTuple):
    """One count."""

    x: int
    y: int
    width: int
    cell: Cell


class Column(NamedTuple):
    """One period: its bars from top to bottom; empty if nothing of it may be shown."""

    period: Period
    x: int
    bars: tuple[Bar, ...]


class Drawn(NamedTuple):
    """A whole plot."""

    width: int
    height: int
    labels: int
    names: tuple[tuple[str, int], ...]
    """Each row's code, and where its words stand."""
    columns: tuple[Column, ...]


def draw(plot: Plot) -> Drawn:
    """Return where everything of a plot stands. Equal counts have bars of equal length in every period."""
    apart = (WIDTH - LABELS) // len(plot.periods)
    longest = max((cell for cell in plot.cells.values() if isinstance(cell, int)), default=0)
    room = apart - _BESIDE
    columns = []
    for place, period in enumerate(plot.periods):
        x = LABELS + place * apart
        bars = []
        for number, row in enumerate(plot.rows):
            cell = plot.cells.get((row, period))
            if cell is None:
                continue
            width = round(room * cell / longest) if isinstance(cell, int) and longest else 0
            bars.append(Bar(x, TOP + number * STEP, width if isinstance(cell, int) else FEW_WIDTH, cell))
        columns.append(Column(period, x, tuple(bars)))
    names = tuple((row, TOP + number * STEP + BAR - 6) for number, row in enumerate(plot.rows))
    return Drawn(WIDTH, TOP + len(plot.rows) * STEP + 6, LABELS, names, tuple(columns))
