"""Rows of the plain report: what a toolkit must be able to make, and how GTK makes it."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from agent.window.markup import harmless

MOST_SHORT = 500
Kind = Literal["text", "title", "heading", "note", "item"]


class Maker(Protocol):
    """Makes rows; the window that holds it puts what it returns one beneath the other."""

    def begin(self) -> None:
        """Forget the rows of the last screen."""
        ...

    def label(self, words: str, kind: Kind = "text") -> Any:
        """Return words that wrap."""
        ...

    def button(self, words: str, act: Callable[[], None]) -> Any:
        """Return a button."""
        ...

    def choices(
        self, rows: Sequence[tuple[str, bool]], *, many: bool, then: Callable[[int, bool], None]
    ) -> list[Any]:
        """Return answers to pick, each with whether it is; one of them, or `many`. `then` hears which."""
        ...

    def only_when(self, when: Callable[[], bool], build: Callable[[], list[Any]]) -> Any:
        """Return rows as one that is there only sometimes; nothing else moves, and the focus stays."""
        ...

    def look_again(self) -> None:
        """Show what is there sometimes when its time is, and only then."""
        ...

    def long_text(self, words: str, most_letters: int, then: Callable[[str], None]) -> Any:
        """Return a field of several lines."""
        ...

    def short_text(
        self, words: str, then: Callable[[str], None], *, hidden: bool = False, most: int = MOST_SHORT
    ) -> Any:
        """Return a field of one line; `hidden` shows dots for letters."""
        ...


class GtkRows:
    """Rows of GTK 3."""

    def __init__(self, gtk: Any) -> None:
        self._gtk = gtk
        self._sometimes: list[tuple[Any, Callable[[], bool]]] = []

    def begin(self) -> None:
        """Forget the rows of the last screen."""
        self._sometimes = []

    def label(self, words: str, kind: Kind = "text") -> Any:
        """Return words that wrap."""
        label = self._gtk.Label(label=harmless(words), xalign=0.0)
        label.get_style_context().add_class(kind)
        label.set_line_wrap(True)
        label.set_max_width_chars(84)
        return label

    def button(self, words: str, act: Callable[[], None]) -> Any:
        """Return a button."""
        button = self._gtk.Button(label=harmless(words))
        button.connect("clicked", lambda _: act())
        return button

    def choices(
        self, rows: Sequence[tuple[str, bool]], *, many: bool, then: Callable[[int, bool], None]
    ) -> list[Any]:
        """Return check boxes, or radio buttons of one group."""
        made: list[Any] = []
        for words, on in rows:
            if many:
                box = self._gtk.CheckButton(label=harmless(words))
            else:
                first = made[0] if made else None
                box = self._gtk.RadioButton.new_with_label_from_widget(first, harmless(words))
            box.set_active(on)
            box.get_child().set_line_wrap(True)
            made.append(box)
        for at, box in enumerate(made):
            box.connect("toggled", lambda each, number=at: then(number, each.get_active()))
        return made

    def only_when(self, when: Callable[[], bool], build: Callable[[], list[Any]]) -> Any:
        """Return a box of its own that is hidden."""
        box = self._gtk.Box(orientation=self._gtk.Orientation.VERTICAL, spacing=10)
        for row in build():
            box.pack_start(row, False, False, 0)
        box.show_all()
        box.set_no_show_all(True)
        box.set_visible(when())
        self._sometimes.append((box, when))
        return box

    def look_again(self) -> None:
        """Show what is there sometimes when its time is."""
        for shown, when in self._sometimes:
            shown.set_visible(when())

    def long_text(self, words: str, most_letters: int, then: Callable[[str], None]) -> Any:
        """Return a field of several lines."""
        view = self._gtk.TextView(wrap_mode=self._gtk.WrapMode.WORD_CHAR, accepts_tab=False, margin=4)
        buffer = view.get_buffer()
        buffer.set_text(words)

        def changed(_: Any) -> None:
            then(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), False)[:most_letters])

        buffer.connect("changed", changed)
        frame = self._gtk.ScrolledWindow(min_content_height=110)
        frame.set_shadow_type(self._gtk.ShadowType.IN)
        frame.add(view)
        return frame

    def short_text(
        self, words: str, then: Callable[[str], None], *, hidden: bool = False, most: int = MOST_SHORT
    ) -> Any:
        """Return a field of one line; `hidden` shows dots for letters."""
        entry = self._gtk.Entry(text=words, max_length=most, visibility=not hidden)
        entry.connect("changed", lambda each: then(each.get_text()))
        return entry
