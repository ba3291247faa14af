"""The idle lock pauses for a presentation: at an adult's word, for a while, and never unsupervised (R18).

A pause ends by itself at its time, at the policy's longest, at the adult's word, or as soon as the hours ask
for a supervisor and nobody is checked in. It is kept over restarts. Every other lock works meanwhile.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from agent.backends.device import Capability
from agent.backends.whole_files import write_whole
from agent.service.ground import Ground
from agent.service.held_orders import HeldOrders
from policies.decoding import UNREADABLE
from policies.orders import PauseLock
from policies.presence import may_pause
from policies.records import LockPaused, LockPauseEnded, OrderDone

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
Told = Literal["begun", "over"]
Reason = Literal["expired", "ended", "unsupervised"]


def decide_pause(
    word: PauseLock, told: Told | None, *, holds: bool, longest: timedelta, allowed: bool, now: datetime
) -> Literal["nothing", "begin", "refuse"] | Reason:
    """
    Return what becomes of the newest word about one pause.

    `holds`: it is on and its time is not over; `allowed`: the hours permit a pause now. A pause that is over
    stays over. Pure.
    """
    in_time = holds and now < word.issued_at + longest
    if told == "over" or (told is None and not in_time):
        return "nothing"
    if told is None:
        return "begin" if allowed else "refuse"
    if not word.on:
        return "ended"
    if not in_time:
        return "expired"
    return "nothing" if allowed else "unsupervised"


class Pausing:
    """Holds the idle lock off while a pause is in force."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        file = ground.config.state / "pauses.json"
        self._held: HeldOrders[PauseLock] = HeldOrders(file, PauseLock, ground.clock, ground.now)
        self._told_file: Path = ground.config.state / "pauses-told.json"
        self._told: dict[str, Told] = self._load()
        self.pause: tuple[str, datetime] | None = None
        """Who has paused the idle lock, and until when."""
        self.on_changed: Callable[[], None] = lambda: None
        ground.standing.append(self.capability)
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def obey(self, said: PauseLock) -> None:
        """Take one verified word about a pause; an older one changes nothing."""
        took = self._held.take(said)
        if took == "stale":
            return
        if said.on and self._told.get(said.order) == "over":
            del self._told[said.order]  # asked for anew after it was over
        if took == "new" and said.until <= self._ground.now():
            self._done(said.order, "expired", "")
        self.look()

    def look(self) -> None:
        """Begin, end, or go on."""
        ground = self._ground
        now, allowed = ground.now(), self._is_allowed()
        longest = timedelta(minutes=ground.settings.lab.pause_longest_minutes)
        holding = {word.order for word in self._held.in_force()}
        before, told_before = self.pause, dict(self._told)
        running: list[tuple[str, datetime]] = []
        for word in self._held.words():
            told = self._told.get(word.order)
            what = decide_pause(
                word, told, holds=word.order in holding, longest=longest, allowed=allowed, now=now
            )
            until = min(word.until, word.issued_at + longest)
            if what == "begin":
                self._begin(word, until)
            elif what == "refuse":
                self._told[word.order] = "over"
                self._done(word.order, "refused", "nobody supervises, or the hours are closed")
            elif what != "nothing":
                self._end(word, what)
            if self._told.get(word.order) == "begun":
                running.append((word.by, until))
        self.pause = max(running, key=lambda each: each[1], default=None)
        if self._told != told_before:
            self._save()
        self._mark()
        if self.pause != before:
            self.on_changed()

    def _is_allowed(self) -> bool:
        """Say whether everybody who is here may be left with an open screen; it is one laptop."""
        ground = self._ground
        logins = [login for login in ground.logins.values() if login.state == "open"]
        return all(
            may_pause(ground.settings_for(login).hours, supervised=ground.supervisor_of(login) is not None)
            for login in logins
        )

    def _mark(self) -> None:
        for login in self._ground.logins.values():
            login.signs.paused = self.pause is not None

    def _begin(self, word: PauseLock, until: datetime) -> None:
        log.info("the idle lock pauses", extra={"order": word.order})
        self._told[word.order] = "begun"
        record = LockPaused(at=self._ground.now(), order=word.order, by=word.by, until=until)
        self._ground.keep(record)
        self._done(word.order, "done", "")

    def _end(self, word: PauseLock, reason: Reason) -> None:
        log.info("the idle lock works again", extra={"order": word.order, "reason": reason})
        self._told[word.order] = "over"
        self._ground.keep(LockPauseEnded(at=self._ground.now(), order=word.order, reason=reason))

    def _done(self, order: str, outcome: Literal["done", "refused", "expired"], problem: str) -> None:
        record = OrderDone(at=self._ground.now(), order=order, outcome=outcome, problem=problem)
        self._ground.keep(record)

    # ---- on disk ----

    def _load(self) -> dict[str, Told]:
        try:
            return msgspec.json.decode(self._told_file.read_bytes(), type=dict[str, Told])
        except FileNotFoundError:
            return {}
        except (OSError, *UNREADABLE) as problem:
            log.error("what was told of pauses is not readable", extra={"problem": str(problem)})
            return {}

    def _save(self) -> None:
        known = {word.order for word in self._held.words()}
        self._told = {order: told for order, told in self._told.items() if order in known}
        try:
            write_whole(self._told_file, msgspec.json.encode(self._told))
        except OSError as problem:
            log.warning("what was told of pauses is not saved", extra={"problem": str(problem)})

    def capability(self) -> dict[str, Capability]:
        """Return what `status` and `doctor` say of a pause; nothing where there is none. Names nobody."""
        if self.pause is None:
            return {}
        until = self.pause[1].astimezone()
        why = f"the idle lock pauses for a presentation until {until:%H:%M}; every other lock works"
        return {"idle-lock": Capability("lacking", why, "it works again by itself then")}
