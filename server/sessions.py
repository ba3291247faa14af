"""Signed-in sessions: made fresh at each sign-in, found by a hash of the cookie, ended by time or by hand.

Also how often somebody may guess: failures are counted per name and per address before the password is tried,
so that guesses at the same instant count too.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from server import accounts
from server.accounts import Staff
from server.tables import sessions, sign_in_failures

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
GUESSES_PER_NAME = 5
GUESSES_PER_ADDRESS = 30
GUESS_WINDOW = timedelta(minutes=15)


class Session(NamedTuple):
    """One browser, signed in."""

    token_hash: bytes
    staff: Staff
    csrf: str
    used_at: datetime


def hash_of(token: str) -> bytes:
    """Return what is stored of a cookie: a stolen database signs nobody in."""
    return hashlib.sha256(b"gatepost/session/v1\0" + token.encode(errors="surrogatepass")).digest()


def open_session(connection: Connection, staff: int, now: datetime) -> str:
    """Start a session and return its new token. An older cookie never becomes this session."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(
        insert(sessions).values(
            token_hash=hash_of(token),
            staff=staff,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            used_at=now,
            expires_at=now + LONGEST,
        )
    )
    return token


def find_session(connection: Connection, token: str, now: datetime) -> Session | None:
    """Return the session of this cookie unless it is over, idle too long, or its account closed."""
    if not 20 <= len(token) <= 128:
        return None
    row = connection.execute(select(sessions).where(sessions.c.token_hash == hash_of(token))).first()
    if row is None or now >= row.expires_at or now - row.used_at >= IDLE:
        return None
    staff = accounts.get_staff(connection, row.staff)
    return None if staff is None else Session(row.token_hash, staff, row.csrf, row.used_at)


def touch_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=now))


def close_session(connection: Connection, token_hash: bytes) -> None:
    """End one session."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def count_guess(connection: Connection, name: str, address: str, now: datetime) -> int:
    """
    Count one attempt as failed, until `forgive` says it was right.

    Returns the seconds to wait if it is one too many; zero lets the attempt go on.
    """
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.at <= now - GUESS_WINDOW))
    for column, value, allowed in (
        (sign_in_failures.c.name, name, GUESSES_PER_NAME),
        (sign_in_failures.c.address, address, GUESSES_PER_ADDRESS),
    ):
        query = select(func.count(), func.min(sign_in_failures.c.at)).where(column == value)
        count, oldest = connection.execute(query).one()
        if count >= allowed:
            return max(1, int((oldest + GUESS_WINDOW - now).total_seconds()) + 1)
    connection.execute(insert(sign_in_failures).values(name=name, address=address, at=now))
    return 0


def forgive(connection: Connection, name: str, address: str) -> None:
    """Forget this name's failures from this address: the password was right."""
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.name == name, sign_in_failures.c.address == address)
    )
