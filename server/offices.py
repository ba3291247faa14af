"""Which adult has had which office since when, until when, and who gave it: kept, never overwritten (R7)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from server.people_tables import office_grants


class Grant(NamedTuple):
    """One office of one adult for one span of time."""

    name: str
    """For signing in."""
    display_name: str
    role: str
    granted_at: datetime
    granted_by: str
    """Empty: from before this was written down, or the very first account."""
    ended_at: datetime | None
    ended_by: str


def note_offices(
    connection: Connection,
    *,
    staff: int,
    name: str,
    display_name: str,
    roles: frozenset[str],
    by: str,
    now: datetime,
) -> None:
    """Write down that an account has exactly these offices from now on; what it keeps goes on as it was."""
    open_now = select(office_grants.c.role).where(
        office_grants.c.staff == staff, office_grants.c.ended_at.is_(None)
    )
    held = set(connection.execute(open_now).scalars())
    ended = held - roles
    if ended:
        connection.execute(
            update(office_grants)
            .where(
                office_grants.c.staff == staff,
                office_grants.c.ended_at.is_(None),
                office_grants.c.role.in_(sorted(ended)),
            )
            .values(ended_at=now, ended_by=by[:120])
        )
    given = [
        {
            "staff": staff,
            "name": name[:80],
            "display_name": display_name[:120],
            "role": role,
            "granted_at": now,
            "granted_by": by[:120],
        }
        for role in sorted(roles - held)
    ]
    if given:
        connection.execute(insert(office_grants), given)


def list_grants(connection: Connection, *, ended_since: datetime | None = None) -> list[Grant]:
    """Return every office by name; of ended ones those that ended after `ended_since`, or all."""
    query = select(office_grants).order_by(office_grants.c.display_name, office_grants.c.granted_at)
    if ended_since is not None:
        query = query.where(office_grants.c.ended_at.is_(None) | (office_grants.c.ended_at >= ended_since))
    return [
        Grant(
            row.name,
            row.display_name,
            row.role,
            row.granted_at,
            row.granted_by,
            row.ended_at,
            row.ended_by,
        )
        for row in connection.execute(query)
    ]
