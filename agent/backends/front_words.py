"""The words of *Eyes to the front* as pictures, drawn by a child that has every letter."""

import contextlib
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from agent.backends import own_process
from agent.backends.cover_words import DRAWN_WITHIN_SECONDS, MAX_WIDTH, Strip
from agent.backends.desktop import FrontWords

POST, BAND, ON_POST, QUIET = "#0c4a3c", "#093a2f", "#ffffff", "#c9e0d7"
"""Our tokens --post, the same under the footer's shade, --on-post, --on-post-quiet."""
FAMILY = "Noto Sans, Cantarell, DejaVu Sans, sans-serif"
MOST_LINES = 9
LONG_LETTERS = 140
"""A longer sentence gets wider lines, so that all of it fits."""
_MARK = ((4.5, 7), (7.5, 3), (10.5, 7), (10.5, 25), (4.5, 25))
_RAILS = (9.0, 15.0, 21.0)
_BOARD_SIZE = 76


class FrontWish(msgspec.Struct, frozen=True):
    """What to draw, and how large: `unit` is 1 on a screen of 1366 by 768."""

    words: FrontWords
    unit: float
    width: int
    height: int
    """Room for title, sentence and name."""


def draw_front(wish: FrontWish) -> list[Strip]:
    """Return the pictures of every part that has words, the button plain and focused."""
    words, unit, width = wish.words, wish.unit, min(wish.width, MAX_WIDTH)
    scale = max(1.0, min(words.scale, 200) / 100)
    strips = _middle(words, unit * scale, width)
    while scale > 1.0 and sum(strip.height for strip in strips) > wish.height:
        scale = max(1.0, scale - 0.1)
        strips = _middle(words, unit * scale, width)
    strips.append(_school(words.school, unit, width))
    strips += [
        _button(words.tell, unit, width, focused=False),
        _button(words.tell, unit, width, focused=True),
    ]
    return strips


def _middle(words: FrontWords, unit: float, width: int) -> list[Strip]:
    """Return title, sentence and name."""
    strips = [_title(words.title, unit, width)]
    if words.said:
        letters = 34 if len(words.said) <= LONG_LETTERS else 62
        strips.append(_text("said", words.said, 29 * unit, min(width, int(letters * 15.5 * unit)), ON_POST))
    if words.by:
        strips.append(_text("by", words.by, 21 * unit, width, QUIET))
    return strips


def _layout(pen: Any, text: str, size: float, width: float, *, weight: str = "SEMIBOLD") -> Any:
    import gi

    gi.require_version("Pango", "1.0")
    gi.require_version("PangoCairo", "1.0")
    from gi.repository import Pango, PangoCairo

    layout = PangoCairo.create_layout(pen)
    font = Pango.FontDescription.from_string(FAMILY)
    font.set_absolute_size(size * Pango.SCALE)
    font.set_weight(getattr(Pango.Weight, weight))
    layout.set_font_description(font)
    layout.set_alignment(Pango.Alignment.CENTER)
    layout.set_width(int(width * Pango.SCALE))
    layout.set_wrap(Pango.WrapMode.WORD_CHAR)
    layout.set_height(-MOST_LINES)
    layout.set_ellipsize(Pango.EllipsizeMode.END)
    layout.set_text(text, -1)
    return layout


def _paper(width: float, height: float, ground: str) -> tuple[Any, Any]:
    import cairo

    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, max(1, int(width)), max(1, int(height)))
    pen = cairo.Context(surface)
    _colour(pen, ground)
    pen.paint()
    return surface, pen


def _size(text: str, size: float, width: float, *, weight: str = "SEMIBOLD") -> tuple[int, int]:
    _surface, pen = _paper(1, 1, POST)
    found = _layout(pen, text, size, width, weight=weight).get_pixel_size()
    return min(int(found[0]) + 4, int(width)), int(found[1])


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


def _text(name: str, text: str, size: float, width: int, colour: str) -> Strip:
    _found, height = _size(text, size, width)
    surface, pen = _paper(width, height, POST)
    _write(pen, _layout(pen, text, size, width), 0, 0, colour)
    return _strip(name, surface)


def _title(text: str, unit: float, width: int) -> Strip:
    """The board on its legs, and beneath it what to do."""
    size, board, gap = 62 * unit, _BOARD_SIZE * unit, 22 * unit
    _found, height = _size(text, size, width, weight="BOLD")
    surface, pen = _paper(width, board + gap + height, POST)
    pen.save()
    pen.translate((width - board) / 2, 0)
    pen.scale(board / 24, board / 24)
    _colour(pen, ON_POST)
    pen.set_line_width(1.2)
    pen.set_line_join(1)
    pen.rectangle(3.5, 4, 17, 10)
    pen.move_to(8, 20)
    pen.line_to(12, 14)
    pen.line_to(16, 20)
    pen.stroke()
    pen.restore()
    _write(pen, _layout(pen, text, size, width, weight="BOLD"), 0, board + gap, ON_POST)
    return _strip("title", surface)


def _school(name: str, unit: float, width: int) -> Strip:
    """The mark and the school's name, for the footer."""
    size, mark, gap = 19 * unit, 28 * unit, 10 * unit
    across, height = _size(name, size, width * 0.5)
    tall = max(mark, height)
    surface, pen = _paper(mark + gap + across, tall, BAND)
    pen.save()
    pen.translate(0, (tall - mark) / 2)
    pen.scale(mark / 28, mark / 28)
    _colour(pen, ON_POST)
    pen.move_to(*_MARK[0])
    for point in _MARK[1:]:
        pen.line_to(*point)
    pen.close_path()
    for top in _RAILS:
        pen.rectangle(13, top, 11, 3)
    pen.fill()
    pen.restore()
    _write(pen, _layout(pen, name, size, across), mark + gap, (tall - height) / 2, ON_POST)
    return _strip("school", surface)


def _button(label: str, unit: float, width: int, *, focused: bool) -> Strip:
    inner, height = _size(label, 20 * unit, width * 0.6)
    across, down, margin = 26 * unit, 13 * unit, math.ceil(8 * unit)
    wide, tall = inner + 2 * (across + margin), height + 2 * (down + margin)
    surface, pen = _paper(wide, tall, BAND)
    _colour(pen, ON_POST)
    if focused:
        line = max(3.0, 3 * unit)
        pen.set_line_width(line)
        _box(pen, line / 2, line / 2, wide - line, tall - line, 11 * unit)
        pen.stroke()
    pen.set_line_width(max(1.5, 1.5 * unit))
    _box(pen, margin, margin, wide - 2 * margin, tall - 2 * margin, 7 * unit)
    pen.stroke()
    _write(pen, _layout(pen, label, 20 * unit, inner), across + margin, down + margin, ON_POST)
    return _strip("tell-focused" if focused else "tell", surface)


def _box(pen: Any, x: float, y: float, width: float, height: float, radius: float) -> None:
    pen.new_sub_path()
    pen.arc(x + width - radius, y + radius, radius, -math.pi / 2, 0)
    pen.arc(x + width - radius, y + height - radius, radius, 0, math.pi / 2)
    pen.arc(x + radius, y + height - radius, radius, math.pi / 2, math.pi)
    pen.arc(x + radius, y + radius, radius, math.pi, math.pi * 1.5)
    pen.close_path()


def order(wish: FrontWish, on_drawn: Callable[[FrontWish, list[Strip]], None]) -> None:
    """Have a child draw them; `on_drawn` hears of it in a thread, and never where it cannot be done."""
    threading.Thread(target=_order, args=(wish, on_drawn), name="front-words", daemon=True).start()


def _order(wish: FrontWish, on_drawn: Callable[[FrontWish, list[Strip]], None]) -> None:
    with contextlib.suppress(OSError, subprocess.SubprocessError, msgspec.DecodeError, ValueError):
        done = subprocess.run(
            own_process.agent_command("front-words"),
            input=msgspec.msgpack.encode(wish),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=DRAWN_WITHIN_SECONDS,
            check=True,
            cwd="/",
        )
        on_drawn(wish, msgspec.msgpack.decode(done.stdout, type=list[Strip]))


def main(arguments: list[str]) -> int:
    """Draw what stdin wishes and write it to stdout."""
    del arguments
    wish = msgspec.msgpack.decode(sys.stdin.buffer.read(65_536), type=FrontWish)
    sys.stdout.buffer.write(msgspec.msgpack.encode(draw_front(wish)))
    return 0
