"""Which keys accept the agreement: counted in the real page, so that a new button changes nothing here."""

from html.parser import HTMLParser

from agent.link.pages import GatePage
from agent.window import gate
from agent.words import say_in


class _Stops(HTMLParser):
    """Collects what Tab stops at behind each screen's heading, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.screens: list[list[dict[str, str | None]]] = []
        self._behind = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a screen, its heading, or a place to stop at."""
        found = dict(attrs)
        if "data-block" in found:
            self.screens.append([])
            self._behind = False
        elif tag == "h1":
            self._behind = True  # the page puts the focus here
        elif self._behind and "hidden" not in found and (tag in ("button", "summary") or "href" in found):
            self.screens[-1].append(found)


def keys_to_accept(page: GatePage) -> list[str]:
    """Return the keys that turn every page and press Accept at the end."""
    stops = _Stops()
    stops.feed(str(gate.blocks(page, say_in(page.language, page.tier))))
    keys: list[str] = []
    for number, screen in enumerate(stops.screens):
        last = number == len(stops.screens) - 1
        wanted = ("data-answer", "accepted") if last else ("data-to-screen", str(number + 1))
        # A list of pages at the side leads there too; the button further down is the usual way.
        places = [place for place, each in enumerate(screen) if each.get(wanted[0]) == wanted[1]]
        # A page may go on below, and counts only once its end was on the screen.
        keys += ["End"] + ["Tab"] * (places[-1] + 1) + ["Return"]
    return keys
