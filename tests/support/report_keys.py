"""Which keys lead to something in the report's window: counted in the page itself, as in `keys`."""

from html.parser import HTMLParser

from agent.link.pages import ReportPage
from agent.window import report
from agent.window.report_draft import Picked, picked_of
from agent.words import say_in

STOPS = ("button", "input", "textarea", "summary")


class _Stops(HTMLParser):
    """Collects what Tab stops at behind each screen's heading; a radio group is one, at what is chosen."""

    def __init__(self, picked: Picked) -> None:
        super().__init__()
        self._picked = picked
        self.screens: list[list[dict[str, str | None]]] = []
        self._behind = False
        self._hidden: list[str] = []
        self._shut: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a screen, its heading, or a place to stop at."""
        found = dict(attrs)
        if "data-block" in found:
            self.screens.append([])
            self._behind = False
        elif tag == "h1":
            self._behind = True  # the page puts the focus here
        away = "hidden" in found or bool(self._hidden)
        if tag in ("input", "br", "meta", "hr"):
            if self._behind and not away and not self._shut:
                self._note(tag, found)
            return
        if "data-block" not in found and away:
            self._hidden.append(tag)
            return
        if tag == "summary":
            self.screens[-1].append({"tag": tag, **found})
            return
        if tag == "details" or self._shut:
            self._shut.append(tag)
            return
        if self._behind and tag in STOPS:
            self._note(tag, found)

    def handle_endtag(self, tag: str) -> None:
        """Leave what was hidden or shut."""
        if self._hidden:
            self._hidden.pop()
        elif self._shut and tag != "summary":
            self._shut.pop()

    def _has_radio(self) -> bool:
        return any(each.get("type") == "radio" for each in self.screens[-1])

    def _note(self, tag: str, found: dict[str, str | None]) -> None:
        if found.get("type") == "radio":
            chosen = getattr(self._picked, str(found["data-pick"]))
            if found["value"] != chosen and (chosen or found["data-pick"] != "problem" or self._has_radio()):
                return
        self.screens[-1].append({"tag": tag, **found})


def keys_to(
    page: ReportPage,
    screen: int,
    mark: str,
    value: str | None,
    *,
    after: tuple[str, str | None] | None = None,
) -> list[str]:
    """Return the Tabs from the screen's heading, or from another stop, to the last with this mark."""
    stops = _Stops(picked_of(page))
    stops.feed(str(report.blocks(page, say_in(page.language, page.tier))))
    there = stops.screens[screen]
    begin = -1 if after is None else _last(there, *after)
    return ["Tab"] * (_last(there, mark, value) - begin)


def _last(stops: list[dict[str, str | None]], mark: str, value: str | None) -> int:
    places = [place for place, each in enumerate(stops) if mark in each and each[mark] == value]
    if not places:
        raise AssertionError(f"nothing to stop at with {mark}={value}")
    return places[-1]
