"""A teacher's sentence to a login, one at a time, and the button that answers it; thanks, in private (R90).

A message counts as shown once its window is painted on an open screen, at every login it is for: until then
it waits, while something covers the screen or the screen is locked, until nobody is to see it any more.
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
LOOK_EVERY_SECONDS = 1.0
NEVER_SEEN = "its window was closed before anybody could read it"
LEFT_BEFORE = "the login ended before it was shown"
Outcome = Literal["done", "failed", "expired", "refused"]


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
        self._unseen: dict[str, set[str]] = {}
        """By order: the logins that have not had it before their eyes yet."""
        self._painted: dict[str, str] = {}
        """By login: the order whose window is painted there, under a locked screen perhaps."""
        self._file: Path = ground.config.state / "lab-messages.json"
        self._remembered = self._load()
        self.on_help: Callable[[Login], None] = lambda _login: None
        """Somebody answered *I need help*."""
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

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
        if full:
            self._tell(said.order, "failed", "too many messages wait there already")
        waiting = [login for login in logins if login not in full]
        if waiting:
            self._unseen[said.order] = {login.id for login in waiting}
        for login in waiting:
            self._queue(login).append(said)
            if len(self._queue(login)) == 1:
                self._show(login)
        self._close_if_over(said.order)

    # ---- before their eyes ----

    def painted(self, login: Login, word: messages.MessageShown) -> None:
        """The window of what is shown is painted; whether anybody can see it, the lock says."""
        queue = self._queue(login)
        if queue and queue[0].order == word.order:
            self._painted[login.id] = word.order
            self._look_at(login)

    def look(self) -> None:
        """See what has come before somebody's eyes since, and what has waited for too long."""
        for login in [self._ground.logins[each] for each in self._waiting if each in self._ground.logins]:
            self._look_at(login)

    def _look_at(self, login: Login) -> None:
        order = self._painted.get(login.id)
        if order is not None and not login.lock.wanted:
            self._seen(login.id, order)
        queue, now = self._queue(login), self._ground.now()
        late = [
            said for said in queue if said.expires_at <= now and login.id in self._unseen.get(said.order, ())
        ]
        if not late:
            return
        was_first = queue[0] in late
        for said in late:
            queue.remove(said)
            self._missed(login.id, said.order, "expired", "")
            self._close_if_over(said.order)
        if was_first:
            if login.session and login.session.connected:
                login.session.link.send(messages.HideMessage(order=late[0].order))
            self._show(login)

    def _seen(self, login: str, order: str) -> None:
        """Somebody has it before their eyes; the last of them makes it shown."""
        left = self._unseen.get(order)
        if left is None:
            return
        left.discard(login)
        if not left:
            del self._unseen[order]
            self._tell(order, "done", "")

    def _missed(self, login: str, order: str, outcome: Outcome, why: str) -> None:
        """Somebody never had it before their eyes: whatever the others do, it was not shown to all."""
        if login in self._unseen.get(order, ()):
            self._tell(order, outcome, why)
            self._seen(login, order)

    # ---- logins ----

    def opened(self, login: Login) -> None:
        """The session of an open login is new: what was shown is shown again."""
        self._painted.pop(login.id, None)
        self._show(login)

    def answered(self, login: Login, word: messages.MessageDone) -> None:
        """Take the answer to what is shown; to anything else there is none."""
        queue = self._queue(login)
        if not queue or queue[0].order != word.order:
            return
        said = queue.popleft()
        self._painted.pop(login.id, None)
        if word.answer == "closed":
            self._missed(login.id, said.order, "failed", NEVER_SEEN)
        else:
            self._seen(login.id, said.order)
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
        self._painted.pop(login.id, None)
        for said in self._waiting.pop(login.id, ()):
            self._missed(login.id, said.order, "failed", LEFT_BEFORE)
            self._close_if_over(said.order)

    # ---- how ----

    def _queue(self, login: Login) -> deque[LabMessage]:
        return self._waiting.setdefault(login.id, deque())

    def _is_here(self, order: str) -> bool:
        return any(said.order == order for queue in self._waiting.values() for said in queue)

    def _show(self, login: Login) -> None:
        queue = self._queue(login)
        while queue and queue[0].expires_at <= self._ground.now():
            late = queue.popleft()
            self._missed(login.id, late.order, "expired", "")
            self._close_if_over(late.order)
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

    def _finish(self, order: str, outcome: Outcome, why: str) -> None:
        self._tell(order, outcome, why)
        self._close_if_over(order)

    def _close_if_over(self, order: str) -> None:
        if not self._is_here(order) and order not in self._remembered.over:
            over = (*self._remembered.over, order)[-REMEMBERED:]
            self._save(msgspec.structs.replace(self._remembered, over=over))

    def _tell(self, order: str, outcome: Outcome, why: str) -> None:
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
