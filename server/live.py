"""Who is watching which lab now, and what its laptops say.

Held in memory and gone with the process, on purpose: a status is never stored. Laptops send one only
while a `Watch` order holds, so nobody watching costs nothing. Reads and writes may come from any
thread; pages wait for a change on their own event loop.
"""

import asyncio
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from policies import wire

WATCH_SLICE = timedelta(minutes=5)
"""How far ahead laptops are told: a server that dies leaves nobody watched longer than this."""
WATCH_RENEW = timedelta(minutes=2)
"""Renewed when less than this is left and the page is still open."""
WATCH_CAP = timedelta(hours=1)
"""One opening of a lab lasts at most this long; then the adult opens it again, and is seen to."""

MOST_LOGINS = 8
"""Of one laptop at a time; more than anybody has."""
SINCE_SLACK_SECONDS = 2.0
CLOSE_GRACE_SECONDS = 20.0
"""A page that is loaded again comes back within this time; only then is the viewing over."""


class Heard(NamedTuple):
    """The newest word from one laptop since the server started."""

    contact_at: datetime | None = None
    status: wire.Status | None = None
    status_at: datetime | None = None


class Watching(NamedTuple):
    """One adult who has one lab open."""

    room: str
    staff: str
    by: str
    opened_at: datetime
    until: datetime
    """What the laptops have been told."""

    @property
    def cap_at(self) -> datetime:
        """When this opening is over whatever happens."""
        return self.opened_at + WATCH_CAP


class _Waiter(NamedTuple):
    """One page that waits."""

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event
    room: str


def says_news(before: Heard, status: wire.Status, at: datetime) -> bool:
    """Say whether this status changes what a page shows. That time has passed is no news. Pure."""
    if before.status is None or before.status_at is None:
        return True
    passed = (at - before.status_at).total_seconds()
    if len(before.status.logins) != len(status.logins):
        return True
    for old, new in zip(before.status.logins, status.logins, strict=True):
        if msgspec.structs.replace(old, since_seconds=new.since_seconds) != new:
            return True
        if abs(old.since_seconds + passed - new.since_seconds) > SINCE_SLACK_SECONDS:
            return True
    return False


def decide_until(opened_at: datetime, now: datetime) -> datetime:
    """Return how long laptops are told that somebody looks: one slice, never past the cap."""
    return min(now + WATCH_SLICE, opened_at + WATCH_CAP)


class Live:
    """The one place where statuses meet those who look at them."""

    def __init__(self, close_grace_seconds: float = CLOSE_GRACE_SECONDS) -> None:
        self.close_grace_seconds = close_grace_seconds
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}
        self._watches: dict[tuple[str, str], Watching] = {}
        self._opened: dict[tuple[str, str], datetime] = {}
        """When a person opened a room last, also after that watch has ended."""
        self._open_pages: dict[tuple[str, str], int] = {}
        self._version = 0
        self._rooms: dict[str, int] = {}
        self._waiters: set[_Waiter] = set()

    # -- laptops ---------------------------------------------------------------------------------

    def note_contact(self, device: str, at: datetime) -> None:
        """Remember that this laptop spoke to the server, whatever it said."""
        with self._lock:
            self._heard[device] = self._heard.get(device, Heard())._replace(contact_at=at)

    def take(self, device: str, status: wire.Status, at: datetime, room: str = "") -> None:
        """
        Keep a laptop's newest status, and wake the pages that show its room if it says anything new.

        Only so many logins are kept, each once: no laptop has more, and one that lies fills no page.
        """
        logins = tuple({each.login: each for each in status.logins}.values())[:MOST_LOGINS]
        status = msgspec.structs.replace(status, logins=logins)
        with self._lock:
            before = self._heard.get(device, Heard())
            self._heard[device] = Heard(at, status, at)
        if says_news(before, status, at):
            self.wake(room)

    def forget(self, device: str) -> None:
        """Drop what a retired laptop said."""
        with self._lock:
            self._heard.pop(device, None)
        self.wake()

    def heard(self, devices: Iterable[str]) -> dict[str, Heard]:
        """Return the newest word of each of these laptops; an empty one where there is none."""
        with self._lock:
            return {device: self._heard.get(device, Heard()) for device in devices}

    # -- those who look --------------------------------------------------------------------------

    def open_watch(self, room: str, staff: str, by: str, now: datetime) -> tuple[Watching, bool]:
        """
        Begin to watch a room, or go on if this adult already does.

        The second value says whether it is a new opening: then a look is written.
        """
        key = (room, staff)
        with self._lock:
            running = self._watches.get(key)
            if running is not None and now < min(running.until, running.cap_at):
                return running, False
            begun = Watching(room, staff, by, now, decide_until(now, now))
            self._watches[key] = begun
            self._opened[key] = now
            return begun, True

    def resume_watch(self, room: str, staff: str, by: str, now: datetime) -> tuple[Watching, bool] | None:
        """
        Go on watching for a page that came back by itself; None if its opening is over.

        A browser left open all night comes back after every cut: only a person opens a lab anew. After a
        restart of the server nothing is known of the opening, and this is taken for its beginning.
        """
        key = (room, staff)
        with self._lock:
            opened_at = self._opened.get(key, now)
            running = self._watches.get(key)
            if now >= opened_at + WATCH_CAP:
                return None
            if running is not None and now < running.until:
                return running, False
            self._opened[key] = opened_at
            begun = Watching(room, staff, by, opened_at, decide_until(opened_at, now))
            self._watches[key] = begun
            return begun, True

    def renew_watch(self, room: str, staff: str, now: datetime) -> Watching | None:
        """Push the end on by a slice if it is near; `None` if there is nothing to push."""
        key = (room, staff)
        with self._lock:
            running = self._watches.get(key)
            if running is None or now >= running.cap_at or running.until - now > WATCH_RENEW:
                return None
            pushed = running._replace(until=decide_until(running.opened_at, now))
            if pushed.until <= running.until:
                return None
            self._watches[key] = pushed
            return pushed

    def end_watch(self, room: str, staff: str) -> Watching | None:
        """Stop watching; return what ran, if anything did."""
        with self._lock:
            return self._watches.pop((room, staff), None)

    def watch_of(self, room: str, staff: str, now: datetime) -> Watching | None:
        """Return this adult's running watch of this room."""
        with self._lock:
            running = self._watches.get((room, staff))
        return running if running is not None and now < running.until else None

    def watches_of(self, room: str, now: datetime) -> list[Watching]:
        """Return everybody who has this room open, first opened first."""
        with self._lock:
            running = [w for w in self._watches.values() if w.room == room and now < w.until]
        return sorted(running, key=lambda watch: watch.opened_at)

    def rooms(self) -> frozenset[str]:
        """Return the rooms that anybody has opened since the server started."""
        with self._lock:
            return frozenset(room for room, _ in self._opened)

    def page_opened(self, room: str, staff: str) -> None:
        """Count one live page of this adult on this room."""
        with self._lock:
            self._open_pages[room, staff] = self._open_pages.get((room, staff), 0) + 1

    def page_closed(self, room: str, staff: str) -> None:
        """Count one live page less."""
        with self._lock:
            left = self._open_pages.get((room, staff), 0) - 1
            if left > 0:
                self._open_pages[room, staff] = left
            else:
                self._open_pages.pop((room, staff), None)

    def has_open_page(self, room: str, staff: str) -> bool:
        """Say whether a live page of this adult still shows this room."""
        with self._lock:
            return (room, staff) in self._open_pages

    # -- change ----------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Grows with every change worth redrawing, in whatever room."""
        return self._version

    def version_of(self, room: str) -> int:
        """Grows with every change that a page about this room has to know of; without a room, with any."""
        with self._lock:
            return self._version_of(room)

    def _version_of(self, room: str) -> int:
        return self._rooms.get(room, 0) + self._rooms.get("", 0) if room else self._version

    def wake(self, room: str = "") -> None:
        """Make every waiting page look again, or those about one room: something changed."""
        with self._lock:
            self._version += 1
            self._rooms[room] = self._rooms.get(room, 0) + 1
            waiters = [each for each in self._waiters if not (room and each.room) or each.room == room]
        for waiter in waiters:
            if not waiter.loop.is_closed():
                waiter.loop.call_soon_threadsafe(waiter.event.set)

    async def changed(self, version: int, wait_seconds: float, room: str = "") -> int:
        """
        Wait until something is newer than `version`, or so long; return the version then.

        With a room, `version` is one of `version_of` that room, and other rooms wake nobody.
        """
        waiter = _Waiter(asyncio.get_running_loop(), asyncio.Event(), room)
        with self._lock:
            self._waiters.add(waiter)
            newer = self._version_of(room) != version
        try:
            if not newer:
                await asyncio.wait_for(waiter.event.wait(), wait_seconds)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return self.version_of(room)
