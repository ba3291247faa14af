"""Sign-ins that are at the provider now: each is bound to one browser, and counts once."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from server.sessions import hash_of
from server.sign_in_tables import provider_flows

SERVES = timedelta(minutes=10)
MOST = 2000


class Flow(NamedTuple):
    """What was kept of one."""

    nonce: str
    verifier: str
    wanted: str


def keep(
    connection: Connection, *, state: str, nonce: str, verifier: str, wanted: str, now: datetime
) -> str | None:
    """Keep a sign-in that begins; returns the mark its browser carries, None if too many are under way."""
    connection.execute(delete(provider_flows).where(provider_flows.c.expires_at <= now))
    if connection.execute(select(func.count()).select_from(provider_flows)).scalar_one() >= MOST:
        return None
    mark = secrets.token_urlsafe(32)
    connection.execute(
        insert(provider_flows).values(
            state_hash=hash_of(state),
            browser_hash=hash_of(mark),
            nonce=nonce,
            verifier=verifier,
            wanted=wanted[:500],
            expires_at=now + SERVES,
        )
    )
    return mark


def take(connection: Connection, *, state: str, mark: str, now: datetime) -> Flow | None:
    """Take a sign-in out, whoever asks; it goes on only in the browser it began in, and in time."""
    row = connection.execute(
        delete(provider_flows)
        .where(provider_flows.c.state_hash == hash_of(state))
        .returning(
            provider_flows.c.browser_hash,
            provider_flows.c.nonce,
            provider_flows.c.verifier,
            provider_flows.c.wanted,
            provider_flows.c.expires_at,
        )
    ).first()
    if row is None or not mark or row.browser_hash != hash_of(mark) or row.expires_at <= now:
        return None
    return Flow(row.nonce, row.verifier, row.wanted)
