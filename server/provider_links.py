"""Which account at the school's provider is whose here: linked by hand before, never made at a sign-in."""

import re
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from server import accounts, sign_in_events
from server.accounts import Staff
from server.errors import Invalid
from server.sign_in_tables import provider_links

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class Link(NamedTuple):
    """One link."""

    issuer: str
    subject: str | None
    email: str | None
    made_by: str
    made_at: datetime
    used_at: datetime | None


def link(
    connection: Connection,
    account: Staff,
    *,
    issuer: str,
    by: str,
    now: datetime,
    email: str = "",
    subject: str = "",
) -> None:
    """
    Link an account with a subject, or with a verified e-mail address until its subject is known.

    Raises Invalid; also where that address or subject leads to a colleague already.
    """
    email = email.strip().casefold()
    if bool(email) == bool(subject):
        raise Invalid("name either the e-mail address or the subject of the account at the provider")
    if email and (not _EMAIL.fullmatch(email) or not email.isprintable()):
        raise Invalid("that is no e-mail address")
    if subject and (len(subject) > 255 or not subject.isprintable()):
        raise Invalid("a subject has 1 to 255 visible characters")
    same = provider_links.c.email == email if email else provider_links.c.subject == subject
    taken = select(provider_links.c.staff).where(provider_links.c.issuer == issuer, same)
    if connection.execute(taken).first():
        raise Invalid("that account at the provider is linked already")
    connection.execute(
        insert(provider_links).values(
            staff=account.id,
            issuer=issuer,
            subject=subject or None,
            email=email or None,
            made_by=by,
            made_at=now,
        )
    )
    sign_in_events.write(
        connection, at=now, staff_id=account.id, name=account.display_name, what="provider-linked", by=by
    )


def unlink(connection: Connection, account: Staff, *, by: str, now: datetime) -> int:
    """End every link of an account; returns how many there were."""
    gone = connection.execute(delete(provider_links).where(provider_links.c.staff == account.id)).rowcount
    if gone:
        sign_in_events.write(
            connection,
            at=now,
            staff_id=account.id,
            name=account.display_name,
            what="provider-unlinked",
            by=by,
        )
    return int(gone)


def list_links(connection: Connection, staff: int | None = None) -> list[tuple[int, Link]]:
    """Return links with whose they are; of one account if it is named."""
    query = select(provider_links).order_by(provider_links.c.id)
    if staff is not None:
        query = query.where(provider_links.c.staff == staff)
    return [
        (row.staff, Link(row.issuer, row.subject, row.email, row.made_by, row.made_at, row.used_at))
        for row in connection.execute(query)
    ]


def find(
    connection: Connection, *, issuer: str, subject: str, verified_email: str, now: datetime
) -> Staff | None:
    """
    Return whose account this is; None if nobody linked it.

    A subject goes before an address, and an address counts only until its subject is known: whoever is given
    a leaver's address at the provider does not become the leaver here.
    """
    known = select(provider_links).where(
        provider_links.c.issuer == issuer,
        or_(
            provider_links.c.subject == subject,
            (provider_links.c.email == verified_email.casefold()) & provider_links.c.subject.is_(None),
        )
        if verified_email
        else provider_links.c.subject == subject,
    )
    rows = connection.execute(known).all()
    row = next((each for each in rows if each.subject == subject), rows[0] if rows else None)
    if row is None:
        return None
    connection.execute(
        update(provider_links).where(provider_links.c.id == row.id).values(subject=subject, used_at=now)
    )
    return accounts.get_staff(connection, row.staff)
