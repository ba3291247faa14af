"""Grants told again to laptops where somebody is logged in, when an adult has set something for them.

The table says for whom something changed; the grant itself is made afresh when a held request takes it, so
what a laptop hears is always what holds now. A restarted server tells those of the last day once more.
"""

import threading
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.changes import Changes
from server.individual_tables import grant_news
from server.tables import logins
from server.telling import device_topic
from server.watching import Watches

TOLD_FOR = timedelta(days=1)
LONGEST_LOGIN = timedelta(days=3)
"""A login without an end that is older was lost with its laptop."""


class Told(NamedTuple):
    """One account on one laptop whose grant says something else."""

    cursor: int
    device: str
    os_user: str
    at: datetime


class GrantTelling:
    """The news of this moment. Refreshed from any thread, read by held requests."""

    def __init__(self, changes: Changes, watches: Watches) -> None:
        self._changes = changes
        self._watches = watches
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._last_seq = 0

    def refresh(self, connection: Connection, now: datetime) -> None:
        """Take in for whom something changed since the last look, and wake the laptops they are at."""
        query = (
            select(grant_news.c.seq, grant_news.c.at, logins.c.device, logins.c.os_user)
            .outerjoin(
                logins,
                (logins.c.person == grant_news.c.person)
                & logins.c.ended_at.is_(None)
                & (logins.c.started_at > now - LONGEST_LOGIN),
            )
            .where(grant_news.c.seq > self._last_seq, grant_news.c.at > now - TOLD_FOR)
            .order_by(grant_news.c.seq)
        )
        rows = list(connection.execute(query))
        # Cursors are drawn while nobody can read: none is passed over by a laptop that goes on above it.
        with self._lock:
            fresh = [row for row in rows if row.seq > self._last_seq]
            self._last_seq = max([self._last_seq, *(row.seq for row in fresh)])
            new = [
                Told(self._watches.next_cursor(), row.device, row.os_user, row.at)
                for row in fresh
                if row.device is not None
            ]
            self._told = [told for told in self._told if told.at > now - TOLD_FOR] + new
        for device in {told.device for told in new}:
            self._changes.notify(device_topic(device))

    def newer(self, device: str, cursor: int) -> tuple[str, ...]:
        """Return the accounts of which this laptop has to hear again, above its cursor."""
        with self._lock:
            found = [told.os_user for told in self._told if told.device == device and told.cursor > cursor]
        return tuple(dict.fromkeys(found))
