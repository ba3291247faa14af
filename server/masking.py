"""Counts that may be shown to whoever must not find a person in them: small ones hidden, and whatever
beside them would give them away (R65). Pure.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, TypeVar

Period = TypeVar("Period", bound=Hashable)
Cell = int | Literal["few", "hidden"]
"""few: fewer than the limit, also none at all. hidden: not small, but it would give a small one away."""


def mask(counts: Sequence[int], below: int) -> list[Cell] | None:
    """
    Return one column of counts as it may be shown to somebody who knows its sum from elsewhere.

    Afterwards every number from 0 to `below` - 1 is still possible for each `few`. None: there is no way to
    show this column; show none of the columns that share its sum either.
    """
    small = [count for count in counts if count < below]
    if not small:
        return list(counts)
    most = below - 1
    if most <= sum(small) <= (len(small) - 1) * most:
        return ["few" if count < below else count for count in counts]
    chosen = _companions([count for count in counts if count >= below], sum(small), below)
    if chosen is None:
        return None
    shown: list[Cell] = []
    for count in counts:
        if count < below:
            shown.append("few")
        elif count in chosen:
            chosen.remove(count)
            shown.append("hidden")
        else:
            shown.append(count)
    return shown


def _companions(large: Sequence[int], small: int, below: int) -> list[int] | None:
    """Return the counts to hide beside the small ones: as few and as low as will do."""
    for number in range(1, len(large) + 1):
        wanted = (number + 1) * below - 1 - small
        if number == 1:
            enough = [count for count in sorted(large) if count >= wanted]
            if enough:
                return [enough[0]]
            continue
        highest = sorted(large)[-number:]
        if sum(highest) >= wanted:
            return highest
    return None


def mask_together(
    tables: Mapping[str, Mapping[Period, Sequence[int]]], below: int
) -> dict[str, dict[Period, list[Cell]]]:
    """
    Return several tables of the same reports as they may be shown side by side.

    `tables` are counts by table, then by period, each period a column. A period that one table cannot show
    is left out of all: its sum would be known from another. A period of which no count at all could be
    shown is left out as well.
    """
    shown: dict[str, dict[Period, list[Cell]]] = {name: {} for name in tables}
    periods = {period for columns in tables.values() for period in columns}
    for period in periods:
        masked = {name: mask(columns[period], below) for name, columns in tables.items() if period in columns}
        if any(column is None for column in masked.values()):
            continue
        if not any(isinstance(cell, int) for column in masked.values() for cell in column or ()):
            continue
        for name, column in masked.items():
            if column is not None:
                shown[name][period] = column
    return {
        name: {period: shown[name][period] for period in columns if period in shown[name]}
        for name, columns in tables.items()
    }


def at_least(columns: Mapping[Period, Sequence[Cell]]) -> tuple[int, bool]:
    """Return the sum of what a table shows, and whether it is everything."""
    cells = [cell for column in columns.values() for cell in column]
    return sum(cell for cell in cells if isinstance(cell, int)), all(isinstance(cell, int) for cell in cells)


def share_of(part: int, whole: int, below: int) -> int | None:
    """Return a share in hundredths, rounded to fives; None where so few are counted that it says too much."""
    return None if whole < 2 * below else 5 * round(20 * part / whole)
