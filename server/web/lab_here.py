"""Two teachers in one room know of each other."""

from server.web import render
from server.web.lab_asking import Asking


def draw(asking: Asking) -> str:
    """Return the line that names everybody else who has this room open; empty if nobody has."""
    watches = asking.house.live.watches_of(asking.room, asking.now)
    names = [watch.by for watch in watches if watch.staff != str(asking.viewer.id)]
    return render.fragment(asking.words.language, "lab_bar.html", "here", names=names)
