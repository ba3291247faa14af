"""*Eyes to the front* on this laptop: for whoever is logged in or comes later, until it ends by itself.

A session lays the cover and says whether it lies there; what a watching adult is told is that word, or that a
locker known to cover the screen stands above it. The order is kept over restarts and without the server.
Adults are not covered: the one who gave it must be able to end it at a laptop of the room.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from agent.backends.whole_files import write_whole
from agent.link import messages, pages
from agent.service.ground import Ground
from agent.service.held_orders import HeldOrders
from agent.service.locking import Locking
from agent.service.login import Login
from policies.decoding import UNREADABLE
from policies.orders import Attention
from policies.records import OrderDone, short

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
LOOK_SOON_SECONDS = 0.1
"""While an order is not told done or failed yet."""
CONFIRMED_WITHIN_SECONDS = 5.0
"""What a loaded old laptop may need. With a lock beneath, its locker takes longer."""
LOCKED_WITHIN_SECONDS = 15.0
HEARD_WITHIN_SECONDS = 2 * messages.ALIVE_EVERY_SECONDS + 1.0
"""A session that says nothing for longer may be stopped: its last word on the cover is no news of now."""
REMEMBERED = 100


class Screen(NamedTuple):
    """What is known of one login that has to be covered."""

    has_session: bool
    covered: bool
    locked: bool
    """A locker is known to cover this screen."""
    problem: str = ""


def decide_outcome(
    screens: Collection[Screen], *, locks: bool, waited_seconds: float
) -> tuple[Literal["wait", "done", "failed"], str]:
    """Return what an order has come to on this laptop, and why it has failed. Pure."""
    if not screens:
        return "done", "nobody is logged in"
    open_screens = [each for each in screens if not (each.covered or each.locked)]
    if not open_screens and (not locks or all(each.locked for each in screens)):
        return "done", ""
    if waited_seconds < (LOCKED_WITHIN_SECONDS if locks and not open_screens else CONFIRMED_WITHIN_SECONDS):
        return "wait", ""
    if not open_screens:
        return "failed", "the screen is covered, but not locked"
    return "failed", problem_of(open_screens[0]) or "the cover was not confirmed in time"


def problem_of(screen: Screen) -> str:
    """Return why a screen is not known to be covered; empty while its answer is awaited. Pure."""
    if screen.covered or screen.locked:
        return ""
    return screen.problem if screen.has_session else "Gatepost does not run in this login"


class Shown:
    """What one login's session was told, and what it said."""

    def __init__(self, order: str, issued_at: datetime) -> None:
        self.order = order
        self.issued_at = issued_at
        self.covered = False
        self.problem = ""


class Attending:
    """Has every login covered while an order holds."""

    def __init__(self, ground: Ground, locking: Locking) -> None:
        self._ground = ground
        self._locking = locking
        file = ground.config.state / "attention.json"
        self._held: HeldOrders[Attention] = HeldOrders(file, Attention, ground.clock, ground.now)
        self._told_file: Path = ground.config.state / "attention-told.json"
        self._told: list[str] = self._load()
        """Orders whose outcome is recorded."""
        self._since: dict[str, float] = {}
        """Boot time at which each order that is not told yet was first seen."""
        self._shown: dict[str, Shown] = {}
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def obey(self, said: Attention) -> None:
        """Take one verified word about an order; an older one changes nothing."""
        if self._held.take(said) == "stale":
            return
        if said.on and said.until <= self._ground.now() and said.order not in self._told:
            self._tell(said.order, "expired", "")
        self.look()

    def holding(self) -> Attention | None:
        """Return the order that holds now: of several the newest word, for the policy's longest at most."""
        now = self._ground.now()
        longest = timedelta(minutes=self._ground.settings.lab.attention_longest_minutes)
        held = [word for word in self._held.in_force() if now < word.issued_at + longest]
        return held[0] if held else None

    # ---- logins ----

    def opened(self, login: Login) -> None:
        """A desktop has opened, or its session is new: nothing lies over it yet."""
        self._shown.pop(login.id, None)
        self.look()

    def said(self, login: Login, word: messages.AttentionSeen) -> None:
        """Take a session's word on its cover."""
        shown = self._shown.get(login.id)
        if shown is not None and shown.order == word.order:
            shown.covered, shown.problem = word.covered, short(word.problem)
            self.look()

    def forget(self, login: Login) -> None:
        """A login has ended."""
        self._shown.pop(login.id, None)

    def look(self) -> None:
        """Cover who is to be covered, uncover the others, and say what became of it."""
        word = self.holding()
        for login in list(self._ground.logins.values()):
            if word is not None and _needs_cover(login):
                self._cover(login, word)
            else:
                self._uncover(login)
        if word is not None and word.order not in self._told:
            self._judge(word)

    def _cover(self, login: Login, word: Attention) -> None:
        shown = self._shown.get(login.id)
        connected = login.session is not None and login.session.connected
        if not connected:
            self._shown.pop(login.id, None)
        elif shown is None or (shown.order, shown.issued_at) != (word.order, word.issued_at):
            assert login.session is not None
            login.session.link.send(messages.ShowAttention(page=self._page(login, word)))
            again = Shown(word.order, word.issued_at)
            if shown is not None and shown.order == word.order:
                again.covered = shown.covered
            self._shown[login.id] = again
            if word.locks:
                self._locking.lock(login, "ordered", order=word.order, by=word.by)
        screen = self._screen(login)
        login.signs.attention = word.order if screen.covered or screen.locked else ""
        login.signs.attention_problem = problem_of(screen)

    def _uncover(self, login: Login) -> None:
        shown = self._shown.pop(login.id, None)
        login.signs.attention = login.signs.attention_problem = ""
        if shown is not None and login.session is not None and login.session.connected:
            login.session.link.send(messages.HideAttention(order=shown.order))

    def _screen(self, login: Login) -> Screen:
        shown = self._shown.get(login.id)
        connected = login.session is not None and login.session.connected
        covered, problem = (shown.covered, shown.problem) if shown is not None else (False, "")
        if covered and self._is_silent(login):
            covered, problem = False, "the session there does not answer"
        return Screen(connected, connected and covered, login.lock.confirmed, problem)

    def _is_silent(self, login: Login) -> bool:
        heard = login.session.last_word_running if login.session is not None else 0.0
        return self._ground.clock.running() - heard > HEARD_WITHIN_SECONDS

    def _page(self, login: Login, word: Attention) -> pages.AttentionPage:
        ground = self._ground
        return pages.AttentionPage(
            school=ground.school,
            language=login.person.language,
            tier=login.person.tier,
            reports=ground.takes_reports,
            text_scale=login.text_scale,
            order=word.order,
            by=word.by,
            words=word.words,
            until=word.until.isoformat(),
        )

    # ---- what became of it ----

    def _judge(self, word: Attention) -> None:
        boot = self._ground.clock.boot()
        since = self._since.setdefault(word.order, boot)
        screens = [self._screen(each) for each in self._ground.logins.values() if _needs_cover(each)]
        outcome, problem = decide_outcome(screens, locks=word.locks, waited_seconds=boot - since)
        if outcome == "wait":
            self._ground.loop.after(LOOK_SOON_SECONDS, self.look)
        else:
            self._tell(word.order, outcome, problem)

    def _tell(self, order: str, outcome: Literal["done", "failed", "expired"], problem: str) -> None:
        self._since.pop(order, None)
        record = OrderDone(at=self._ground.now(), order=order, outcome=outcome, problem=short(problem))
        if self._ground.keep(record) is None:
            return
        self._told = [*self._told, order][-REMEMBERED:]
        try:
            write_whole(self._told_file, msgspec.json.encode(self._told))
        except OSError as problem_found:
            log.warning("told attention not saved", extra={"problem": str(problem_found)})

    def _load(self) -> list[str]:
        try:
            return msgspec.json.decode(self._told_file.read_bytes(), type=list[str])[-REMEMBERED:]
        except FileNotFoundError:
            return []
        except (OSError, *UNREADABLE) as problem:
            log.warning("told attention not read", extra={"problem": str(problem)})
            return []


def _needs_cover(login: Login) -> bool:
    return login.state == "open" and login.seat is not None and login.person.tier != "adult"
