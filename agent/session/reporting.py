"""*Something's wrong* and *Hide my screen*, as far as they are the session's: a draft in memory, a cover.

The draft is in no file and goes nowhere until it is sent. The cover comes first, whatever else is to be done.
"""

import logging
from collections.abc import Callable, Collection, Sequence

import msgspec

from agent.backends.desktop import CoverWords, Desktop
from agent.link import messages as m
from agent.link import pages
from agent.link.hiding import hidden_words
from agent.session.windows import Place
from agent.words import say_in
from policies.drafts import ReportDraft

log = logging.getLogger(__name__)
KEEP_EVERY_SECONDS = 0.4
"""While the screen is hidden: how often to look that nothing has come over the cover."""


class Reporting:
    """The report of one login. Who may read it and whether it has gone is the service's to say."""

    def __init__(self, desktop: Desktop, page: Place, send: Callable[[m.AnyUp], None]) -> None:
        self._desktop = desktop
        self._page = page
        self._send = send
        self._draft: ReportDraft | None = None
        self._open: pages.ReportPage | None = None
        """What the report's window was opened with, while it is one."""
        self._sent = False
        self._is_marked = False
        """The display holds a note that a report waits for its first receipt."""
        self._words: pages.HiddenWords | None = None
        self.is_hidden = False
        self._tells = False
        """Somebody tells from the cover: what they are shown may stand above it."""
        self.hear_window: Callable[[], None] = lambda: None
        """Takes what the page's window has said so far: closed unheard, it would take a report along."""
        self.is_covered: Callable[[], bool] = lambda: False
        """Another cover lies over everything already: hiding only puts away what was open above it."""
        self._later: pages.AnyPage | None = None
        """What came by itself while the screen was hidden: shown with the screen."""

    def begin(self) -> None:
        """Ask for the receipt that the session before this one did not live to show."""
        self._is_marked = self._desktop.was_telling()
        if self._is_marked:
            self._send(m.CutOff())

    def heard(self, page: pages.AnyPage) -> None:
        """The first receipt, whatever it says, answers what was told."""
        if isinstance(page, pages.ReceiptPage):
            self._mark(False)

    def _mark(self, on: bool) -> None:
        if on != self._is_marked:
            self._is_marked = on
            self._desktop.mark_telling(on)

    # ---- orders ----

    def work(self, order: m.Work) -> None:
        """Have the cover ready, and its key."""
        self._words = order.hidden
        if order.hidden is None:
            if order.hide_shortcut:
                log.warning("a key to hide the screen, and no words for it")
            return
        if not self._prepare(order.hidden, order.hide_shortcut):
            self._send(m.Lacks(lacking=("hide-key",)))

    def _prepare(self, words: pages.HiddenWords, shortcut: str) -> bool:
        cover = CoverWords(words.title, words.tell, words.uncover)
        return self._desktop.prepare_hiding(shortcut, cover)

    def show(self, page: pages.AnyPage, *, asked: bool = True) -> None:
        """
        Show a page; a report is offered with what stood in it, and its receipt takes its window.

        What was not `asked` for waits while the screen is hidden: a receipt tells who walks past that
        somebody told.
        """
        if self.is_hidden and not self._tells and not asked:
            self._later = page
            return
        if isinstance(page, pages.ReportPage):
            self._sent = False
            self._open = page
            if self._words is None:
                # Before the desktop is open there is no key, but the window's own button hides as well.
                say = say_in(page.language, page.tier)
                self._words = hidden_words(say, school=page.school, reports=True)
                self._prepare(self._words, "")
            self._page.open(msgspec.structs.replace(page, draft=page.draft or self._draft))
            return
        if isinstance(page, pages.ReceiptPage) and self._page.renew(page):
            return
        self._page.open(page)

    # ---- the window ----

    def take(self, answer: pages.WindowAnswer) -> None:
        """Take what the report's window said, or any other that hides the screen or leads to a report."""
        match answer.event:
            case "hide":
                self._keep_draft(answer.draft)
                self.hide()
            case "draft":
                self._keep_draft(answer.draft)
            case "send" if answer.draft is not None and self._open is not None and not self._sent:
                self._sent = True
                self._draft = None
                self._mark(True)
                self._send(m.ReportWritten(draft=answer.draft, place=self._open.place))
            case "done" if answer.choice == "problem":
                self._draft = None
                self._send(m.ProblemWritten(kind=answer.problem or "other", words=answer.reason))
            case "done" if answer.choice == "close" and self._page.shows(pages.ReportPage):
                self._draft = None if self._sent else answer.draft

    def _keep_draft(self, draft: ReportDraft | None) -> None:
        if draft is not None and not self._sent and self._page.shows(pages.ReportPage):
            self._draft = draft

    # ---- the cover ----

    def hide(self) -> None:
        """Cover the screen, at once; then close what was open, keeping what stood in it."""
        if self._words is None:
            return
        if not self.is_covered():
            self._desktop.hide_screen()
            self.is_hidden, self._tells = True, False
        self.hear_window()
        self._page.close()

    def pressed(self, changes: Collection[str]) -> None:
        """Take what was pressed on the cover, or the key that brings it."""
        if "hide" in changes:
            self.hide()
        if not self.is_hidden:
            return
        if "uncover" in changes:
            self.uncover()
        elif "tell" in changes:
            self._tells = True
            self._send(m.Asked(what="report", place="hidden"))

    def uncover(self) -> None:
        """Take the cover away."""
        self._desktop.show_screen()
        self.is_hidden = self._tells = False
        page, self._later = self._later, None
        if page is not None:
            self._page.open(page)

    def keep_hidden(self, own_pids: Sequence[int]) -> None:
        """While the screen is hidden, let only our own windows stand above the cover."""
        if self.is_hidden and not self.is_covered():
            self._desktop.keep_hidden(own_pids)
