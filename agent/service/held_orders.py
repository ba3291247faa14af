"""Orders that hold for a while: of each the newest word, on disk, until it ends by itself.

A word is renewed or ended by a later one with the same id. What has ended is remembered for as long as an
older word of it could still be told, so that neither a restart nor a replay brings it back.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from agent.backends.whole_files import write_whole
from agent.clock import Clock
from policies.decoding import UNREADABLE

log = logging.getLogger(__name__)

MOST_HELD = 64
"""A room has a handful. More are a server gone mad; the ones that end soonest are forgotten."""
ENDED_REMEMBERED = timedelta(hours=9)
"""Longer than any of these orders may hold."""


class Holding(Protocol):
    """What these orders have in common."""

    @property
    def order(self) -> str:
        """Its id; the same in every word about it."""
        ...

    @property
    def on(self) -> bool:
        """False: it is over before its time."""
        ...

    @property
    def issued_at(self) -> datetime:
        """Of two words the later one holds."""
        ...

    @property
    def until(self) -> datetime:
        """It ends by itself then."""
        ...


Word = TypeVar("Word", bound=Holding)


class HeldOrders(Generic[Word]):
    """Every order of one kind that this laptop holds or has just ended."""

    def __init__(self, path: Path, kind: type[Word], clock: Clock, now: Callable[[], datetime]) -> None:
        self._path = path
        self._kind = kind
        self._clock = clock
        self._now = now
        self._words: dict[str, Word] = {}
        self._deadlines: dict[str, float] = {}
        """Boot time after which each holds no longer, however the wall clock is set meanwhile."""
        for word in self._load():
            self._put(word)

    def take(self, word: Word) -> Literal["new", "newer", "stale"]:
        """Keep a verified word unless a later one of the same order is known; raises nothing."""
        known = self._words.get(word.order)
        if known is not None and word.issued_at <= known.issued_at:
            return "stale"
        self._put(word)
        self._forget()
        self._save()
        return "new" if known is None else "newer"

    def words(self) -> tuple[Word, ...]:
        """Return the newest word of every order that is remembered, over or not."""
        return tuple(self._words.values())

    def in_force(self) -> tuple[Word, ...]:
        """Return what holds now, the newest word first."""
        now, boot = self._now(), self._clock.boot()
        held = [
            word
            for word in self._words.values()
            if word.on and now < word.until and boot < self._deadlines[word.order]
        ]
        return tuple(sorted(held, key=lambda word: (word.issued_at, word.order), reverse=True))

    # ---- how ----

    def _put(self, word: Word) -> None:
        self._words[word.order] = word
        left = (word.until - self._now()).total_seconds()
        self._deadlines[word.order] = self._clock.boot() + left

    def _forget(self) -> None:
        now = self._now()
        kept = [word for word in self._words.values() if now < word.until + ENDED_REMEMBERED]
        kept.sort(key=lambda word: (word.until, word.order), reverse=True)
        self._words = {word.order: word for word in kept[:MOST_HELD]}
        self._deadlines = {order: self._deadlines[order] for order in self._words}

    def _load(self) -> list[Word]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[self._kind])  # type: ignore[name-defined]
        except FileNotFoundError:
            return []
        except (OSError, *UNREADABLE) as problem:
            # Without the file nothing holds; what the server still means, it tells again.
            log.error("held orders not read", extra={"problem": str(problem)})
            return []

    def _save(self) -> None:
        try:
            write_whole(self._path, msgspec.json.encode(list(self._words.values())))
        except OSError as problem:
            log.warning("held orders not saved", extra={"problem": str(problem)})
