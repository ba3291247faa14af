"""The lock screen's picture: that it is locked, how to open it, and whom to tell if something is wrong (R42).

The locker starts this program with a window to fill. It paints once, gives its place to `sleep`, and costs
nothing while the screen is locked: the X server keeps the picture as the window's background.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from agent.backends.device import LockLook
from agent.words import Say

LOOK_VARIABLE = "GATEPOST_LOCK_LOOK"
WINDOW_VARIABLE = "XSCREENSAVER_WINDOW"
SLEEP = "/usr/bin/sleep"
POST, ON_POST, QUIET, LINE = "#0c4a3c", "#ffffff", "#c9e0d7", "#2f6b5c"
"""Our tokens --post, --on-post, --on-post-quiet, and a line between them."""
FAMILY = "Noto Sans, Cantarell, DejaVu Sans, sans-serif"
MAX_CONTACTS = {"early": 1, "junior": 2}
MAX_HELPLINES = 2
CEOP = "CEOP: ceop.police.uk"
_MARK = ((4.5, 7), (7.5, 3), (10.5, 7), (10.5, 25), (4.5, 25))
_RAILS = (9.0, 15.0, 21.0)
_REQUEST_BYTES = 200_000


def look_to_json(look: LockLook) -> bytes:
    """Return what the painter reads."""
    return msgspec.json.encode(look)


def read_look(path: str) -> LockLook:
    """Return the look written by the service; a plain one when there is none."""
    try:
        return msgspec.convert(json.loads(Path(path).read_bytes()), LockLook)
    except (OSError, ValueError, msgspec.ValidationError):
        return LockLook()


def decide_words(look: LockLook) -> tuple[str, str, str, list[str]]:
    """Return title, what to do, the way to help, and the people, in this reader's words. Pure."""
    say = Say(look.language, look.tier)
    title = say("This screen is locked.")
    what = _what_opens(look, say)
    ask = say.you("If something is wrong, tell an adult:") if look.contacts else ""
    if not look.contacts:
        ask = say.you("If something is wrong, tell an adult.")
    people = [
        " · ".join(part for part in (contact.name, contact.role, contact.how) if part)
        for contact in look.contacts[: MAX_CONTACTS.get(look.tier, 3)]
    ]
    outside = sorted(look.helplines, key=lambda helpline: not helpline.emergency)[:MAX_HELPLINES]
    lines = [f"{helpline.name}: {helpline.how}" for helpline in outside] + ([CEOP] if look.ceop else [])
    if lines and look.tier != "early":
        people.append(" · ".join(lines))
    return title, what, ask, [_with_whole_numbers(line) for line in people]


def _with_whole_numbers(line: str) -> str:
    """Return it so that no telephone number is broken at the end of a line: half of one calls nobody."""
    return re.sub(r"(?<=\d) (?=\d)", "\N{NO-BREAK SPACE}", line)


def _what_opens(look: LockLook, say: Say) -> str:
    """Return why it is locked, if that was not this person's doing, and what opens it. Two lines at most."""
    password = say.you("Press any key, then type your password.")
    if look.waits_for == "adult":
        why = say.you("No adult is checked in for this room.")
        opens = say("When one is, this screen opens again.")
    elif look.waits_for == "hours":
        why = say.you("The laptops are closed now.")
        opens = say("When they open, this screen opens again.")
    else:
        return f"{say('{name} locked this screen.', name=look.by)} {password}" if look.by else password
    if look.tier == "early":
        return f"{why} {opens}"
    return f"{why} {opens} {say.you('If it stays locked then: press any key and type your password.')}"


def draw(look: LockLook, width: int, height: int) -> Any:
    """Return a cairo surface of this size; the middle stays free for the locker's own password field."""
    import cairo
    import gi

    gi.require_version("Pango", "1.0")
    gi.require_version("PangoCairo", "1.0")
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    pen = cairo.Context(surface)
    fill(pen, POST)
    pen.paint()
    unit = min(width / 1366, height / 768)
    scale = {"early": 1.5, "junior": 1.2}.get(look.tier, 1.0) * unit
    title, what, ask, people = decide_words(look)
    _draw_mark(pen, 40 * unit, 36 * unit, 40 * unit)
    write(pen, look.school, 92 * unit, 40 * unit, width * 0.6, 20 * unit, QUIET, centre=False)
    y = height * 0.12
    _draw_lock(pen, width / 2, y, 56 * scale)
    y += 56 * scale + 18 * unit
    y += write(pen, title, width * 0.1, y, width * 0.8, 34 * scale, ON_POST, bold=True)
    write(pen, what, width * 0.1, y + 8 * unit, width * 0.8, 20 * scale, QUIET)
    y = height * 0.70
    fill(pen, LINE)
    pen.rectangle(width * 0.3, y, width * 0.4, max(1.0, 2 * unit))
    pen.fill()
    y += 22 * unit
    y += write(pen, ask, width * 0.1, y, width * 0.8, 20 * scale, ON_POST, bold=True) + 6 * unit
    for person in people:
        y += write(pen, person, width * 0.1, y, width * 0.8, 20 * scale, QUIET) + 2 * unit
    surface.flush()
    return surface


def fill(pen: Any, colour: str) -> None:
    """Take this colour (#rrggbb) for what is drawn next."""
    pen.set_source_rgb(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def write(
    pen: Any,
    text: str,
    x: float,
    y: float,
    width: float,
    size: float,
    colour: str,
    *,
    bold: bool = False,
    centre: bool = True,
) -> float:
    """Write one paragraph of at most two lines; return its height."""
    from gi.repository import Pango, PangoCairo

    layout = PangoCairo.create_layout(pen)
    font = Pango.FontDescription.from_string(FAMILY)
    font.set_absolute_size(size * Pango.SCALE)
    font.set_weight(Pango.Weight.BOLD if bold else Pango.Weight.NORMAL)
    layout.set_font_description(font)
    layout.set_width(int(width * Pango.SCALE))
    layout.set_height(-2)
    layout.set_ellipsize(Pango.EllipsizeMode.END)
    layout.set_alignment(Pango.Alignment.CENTER if centre else Pango.Alignment.LEFT)
    layout.set_text(text, -1)
    fill(pen, colour)
    pen.move_to(x, y)
    PangoCairo.show_layout(pen, layout)
    return float(layout.get_pixel_size()[1])


def _draw_mark(pen: Any, x: float, y: float, size: float) -> None:
    """The post with its three rails, as on every window."""
    pen.save()
    pen.translate(x, y)
    pen.scale(size / 28, size / 28)
    fill(pen, QUIET)
    pen.move_to(*_MARK[0])
    for point in _MARK[1:]:
        pen.line_to(*point)
    pen.close_path()
    for top in _RAILS:
        pen.rectangle(13, top, 11, 3)
    pen.fill()
    pen.restore()


def _draw_lock(pen: Any, centre: float, top: float, size: float) -> None:
    pen.save()
    pen.translate(centre - size / 2, top)
    pen.scale(size / 24, size / 24)
    fill(pen, QUIET)
    pen.set_line_width(1.8)
    pen.rectangle(4.5, 11, 15, 10)
    pen.stroke()
    pen.move_to(8, 11)
    pen.line_to(8, 7.5)
    pen.arc(12, 7.5, 4, 3.14159, 0)
    pen.line_to(16, 11)
    pen.stroke()
    pen.restore()


def put(screen: Any, window: Any, surface: Any) -> None:
    """Make this picture the window's background, which the X server keeps without us."""
    from Xlib import X

    width, height, depth = surface.get_width(), surface.get_height(), window.get_geometry().depth
    data, stride = bytes(surface.get_data()), surface.get_stride()
    pixmap = window.create_pixmap(width, height, depth)
    pen = pixmap.create_gc()
    rows = max(1, _REQUEST_BYTES // stride)
    for top in range(0, height, rows):
        piece = data[top * stride : min(top + rows, height) * stride]
        pixmap.put_image(pen, 0, top, width, min(rows, height - top), X.ZPixmap, depth, 0, piece)
    window.change_attributes(background_pixmap=pixmap)
    window.clear_area()
    pen.free()
    pixmap.free()
    screen.sync()


def paint_window(window_id: int, look: LockLook) -> None:
    """Paint the whole lock screen into this window."""
    from Xlib import display

    screen = display.Display()
    window = screen.create_resource_object("window", window_id)
    place = window.get_geometry()
    put(screen, window, draw(look, place.width, place.height))
    screen.close()


def main(arguments: list[str]) -> int:
    """Paint the window named in the environment, then sleep; or write a PNG (`--png FILE WIDTH HEIGHT`)."""
    look = read_look(os.environ.get(LOOK_VARIABLE, ""))
    if arguments[:1] == ["--png"]:
        draw(look, int(arguments[2]), int(arguments[3])).write_to_png(arguments[1])
    else:
        try:
            paint_window(int(os.environ.get(WINDOW_VARIABLE, ""), 0), look)
        except Exception:  # the locker holds without a picture; it must not be restarted in a loop
            sys.stderr.write("the lock screen could not be painted\n")
        os.execv(SLEEP, [SLEEP, "infinity"])  # noqa: S606
    return 0
