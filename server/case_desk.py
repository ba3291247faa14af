"""One officer at one case: what every step needs before it, and the entry it leaves behind.

Whoever may not read the case gets NotFound, as for a case that was never there. A sealed text is taken only
if this officer signed it and it is sealed to everybody who may read the case now, and to nobody else.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from policies import envelopes, sealing
from server import case_entries, case_rules, cases, officer_lists, officers
from server.case_entries import Who
from server.case_rules import CaseFacts, TaskFacts
from server.case_tables import case_entries as entries_table
from server.case_tables import case_tasks
from server.case_tables import cases as cases_table
from server.errors import Invalid, NotFound, ServerError
from server.officers import Reader
from server.report_tables import reports

NOTE_KIND = "note"
MAX_NOTE_BYTES = 64 * 1024


class StepRefused(ServerError):
    """This step is not taken. `kind` says why (case_rules.Refusal); nothing was changed."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"not done: {kind}")
        self.kind = kind


class Desk(NamedTuple):
    """A case in front of an officer, inside one writing transaction."""

    connection: Connection
    reader: Reader
    row: Row[Any]
    facts: CaseFacts
    now: datetime

    @property
    def case(self) -> str:
        """The case's id."""
        return str(self.row.id)

    @property
    def who(self) -> Who:
        """Whose entries these are."""
        return Who(self.reader.staff, self.reader.name)


def sit_down(connection: Connection, reader: Reader, case: str, now: datetime) -> Desk:
    """Return the case in front of this officer; raise NotFound if their key does not open it."""
    if not cases.is_reader(connection, reader.opens, case):
        raise NotFound("there is no such case")
    row = connection.execute(
        select(cases_table, reports.c.device, reports.c.origin, reports.c.what, reports.c.list_seq)
        .join(reports, reports.c.id == cases_table.c.id)
        .where(cases_table.c.id == case)
    ).one()
    query = select(case_tasks.c.kind, case_tasks.c.done_at, case_tasks.c.done_staff).where(
        case_tasks.c.case == case
    )
    tasks = tuple(
        TaskFacts(each.kind, each.done_at is not None, each.done_staff) for each in connection.execute(query)
    )
    facts = CaseFacts(
        state=row.state,
        hold=row.hold,
        quarantined=row.quarantined,
        second_review=row.second_review,
        what=row.what,
        acknowledged_staff=_acknowledged_by(connection, case),
        tasks=tasks,
    )
    return Desk(connection, reader, row, facts, now)


def check(refusal: str | None) -> None:
    """Return if there is nothing against it; raise StepRefused."""
    if refusal is not None:
        raise StepRefused(refusal)


def write(
    desk: Desk, kind: str, plain: Mapping[str, object] | None = None, envelope: bytes | None = None
) -> int:
    """Add an entry by this officer; a sealed text is checked first. Returns the entry's number."""
    told = dict(plain or {})
    if envelope is not None:
        told["hh"] = check_note(desk, envelope)
    return case_entries.append(
        desk.connection.exec_driver_sql,
        desk.case,
        kind,
        at=desk.now,
        by=desk.who,
        plain=told,
        envelope=envelope,
    )


def change(desk: Desk, **values: object) -> None:
    """Write how the case stands now."""
    desk.connection.execute(update(cases_table).where(cases_table.c.id == desk.case).values(**values))


def check_note(desk: Desk, envelope: bytes) -> str:
    """Return the hash of a sealed text's header; raise Invalid or StepRefused("readers")."""
    if len(envelope) > MAX_NOTE_BYTES:
        raise Invalid("this text is too long")
    try:
        outside, header = envelopes.verify_envelope(desk.reader.sign_key, envelope)
    except sealing.SealingError as problem:
        raise Invalid("this text is not sealed and signed as it has to be: load the page again") from problem
    if (header.kind, header.device) != (NOTE_KIND, f"officer-{desk.reader.key_id[:16]}"):
        raise Invalid("this is not a note of yours")
    if set(header.to) != readers_now(desk) or set(outside.wraps) != set(header.to):
        raise StepRefused("readers")
    header_hash = hashlib.sha256(outside.header).hexdigest()
    used = select(entries_table.c.seq).where(
        entries_table.c.case == desk.case, entries_table.c.envelope == envelope
    )
    if desk.connection.execute(used).first() is not None:
        raise Invalid("this note stands in the case already")
    return header_hash


def readers_now(desk: Desk) -> set[str]:
    """Return the keys a text in this case is sealed to: its readers who stand on the list in force."""
    newest = officer_lists.newest(desk.connection)
    listed = {officer.id for officer in newest.listed.officers} if newest else set()
    return set(cases.readers_of(desk.connection, desk.case)) & listed


def acknowledge(desk: Desk) -> Desk:
    """Take a new case up: the clock stops, and the first tasks are made. Returns the case as it is then."""
    check(case_rules.decide_acknowledge(desk.facts))
    doubled = officers.overlaps_of(desk.reader.roles)
    change(
        desk,
        state="open",
        acknowledged_at=desk.now,
        acknowledged_by=desk.reader.name,
        second_review=bool(doubled),
    )
    write(desk, "acknowledged", {"offices": sorted(desk.reader.roles)} if doubled else {})
    make_tasks(desk, case_rules.decide_tasks(desk.row.harm, (), desk.row.what))
    if doubled:
        make_tasks(desk, ("second-review",))
    return sit_down(desk.connection, desk.reader, desk.case, desk.now)


def taken_up(desk: Desk) -> Desk:
    """Return the case; whoever works in a new one has taken it up by that."""
    return acknowledge(desk) if desk.facts.state == "new" else desk


def make_tasks(desk: Desk, kinds: tuple[case_rules.TaskKind, ...]) -> None:
    """Make tasks with their usual time."""
    for kind in kinds:
        make_task(desk, kind, case_rules.due_at(kind, desk.now))


def make_task(desk: Desk, kind: str, due: datetime, place: str = "") -> str:
    """Make one task and return its id, which says nothing about the case."""
    made = case_entries.new_id()
    desk.connection.execute(
        insert(case_tasks).values(
            id=made,
            case=desk.case,
            kind=kind,
            made_at=desk.now,
            made_by=desk.reader.name,
            due=due,
            place=place,
        )
    )
    write(desk, "task-made", {"task": made, "kind": kind, "due": due.isoformat()})
    return made


def _acknowledged_by(connection: Connection, case: str) -> int | None:
    query = select(entries_table.c.staff).where(
        entries_table.c.case == case, entries_table.c.kind == "acknowledged"
    )
    return connection.execute(query).scalar()
