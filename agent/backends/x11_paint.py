"""Words on a window of our own: as pictures that the X server keeps, or with what letters it has."""

from typing import Any, NamedTuple

from Xlib import X

from agent.backends.cover_words import Strip

_REQUEST_BYTES = 200_000
_FONTS = (
    "-*-dejavu sans-medium-r-*-*-24-*-*-*-*-*-iso10646-1",
    "-*-*-medium-r-normal-*-20-*-*-*-*-*-iso10646-1",
    "-*-*-medium-r-normal-*-18-*-*-*-*-*-iso10646-1",
    "10x20",
    "fixed",
)
_PLAIN = str.maketrans("şŞğĞıİ’‘“”·…", "sSgGiI''\"\"-.")
"""For the server's own letters, which are Latin-1 where no others are installed."""


class Look(NamedTuple):
    """One picture on the X server."""

    pixmap: Any
    width: int
    height: int


def pixmap_of(root: Any, depth: int, strip: Strip) -> Any:
    """Give the X server a drawn picture; the caller frees it."""
    pixmap = root.create_pixmap(strip.width, strip.height, depth)
    pen = pixmap.create_gc()
    stride = 4 * strip.width
    rows = max(1, _REQUEST_BYTES // stride)
    for top in range(0, strip.height, rows):
        many = min(rows, strip.height - top)
        piece = strip.data[top * stride : (top + many) * stride]
        pixmap.put_image(pen, 0, top, strip.width, many, X.ZPixmap, depth, 0, piece)
    pen.free()
    return pixmap


def open_font(display: Any) -> Any:
    """Return the best of the server's own fonts; it always has some."""
    for name in _FONTS:
        if display.list_fonts(name, 1):
            return display.open_font(name)
    return display.open_font("fixed")


def plain_letters(text: str) -> bytes:
    """Return the text in letters that every X server has."""
    return text.translate(_PLAIN).encode("latin-1", "replace")
