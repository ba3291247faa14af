"""What stands before whoever sits at a display: which window has the keyboard, and whether it is drawn."""

import select
import subprocess

from installer.displays import Display
from installer.errors import InstallerError

DRAWN_COLOURS = 8
"""More than a window shows that is not painted yet; letters alone have more, with their soft edges."""
RESTS_SECONDS = 1.0
"""Longer than any page waits before it counts as seen: what then changes is shown."""
RUN_SECONDS = 60.0


def in_front(display: Display) -> str:
    """Return the title of the window that has the keyboard; empty if it has none, or none has."""
    try:
        return display.run("xdotool", "getwindowfocus", "getwindowname", seconds=RUN_SECONDS).strip()
    except InstallerError:
        return ""


def is_ready(display: Display, title: str) -> bool:
    """Say whether the window of this title has the keyboard, and its page is drawn."""
    if in_front(display) != title:
        return False
    try:
        window = display.run("xdotool", "getwindowfocus", seconds=RUN_SECONDS).strip()
        look = ("import", "-silent", "-window", window, "-format", "%k", "info:-")
        return int(display.run(*look, seconds=RUN_SECONDS)) > DRAWN_COLOURS and in_front(display) == title
    except (InstallerError, ValueError):
        return False  # it went between two questions


def stands(display: Display, title: str) -> bool:
    """Say whether the window of this title is ready and rests: its script has run, too."""
    return is_ready(display, title) and rests(display)


def rests(display: Display) -> bool:
    """Say whether nothing changes on the screen any more: what was pressed was taken, and drawn."""
    before = picture(display)
    select.select([], [], [], RESTS_SECONDS)
    return before == picture(display)


def picture(display: Display) -> bytes:
    """Return the pixels of the whole screen."""
    done = subprocess.run(
        ["import", "-silent", "-window", "root", "-depth", "8", "rgb:-"],
        env=display.environment(),
        check=True,
        timeout=RUN_SECONDS,
        stdout=subprocess.PIPE,
    )
    return done.stdout


def press(display: Display, *keys: str) -> None:
    """Press keys one after the other, as fast as a person does."""
    display.run("xdotool", "key", "--delay", "200", *keys, seconds=120.0)
