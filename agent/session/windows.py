"""One window in one place, and what it answers."""

import logging
from collections.abc import Sequence

import msgspec

from agent.backends.desktop import Starter, Window
from agent.errors import DeviceFailed
from agent.link.pages import AnyPage, ReceiptPage, ReportPage, WindowAnswer
from policies.decoding import UNREADABLE

log = logging.getLogger(__name__)
_ANSWERS = msgspec.json.Decoder(WindowAnswer)


class Place:
    """Where at most one window stands; a new page takes the last one's place."""

    def __init__(self, start: Starter) -> None:
        self._start = start
        self.window: Window | None = None
        self._kind: type[AnyPage] | None = None

    def open(self, page: AnyPage, arguments: Sequence[str] = ()) -> bool:
        """Show this page in place of the last; False if no window could be started."""
        self.close()
        self._kind = type(page)
        try:
            self.window = self._start(msgspec.json.encode(page), arguments)
        except DeviceFailed:
            log.exception("a window could not be started")
            return False
        return True

    def replace(self, page: AnyPage) -> bool:
        """Hand the open window a page of the same kind; False if there is none or it does not take it."""
        return self.window is not None and self.window.say(msgspec.json.encode(page))

    def renew(self, page: AnyPage) -> bool:
        """Hand the page to the open window if it shows one of this kind, or the report of this receipt."""
        becomes = self._kind is ReportPage and isinstance(page, ReceiptPage)
        if not (becomes or self._kind is type(page)) or not self.replace(page):
            return False
        self._kind = type(page)
        return True

    def shows(self, kind: type[AnyPage]) -> bool:
        """Say whether the window that is or was last here shows a page of this kind."""
        return self._kind is kind

    def take_answers(self) -> tuple[list[WindowAnswer], bool]:
        """Return what the window said since, and whether it is over; an ended window is put away."""
        if self.window is None:
            return [], True
        lines, over = self.window.take_lines()
        answers = [answer for line in lines if (answer := parse_answer(line)) is not None]
        over = over or any(answer.event == "done" for answer in answers)
        if over:
            self.close()
        return answers, over

    def close(self) -> None:
        """End the window, if there is one."""
        window, self.window = self.window, None
        if window is not None:
            window.close()


def parse_answer(line: bytes) -> WindowAnswer | None:
    """Return the answer in a line, or None for a line that is none (a library's chatter)."""
    try:
        return _ANSWERS.decode(line)
    except UNREADABLE:
        return None
