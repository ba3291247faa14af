"""Reading cases: only what is sealed to the asking officer's key, or was opened to it later.

The subject of a case finds nothing, because nothing is ever looked up but through `case_readers`.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, func, insert, select

from policies.settings import ReportSettings
from server import case_entries
from server.case_entries import Who
from server.case_tables import case_entries as entries_table
from server.case_tables import (
    case_grants,
    case_links,
    case_looks,
    case_notices,
    case_readers,
    case_tasks,
    cases,
    custody,
)
from server.case_view import Case, Detail, Entry, Grant, Next, Task
from server.errors import NotFound
from server.media_tables import order_outcomes
from server.report_tables import quarantines, reports
from server.tables import to_ms

PAGE = 500
SAME_LOOK = timedelta(minutes=10)
_plain = msgspec.json.Decoder(dict[str, Any])
HELD_KINDS = frozenset({"parents", "agency-referral"})
"""While contact is held these cannot be done: parents and whoever else would learn of it (R56)."""


def number_of(opened_year: int, serial: int) -> str:
    """Return how people call a case: 2026-041."""
    return f"{opened_year}-{serial:03d}"


def list_cases(
    connection: Connection,
    key_id: str,
    settings: ReportSettings,
    *,
    state: str = "",
    before: str = "",
    crowded: bool = False,
    limit: int = PAGE,
) -> tuple[list[Case], bool, int]:
    """
    Return the cases this key opens, newest first; whether there are older ones; how many a flood left aside.

    `before` is the id of the last case of the page before. Crowded cases are listed only if asked for.
    """
    query = _readable(key_id).where(cases.c.crowded == crowded)
    if state:
        query = query.where(cases.c.state == state)
    if before:
        last = connection.execute(
            select(cases.c.opened_year, cases.c.serial).where(cases.c.id == before)
        ).first()
        if last is None:
            raise NotFound("there is no such case")
        older = (cases.c.opened_year < last.opened_year) | and_(
            cases.c.opened_year == last.opened_year, cases.c.serial < last.serial
        )
        query = query.where(older)
    query = query.order_by(cases.c.opened_year.desc(), cases.c.serial.desc()).limit(limit + 1)
    rows = connection.execute(query).all()
    aside = connection.execute(
        select(func.count())
        .select_from(cases.join(case_readers, case_readers.c.case == cases.c.id))
        .where(case_readers.c.key_id == key_id, cases.c.crowded, cases.c.state == "new")
    ).scalar_one()
    return _filled(connection, rows[:limit], key_id, settings), len(rows) > limit, aside


def get_case(connection: Connection, key_id: str, case: str, settings: ReportSettings) -> Case:
    """Return a case this key opens; raise NotFound for every other, whether it exists or not."""
    row = connection.execute(_readable(key_id).where(cases.c.id == case)).first()
    if row is None:
        raise NotFound("there is no such case")
    return _filled(connection, [row], key_id, settings)[0]


def count_new(connection: Connection, key_id: str) -> int:
    """Return how many cases that this key opens nobody has taken up; a flood counts as one."""
    new = (
        select(cases.c.crowded, func.count())
        .join(case_readers, and_(case_readers.c.case == cases.c.id, case_readers.c.key_id == key_id))
        .where(cases.c.state == "new")
        .group_by(cases.c.crowded)
    )
    return sum(min(count, 1) if crowded else count for crowded, count in connection.execute(new))


def is_reader(connection: Connection, key_id: str, case: str) -> bool:
    """Say whether this key opens this case."""
    query = select(case_readers.c.case).where(case_readers.c.case == case, case_readers.c.key_id == key_id)
    return connection.execute(query).first() is not None


def readers_of(connection: Connection, case: str) -> frozenset[str]:
    """Return the ids of all keys that open a case."""
    query = select(case_readers.c.key_id).where(case_readers.c.case == case)
    return frozenset(connection.execute(query).scalars())


def sealed_to(connection: Connection, case: str) -> frozenset[str]:
    """Return the ids of the keys that the sender sealed a case to."""
    query = select(case_readers.c.key_id).where(case_readers.c.case == case, case_readers.c.how == "to")
    return frozenset(connection.execute(query).scalars())


def get_detail(connection: Connection, key_id: str, case: str, settings: ReportSettings) -> Detail:
    """Return a case this key opens, with its history, tasks, links, looks and custody. Raises NotFound."""
    found = get_case(connection, key_id, case, settings)
    rows = list(
        connection.execute(
            select(entries_table).where(entries_table.c.case == case).order_by(entries_table.c.seq)
        )
    )
    chain = [
        case_entries.Link(
            case, row.seq, to_ms(row.at), row.staff, row.by_name, row.kind, row.plain, row.envelope, row.hash
        )
        for row in rows
    ]
    grants = _grants(connection, [case], key_id)[case]
    outcomes = _outcomes(connection, found.device)
    return Detail(
        case=found,
        entries=[_entry(row, grants, outcomes) for row in rows],
        chain_broken_at=case_entries.broken_at(chain),
        tasks=list_tasks(connection, case, hold=found.hold),
        links=_links(connection, case, key_id),
        looks=_rows(connection, case_looks, case, ("at", "by_name", "what"), case_looks.c.id),
        custody=_rows(
            connection,
            custody,
            case,
            ("item", "step", "what", "device", "did", "at", "by_name", "entry"),
            custody.c.item,
            custody.c.step,
        ),
        quarantines=_rows(
            connection,
            quarantines,
            case,
            ("device", "number", "is_on", "at", "by_name", "confirmed_at"),
            quarantines.c.number,
        ),
        notices=_rows(
            connection,
            case_notices,
            case,
            ("stage", "name", "made_at", "state", "sent_at"),
            case_notices.c.id,
        ),
    )


def list_tasks(connection: Connection, case: str, *, hold: bool) -> list[Task]:
    """Return the tasks of a case, the soonest due first."""
    query = select(case_tasks).where(case_tasks.c.case == case).order_by(case_tasks.c.due, case_tasks.c.id)
    return [
        Task(
            id=row.id,
            kind=row.kind,
            title_key=f"task-{row.kind}",
            made_at=row.made_at,
            made_by=row.made_by,
            due=row.due,
            place=row.place,
            done_at=row.done_at,
            by=row.done_by,
            outcome=row.outcome,
            plain=_plain.decode(row.plain),
            note_seq=row.note_seq,
            blocked_by_hold=hold and row.kind in HELD_KINDS and row.done_at is None,
        )
        for row in connection.execute(query)
    ]


def note_look(connection: Connection, case: str, who: Who, what: str, now: datetime) -> None:
    """Write that an adult looked at a case; the same look within minutes is one."""
    same = select(case_looks.c.id).where(
        case_looks.c.case == case,
        case_looks.c.staff == who.staff,
        case_looks.c.what == what,
        case_looks.c.at > now - SAME_LOOK,
    )
    if what == "printed" or connection.execute(same).first() is None:
        connection.execute(
            insert(case_looks).values(case=case, at=now, staff=who.staff, by_name=who.name, what=what)
        )


def _readable(key_id: str) -> Select[Any]:
    told = [reports.c[name] for name in ("device", "hostname", "room", "origin", "what", "reported_by",
                                         "list_seq", "envelope", "device_key", "header_hash")]  # fmt: skip
    return (
        select(cases, *told)
        .join(case_readers, and_(case_readers.c.case == cases.c.id, case_readers.c.key_id == key_id))
        .join(reports, reports.c.id == cases.c.id)
    )


def _filled(
    connection: Connection, rows: Iterable[Row[Any]], key_id: str, settings: ReportSettings
) -> list[Case]:
    rows = list(rows)
    ids = [row.id for row in rows]
    readers: dict[str, list[str]] = defaultdict(list)
    query = select(case_readers.c.case, case_readers.c.key_id).where(case_readers.c.case.in_(ids))
    for case, reader in connection.execute(query.order_by(case_readers.c.at, case_readers.c.key_id)):
        readers[case].append(reader)
    grants = _grants(connection, ids, key_id)
    tasks: dict[str, list[Any]] = defaultdict(list)
    query = select(case_tasks.c.case, case_tasks.c.kind, case_tasks.c.due, case_tasks.c.done_at)
    for task in connection.execute(query.where(case_tasks.c.case.in_(ids)).order_by(case_tasks.c.due)):
        tasks[task.case].append(task)
    return [_case(row, readers[row.id], grants[row.id], tasks[row.id], settings) for row in rows]


def due_after(settings: ReportSettings, urgency: str) -> timedelta:
    """Return how long a new report of this urgency may wait before the next circle is told. Pure."""
    minutes = settings.danger_minutes if urgency == "danger" else settings.soon_minutes
    return timedelta(minutes=minutes)


def _case(
    row: Row[Any],
    readers: list[str],
    grants: dict[str, list[Grant]],
    tasks: list[Any],
    settings: ReportSettings,
) -> Case:
    first = next((task for task in tasks if task.done_at is None), None)
    step = due_after(settings, row.urgency)
    signer = row.device_key.hex()
    due_at = row.opened_at + step * (1 if row.escalated == "none" else 2)
    return Case(
        id=row.id,
        report=row.id,
        number=number_of(row.opened_year, row.serial),
        opened_at=row.opened_at,
        coarse=row.coarse,
        urgency=row.urgency,
        year=row.year,
        device=row.device,
        hostname=row.hostname,
        room=row.room,
        origin=row.origin,
        what=row.what,
        reported_by=row.reported_by,
        state=row.state,
        crowded=row.crowded,
        hold=row.hold,
        escalated=row.escalated,
        due_at=due_at if row.state == "new" else None,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        quarantined=row.quarantined,
        second_review=row.second_review,
        readers=readers,
        list_seq=row.list_seq,
        envelope=row.envelope,
        device_key=signer,
        signer=signer,
        grants=grants.get(row.header_hash, []),
        harm=row.harm,
        procedure=row.procedure,
        reference=row.reference,
        owner_due=row.owner_due,
        closed_at=row.closed_at,
        tasks=len(tasks),
        next=None if first is None else Next(kind=first.kind, due=first.due),
    )


def _outcomes(connection: Connection, device: str) -> dict[str, str]:
    """Return what a laptop said of the orders it was told."""
    query = select(order_outcomes.c.order_id, order_outcomes.c.outcome).where(
        order_outcomes.c.device == device
    )
    return {row.order_id: row.outcome for row in connection.execute(query)}


def _entry(row: Row[Any], grants: dict[str, list[Grant]], outcomes: dict[str, str]) -> Entry:
    plain = _plain.decode(row.plain)
    return Entry(
        seq=row.seq,
        at=row.at,
        by=row.staff,
        by_name=row.by_name,
        kind=row.kind,
        plain=plain,
        envelope=row.envelope,
        hash=row.hash.hex(),
        grants=grants.get(plain.get("hh", ""), []),
        delivered=outcomes.get(plain.get("order", "")),
    )


def _grants(connection: Connection, ids: list[str], key_id: str) -> dict[str, dict[str, list[Grant]]]:
    """Return the grants for this key, by case and by the header they are for."""
    found: dict[str, dict[str, list[Grant]]] = defaultdict(lambda: defaultdict(list))
    query = select(case_grants).where(case_grants.c.case.in_(ids), case_grants.c.key_id == key_id)
    for row in connection.execute(query):
        found[row.case][row.header_hash].append(
            Grant(
                hh=row.header_hash,
                key=row.key_id,
                wrap=row.wrap.hex(),
                by=row.by_key,
                at=row.at,
                signature=row.signature.hex(),
            )
        )
    return found


def _links(connection: Connection, case: str, key_id: str) -> list[dict[str, Any]]:
    """Return linked cases that this key opens as well; of another its reader learns nothing."""
    query = (
        select(cases.c.id, cases.c.opened_year, cases.c.serial, cases.c.state, case_links.c.by_name)
        .join(case_links, case_links.c.other == cases.c.id)
        .join(case_readers, and_(case_readers.c.case == cases.c.id, case_readers.c.key_id == key_id))
        .where(case_links.c.case == case)
        .order_by(cases.c.opened_year, cases.c.serial)
    )
    return [
        {
            "case": row.id,
            "number": number_of(row.opened_year, row.serial),
            "state": row.state,
            "by": row.by_name,
        }
        for row in connection.execute(query)
    ]


def _rows(
    connection: Connection, table: Any, case: str, names: tuple[str, ...], *order: Any
) -> list[dict[str, Any]]:
    query = select(*(table.c[name] for name in names)).where(table.c.case == case).order_by(*order)
    return [dict(row._mapping) for row in connection.execute(query)]
