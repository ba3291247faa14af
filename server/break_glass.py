"""The account for the day when nobody else gets in: its password is on paper in a sealed envelope.

It opens what a technician opens, whatever becomes of providers and authenticators. Whoever uses it is seen:
the head is told, every page of those in charge says so, until it is sealed anew with another password.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from server import accounts, sign_in_events
from server.errors import Invalid, NotFound
from server.sign_in_tables import api_tokens, break_glass
from server.tables import staff

NAME = "break-glass"
SHOWN = "Break-glass account"
OFFICES = frozenset({"technician"})
"""No head's: whoever holds the paper must not be second approver of their own change."""


class Sealed(NamedTuple):
    """How it stands."""

    staff: int
    sealed_at: datetime
    sealed_by: str
    used_at: datetime | None


def status(connection: Connection) -> Sealed | None:
    """Return how it stands; None if there is none yet."""
    row = connection.execute(select(break_glass)).first()
    return None if row is None else Sealed(row.staff, row.sealed_at, row.sealed_by, row.used_at)


def is_break_glass(connection: Connection, number: int) -> bool:
    """Say whether this account is it."""
    found = status(connection)
    return found is not None and found.staff == number


def seal(connection: Connection, password: str, *, by: str, now: datetime) -> str:
    """Give it (made, if need be) a new password; return its sign-in name. What the old one opened ends."""
    found = status(connection)
    if found is None:
        try:
            accounts.find_staff(connection, NAME)
        except NotFound:
            pass
        else:
            raise Invalid(f"somebody's account is called {NAME}: close that one first")
        number = accounts.add_staff(
            connection, name=NAME, display_name=SHOWN, roles=OFFICES, password=password, now=now, by=by
        )
        connection.execute(insert(break_glass).values(staff=number, sealed_at=now, sealed_by=by))
    else:
        number = found.staff
        connection.execute(update(staff).where(staff.c.id == number).values(active=True))
        accounts.set_roles(connection, number, OFFICES, (), by=by, now=now)
        accounts.set_password(connection, NAME, password)
        connection.execute(delete(api_tokens).where(api_tokens.c.staff == number))
        connection.execute(update(break_glass).values(sealed_at=now, sealed_by=by, used_at=None))
    sign_in_events.write(connection, at=now, staff_id=number, name=SHOWN, what="break-glass-sealed", by=by)
    return NAME


def note_used(connection: Connection, number: int, address: str, now: datetime) -> None:
    """Keep that somebody signed in with it; the head is told."""
    connection.execute(update(break_glass).where(break_glass.c.staff == number).values(used_at=now))
    sign_in_events.write(
        connection, at=now, staff_id=number, name=SHOWN, what="break-glass-used", address=address
    )
