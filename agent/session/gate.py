"""The gate: a window on the bare display that stays until it is answered.

It is started again when it dies, falls back to a plain window when the web view will not paint, and says
GateBroken only when neither does. It never opens anything: it only tells the service what was pressed.
"""

import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from agent.backends.desktop import Desktop, Starter
from agent.link.messages import AnyUp, Asked, GateAnswered, GateBroken, GateShown
from agent.link.pages import GatePage, WindowAnswer
from agent.session.windows import Place

log = logging.getLogger(__name__)
Kind = Literal["web", "plain"]
TRIES = 2
PATIENCE_SECONDS = 20.0
"""A laptop at rest paints within one second, one under heavy load within three."""
START_AGAIN_AFTER_SECONDS = 0.5


def decide_kind(failures: dict[Kind, list[str]]) -> Kind | None:
    """Return what to try next: each kind TRIES times, the web view first; None when both failed."""
    kinds: tuple[Kind, ...] = ("web", "plain")
    return next((kind for kind in kinds if len(failures[kind]) < TRIES), None)


def is_same_reading(old: GatePage | None, new: GatePage) -> bool:
    """Say whether a window that shows `old` may stay for `new`: only that help was asked has changed."""
    return old is not None and msgspec.structs.replace(old, help_asked=new.help_asked) == new


class Gate:
    """Shows the gate while there is a page to show."""

    def __init__(
        self,
        desktop: Desktop,
        start: Starter,
        send: Callable[[AnyUp], None],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._desktop = desktop
        self._patience_seconds = patience_seconds
        self._send = send
        self.place = Place(start)
        self._page: GatePage | None = None
        self._failures: dict[Kind, list[str]] = {"web": [], "plain": []}
        self._kind: Kind = "web"
        self._painted = False
        self._answered = False
        self._start_at: float | None = None
        self._paint_by = 0.0

    @property
    def is_up(self) -> bool:
        """Say whether the gate stands."""
        return self._page is not None

    def show(self, page: GatePage, now: float) -> None:
        """Ask this, until answered or told otherwise."""
        if not self.is_up:
            self._desktop.guard_front(True)
        stays = is_same_reading(self._page, page) and self.place.replace(page)
        self._page = page
        if not stays:
            self._answered = False
            self.place.close()
            self._start_at = now

    def take_away(self) -> None:
        """Take the gate down: the service has decided."""
        self.place.close()
        if self.is_up:
            self._page = None
            self._start_at = None
            self._desktop.guard_front(False)

    def due_at(self) -> float | None:
        """Return when `tick` has something to do, or None."""
        if self._start_at is not None:
            return self._start_at
        if self.place.window is not None and not self._painted:
            return self._paint_by
        return None

    def tick(self, now: float) -> None:
        """Start what is due; give up on a window that does not paint."""
        if self._page is None:
            return
        if self._start_at is not None and now >= self._start_at:
            self._start(self._page, now)
        if self.place.window is not None and not self._painted and now >= self._paint_by:
            self.place.close()
            # What painted nothing for so long will not the second time either; a pupil has waited enough.
            self._failed("nothing was painted in time", now, tries=TRIES)

    def _start(self, page: GatePage, now: float) -> None:
        kind = decide_kind(self._failures)
        self._start_at = None
        if kind is None:
            return
        self._kind, self._painted = kind, False
        self._paint_by = now + self._patience_seconds
        if not self.place.open(page, ("--plain",) if kind == "plain" else ()):
            self._failed("it could not be started", now)

    def take_answers(self, now: float) -> None:
        """Read what the window said, and start it again if it died unanswered."""
        answers, over = self.place.take_answers()
        for answer in answers:
            self._take(answer)
        if not over or self._answered or not self.is_up or self._start_at is not None:
            return
        if self._painted:
            log.warning("the gate window ended without an answer")
            self._start_at = now + START_AGAIN_AFTER_SECONDS
        else:
            self._failed("it ended before it was painted", now)

    def _take(self, answer: WindowAnswer) -> None:
        if answer.event == "painted" and not self._painted:
            self._painted = True
            self._send(GateShown(kind=answer.kind))
        elif answer.event == "help":
            self._send(Asked(what="report" if answer.choice == "report" else "help", place="gate"))
        elif answer.choice == "accepted" or answer.choice == "declined":
            self._answer(answer, answer.choice)

    def _answer(self, answer: WindowAnswer, choice: Literal["accepted", "declined"]) -> None:
        if self._page is None or self._answered or answer.event != "done":
            return
        self._answered = True
        self._send(
            GateAnswered(
                answer=choice,
                version=self._page.agreement.version,
                text_hash=answer.text_hash,
                language=answer.language,
                pages_shown=answer.pages_shown,
            )
        )

    def _failed(self, why: str, now: float, tries: int = 1) -> None:
        log.warning("the gate window failed", extra={"kind": self._kind, "why": why})
        self._failures[self._kind] += [why] * tries
        if decide_kind(self._failures) is not None:
            self._start_at = now + START_AGAIN_AFTER_SECONDS
            return
        self._send(GateBroken(web_view=self._failures["web"][-1], plain_window=self._failures["plain"][-1]))
