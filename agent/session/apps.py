"""Apps of a lesson, as far as they are the session's: windows put away, and the page that says why.

What is to be put away the service says, each time it comes to the front; here it is only made sure that it
goes, and that an app which is to end can ask whether to save first. Nothing is ever killed.
"""

from collections.abc import Callable

from agent.backends.desktop import Desktop, Starter
from agent.link import messages as m
from agent.link.pages import AppPage, WindowAnswer
from agent.session.windows import Place

CLOSE_AFTER_SECONDS = 6.0
"""Long enough to read the sentence that says so."""
SAVING_SECONDS = 120.0
"""So long a question of the closing app (*Save your work?*) may stand in front."""
SAVING_AGAIN_SECONDS = 600.0
"""An app that is nothing but questions gets that time once in so long."""
MOST_TRIES = 120
SLOWER_SECONDS = 5.0
"""How often at last, for one that shows itself again and again."""
MOST_AWAY = 20


class Away:
    """One app that is being put away."""

    def __init__(self, order: m.PutAway, now: float) -> None:
        self.again_seconds = max(0.2, order.again_seconds)
        self.next_at = now + self.again_seconds
        self.tries = 0
        self.ends_at = now + CLOSE_AFTER_SECONDS if order.closes else None
        self.saving_until = 0.0


class Apps:
    """The put-away apps of one login, and one window about the one that was wanted last."""

    def __init__(self, desktop: Desktop, start: Starter, send: Callable[[m.AnyUp], None]) -> None:
        self._desktop = desktop
        self._send = send
        self.place = Place(start)
        self._page: AppPage | None = None
        self._pressed = False
        """The page answers a press of theirs, just now: it may take the keyboard."""
        self._waits: AppPage | None = None
        """What came while something covered the screen."""
        self._away: dict[tuple[str, str], Away] = {}
        self._asked_to_end: dict[tuple[str, str], float] = {}
        """When each app was asked to end."""

    # ---- orders ----

    def put_away(self, order: m.PutAway, now: float) -> None:
        """Take this app's windows from the front, at once; have it end, if ordered, after a moment."""
        key = (order.app, order.program)
        known = self._away.pop(key, None)
        away = Away(order, now)
        if known is not None and order.closes:
            away.ends_at, away.saving_until = known.ends_at or away.ends_at, known.saving_until
        if now < away.saving_until:
            away.ends_at = None  # asked already
        while len(self._away) >= MOST_AWAY:
            del self._away[next(iter(self._away))]
        self._away[key] = away
        self._desktop.put_away(*key, spare_dialogs=now < away.saving_until)

    def bring_back(self, order: m.BringBack) -> None:
        """Show the app's windows again."""
        self._away = {key: away for key, away in self._away.items() if not _same(key, order)}
        self._desktop.bring_back(order.app, order.program)

    def show(self, page: AppPage, how: str, *, covered: bool) -> None:
        """Show how it stands with an app, in a window of its own: never over a report being written."""
        if covered:
            self._waits = page
            return
        same = self._page is not None and (self._page.app, self._page.program) == (page.app, page.program)
        self._page = page
        self._pressed = how == "open"
        if self.place.window is not None and (how != "open" or same) and self.place.renew(page):
            if self._pressed:
                self._desktop.raise_windows(self.place.window.pid)
            return
        if how != "renew":
            self.place.open(page)

    # ---- all the time ----

    def due_at(self) -> float | None:
        """Return when `tick` has something to do, or None."""
        dues = [min(away.next_at, away.ends_at or away.next_at) for away in self._away.values()]
        return min(dues, default=None)

    def tick(self, now: float, *, covered: bool) -> None:
        """Look whether what was put away stays away, and have what is to end be asked to."""
        if self._waits is not None and not covered:
            page, self._waits = self._waits, None
            self.show(page, "open", covered=False)
        for key, away in list(self._away.items()):
            if away.ends_at is not None and now >= away.ends_at:
                away.ends_at, away.tries = None, 0
                away.saving_until = self._saving_until(key, now)
                self._desktop.ask_to_end(*key)
                away.next_at = now + away.again_seconds
            elif now >= away.next_at:
                away.tries += 1
                away.next_at = now + min(away.again_seconds * away.tries, SLOWER_SECONDS)
                left = self._desktop.put_away(*key, spare_dialogs=now < away.saving_until)
                if away.ends_at is None and (left == 0 or away.tries >= MOST_TRIES):
                    del self._away[key]

    def _saving_until(self, key: tuple[str, str], now: float) -> float:
        """Return until when this app, which is asked to end now, may ask whether to save."""
        before = {each: at for each, at in self._asked_to_end.items() if now - at < SAVING_AGAIN_SECONDS}
        self._asked_to_end = before
        if key in before or len(before) >= MOST_AWAY:
            return 0.0
        before[key] = now
        return now + SAVING_SECONDS

    def take_answers(self) -> None:
        """Pass on what was pressed."""
        if self.place.window is None:
            return
        answers, over = self.place.take_answers()
        for answer in answers:
            self._take(answer)
        if over:
            self._page = None

    def _take(self, answer: WindowAnswer) -> None:
        page, window = self._page, self.place.window
        match answer:
            case WindowAnswer(event="painted") if self._pressed and window is not None:
                self._desktop.raise_windows(window.pid)
            case WindowAnswer(event="help", choice=choice):
                self._send(m.Asked(what="report" if choice == "report" else "help"))
            case WindowAnswer(event="app", choice=("ask" | "withdraw") as what) if page is not None:
                wanted = m.AppWanted(app=page.app, program=page.program, what=what, words=answer.reason)
                self._send(wanted)

    def close(self) -> None:
        """End the window."""
        self.place.close()


def _same(key: tuple[str, str], order: m.BringBack) -> bool:
    return key[0] == order.app and order.program in ("", key[1])
