"""What stands around the map of a lab, drawn with the page and again whenever it changes.

Each box is a function in a file of its own. It gives finished HTML, empty for nothing, and is called in a
worker thread at every redraw: one or two cheap queries. Its forms carry `data-quick` where script may send
them without leaving the page.
"""

from collections.abc import Callable
from urllib.parse import quote

from server.web import app_ask_view, help_view, lab_bar, lab_here, render, supervision_view
from server.web.lab_asking import Asking

BOXES: dict[str, Callable[[Asking], str]] = {
    "supervision": supervision_view.draw,
    "here": lab_here.draw,
    "orders": lab_bar.draw_orders,
    "asks": app_ask_view.draw,
    "messages": lab_bar.draw_messages,
}
"""By the name of their place in lab.html: `box-NAME`."""
LINKS: tuple[tuple[str, str, str], ...] = (
    ("class", "/class", "people"),
    ("supervision", "/supervision", "person"),
    ("arrange", "/arrange", "sliders"),
)
"""(label code, address behind /lab/ROOM, icon) of further pages about this room."""


def draw_calls(asking: Asking) -> str:
    """Return the note of calls for help, which stands above every page."""
    with asking.house.db.read() as connection:
        calls = help_view.told_to(connection, asking.viewer)
    return render.fragment(
        asking.words.language,
        "help_parts.html",
        "calls_note",
        calls=calls,
        csrf=asking.csrf,
        next=f"/lab/{quote(asking.room)}",
        now=asking.now,
    )


def draw_boxes(asking: Asking) -> dict[str, str]:
    """Return every box's HTML."""
    return {name: draw(asking) for name, draw in BOXES.items()}
