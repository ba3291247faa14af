"""The lesson, as far as it is the session's: the cover of *Eyes to the front*, and a teacher's message.

The cover comes at once and lies over everything. Only what is told from it stands above it.
"""

import logging
from collections.abc import Callable, Sequence

from agent.backends.desktop import Cover, Desktop, Starter
from agent.link import messages as m
from agent.link import pages
from agent.link.front import front_words, waiting_words
from agent.session.windows import Place
from agent.words import say_in

log = logging.getLogger(__name__)
KEEP_EVERY_SECONDS = 0.4
"""While the cover lies: how often to look, beside every change of windows that is heard of."""
SAY_AGAIN_SECONDS = 0.5
"""A cover that flickers is not news more often than that."""


class Lesson:
    """One login's cover and message. Who gives them, and until when, is the service's to say."""

    def __init__(
        self,
        desktop: Desktop,
        page: Place,
        warnings: Sequence[Place],
        start: Starter,
        send: Callable[[m.AnyUp], None],
    ) -> None:
        self._desktop = desktop
        self._page = page
        self._warnings = warnings
        """The warning before a lock, or before a login ends: they stand above the cover."""
        self._send = send
        self.message = Place(start)
        self._attention: pages.AttentionPage | None = None
        self._tells = False
        """Somebody tells from the cover: the page's window may stand above it."""
        self._had_window = False
        self._said: Cover | None = None
        self._said_at = 0.0
        self._message: pages.MessagePage | None = None
        """The message that is shown, or waits until nothing covers the screen."""
        self._is_painted = False
        """Its window is painted, and that is not said yet."""

    @property
    def is_up(self) -> bool:
        """Say whether the cover lies."""
        return self._attention is not None

    # ---- orders ----

    def work(self, order: m.Work) -> None:
        """Have ready what every cover says."""
        if order.hidden is not None:
            say = say_in(order.language)
            self._desktop.prepare_front(waiting_words(say, school=order.hidden.title, tell=order.hidden.tell))

    def show(self, page: pages.AttentionPage, now: float) -> None:
        """Cover every screen, then say so."""
        cover = self._desktop.show_front(front_words(say_in(page.language, page.tier), page))
        # A cover that is prolonged, or a colleague's, takes no report from who is just telling.
        self._tells = self._tells and self.is_up
        self._attention, self._said = page, None
        self._tell(cover, now)

    def hide(self, order: str) -> None:
        """Take the cover away, if it is this order's."""
        if self._attention is not None and self._attention.order == order:
            self._attention, self._tells = None, False
            self._desktop.hide_front()

    def show_message(self, page: pages.MessagePage) -> None:
        """Show a teacher's message as soon as nothing covers the screen."""
        self.message.close()
        self._message, self._is_painted = page, False

    def drop_message(self, order: str) -> None:
        """The message is no longer wanted."""
        if self._message is not None and self._message.order == order:
            self.message.close()
            self._message, self._is_painted = None, False

    # ---- what is pressed ----

    def pressed(self) -> None:
        """Take the way to help from the cover; a report that is open already comes above it."""
        if self._attention is None:
            return
        self._tells, self._had_window = True, False
        telling = self._page.shows(pages.ReportPage) or self._page.shows(pages.ReceiptPage)
        if self._page.window is None or not telling:
            self._send(m.Asked(what="report", place="attention"))

    def take_answers(self) -> None:
        """Take what was pressed under the message."""
        if self.message.window is None or self._message is None:
            return
        order = self._message.order
        answers, over = self.message.take_answers()
        for answer in answers:
            if answer.event == "painted":
                self._is_painted = True  # said by `tick`: a cover may have come over it meanwhile
            elif answer.event == "help":
                self._send(m.Asked(what="report"))
            elif answer.event == "done" and answer.choice in ("ok", "not-yet", "help", "close"):
                self._done(order, answer.choice)
                return
        if over:
            self._done(order, "close")

    def _done(self, order: str, choice: str) -> None:
        self._message, self._is_painted = None, False
        match choice:
            case "ok" | "not-yet" | "help" as answer:
                self._send(m.MessageDone(order=order, answer=answer))
            case _:
                self._send(m.MessageDone(order=order, answer="closed"))

    # ---- all the time ----

    def due_at(self, now: float) -> float | None:
        """Return when `tick` has something to do, or None."""
        return now + KEEP_EVERY_SECONDS if self.is_up else None

    def tick(self, now: float, *, is_hidden: bool) -> None:
        """Keep the cover above all but what is told from it, and show a message that has waited."""
        if self._attention is not None:
            self._tell(self._desktop.keep_front(self._above()), now)
            return
        if self._is_painted and self._message is not None and not is_hidden:
            self._is_painted = False
            self._send(m.MessageShown(order=self._message.order))
        waits = self._message if self.message.window is None and not is_hidden else None
        if waits is not None and not self.message.open(waits):
            self._done(waits.order, "close")

    def _above(self) -> Sequence[int]:
        """
        Return the processes whose windows may stand above the cover: what is told from it, until that has
        gone, and the warnings of what comes by itself.
        """
        above = [place.window.pid for place in self._warnings if place.window is not None]
        window = self._page.window
        if self._tells and window is not None:
            self._had_window = True
            return (*above, window.pid)
        if self._had_window:
            self._tells = self._had_window = False
        return tuple(above)

    def _tell(self, cover: Cover, now: float) -> None:
        if self._attention is None or cover == self._said:
            return
        if self._said is not None and now - self._said_at < SAY_AGAIN_SECONDS:
            return
        self._said, self._said_at = cover, now
        self._send(
            m.AttentionSeen(order=self._attention.order, covered=cover.covered, problem=cover.problem[:200])
        )

    def close(self) -> None:
        """End the message's window."""
        self.message.close()
