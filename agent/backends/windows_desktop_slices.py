"""What the Windows desktop is asked, call by call, as its real slices and their fakes give it."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

SCREEN_STAYS_ON = 0x2
"""ES_DISPLAY_REQUIRED (winnt.h)."""
HOTKEY_TAKEN = 1409
NO_SUCH_WINDOW = 1400


class Rectangle(NamedTuple):
    """A place on the desktop, in its points; the primary screen's corner is 0, 0."""

    x: int
    y: int
    width: int
    height: int


class WindowRow(NamedTuple):
    """One top-level window. Never its title."""

    window: int
    pid: int
    kind: str
    """Its class, e.g. `Notepad` or `#32770` for a dialog."""
    rect: Rectangle
    visible: bool
    minimized: bool
    cloaked: bool
    """The compositor does not show it."""
    owner: int
    """The window it belongs to, or 0."""


class Piece(NamedTuple):
    """One thing painted on a cover: words in a place, or a box around them."""

    rect: Rectangle
    """Beside the cover's own corner."""
    words: str = ""
    size: int = 16
    bold: bool = False
    ink: int = 0
    """0xRRGGBB, as the next two."""
    fill: int | None = None
    edge: int | None = None
    thick: int = 0
    press: str = ""
    """What a click here means; empty for nothing."""
    points: tuple[tuple[int, int], ...] = ()
    """Instead of a box: a filled polygon of the ink."""
    centred: bool = True


class Board(NamedTuple):
    """One cover over one screen."""

    rect: Rectangle
    ground: int
    pieces: tuple[Piece, ...]


EventKind = Literal["front", "hotkey", "press", "key", "screens"]


class Event(NamedTuple):
    """Something happened on the desktop's own thread."""

    kind: EventKind
    cover: str = ""
    detail: str = ""
    """Of `press`: the piece's; of `key`: tab, enter or turn (an arrow)."""


class DesktopCalls(Protocol):
    """The slice `desktop`. Everything may raise WinProblem."""

    def tick(self) -> int: ...  # noqa: D102
    def last_input_tick(self) -> int: ...  # noqa: D102
    def execution_state(self) -> int: ...  # noqa: D102
    def monitors(self) -> list[Rectangle]: ...  # noqa: D102
    def input_desktop(self) -> str: ...  # noqa: D102
    def is_locked(self) -> bool: ...  # noqa: D102
    def shell_window(self) -> int: ...  # noqa: D102
    def find_class(self, name: str, /) -> int: ...  # noqa: D102
    def foreground(self) -> int: ...  # noqa: D102
    def windows(self) -> list[int]: ...  # noqa: D102
    def look(self, window: int, /) -> WindowRow: ...  # noqa: D102
    def hosted_pid(self, window: int, /) -> int: ...  # noqa: D102
    def minimize(self, window: int, /) -> None: ...  # noqa: D102
    def hide(self, window: int, /) -> None: ...  # noqa: D102
    def restore(self, window: int, /) -> None: ...  # noqa: D102
    def ask_close(self, window: int, /) -> None: ...  # noqa: D102
    def put_topmost(self, window: int, /) -> None: ...  # noqa: D102
    def take_keyboard(self, window: int, /) -> bool: ...  # noqa: D102
    def add_atom(self, name: str, /) -> None: ...  # noqa: D102
    def has_atom(self, name: str, /) -> bool: ...  # noqa: D102
    def delete_atom(self, name: str, /) -> None: ...  # noqa: D102
    def show_folder(self, folder: str, /) -> None: ...  # noqa: D102


class Pump(Protocol):
    """The desktop's own thread: it has the covers, the key, and hears which window comes to the front."""

    def hold_key(self, modifiers: int, key: int) -> None:
        """Hold this key in place of the last (0, 0: none); WinProblem 1409 if another program has it."""
        ...

    def measure(self, words: str, size: int, bold: bool, width: int) -> tuple[int, int]:
        """Return how wide and high these words are, wrapped to a width."""
        ...

    def put_up(self, cover: str, boards: Sequence[Board]) -> None:
        """Show these boards, above everything, in place of the cover's last."""
        ...

    def take_down(self, cover: str) -> None:
        """Take the cover away; does nothing if it is not up."""
        ...

    def windows_of(self, cover: str) -> tuple[int, ...]:
        """Return the windows of a cover that is up."""
        ...

    def mend(self, cover: str) -> bool:
        """Undo what another program did to it (hidden, moved, ended); say if any had."""
        ...

    def stop(self) -> None:
        """End the thread with all it has."""
        ...


OpenPump = Callable[[Callable[[Event], None]], Pump]
