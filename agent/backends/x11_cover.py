"""Does a locker cover everything? Decided from the stack of windows, not from what anybody claims. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent.backends.desktop import Cover


class Rect(NamedTuple):
    """A rectangle on the X screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Stacked(NamedTuple):
    """One mapped top-level window that can be seen."""

    rect: Rect
    pid: int
    """The process the X server itself knows as its client; 0 if unknown."""


def subtract(area: Rect, by: Rect) -> list[Rect]:
    """Return what is left of an area beside another rectangle, as at most four rectangles."""
    left, top = max(area.x, by.x), max(area.y, by.y)
    right = min(area.x + area.width, by.x + by.width)
    bottom = min(area.y + area.height, by.y + by.height)
    if left >= right or top >= bottom:
        return [area]
    parts = [
        Rect(area.x, area.y, area.width, top - area.y),
        Rect(area.x, bottom, area.width, area.y + area.height - bottom),
        Rect(area.x, top, left - area.x, bottom - top),
        Rect(right, top, area.x + area.width - right, bottom - top),
    ]
    return [part for part in parts if part.width > 0 and part.height > 0]


def decide_cover(stack: Sequence[Stacked], screens: Iterable[Rect], lockers: set[int]) -> Cover:
    """
    Say whether the lockers' windows hide every screen. `stack` runs from the bottom to the top.

    From the top down, each locker window takes its place away from what is still open; a stranger's
    window that shows in an open place lies above the locker.
    """
    still_open = list(screens)
    own = 0
    for window in reversed(stack):
        if window.pid in lockers:
            own += 1
            still_open = [part for area in still_open for part in subtract(area, window.rect)]
        elif any(subtract(area, window.rect) != [area] for area in still_open):
            return Cover(
                False, "a window lies above the locker" if lockers_below(stack, lockers) else "no window"
            )
        if not still_open:
            return Cover(True)
    return Cover(False, "a part of a screen is not covered" if own else "no window")


def lockers_below(stack: Sequence[Stacked], lockers: set[int]) -> bool:
    """Say whether the lockers have any window at all."""
    return any(window.pid in lockers for window in stack)
