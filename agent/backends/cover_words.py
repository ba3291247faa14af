"""The words of the plain cover as pictures, drawn beforehand by a child that has every letter.

The X server's own fonts lack most of them, and a toolkit in the session would cost it 15 MiB for good.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from agent.backends import own_process
from agent.backends.desktop import CoverWords

GROUND, SURFACE, INK, EDGE, FOCUS, GATE = "#f3f6f3", "#ffffff", "#16231f", "#66766f", "#1a4fd6", "#0f5b4a"
"""Our tokens of the same names."""
FAMILY = "Noto Sans, Cantarell, DejaVu Sans, sans-serif"
DRAWN_WITHIN_SECONDS = 20.0
MAX_BYTES = 32 * 1024 * 1024
MAX_WIDTH = 4096


class Strip(msgspec.Struct, frozen=True):
    """One picture, 32 bits a point as the X server keeps them."""

    name: str
    width: int
    height: int
    data: bytes


class Wish(msgspec.Struct, frozen=True):
    """What to draw, and how large."""

    words: CoverWords
    unit: float
    width: int


def draw_all(wish: Wish) -> list[Strip]:
    """Return the title and, each plain and focused, both buttons."""
    words, width = wish.words, min(wish.width, MAX_WIDTH)
    strips = [_title(words.title, wish.unit, width)]
    room = max(_text_size(label, 20 * wish.unit, 0)[0] for label in (words.tell, words.uncover))
    inner = min(int(room), int(width - 64 * wish.unit))
    for name, label in (("tell", words.tell), ("uncover", words.uncover)):
        for focused in (False, True):
            strips.append(_button(f"{name}-focused" if focused else name, label, wish.unit, inner, focused))
    return strips


def _layout(pen: Any, text: str, size: float, width: float, *, bold: bool) -> Any:
    import gi

    gi.require_version("Pango", "1.0")
    gi.require_version("PangoCairo", "1.0")
    from gi.repository import Pango, PangoCairo

    layout = PangoCairo.create_layout(pen)
    font = Pango.FontDescription.from_string(FAMILY)
    font.set_absolute_size(size * Pango.SCALE)
    font.set_weight(Pango.Weight.BOLD if bold else Pango.Weight.SEMIBOLD)
    layout.set_font_description(font)
    layout.set_alignment(Pango.Alignment.CENTER)
    if width:
        layout.set_width(int(width * Pango.SCALE))
        layout.set_wrap(Pango.WrapMode.WORD_CHAR)
        layout.set_height(-3)
        layout.set_ellipsize(Pango.EllipsizeMode.END)
    layout.set_text(text, -1)
    return layout


def _text_size(text: str, size: float, width: float, *, bold: bool = False) -> tuple[int, int]:
    import cairo

    pen = cairo.Context(cairo.ImageSurface(cairo.FORMAT_RGB24, 1, 1))
    found = _layout(pen, text, size, width, bold=bold).get_pixel_size()
    return int(found[0]) + 2, int(found[1])


def _paper(width: int, height: int, ground: str) -> tuple[Any, Any]:
    import cairo

    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    pen = cairo.Context(surface)
    _colour(pen, ground)
    pen.paint()
    return surface, pen


def _colour(pen: Any, colour: str) -> None:
    pen.set_source_rgb(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def _strip(name: str, surface: Any) -> Strip:
    surface.flush()
    return Strip(name, surface.get_width(), surface.get_height(), bytes(surface.get_data()))


def _write(pen: Any, layout: Any, x: float, y: float, colour: str) -> None:
    from gi.repository import PangoCairo

    _colour(pen, colour)
    pen.move_to(x, y)
    PangoCairo.show_layout(pen, layout)


def _title(text: str, unit: float, width: int) -> Strip:
    size = 34 * unit
    _found, height = _text_size(text, size, width, bold=True)
    surface, pen = _paper(width, max(1, height), GROUND)
    _write(pen, _layout(pen, text, size, width, bold=True), 0, 0, INK)
    return _strip("title", surface)


def _button(name: str, label: str, unit: float, inner: int, focused: bool) -> Strip:
    across, down = int(28 * unit), int(18 * unit)
    margin, line = int(6 * unit) + 1, max(2.0, 2 * unit)
    _found, height = _text_size(label, 20 * unit, inner)
    width, tall = inner + 2 * (across + margin), height + 2 * (down + margin)
    surface, pen = _paper(width, tall, GROUND)
    if focused:
        _colour(pen, FOCUS)
        pen.set_line_width(2 * line)
        _box(pen, line, line, width - 2 * line, tall - 2 * line, 10 * unit)
        pen.stroke()
    _box(pen, margin, margin, width - 2 * margin, tall - 2 * margin, 8 * unit)
    _colour(pen, SURFACE)
    pen.fill_preserve()
    _colour(pen, EDGE)
    pen.set_line_width(line)
    pen.stroke()
    layout = _layout(pen, label, 20 * unit, inner, bold=False)
    _write(pen, layout, across + margin, down + margin, INK)
    return _strip(name, surface)


def _box(pen: Any, x: float, y: float, width: float, height: float, radius: float) -> None:
    pen.new_sub_path()
    pen.arc(x + width - radius, y + radius, radius, -1.5708, 0)
    pen.arc(x + width - radius, y + height - radius, radius, 0, 1.5708)
    pen.arc(x + radius, y + height - radius, radius, 1.5708, 3.1416)
    pen.arc(x + radius, y + radius, radius, 3.1416, 4.7124)
    pen.close_path()


def order(wish: Wish, on_drawn: Callable[[list[Strip]], None]) -> None:
    """Have a child draw them; `on_drawn` hears of it in a thread, and never where it cannot be done."""
    threading.Thread(target=_order, args=(wish, on_drawn), name="cover-words", daemon=True).start()


def _order(wish: Wish, on_drawn: Callable[[list[Strip]], None]) -> None:
    with contextlib.suppress(OSError, subprocess.SubprocessError, msgspec.DecodeError, ValueError):
        done = subprocess.run(
            own_process.agent_command("cover-words"),
            input=msgspec.msgpack.encode(wish),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=DRAWN_WITHIN_SECONDS,
            check=True,
            cwd="/",
        )
        on_drawn(msgspec.msgpack.decode(done.stdout, type=list[Strip]))


def main(arguments: list[str]) -> int:
    """Draw what stdin wishes and write it to stdout."""
    del arguments
    os.environ.setdefault("GDK_BACKEND", "x11")
    wish = msgspec.msgpack.decode(sys.stdin.buffer.read(65_536), type=Wish)
    sys.stdout.buffer.write(msgspec.msgpack.encode(draw_all(wish)))
    return 0
