"""Signed-in sessions: made fresh at each sign-in, found by a hash of the cookie, ended by time or by hand.

Also browsers that are known: those an adult has signed in with before.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from server import accounts
from server.accounts import Staff
from server.sign_in_tables import account_marks, known_browsers, session_facts, sign_in_steps
from server.tables import sessions

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
KNOWN_FOR = timedelta(days=180)
STEP_FOR = timedelta(minutes=10)
FRESH = timedelta(minutes=10)
"""So long after signing in nobody has to prove again who they are."""
How = Literal["password", "code", "recovery", "provider", "break-glass"]
_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chromium", "Chromium"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("cros", "ChromeOS"),
    ("windows", "Windows"),
    ("mac os x", "Mac"),
    ("linux", "Linux"),
)


class Seen(NamedTuple):
    """What is kept of where somebody signs in."""

    how: How = "password"
    browser: str = ""
    address: str = ""
    """Roughly: see `guessing.roughly`."""


class Session(NamedTuple):
    """One browser, signed in."""

    token_hash: bytes
    staff: Staff
    csrf: str
    used_at: datetime
    created_at: datetime
    how: str
    password_known: bool
    """They said that somebody knows their password: a new one is due before anything else."""


class Open(NamedTuple):
    """One session as its owner sees it."""

    id: str
    browser: str
    address: str
    how: str
    since: datetime
    used_at: datetime
    token_hash: bytes


def hash_of(token: str) -> bytes:
    """Return what is stored of a cookie: a stolen database signs nobody in."""
    return hashlib.sha256(b"gatepost/session/v1\0" + token.encode(errors="surrogatepass")).digest()


def browser_of(user_agent: str) -> str:
    """Return a browser and its system in a word or two, as its owner knows them; empty for no browser."""
    said = user_agent[:400].casefold()
    browser = next((name for sign, name in _BROWSERS if sign in said), "")
    system = next((name for sign, name in _SYSTEMS if sign in said), "")
    return ", ".join(filter(None, (browser, system)))


def open_session(connection: Connection, staff: int, now: datetime, seen: Seen | None = None) -> str:
    """Start a session and return its new token. An older cookie never becomes this session."""
    token, seen = secrets.token_urlsafe(32), seen or Seen()
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(
        delete(session_facts).where(session_facts.c.token_hash.not_in(select(sessions.c.token_hash)))
    )
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
    connection.execute(
        insert(session_facts).values(
            token_hash=hash_of(token),
            id=secrets.token_hex(8),
            browser=seen.browser[:80],
            address=seen.address[:64],
            how=seen.how,
        )
    )
    return token


def find_session(connection: Connection, token: str, now: datetime) -> Session | None:
    """Return the session of this cookie unless it is over, idle too long, or its account closed."""
    if not 20 <= len(token) <= 128:
        return None
    query = (
        select(sessions, session_facts.c.how, account_marks.c.password_known_at)
        .outerjoin(session_facts, session_facts.c.token_hash == sessions.c.token_hash)
        .outerjoin(account_marks, account_marks.c.staff == sessions.c.staff)
        .where(sessions.c.token_hash == hash_of(token))
    )
    row = connection.execute(query).first()
    if row is None or now >= row.expires_at or now - row.used_at >= IDLE:
        return None
    staff = accounts.get_staff(connection, row.staff)
    if staff is None:
        return None
    known = row.password_known_at is not None
    return Session(row.token_hash, staff, row.csrf, row.used_at, row.created_at, row.how or "password", known)


def touch_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=now))


def close_session(connection: Connection, token_hash: bytes) -> None:
    """End one session."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def list_sessions(connection: Connection, staff: int, now: datetime) -> list[Open]:
    """Return the sessions of an account that still open something, the newest first."""
    query = (
        select(sessions, session_facts)
        .join(session_facts, session_facts.c.token_hash == sessions.c.token_hash)
        .where(sessions.c.staff == staff, sessions.c.expires_at > now, sessions.c.used_at > now - IDLE)
        .order_by(sessions.c.created_at.desc())
    )
    return [
        Open(row.id, row.browser, row.address, row.how, row.created_at, row.used_at, row.token_hash)
        for row in connection.execute(query)
    ]


def close_one(connection: Connection, staff: int, session: str) -> bool:
    """End the session of this account with this id; say whether there was one."""
    wanted = select(session_facts.c.token_hash).where(session_facts.c.id == session)
    gone = connection.execute(
        delete(sessions).where(sessions.c.staff == staff, sessions.c.token_hash.in_(wanted))
    )
    return bool(gone.rowcount)


def close_all(connection: Connection, staff: int, keep: bytes | None = None) -> int:
    """End the sessions of an account, all but `keep`, and half-done sign-ins; return how many ended."""
    query = delete(sessions).where(sessions.c.staff == staff)
    if keep is not None:
        query = query.where(sessions.c.token_hash != keep)
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.staff == staff))
    return int(connection.execute(query).rowcount)


# ---- somebody who owes the second step ----


def open_step(connection: Connection, staff: int, how: str, wanted: str, now: datetime) -> str:
    """Keep that somebody gave the first proof; returns the token that goes on with the second."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.expires_at <= now))
    connection.execute(
        insert(sign_in_steps).values(
            token_hash=hash_of(token), staff=staff, how=how, wanted=wanted[:500], expires_at=now + STEP_FOR
        )
    )
    return token


def find_step(connection: Connection, token: str, now: datetime) -> tuple[Staff, str, str] | None:
    """Return who owes the second step, how they began and where they wanted to go."""
    query = select(sign_in_steps).where(
        sign_in_steps.c.token_hash == hash_of(token), sign_in_steps.c.expires_at > now
    )
    row = connection.execute(query).first() if token else None
    account = accounts.get_staff(connection, row.staff) if row else None
    return None if row is None or account is None else (account, row.how, row.wanted)


def close_step(connection: Connection, token: str) -> None:
    """Use a half-done sign-in up."""
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.token_hash == hash_of(token)))


# ---- browsers that are known ----


def know_browser(connection: Connection, staff: int, token: str, now: datetime) -> str:
    """Note that this adult signed in with this browser; returns the mark it keeps, new unless it had ours."""
    connection.execute(delete(known_browsers).where(known_browsers.c.used_at <= now - KNOWN_FOR))
    mine = select(known_browsers.c.staff).where(known_browsers.c.token_hash == hash_of(token))
    whose = set(connection.execute(mine).scalars()) if token else set()
    if not whose:
        token = secrets.token_urlsafe(32)
    if staff in whose:
        here = (known_browsers.c.token_hash == hash_of(token)) & (known_browsers.c.staff == staff)
        connection.execute(update(known_browsers).where(here).values(used_at=now))
        return token
    connection.execute(insert(known_browsers).values(token_hash=hash_of(token), staff=staff, used_at=now))
    return token


def is_known(connection: Connection, staff: int, token: str, now: datetime) -> bool:
    """Say whether this adult signed in with this browser before."""
    query = select(known_browsers.c.staff).where(
        known_browsers.c.token_hash == hash_of(token),
        known_browsers.c.staff == staff,
        known_browsers.c.used_at > now - KNOWN_FOR,
    )
    return connection.execute(query).first() is not None


def say_password_known(connection: Connection, staff: int, now: datetime) -> None:
    """Note that somebody else knows this password: a new one is due, and no browser is known any more."""
    connection.execute(delete(account_marks).where(account_marks.c.staff == staff))
    connection.execute(insert(account_marks).values(staff=staff, password_known_at=now))
    connection.execute(delete(known_browsers).where(known_browsers.c.staff == staff))
