"""The fields of small windows: what a stick or an app is needed for, and the password of a stick."""

from typing import Any

from agent.link import pages
from agent.window.plain_rows import Maker
from agent.words import Say

MOST_REASON = 200
MOST_PASSPHRASE = 512


class Asking:
    """What was typed. It outlives a page that is drawn anew, but no password outlives its use."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self._passphrase = ""
        self.reason = ""
        self.pupil_data = False
        self.first_field: Any = None
        """The row that has the keyboard at first, where there is something to type."""

    def rows(self, page: pages.AnyPage, say: Say) -> list[Any]:
        """Return the fields of this page; none for most."""
        self.first_field = None
        self._passphrase = ""
        if isinstance(page, pages.StickPage) and page.state == "locked":
            field = self._make.short_text("", self._take, hidden=True, most=MOST_PASSPHRASE)
            self.first_field = field
            return [self._make.label(say("Password of the stick"), "heading"), field]
        asks = isinstance(page, pages.StickPage) and page.state == "shut"
        if not (asks or (isinstance(page, pages.AppPage) and page.state == "ask" and page.tier != "early")):
            return []
        words = say.you("What do you need it for?") + " " + say("(optional)")
        field = self.first_field = self._make.short_text(self.reason, self._reason, most=MOST_REASON)
        rows = [self._make.label(words), field]
        if isinstance(page, pages.StickPage) and page.asks_pupil_data:
            box = [(say("It is to carry information about pupils."), self.pupil_data)]
            rows += self._make.choices(box, many=True, then=self._pupil_data)
        return rows

    def take_passphrase(self) -> str:
        """Return the password and forget it."""
        given, self._passphrase = self._passphrase, ""
        return given

    def _take(self, words: str) -> None:
        self._passphrase = words

    def _reason(self, words: str) -> None:
        self.reason = words

    def _pupil_data(self, _at: int, on: bool) -> None:
        self.pupil_data = on
