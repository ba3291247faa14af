"""What all of it shares: who sets something, how a reason is written, and how laptops get to know."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert

from server import changes
from server.errors import Invalid
from server.individual_tables import grant_news

MOST_REASON = 1000
LEAST_REASON = 5
NEWS_KEPT = timedelta(days=2)
GRANTS = "grants"
"""Topic of `changes`: somebody's grant says something else now."""


class By(NamedTuple):
    """The adult who does it."""

    staff: int | None
    name: str
    roles: frozenset[str]


class Refused(Invalid):
    """Not taken, nothing changed; `code` is what a page says in its own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def clean(text: str, code: str, what: str, *, least: int, most: int) -> str:
    """Return the text as it is kept; raises Refused saying what it has to be."""
    found = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not least <= len(found) <= most:
        raise Refused(code, f"{what}: write {least} to {most} letters")
    if any(not (sign.isprintable() or sign == "\n") for sign in found):
        raise Refused(code, f"{what}: it holds an invisible character")
    return found


def clean_reason(text: str) -> str:
    """Return a reason as it is kept."""
    return clean(text, "reason", "the reason", least=LEAST_REASON, most=MOST_REASON)


def tell_laptops(connection: Connection, person: str, now: datetime) -> None:
    """Have laptops where this person is logged in told, as part of the caller's transaction."""
    connection.execute(insert(grant_news).values(person=person, at=now))
    # After the new row: its number has to be above every one that was ever read.
    connection.execute(delete(grant_news).where(grant_news.c.at < now - NEWS_KEPT))
    changes.bump(connection, GRANTS)
