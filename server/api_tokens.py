"""Tokens for programs that use the staff API: one does what its owner may, for a while, and can be ended."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from server import accounts, sign_in_events
from server.accounts import Staff
from server.errors import Invalid, NotFound
from server.sign_in_tables import api_tokens, break_glass

PREFIX = "gpt_"
MOST_DAYS = 400
MOST_PER_PERSON = 20
TOUCH_EVERY = timedelta(minutes=1)


class Token(NamedTuple):
    """What is shown of a token."""

    id: int
    staff: int
    name: str
    read_only: bool
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


class Bearer(NamedTuple):
    """Whom a presented token stands for."""

    token: int
    staff: Staff
    read_only: bool
    used_at: datetime | None

    def is_stale(self, now: datetime) -> bool:
        """Say whether its last use should be noted anew."""
        return self.used_at is None or self.used_at <= now - TOUCH_EVERY


def hash_of(token: str) -> bytes:
    """Return what is kept of a token: 192 random bits need no slow hash."""
    return hashlib.sha256(b"gatepost/api-token/v1\0" + token.encode(errors="surrogatepass")).digest()


def make(
    connection: Connection,
    owner: Staff,
    *,
    name: str,
    days: int,
    read_only: bool,
    now: datetime,
    by: str = "",
) -> str:
    """Return a new token, shown this once. Raises Invalid."""
    if connection.execute(select(break_glass).where(break_glass.c.staff == owner.id)).first():
        raise Invalid(
            "the break-glass account has no tokens: whoever opened the envelope leaves nothing behind"
        )
    name = name.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("a token has a name of 1 to 80 visible characters, such as the program it is for")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"a token serves 1 to {MOST_DAYS} days")
    if len(list_tokens(connection, owner.id, now)) >= MOST_PER_PERSON:
        raise Invalid(f"{MOST_PER_PERSON} tokens at most: end one that is not used")
    token = PREFIX + secrets.token_urlsafe(24)
    connection.execute(
        insert(api_tokens).values(
            staff=owner.id,
            name=name,
            token_hash=hash_of(token),
            read_only=read_only,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    _note(connection, owner, "token-made", by, now)
    return token


def find(connection: Connection, token: str, now: datetime) -> Bearer | None:
    """Return whom a token stands for; None if it is over, ended, or its owner's account closed."""
    if not token.startswith(PREFIX) or len(token) > 128:
        return None
    row = connection.execute(select(api_tokens).where(api_tokens.c.token_hash == hash_of(token))).first()
    if row is None or now >= row.expires_at:
        return None
    owner = accounts.get_staff(connection, row.staff)
    return None if owner is None else Bearer(row.id, owner, row.read_only, row.used_at)


def touch(connection: Connection, number: int, now: datetime) -> None:
    """Note that a token is in use; once a minute is enough."""
    connection.execute(
        update(api_tokens)
        .where(
            api_tokens.c.id == number,
            (api_tokens.c.used_at.is_(None)) | (api_tokens.c.used_at <= now - TOUCH_EVERY),
        )
        .values(used_at=now)
    )


def list_tokens(connection: Connection, staff: int, now: datetime) -> list[Token]:
    """Return the tokens of an account that still serve, newest first."""
    query = (
        select(api_tokens)
        .where(api_tokens.c.staff == staff, api_tokens.c.expires_at > now)
        .order_by(api_tokens.c.id.desc())
    )
    return [
        Token(row.id, row.staff, row.name, row.read_only, row.made_at, row.expires_at, row.used_at)
        for row in connection.execute(query)
    ]


def end(connection: Connection, owner: Staff, number: int, now: datetime, *, by: str = "") -> None:
    """End one token of this account. Raises NotFound."""
    gone = connection.execute(
        delete(api_tokens).where(api_tokens.c.id == number, api_tokens.c.staff == owner.id)
    )
    if gone.rowcount != 1:
        raise NotFound("there is no such token")
    _note(connection, owner, "token-ended", by, now)


def end_all(connection: Connection, owner: Staff) -> None:
    """End every token of an account."""
    connection.execute(delete(api_tokens).where(api_tokens.c.staff == owner.id))


def _note(connection: Connection, owner: Staff, what: sign_in_events.What, by: str, now: datetime) -> None:
    sign_in_events.write(
        connection, at=now, staff_id=owner.id, name=owner.display_name, what=what, by=by or owner.display_name
    )
