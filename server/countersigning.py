"""Adults' acceptances and who countersigned them (R8): pending until the head has, for one school year.

Nobody is asked twice and nobody is kept out: a pending acceptance opens like any other. The head's own is
countersigned by another head's account or the safeguarding lead; nobody countersigns their own.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select

from policies.orders import Accepted
from server import agreements, changes, policy_store
from server.individual.common import By, Refused, clean
from server.individual_tables import countersigns
from server.people_tables import roster
from server.tables import answers, people, staff, staff_roles

COUNTERSIGNS = frozenset({"head"})
COUNTERSIGNS_HEADS = frozenset({"head", "safeguarding"})
REMIND_BEFORE = timedelta(days=30)
State = Literal["due", "pending", "countersigned"]
STATES: tuple[State, ...] = ("pending", "due", "countersigned")


class Key(NamedTuple):
    """Which answer it is."""

    device: str
    stream: str
    seq: int


class Line(NamedTuple):
    """One adult of the list and how their agreement stands."""

    person: str
    display_name: str
    job_title: str
    is_head: bool
    accounts: frozenset[str]
    """OS user names, folded."""
    state: State
    key: Key | None = None
    version: int = 0
    language: str = ""
    accepted_at: datetime | None = None
    countersigned_at: datetime | None = None
    countersigned_by: str = ""
    office: str = ""
    lapses_on: date | None = None

    def lapses_soon(self, today: date) -> bool:
        """Say whether it is time to remind."""
        return self.lapses_on is not None and self.lapses_on - today <= REMIND_BEFORE


def is_asked_for(connection: Connection) -> bool:
    """Say whether the school's settings ask for countersignatures."""
    newest = policy_store.newest_number(connection)
    return (
        newest is not None and policy_store.settings_in(connection, newest[1]).agreement.staff_countersigned
    )


def decide_office(line: Line, by: By, sign_in_name: str) -> str | None:
    """
    Return the office in which this adult may countersign this line, or None.

    Whose line it is, the account says; where no account is theirs, the name. Pure.
    """
    folded = sign_in_name.casefold()
    own = folded in line.accounts or line.display_name.casefold() == by.name.casefold()
    if own:
        return None
    offices = COUNTERSIGNS_HEADS if line.is_head else COUNTERSIGNS
    return next((office for office in ("head", "safeguarding") if office in by.roles & offices), None)


def list_lines(connection: Connection, today: date, school_year_starts: str) -> list[Line]:
    """Return every adult of the list who is here, by name."""
    began = agreements.year_start(today, school_year_starts)
    lapses_on = agreements.year_start(began + timedelta(days=380), school_year_starts)
    current = agreements.current_versions(connection)
    accepted = {
        row.person: row
        for row in connection.execute(
            select(answers)
            .where(answers.c.answer == "accepted", answers.c.tier == "adult", answers.c.person.is_not(None))
            .order_by(answers.c.received_at, answers.c.seq)
        )
    }
    signed = {Key(row.device, row.stream, row.seq): row for row in connection.execute(select(countersigns))}
    titles = {row.person: row.job_title for row in connection.execute(select(countersigns))}
    heads = _heads(connection)
    found = []
    for who, accounts in _adults(connection).items():
        person, name, title = who
        title = title or titles.get(person, "")
        is_head = bool(accounts & heads) or name.casefold() in heads
        row = accepted.get(person)
        at = agreements.believable(row.at, row.received_at) if row else None
        given = Accepted(tier="adult", version=row.version, at=at) if row and at else None
        is_due, version = agreements.decide_due("adult", given, current, began)
        if row is None or is_due:
            found.append(Line(person, name, title, is_head, accounts, "due", version=version))
            continue
        key = Key(row.device, row.stream, row.seq)
        by = signed.get(key)
        line = Line(
            person,
            name,
            by.job_title if by else title,
            is_head,
            accounts,
            "countersigned" if by else "pending",
            key,
            row.version,
            row.language,
            at,
            lapses_on=lapses_on,
        )
        if by:
            line = line._replace(countersigned_at=by.at, countersigned_by=by.by_name, office=by.office)
        found.append(line)
    return sorted(found, key=lambda line: (STATES.index(line.state), line.display_name.casefold()))


def count_waiting_for(
    connection: Connection, by: By, sign_in_name: str, today: date, school_year_starts: str
) -> int:
    """Return how many pending acceptances this adult can countersign."""
    lines = list_lines(connection, today, school_year_starts)
    return sum(
        line.state == "pending" and decide_office(line, by, sign_in_name) is not None for line in lines
    )


def _adults(connection: Connection) -> dict[tuple[str, str, str], frozenset[str]]:
    query = (
        select(people.c.os_user, people.c.person, people.c.display_name, roster.c.job_title)
        .outerjoin(roster, roster.c.person == people.c.person)
        .where(people.c.tier == "adult", people.c.left_at.is_(None))
    )
    found: dict[tuple[str, str, str], frozenset[str]] = {}
    for row in connection.execute(query):
        who = (row.person, row.display_name, row.job_title or "")
        found[who] = found.get(who, frozenset()) | {row.os_user.casefold()}
    return found


def _heads(connection: Connection) -> frozenset[str]:
    """Return sign-in names and names of those who are head, folded."""
    query = (
        select(staff.c.name, staff.c.display_name)
        .join(staff_roles, staff_roles.c.staff == staff.c.id)
        .where(staff_roles.c.role == "head", staff.c.active)
    )
    return frozenset(name.casefold() for row in connection.execute(query) for name in row)


def countersign(
    connection: Connection,
    chosen: Iterable[tuple[Key, str]],
    *,
    lines: list[Line],
    by: By,
    sign_in_name: str,
    now: datetime,
) -> int:
    """
    Countersign these acceptances, each with its job title; return how many.

    All or none: raises Refused for one that is not pending, not this adult's to sign, or without a title.
    """
    known = {line.key: line for line in lines if line.key is not None}
    rows = []
    for key, title in dict(chosen).items():
        line = known.get(key)
        if line is None or line.state != "pending":
            raise Refused("gone", "this acceptance is not pending any more: look at the list again")
        office = decide_office(line, by, sign_in_name)
        if office is None:
            raise Refused("own", "nobody countersigns their own, and only the head countersigns others'")
        rows.append(
            {
                **key._asdict(),
                "person": line.person,
                "at": now,
                "staff": by.staff,
                "by_name": by.name,
                "office": office,
                "job_title": clean(title, "title", "the job title", least=2, most=120),
            }
        )
    if rows:
        connection.execute(insert(countersigns), rows)
        changes.bump(connection, changes.PEOPLE)
    return len(rows)
