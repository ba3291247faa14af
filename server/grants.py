"""What a laptop is told about an account that logs in on it, and what it may see of its own records."""

from datetime import datetime

from sqlalchemy import Connection

from policies import orders, wire
from policies.orders import Accepted, LoginGrant, Signed
from policies.recording import KEPT
from server import agreements, oversight, people, records_kept
from server.people import Person

MOST_RECORDS = 1000


def decide_grant(
    device: str, os_user: str, person: Person | None, accepted: Accepted | None, now: datetime
) -> LoginGrant:
    """Return what the school knows of this account. Pure."""
    if person is None:
        return LoginGrant(device=device, os_user=os_user, listed=False, issued_at=now)
    return LoginGrant(
        device=device,
        os_user=os_user,
        listed=True,
        person=person.person,
        display_name=person.display_name,
        tier=person.tier,
        language=person.language,
        accepted=accepted,
        issued_at=now,
    )


def grant(connection: Connection, policy_private: bytes, device: str, os_user: str, now: datetime) -> Signed:
    """Return the signed grant for an OS account on this laptop."""
    person = people.find_person(connection, os_user)
    accepted = agreements.last_accepted(connection, person.person) if person else None
    return orders.sign_said(policy_private, decide_grant(device, os_user, person, accepted, now))


def own_records(connection: Connection, device: str, room: str, login: str) -> wire.OwnRecords:
    """
    Return what is held of one login of the asking laptop, and who looked since it began.

    A laptop asks only about itself: another laptop's login is answered as one nobody has heard of.
    """
    known = records_kept.get_login(connection, device, login)
    kept = records_kept.records_of_login(connection, device, login, MOST_RECORDS)
    looks = []
    if known is not None and known.started_at is not None:
        looks = oversight.looks_at(connection, known.person or None, room, known.started_at)
    return wire.OwnRecords(
        records=tuple(row.record for row in kept if KEPT[type(row.record)].about_person),
        looked_at=tuple(wire.Look(at=look.at.isoformat(), by=look.by, what=look.what) for look in looks),
    )
