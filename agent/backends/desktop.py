"""The door of one desktop, for the session: how long nobody touched it, what is in front, what covers it.

Nothing here can tell what was typed, what a window is called or what it shows.
"""

import sys
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from agent.errors import DeviceFailed


class Focus(NamedTuple):
    """The app in front, by its class and its program's name; both empty for none. Never a title."""

    app: str = ""
    program: str = ""


class Cover(NamedTuple):
    """Whether a locker's window covers every screen; `problem` says what is wrong when it does not."""

    covered: bool
    problem: str = ""


class CoverWords(NamedTuple):
    """What the plain cover of *Hide my screen* says."""

    title: str
    tell: str
    uncover: str


class FrontWords(NamedTuple):
    """What the cover of *Eyes to the front* says; `said` and `by` may be empty."""

    title: str
    said: str
    by: str
    """From whom, and when the work comes back."""
    school: str
    tell: str
    """The way to a report, or to help."""
    scale: int = 100
    """How large this person reads, in per cent; less where it would not fit."""


class DesktopGone(DeviceFailed):
    """The display has ended, and the login with it. End quietly."""


Change = Literal["focus", "windows", "hide", "tell", "uncover", "front-tell"]
"""
What may have changed since the last look: the app in front, or the windows on a bare display or over the
cover; and what was pressed: the key that hides the screen, one of that cover's two buttons, or the way to
help on *Eyes to the front*.
"""


class Desktop(Protocol):
    """What the session asks of the desktop it runs in. Everything may raise DesktopGone."""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something changes."""
        ...

    def lacking(self) -> tuple[str, ...]:
        """Return the stable names of what this desktop cannot do: `idle`, `inhibit`, `cover`, `hide-key`."""
        ...

    def has_news(self) -> bool:
        """Say whether changes were read along with an answer, so that the descriptor stays silent of them."""
        ...

    def take_changes(self) -> set[Change]:
        """Return what may have changed; never waits."""
        ...

    def idle_seconds(self) -> float:
        """Return the seconds since the last key, click or movement."""
        ...

    def inhibited(self) -> bool:
        """Say whether some program asks that the screen stay on."""
        ...

    def focused(self) -> Focus:
        """Return the app in front."""
        ...

    def put_away(self, app: str, program: str, *, spare_dialogs: bool = False) -> int:
        """
        Take every window of this app from the screen; return how many could still be seen before.

        With `spare_dialogs` nothing is taken while the app asks something.
        """
        ...

    def bring_back(self, app: str, program: str) -> None:
        """Show this app's windows again."""
        ...

    def ask_to_end(self, app: str, program: str) -> None:
        """Ask this app to close, as its own close button would; never forces it."""
        ...

    def raise_windows(self, pid: int) -> None:
        """Put the windows of this process of ours in front."""
        ...

    def check_cover(self, locker_pid: int) -> Cover:
        """Look whether the windows of this process (and its children) lie on top of every screen."""
        ...

    def guard_front(self, on: bool) -> None:
        """Ask for, or stop asking for, `windows` changes; on also clears the bare display to our colour."""
        ...

    def keep_in_front(self, pid: int) -> bool:
        """Put the windows of this process above all others and give it the keyboard; False if it has none."""
        ...

    def prepare_hiding(self, shortcut: str, words: CoverWords) -> bool:
        """Have the cover ready and hold its key (empty: none); False if another program has that key."""
        ...

    def hide_screen(self) -> None:
        """Cover every screen, at once, with what was prepared."""
        ...

    def keep_hidden(self, own_pids: Sequence[int]) -> None:
        """Keep the cover above everything but the windows of these processes, and a locker."""
        ...

    def show_screen(self) -> None:
        """Take the cover away."""
        ...

    def prepare_front(self, words: FrontWords) -> None:
        """Have ready what *Eyes to the front* says whatever the teacher says."""
        ...

    def show_front(self, words: FrontWords) -> Cover:
        """Lay the cover of *Eyes to the front* over every screen, at once; return whether it lies there."""
        ...

    def keep_front(self, own_pids: Sequence[int]) -> Cover:
        """Keep that cover above everything but the windows of these processes and a locker, and look."""
        ...

    def hide_front(self) -> None:
        """Take that cover away."""
        ...

    def mark_telling(self, on: bool) -> None:
        """Note, beyond the end of this process, that a report is on its way; or that it has its receipt."""
        ...

    def was_telling(self) -> bool:
        """Say whether such a note of this user's stands."""
        ...

    def open_folder(self, folder: str) -> None:
        """Have the desktop's file manager show this folder; never waits."""
        ...

    def has_tray(self) -> bool:
        """Say whether a panel here takes tray icons."""
        ...

    def close(self) -> None:
        """Let go of the display."""
        ...


class Window(Protocol):
    """A child that shows one page."""

    pid: int

    def fileno(self) -> int:
        """Return the descriptor of its answers."""
        ...

    def take_lines(self) -> tuple[list[bytes], bool]:
        """Return the whole lines it wrote since, and whether it has closed its end."""
        ...

    def say(self, page: bytes) -> bool:
        """Hand it a page that replaces the one it shows; False if it does not take it."""
        ...

    def close(self) -> None:
        """End it, whatever it does, and forget it."""
        ...


class Starter(Protocol):
    """Starts windows."""

    def __call__(self, page: bytes, arguments: Sequence[str] = ()) -> Window:
        """Start `agent window ARGUMENTS` with this page on its stdin; raises DeviceFailed."""
        ...


def choose() -> Desktop:
    """Return the desktop this process runs in; raises DeviceFailed where there is none that we know."""
    if sys.platform == "win32":
        from agent.backends.desktop_windows import WindowsDesktop

        return WindowsDesktop()
    if sys.platform == "linux":
        from agent.backends.desktop_linux import X11Desktop

        return X11Desktop()
    raise DeviceFailed(f"no desktop for {sys.platform} yet")
