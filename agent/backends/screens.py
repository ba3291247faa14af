"""The screens of this desktop, for windows whose toolkit knows only the first one."""

import sys
from typing import NamedTuple


class Area(NamedTuple):
    """A rectangle of the desktop, in its points."""

    x: int
    y: int
    width: int
    height: int


def monitors() -> list[Area]:
    """Return every screen, the first one first; empty where only the toolkit can tell."""
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        desktop.be_dpi_aware()
        return [Area(*each) for each in desktop.monitors()]
    return []


def work_area() -> Area | None:
    """Return what no panel takes of the first screen; None where nothing can tell."""
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        return Area(*desktop.work_area())
    return None


def is_bare() -> bool:
    """Say whether no desktop is around us: before the shell, or where there is none."""
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        return not desktop.shell_window()
    return True


def dots_per_inch() -> int:
    """Return how fine the first screen is; 96 is the size everything was made for."""
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        return desktop.dots_per_inch()
    return 96
