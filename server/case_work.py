"""Working on a case: take it up, note, settle tasks, hold, tag, link, let others in, answer, close.

Each function is one step inside the caller's transaction. It asks `case_rules` first and leaves an entry.
"""

from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import Connection, insert, select, update

from policies.reports import Harm
from server import accounts, case_rules, cases
from server.case_desk import (
    acknowledge,
    change,
    check,
    make_task,
    make_tasks,
    sit_down,
    taken_up,
    write,
)
from server.case_rules import Method, Outcome, Procedure, TaskFacts, TaskKind
from server.case_tables import case_links, case_tasks
from server.errors import Invalid, NotFound
from server.officers import Reader

LATEST_DUE = timedelta(days=366)


def take_up(connection: Connection, reader: Reader, case: str, now: datetime) -> None:
    """Acknowledge a case."""
    acknowledge(sit_down(connection, reader, case, now))


def add_note(connection: Connection, reader: Reader, case: str, envelope: bytes, now: datetime) -> int:
    """Add a sealed note and return its number."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_work(desk.facts))
    return write(taken_up(desk), "note", envelope=envelope)


def add_task(
    connection: Connection,
    reader: Reader,
    case: str,
    kind: TaskKind,
    due: datetime,
    place: str,
    now: datetime,
) -> str:
    """Make a task and return its id."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_new_task(desk.facts, kind, place))
    if not now - timedelta(days=1) <= due <= now + LATEST_DUE:
        raise Invalid("a task falls due within a year")
    if place and (kind != "isolate" or not place.isprintable()):
        raise Invalid("only a task to isolate something has a place, in plain letters")
    return make_task(taken_up(desk), kind, due, place.strip())


def settle_task(
    connection: Connection,
    reader: Reader,
    case: str,
    task: str,
    outcome: Outcome,
    *,
    day: date | None,
    method: Method | None,
    envelope: bytes | None,
    now: datetime,
) -> None:
    """Say that a task is done, or will not be, and why."""
    desk = sit_down(connection, reader, case, now)
    row = connection.execute(
        select(case_tasks).where(case_tasks.c.id == task, case_tasks.c.case == case)
    ).first()
    if row is None:
        raise NotFound("there is no such task")
    check(
        case_rules.decide_settle(
            desk.facts,
            TaskFacts(row.kind, row.done_at is not None, row.done_staff),
            outcome,
            staff=reader.staff,
            has_note=envelope is not None,
            day=day,
            method=method,
            today=now.astimezone().date(),
        )
    )
    desk = taken_up(desk)
    plain: dict[str, object] = {}
    if day is not None:
        plain["date"] = day.isoformat()
    if method is not None:
        plain["method"] = method
    seq = write(desk, "task-done", {"task": task, "kind": row.kind, "outcome": outcome, **plain}, envelope)
    connection.execute(
        update(case_tasks)
        .where(case_tasks.c.id == task)
        .values(
            done_at=now,
            done_staff=reader.staff,
            done_by=reader.name,
            outcome=outcome,
            plain=msgspec.json.encode(plain).decode(),
            note_seq=seq if envelope is not None else None,
        )
    )


def set_hold(
    connection: Connection, reader: Reader, case: str, *, on: bool, envelope: bytes | None, now: datetime
) -> None:
    """Hold contact with parents and others, or let it go (R56)."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_hold(desk.facts, on=on))
    desk = taken_up(desk)
    change(desk, hold=on)
    write(desk, "hold-on" if on else "hold-off", envelope=envelope)


def note_imagery(
    connection: Connection, reader: Reader, case: str, envelope: bytes | None, letters: int, now: datetime
) -> None:
    """Record that suspected imagery was viewed, and the justification (R52)."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_imagery(desk.facts, letters, has_note=envelope is not None))
    write(taken_up(desk), "viewed-imagery", {"letters": letters}, envelope)


def close(
    connection: Connection,
    reader: Reader,
    case: str,
    *,
    outcome: bytes | None,
    lesson: bytes | None,
    owner: str,
    owner_due: datetime | None,
    now: datetime,
) -> None:
    """Close a case: with what came of it, what was learnt, and who sees to it (R63)."""
    desk = sit_down(connection, reader, case, now)
    check(
        case_rules.decide_close(
            desk.facts,
            staff=reader.staff,
            has_outcome=outcome is not None,
            has_lesson=lesson is not None,
            owner=owner,
            owner_due=owner_due,
        )
    )
    assert owner_due is not None
    if owner not in {person.display_name for person in accounts.list_staff(connection)}:
        raise Invalid("whoever sees to it is one of the staff")
    write(desk, "outcome", envelope=outcome)
    write(desk, "lesson", {"owner": owner, "due": owner_due.isoformat()}, lesson)
    change(desk, state="closed", closed_at=now, owner_due=owner_due)
    write(desk, "closed")


def reopen(connection: Connection, reader: Reader, case: str, now: datetime) -> None:
    """Open a closed case again."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_reopen(desk.facts))
    change(desk, state="open", closed_at=None)
    write(desk, "reopened")


def link(connection: Connection, reader: Reader, case: str, other: str, now: datetime) -> None:
    """Link two cases that this officer reads."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_link(case, other))
    there = sit_down(connection, reader, other, now)
    known = select(case_links.c.case).where(case_links.c.case == case, case_links.c.other == other)
    if connection.execute(known).first() is not None:
        check("unchanged")
    for one, two in ((desk, there), (there, desk)):
        connection.execute(
            insert(case_links).values(case=one.case, other=two.case, at=now, by_name=reader.name)
        )
        write(one, "linked", {"case": two.case})


def tag(
    connection: Connection,
    reader: Reader,
    case: str,
    *,
    harm: Harm | None,
    procedure: Procedure | None,
    reference: str | None,
    now: datetime,
) -> None:
    """Say plainly what kind of harm it is, which procedure it goes with (R61), a reference elsewhere."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_work(desk.facts))
    given = {"harm": harm, "procedure": procedure, "reference": reference}
    told = {
        name: value for name, value in given.items() if value is not None and value != desk.row._mapping[name]
    }
    if not told:
        check("unchanged")
    desk = taken_up(desk)
    change(desk, **told)
    write(desk, "tagged", told)
    if "harm" in told:
        there = {task.kind for task in desk.facts.tasks}
        make_tasks(desk, case_rules.decide_tasks(harm, there, desk.row.what))


def note_printed(connection: Connection, reader: Reader, case: str, now: datetime) -> None:
    """Record that a case was printed or exported from this officer's browser."""
    desk = sit_down(connection, reader, case, now)
    cases.note_look(connection, case, desk.who, "printed", now)
    write(desk, "printed")
