"""A teacher's sentence to a login, one at a time, and the button that answers it; thanks, in private (R90).

A message counts as shown once its login's session has it; it waits there while something covers the screen.
What was shown and not answered is shown again after a restart, when the server tells it again.
"""

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from agent.backends.whole_files import write_whole
from agent.link import messages, pages
from agent.service.ground import Ground
from agent.service.login import Login
from policies.decoding import UNREADABLE
from policies.orders import LabMessage
from policies.records import MessageAnswered, OrderDone, short

log = logging.getLogger(__name__)

MOST_WAITING = 5
"""Per login. A teacher sends a handful in a lesson."""
REMEMBERED = 200


class Remembered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Orders by their id, oldest first."""

    told: tuple[str, ...] = ()
    """Their outcome is recorded."""
    over: tuple[str, ...] = ()
    """Nobody here is to see them any more."""


class LabMessages:
    """Queues what teachers say, and passes on what is answered."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._waiting: dict[str, deque[LabMessage]] = {}
        """By login; the first of each is shown."""
        self._file: Path = ground.config.state / "lab-messages.json"
        self._remembered = self._load()
        self.on_help: Callable[[Login], None] = lambda _login: None
        """Somebody answered *I need help*."""

    def obey(self, said: LabMessage) -> None:
        """Show one verified message, once."""
        if said.order in self._remembered.over or self._is_here(said.order):
            return
        if said.expires_at <= self._ground.now():
            self._finish(said.order, "expired", "")
            return
        if said.kind == "message" and not self._ground.settings.lab.messages:
            self._finish(said.order, "refused", "messages are switched off here")
            return
        logins = [
            login
            for login in self._ground.logins.values()
            if login.state == "open" and login.seat and said.login in (None, login.id)
        ]
        if not logins:
            gone = said.login is not None
            problem = "this login has ended" if gone else "nobody is logged in"
            self._finish(said.order, "failed" if gone else "done", problem)
            return
        full = [login for login in logins if len(self._queue(login)) >= MOST_WAITING]
        for login in logins:
            if login not in full:
                self._queue(login).append(said)
                if len(self._queue(login)) == 1:
                    self._show(login)
        problem = "too many messages wait there already" if full else ""
        self._tell(said.order, "failed" if full else "done", problem)
        self._close_if_over(said.order)

    # ---- logins ----

    def opened(self, login: Login) -> None:
        """The session of an open login is new: what was shown is shown again."""
        self._show(login)

    def answered(self, login: Login, word: messages.MessageDone) -> None:
        """Take the answer to what is shown; to anything else there is none."""
        queue = self._queue(login)
        if not queue or queue[0].order != word.order:
            return
        said = queue.popleft()
        if said.kind == "message" and word.answer != "closed":
            self._ground.keep(
                MessageAnswered(
                    at=self._ground.now(),
                    login=login.id,
                    os_user=login.os_user,
                    person=login.person.person,
                    order=said.order,
                    answer=word.answer,
                )
            )
            if word.answer == "help":
                self.on_help(login)
        self._close_if_over(said.order)
        self._show(login)

    def forget(self, login: Login) -> None:
        """A login has ended; it answers nothing any more."""
        for said in self._waiting.pop(login.id, ()):
            self._close_if_over(said.order)

    # ---- how ----

    def _queue(self, login: Login) -> deque[LabMessage]:
        return self._waiting.setdefault(login.id, deque())

    def _is_here(self, order: str) -> bool:
        return any(said.order == order for queue in self._waiting.values() for said in queue)

    def _show(self, login: Login) -> None:
        queue = self._queue(login)
        while queue and queue[0].expires_at <= self._ground.now():
            self._close_if_over(queue.popleft().order)
        if not queue:
            self._waiting.pop(login.id, None)
            return
        said, ground = queue[0], self._ground
        ground.show(
            login,
            pages.MessagePage(
                school=ground.school,
                language=login.person.language,
                tier=login.person.tier,
                order=said.order,
                kind=said.kind,
                by=said.by,
                words=said.words,
            ),
        )

    def _finish(self, order: str, outcome: Literal["done", "failed", "expired", "refused"], why: str) -> None:
        self._tell(order, outcome, why)
        self._close_if_over(order)

    def _close_if_over(self, order: str) -> None:
        if not self._is_here(order) and order not in self._remembered.over:
            over = (*self._remembered.over, order)[-REMEMBERED:]
            self._save(msgspec.structs.replace(self._remembered, over=over))

    def _tell(self, order: str, outcome: Literal["done", "failed", "expired", "refused"], why: str) -> None:
        if order in self._remembered.told:
            return
        record = OrderDone(at=self._ground.now(), order=order, outcome=outcome, problem=short(why))
        if self._ground.keep(record) is not None:
            told = (*self._remembered.told, order)[-REMEMBERED:]
            self._save(msgspec.structs.replace(self._remembered, told=told))

    def _save(self, remembered: Remembered) -> None:
        self._remembered = remembered
        try:
            write_whole(self._file, msgspec.json.encode(remembered))
        except OSError as problem:
            log.warning("messages not saved", extra={"problem": str(problem)})

    def _load(self) -> Remembered:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Remembered)
        except FileNotFoundError:
            return Remembered()
        except (OSError, *UNREADABLE) as problem:
            log.warning("messages not read", extra={"problem": str(problem)})
            return Remembered()
