"""The clock of a new case: unopened too long, it goes to the deputies, then to the head (R49).

Pure decisions first; `run` writes what follows from them: how far a case has gone, and whom to tell. Nobody
is told of a case that a report left them out of on purpose.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, exists, func, insert, or_, select, update

from policies.officers import Officer
from policies.settings import ReportSettings
from server import accounts, case_entries, case_sharing, cases, officer_lists, officers
from server.case_tables import case_notices
from server.case_tables import cases as cases_table
from server.officers import OFFICES
from server.report_tables import officer_keys
from server.report_tables import reports as reports_table
from server.tables import staff

Stage = Literal["none", "deputy", "head"]
Told = Literal["new", "many", "deputy", "head"]
"""many: one notice for all that was set aside of one laptop (or of staff) within an hour."""
FLOOD_EVERY = timedelta(hours=1)
MOST_AT_ONCE = 200
"""Cases in one round: a flood must not hold the database. The next round takes the next ones."""


class Waiting(NamedTuple):
    """As much of a case as the clock needs."""

    opened_at: datetime
    urgency: str
    state: str
    coarse: str
    escalated: Stage


class Holder(NamedTuple):
    """A person of the list in force, with what the clock asks of them for every case."""

    staff: int
    name: str
    place: str
    login: str
    key: str
    keys: frozenset[str]
    """Every key they ever held."""
    is_head: bool
    """Whatever their place on the list is."""


class Person(NamedTuple):
    """Somebody who holds a place on the list in force."""

    staff: int
    name: str
    place: str
    reads: bool
    left_out: bool


def decide_escalation(now: datetime, case: Waiting, settings: ReportSettings) -> Stage:
    """
    Return how far a case has gone by now: one step of its urgency to the deputies, two to the head.

    Pure. It never comes back by itself, and nothing moves once somebody took the case up.
    """
    if case.state != "new":
        return case.escalated
    step = cases.due_after(settings, case.urgency)
    waited = now - case.opened_at
    if waited >= 2 * step or case.escalated == "head":
        return "head"
    return "deputy" if waited >= step or case.escalated == "deputy" else "none"


def decide_told(stage: Told, coarse: str, urgency: str, people: Sequence[Person]) -> tuple[Person, ...]:
    """
    Return whom to tell at this stage.

    First the leads (where somebody may be in danger, everybody who can read it), then every reader, then
    the head as well; for a report about staff the alternate in the head's place, and the head only as one
    who can read it. If nobody can read it (all left office), the last stage is told at once. Pure.
    """
    free = [person for person in people if not person.left_out]
    readers = [person for person in free if person.reads]
    leads = [person for person in readers if person.place == "lead"]
    if stage in ("new", "many") and readers:
        return tuple(leads if leads and urgency != "danger" else readers)
    if stage == "deputy" and readers:
        return tuple(readers)
    above = "alternate" if coarse == "staff" else "head"
    last = [person for person in free if person.reads or person.place == above]
    return tuple(
        last or [person for person in free if coarse != "staff" and person.place in ("lead", "head")]
    )


def run(
    connection: Connection, now: datetime, settings: ReportSettings, addressed: frozenset[str] | None
) -> int:
    """
    Move every case that has waited too long and note whom to tell; return how many cases were moved or told.

    `addressed` are the sign-in names that a notice can be sent to; None while that cannot be known, then
    every notice waits.
    """
    done = 0
    people = _people(connection)
    lists: dict[int, Sequence[Officer]] = {}
    taken_up = select(cases_table.c.id).where(cases_table.c.state != "new")
    connection.execute(
        update(case_notices)
        .where(case_notices.c.state == "waiting", case_notices.c.case.in_(taken_up))
        .values(state="over")
    )
    for row in connection.execute(_due(now, settings)).all():
        stage = decide_escalation(now, _waiting(row), settings)
        if stage != row.escalated:
            connection.execute(update(cases_table).where(cases_table.c.id == row.id).values(escalated=stage))
            case_entries.append(connection.exec_driver_sql, row.id, "escalated", at=now, plain={"to": stage})
        told: Told = "new" if stage == "none" else stage
        if not row.crowded:
            _note(connection, row, told, people, _then(connection, row.list_seq, lists), now, addressed)
        done += 1
    for row in _floods(connection):
        _note(connection, row, "many", people, _then(connection, row.list_seq, lists), now, addressed)
        done += 1
    return done


def _then(connection: Connection, seq: int, known: dict[int, Sequence[Officer]]) -> Sequence[Officer]:
    """Return who stood on the list with this number, looked up once in a round."""
    if seq not in known:
        then = officer_lists.numbered(connection, seq)
        known[seq] = then.listed.officers if then else ()
    return known[seq]


def _floods(connection: Connection) -> list[Row[Any]]:
    """Return the next case to tell of, of each laptop whose reports were set aside: one for each hour."""
    aside = cases_table.c.crowded & (cases_table.c.state == "new")
    both = cases_table.join(reports_table, reports_table.c.id == cases_table.c.id)
    told = (
        select(reports_table.c.device, func.max(cases_table.c.opened_at))
        .select_from(both.join(case_notices, case_notices.c.case == cases_table.c.id))
        .where(case_notices.c.stage == "many")
        .group_by(reports_table.c.device)
    )
    last: dict[str, datetime] = {row[0]: row[1] for row in connection.execute(told)}
    found = []
    for device in connection.execute(
        select(reports_table.c.device).select_from(both).where(aside).distinct()
    ).scalars():
        query = select(cases_table, reports_table.c.list_seq).select_from(both)
        query = query.where(aside, reports_table.c.device == device)
        if device in last:
            query = query.where(cases_table.c.opened_at >= last[device] + FLOOD_EVERY)
        row = connection.execute(query.order_by(cases_table.c.opened_at).limit(1)).first()
        if row is not None:
            found.append(row)
    return found


def is_quiet(connection: Connection) -> bool:
    """Say whether no case waits and no notice either: then there is nothing to write."""
    new = select(cases_table.c.id).where(cases_table.c.state == "new").limit(1)
    waiting = select(case_notices.c.id).where(case_notices.c.state == "waiting").limit(1)
    return connection.execute(new).first() is None and connection.execute(waiting).first() is None


def _due(now: datetime, settings: ReportSettings) -> Any:
    """Return the query of new cases with something to do: a stage reached, or nobody told yet."""
    told = exists().where(case_notices.c.case == cases_table.c.id)
    reached = []
    for is_danger in (True, False):
        step = cases.due_after(settings, "danger" if is_danger else "soon")
        kind = cases_table.c.urgency == "danger" if is_danger else cases_table.c.urgency != "danger"
        for times, before in ((1, ("none",)), (2, ("none", "deputy"))):
            reached.append(
                kind & cases_table.c.escalated.in_(before) & (cases_table.c.opened_at <= now - times * step)
            )
    return (
        select(cases_table, reports_table.c.list_seq)
        .join(reports_table, reports_table.c.id == cases_table.c.id)
        .where(cases_table.c.state == "new", or_(*reached, (~told) & (~cases_table.c.crowded)))
        .order_by(cases_table.c.crowded, cases_table.c.opened_at)
        .limit(MOST_AT_ONCE)
    )


def _note(
    connection: Connection,
    row: Row[Any],
    stage: Told,
    people: list[Holder],
    listed_then: Sequence[Officer],
    now: datetime,
    addressed: frozenset[str] | None,
) -> None:
    readers = cases.readers_of(connection, row.id)
    sealed_to = cases.sealed_to(connection, row.id)
    logins = {holder.staff: holder.login for holder in people}
    here = [
        Person(
            holder.staff,
            holder.name,
            holder.place,
            reads=holder.key in readers,
            left_out=case_sharing.is_left_out(
                row.coarse, listed_then, holder.keys, sealed_to, is_head=holder.is_head
            ),
        )
        for holder in people
    ]
    for person in decide_told(stage, row.coarse, row.urgency, here):
        known = select(case_notices.c.id).where(
            case_notices.c.case == row.id,
            case_notices.c.stage == stage,
            case_notices.c.staff == person.staff,
        )
        if connection.execute(known).first() is not None:
            continue
        connection.execute(
            insert(case_notices).values(
                case=row.id,
                stage=stage,
                staff=person.staff,
                name=person.name,
                made_at=now,
                state="waiting" if addressed is None or logins[person.staff] in addressed else "no-address",
                next_try_at=now,
            )
        )


def _people(connection: Connection) -> list[Holder]:
    """Return who stands on the list in force and may sign in."""
    newest = officer_lists.newest(connection)
    if newest is None:
        return []
    query = (
        select(officer_keys.c.key_id, staff.c.id, staff.c.name, staff.c.display_name)
        .join(staff, staff.c.id == officer_keys.c.staff)
        .where(staff.c.active, officer_keys.c.replaced_at.is_(None))
    )
    holders = {row.key_id: row for row in connection.execute(query)}
    found = []
    for officer in newest.listed.officers:
        row = holders.get(officer.id)
        if row is not None and officer.role in OFFICES:
            ever = officers.keys_ever_of(connection, row.id)
            person = accounts.get_staff(connection, row.id)
            is_head = person is not None and "head" in person.roles
            found.append(Holder(row.id, row.display_name, officer.role, row.name, officer.id, ever, is_head))
    return found


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(row.opened_at, row.urgency, row.state, row.coarse, row.escalated)


def waits_longest(connection: Connection, now: datetime) -> timedelta | None:
    """Return how long the oldest new case has waited, or None if there is none. Says nothing about it."""
    query = (
        select(cases_table.c.opened_at).where(cases_table.c.state == "new").order_by(cases_table.c.opened_at)
    )
    opened = connection.execute(query.limit(1)).scalar()
    return None if opened is None else now - opened
