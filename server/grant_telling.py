"""Grants told again to laptops where somebody is logged in, when an adult has set something for them.

The table says for whom something changed; the grant itself is made afresh when a held request takes it, so
what a laptop hears is always what holds now. A restarted server tells those of the last day once more.

Somebody is at a laptop if the laptop's records say so, or if it asked about them in the last hour: at the
gate its first record may still be on its way when an adult sets something.
"""

import threading
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.changes import Changes
from server.individual_tables import grant_news
from server.tables import logins, people
from server.telling import device_topic
from server.watching import Watches

TOLD_FOR = timedelta(days=1)
LONGEST_LOGIN = timedelta(days=3)
"""A login without an end that is older was lost with its laptop."""
ASKED_FOR = timedelta(hours=1)
"""A laptop's records are here long before; telling one about somebody who has gone changes nothing there."""
MOST_ASKED = 16
"""Accounts remembered for each laptop, the last ones: at most a few people stand at one within the hour."""


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
        self._asked: dict[str, dict[str, datetime]] = {}
        self._last_seq = 0

    def note_asked(self, device: str, os_user: str, now: datetime) -> None:
        """Remember that a laptop asks about an account: before the answer, so that no news falls between."""
        with self._lock:
            accounts = self._asked.setdefault(device, {})
            accounts.pop(os_user, None)
            accounts[os_user] = now
            while len(accounts) > MOST_ASKED:
                del accounts[next(iter(accounts))]

    def refresh(self, connection: Connection, now: datetime) -> None:
        """Take in for whom something changed since the last look, and wake the laptops they are at."""
        query = (
            select(grant_news.c.seq, grant_news.c.at, grant_news.c.person, logins.c.device, logins.c.os_user)
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
        names = select(people.c.person, people.c.os_user).where(
            people.c.person.in_({row.person for row in rows})
        )
        accounts = {(row.person, row.os_user) for row in connection.execute(names)}
        # Cursors are drawn while nobody can read: none is passed over by a laptop that goes on above it.
        with self._lock:
            fresh = [row for row in rows if row.seq > self._last_seq]
            self._last_seq = max([self._last_seq, *(row.seq for row in fresh)])
            where = {(row.device, row.os_user): row.at for row in fresh if row.device is not None}
            where |= self._asking({row.person: row.at for row in fresh}, accounts, now)
            new = [
                Told(self._watches.next_cursor(), device, os_user, at)
                for (device, os_user), at in where.items()
            ]
            self._told = [told for told in self._told if told.at > now - TOLD_FOR] + new
        for device in {told.device for told in new}:
            self._changes.notify(device_topic(device))

    def newer(self, device: str, cursor: int) -> tuple[str, ...]:
        """Return the accounts of which this laptop has to hear again, above its cursor."""
        with self._lock:
            found = [told.os_user for told in self._told if told.device == device and told.cursor > cursor]
        return tuple(dict.fromkeys(found))

    def _asking(
        self, news: dict[str, datetime], accounts: set[tuple[str, str]], now: datetime
    ) -> dict[tuple[str, str], datetime]:
        """Return the laptops that asked of late about one of these people, and forget older asking."""
        since = now - ASKED_FOR
        self._asked = {
            device: kept
            for device, asked in self._asked.items()
            if (kept := {os_user: at for os_user, at in asked.items() if at > since})
        }
        told = {os_user: news[person] for person, os_user in accounts if person in news}
        return {
            (device, os_user): told[os_user]
            for device, asked in self._asked.items()
            for os_user in asked
            if os_user in told
        }
