"""Invitations: a link that lets one adult choose a password nobody else ever knows; once, for a while."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from server import accounts, sign_in_events
from server.accounts import Staff
from server.errors import Invalid
from server.sign_in_tables import invitations

SERVES = timedelta(days=3)
MOST_HOURS = 14 * 24


class Invitation(NamedTuple):
    """One that is open."""

    staff: int
    made_by: str
    made_at: datetime
    expires_at: datetime


def invite(
    connection: Connection, account: Staff, *, by: str, now: datetime, hours: int | None = None
) -> str:
    """Return the token of a new link for this account; an older link of it is void. Raises Invalid."""
    if hours is not None and not 1 <= hours <= MOST_HOURS:
        raise Invalid(f"a link serves 1 to {MOST_HOURS} hours")
    token = secrets.token_urlsafe(24)
    connection.execute(
        delete(invitations).where(invitations.c.staff == account.id, invitations.c.used_at.is_(None))
    )
    connection.execute(
        insert(invitations).values(
            token_hash=hash_of(token),
            staff=account.id,
            made_by=by,
            made_at=now,
            expires_at=now + (SERVES if hours is None else timedelta(hours=hours)),
        )
    )
    sign_in_events.write(
        connection, at=now, staff_id=account.id, name=account.display_name, what="invited", by=by
    )
    return token


def path_of(token: str) -> str:
    """Return the link's path on this server."""
    return f"/invitation/{token}"


def hash_of(token: str) -> bytes:
    """Return what is kept of a link."""
    return hashlib.sha256(b"gatepost/invitation/v1\0" + token.encode(errors="surrogatepass")).digest()


def find(connection: Connection, token: str, now: datetime) -> Staff | None:
    """Return whom a link invites; None if it was used, is over, or never was."""
    query = select(invitations.c.staff).where(
        invitations.c.token_hash == hash_of(token),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > now,
    )
    number = connection.execute(query).scalar()
    return None if number is None else accounts.get_staff(connection, number)


def accept(connection: Connection, token: str, password: str, now: datetime) -> Staff | None:
    """Use a link up and give its account this password; None if it serves no more. Raises Invalid."""
    invited = find(connection, token, now)
    if invited is None:
        return None
    used = connection.execute(
        update(invitations)
        .where(invitations.c.token_hash == hash_of(token), invitations.c.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        return None
    accounts.set_password(connection, invited.name, password)
    sign_in_events.write(
        connection, at=now, staff_id=invited.id, name=invited.display_name, what="invitation-used"
    )
    return invited


def open_invitations(connection: Connection, now: datetime) -> dict[int, Invitation]:
    """Return the links that still serve, by account."""
    query = select(invitations).where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
    return {
        row.staff: Invitation(row.staff, row.made_by, row.made_at, row.expires_at)
        for row in connection.execute(query)
    }
