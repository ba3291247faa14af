"""Noticing change: numbers in the database that grow, and whoever waits for them.

A command-line call or another process only bumps a number in its own transaction; the running server sees
within a second that a topic has grown and wakes the held requests, which then read the database again.
"""

import asyncio
import hashlib
import threading
from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from server.tables import versions

POLICY = "policy"
DEVICES = "devices"
PEOPLE = "people"
STAFF = "staff"
MEDIA = "media"
REPORTS = "reports"
_LAB = "lab:"


def lab_topic(room: str) -> str:
    """Return the topic of one room's orders: a word of its own, however long a room is called."""
    return _LAB + hashlib.sha256(room.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def bump(connection: Connection, topic: str) -> None:
    """Make this topic newer, as part of the caller's transaction."""
    fresh = insert(versions).values(topic=topic, number=1)
    connection.execute(
        fresh.on_conflict_do_update(index_elements=["topic"], set_={"number": versions.c.number + 1})
    )


def numbers(connection: Connection) -> dict[str, int]:
    """Return every topic's number."""
    return {row.topic: row.number for row in connection.execute(select(versions))}


class Changes:
    """Who waits in this process, and for what. Notify from any thread; wait on an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._waiters: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def seen(self, topics: Iterable[str]) -> int:
        """Return a number that grows when any of these topics is notified. Take it before you read."""
        with self._lock:
            return sum(self._numbers.get(topic, 0) for topic in topics)

    def notify(self, topic: str) -> None:
        """Wake everybody who waits for this topic."""
        with self._lock:
            self._numbers[topic] = self._numbers.get(topic, 0) + 1
            waiters = list(self._waiters.get(topic, ()))
        for loop, event in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def notify_all(self) -> None:
        """Wake everybody: the server is about to end."""
        with self._lock:
            topics = list(self._waiters)
        for topic in topics:
            self.notify(topic)

    async def wait(self, topics: Iterable[str], seen: int, wait_seconds: float) -> bool:
        """Wait until one of the topics is newer than `seen`; False if the time ran out."""
        wanted = tuple(topics)
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event)
        with self._lock:
            if sum(self._numbers.get(topic, 0) for topic in wanted) != seen:
                return True
            for topic in wanted:
                self._waiters.setdefault(topic, set()).add(waiter)
        try:
            await asyncio.wait_for(event.wait(), wait_seconds)
        except TimeoutError:
            return False
        finally:
            with self._lock:
                for topic in wanted:
                    waiting = self._waiters[topic]
                    waiting.discard(waiter)
                    if not waiting:
                        del self._waiters[topic]
        return True
