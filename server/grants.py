"""What a laptop is told about an account that logs in on it, and what it may see of its own records."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from policies import orders, wire
from policies.orders import Accepted, LoginGrant, Signed
from policies.recording import KEPT
from server import accounts, agreements, classes, consents, oversight, people, publishing, records_kept
from server.individual.facts import Facts, decide_held, facts_of
from server.oversight import LookEntry
from server.people import Person
from server.records_kept import KeptRecord

MOST_RECORDS = 1000
MOST_LOGINS = 20
LOOKS_DAYS = 7
LAST_DAY = timedelta(days=1)
SAFETY = frozenset({"safeguarding", "head"})
OPEN_LOOKS = frozenset({"lab", "helped"})
"""Everybody in the room was told at that moment anyway."""
FOR_SAFETY = {
    "en": "An adult responsible for safety",
    "tr": "Güvenlikten sorumlu bir yetişkin",
}


def decide_grant(
    device: str,
    os_user: str,
    person: Person | None,
    accepted: Accepted | None,
    now: datetime,
    individual: Facts = Facts(),  # noqa: B008 - immutable
    *,
    left: bool = False,
    consented: tuple[str, ...] = (),
) -> LoginGrant:
    """
    Return what the school knows of this account, and what an adult has set for its person. Pure.

    `left`: they left the school. The laptop says that they are not on the list, also where visitors may come.
    """
    if person is None:
        return LoginGrant(device=device, os_user=os_user, listed=False, issued_at=now)
    tier = individual.tier or person.tier
    return LoginGrant(
        device=device,
        os_user=os_user,
        listed=True,
        person=person.person,
        display_name=person.display_name,
        tier=tier,
        language=individual.language or person.language,
        year=person.year,
        accepted=accepted,
        consents=consented,
        accept_after=individual.accept_after,
        held=decide_held(individual, tier, left=left),
        restrictions=individual.restrictions,
        arrangement=individual.arrangement,
        issued_at=now,
    )


def grant(connection: Connection, policy_private: bytes, device: str, os_user: str, now: datetime) -> Signed:
    """Return the signed grant for an OS account on this laptop."""
    here = people.find_person(connection, os_user)
    person = here or people.find_former(connection, os_user)
    accepted = agreements.last_accepted(connection, person.person) if person else None
    individual = facts_of(connection, person.person, now) if person else Facts()
    consented = consents.apps_of(connection, person.person) if person else ()
    said = decide_grant(
        device, os_user, person, accepted, now, individual, left=here is None, consented=consented
    )
    return orders.sign_said(policy_private, said)


def own_records(connection: Connection, device: str, room: str, login: str, now: datetime) -> wire.OwnRecords:
    """
    Return what is held of one login of the asking laptop, and who looked.

    A laptop asks only about itself: another laptop's login is answered as one nobody has heard of. Only a
    login whose account is a listed person's is answered for that person: with looks of the last days, and
    with what the same laptop recorded of them in the last day under earlier logins. An answer in class stands
    among the looks: an adult saw it (R4).
    """
    known = records_kept.get_login(connection, device, login)
    kept = records_kept.records_of_login(connection, device, login, MOST_RECORDS)
    looks: list[LookEntry] = []
    in_class: list[wire.Look] = []
    language = "en"
    days = 0
    if known is not None and known.started_at is not None:
        person = people.find_person(connection, known.os_user)
        if person is None or person.person != known.person:
            looks = oversight.looks_at(connection, None, room, known.started_at, login=login)
        else:
            days, language = LOOKS_DAYS, person.language
            since = now - timedelta(days=days)
            looks = oversight.looks_at(
                connection, person.person, room, since, person_room=person.room, login=login
            )
            in_class = [
                wire.Look(at=at.isoformat(), by=by, what=f"class-{answer}")
                for at, by, answer in classes.witnessed_of(connection, person.person, since)
            ]
            earlier = records_kept.logins_of(
                connection, device=device, person=person.person, limit=MOST_LOGINS
            )
            for other in earlier:
                # A login that began days ago may have gone on today: its records say when.
                if other.login != login and other.os_user == known.os_user:
                    kept += _of_last_day(connection, device, other.login, now)
    return wire.OwnRecords(
        looks_days=days,
        records=tuple(row.record for row in kept if KEPT[type(row.record)].about_person),
        looked_at=(
            *in_class,
            *told_looks(
                looks,
                frozenset(a.display_name for a in accounts.list_staff(connection) if a.roles & SAFETY),
                language,
                tell=publishing.report_settings(connection).tell_about_looks,
            ),
        ),
    )


def told_looks(
    looks: Sequence[LookEntry], safety: frozenset[str], language: str, *, tell: bool
) -> tuple[wire.Look, ...]:
    """
    Return looks as the person learns of them. Pure.

    Whoever looks at a person for their safety is told of as that, without a name, or, where the school's
    policy says so, not at all; a look at a whole lab and help that was given are told as ever.
    """
    told = []
    for look in looks:
        quiet = look.by in safety and look.what not in OPEN_LOOKS
        if quiet and not tell:
            continue
        by = FOR_SAFETY.get(language, FOR_SAFETY["en"]) if quiet else look.by
        told.append(wire.Look(at=look.at.isoformat(), by=by, what=look.what))
    return tuple(told)


def _of_last_day(connection: Connection, device: str, login: str, now: datetime) -> list[KeptRecord]:
    """Return one login's records of the last day: the laptop, which knows its zone, shows those of today."""
    kept = records_kept.records_of_login(connection, device, login, MOST_RECORDS)
    return [row for row in kept if row.at >= now - LAST_DAY]
