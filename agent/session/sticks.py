"""The windows of plugged memory sticks: one each, changed in place, never more than a few at once."""

from collections.abc import Callable

from agent.backends.desktop import Desktop, Starter
from agent.link.messages import AnyUp, Asked, StickAsked, StickPassphrase
from agent.link.pages import StickPage, WindowAnswer
from agent.session.windows import Place

MOST_WINDOWS = 3


class Sticks:
    """Shows how each stick stands and passes on what was pressed. It decides nothing."""

    def __init__(self, start: Starter, send: Callable[[AnyUp], None], desktop: Desktop) -> None:
        self._start = start
        self._send = send
        self._desktop = desktop
        self._places: dict[str, Place] = {}

    @property
    def places(self) -> tuple[Place, ...]:
        """Return every place, with or without a window."""
        return tuple(self._places.values())

    def show(self, page: StickPage, *, opens: bool) -> None:
        """Change the stick's window, or open one if `opens`."""
        place = self._places.get(page.plug)
        if place is not None and place.replace(page):
            return
        if not opens:
            return
        if place is None:
            while len(self._places) >= MOST_WINDOWS:
                self.hide(next(iter(self._places)))
            place = self._places[page.plug] = Place(self._start)
        place.open(page)

    def hide(self, plug: str) -> None:
        """Take the window of this stick away."""
        place = self._places.pop(plug, None)
        if place is not None:
            place.close()

    def take_answers(self) -> None:
        """Pass on what was pressed since; forget a window that was closed."""
        for plug, place in list(self._places.items()):
            answers, over = place.take_answers()
            for answer in answers:
                self._take(plug, answer)
            if over:
                del self._places[plug]

    def _take(self, plug: str, answer: WindowAnswer) -> None:
        match answer:
            case WindowAnswer(event="help", choice=choice):
                self._send(Asked(what="report" if choice == "report" else "help"))
            case WindowAnswer(event="stick", choice="unlock"):
                if answer.passphrase:
                    self._send(StickPassphrase(plug=plug, passphrase=answer.passphrase))
            case WindowAnswer(
                event="stick", choice=("ask" | "withdraw" | "cancel" | "open" | "finish") as what
            ):
                self._send(
                    StickAsked(plug=plug, what=what, reason=answer.reason, pupil_data=answer.pupil_data)
                )
