"""Securing a laptop for evidence, and where evidence was (R53): an order, a number that grows, a log.

Nothing is wiped: logins and sticks are shut on the laptop, its records here are held, until the lead or the
head lifts it with a note. Phones and other things have the same log.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, func, insert, select

from policies import orders
from server import case_rules, cases, changes, officer_lists
from server.case_desk import Desk, change, check, sit_down, taken_up, write
from server.case_entries import new_id
from server.case_tables import cases as cases_table
from server.case_tables import custody
from server.errors import Invalid
from server.media_answers import NO_DEVICE
from server.media_tables import media_orders
from server.officers import Reader
from server.report_tables import quarantines
from server.tables import devices

HOLDS = timedelta(days=3650)
"""A laptop may be away for years; the order waits for it."""
What = Literal["laptop", "phone", "tablet", "stick", "paper", "other"]
Did = Literal["taken", "stored", "moved", "handed-over", "returned"]


class Secured(NamedTuple):
    """How a laptop stands: whoever keeps laptops sees that it is shut, since when and by whom, no more."""

    device: str
    is_on: bool
    at: datetime
    by: str
    confirmed_at: datetime | None


def set_quarantine(
    connection: Connection,
    reader: Reader,
    case: str,
    *,
    on: bool,
    envelope: bytes | None,
    device: str = "",
    now: datetime,
) -> None:
    """Secure the laptop of a case (or the one named), or open it again. Raises StepRefused, Invalid."""
    desk = sit_down(connection, reader, case, now)
    before = _newest_of_case(connection, case)
    laptop = before.device if before is not None and before.is_on else (device or desk.row.device)
    known = connection.execute(select(devices.c.id).where(devices.c.id == laptop)).first()
    check(
        case_rules.decide_quarantine(
            desk.facts,
            on=on,
            place=reader.place,
            lead_or_head_reads=_lead_or_head_reads(desk),
            has_note=envelope is not None,
            has_laptop=known is not None,
        )
    )
    if desk.facts.state != "closed":
        desk = taken_up(desk)
    change(desk, quarantined=on)
    stays_shut = not on and _other_case_holds(connection, case, laptop)
    plain: dict[str, object] = {"device": laptop}
    if not stays_shut:
        plain["order"] = order(connection, laptop, case, on=on, staff=reader.staff, by=reader.name, now=now)
    else:
        plain["still"] = True
    seq = write(desk, "quarantine-on" if on else "quarantine-off", plain, envelope)
    _log(desk, "laptop", "secured" if on else "released", laptop, _item_of(connection, case, laptop), seq)


def order(
    connection: Connection, device: str, case: str, *, on: bool, staff: int | None, by: str, now: datetime
) -> str:
    """Write the order for a laptop, with the next number, and return its id."""
    made = new_id()
    number = connection.execute(
        select(func.coalesce(func.max(quarantines.c.number), 0) + 1).where(quarantines.c.device == device)
    ).scalar_one()
    said = orders.Quarantine(device=NO_DEVICE, order=made, number=number, on=on, by=by, issued_at=now)
    connection.execute(
        insert(quarantines).values(
            device=device,
            number=number,
            order_id=made,
            is_on=on,
            case=case,
            at=now,
            staff=staff,
            by_name=by,
        )
    )
    connection.execute(
        insert(media_orders).values(
            order_id=made, device=device, until=now + HOLDS, body=msgspec.json.encode(said).decode()
        )
    )
    changes.bump(connection, changes.MEDIA)
    return made


def state_of(connection: Connection, device: str) -> Secured | None:
    """Return how a laptop stands, or None if it was never secured."""
    query = (
        select(quarantines)
        .where(quarantines.c.device == device)
        .order_by(quarantines.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Secured(row.device, row.is_on, row.at, row.by_name, row.confirmed_at)


def held_devices(connection: Connection) -> frozenset[str]:
    """Return the laptops under quarantine: whoever thins out records passes theirs by."""
    newest = (
        select(quarantines.c.device, func.max(quarantines.c.number).label("number"))
        .group_by(quarantines.c.device)
        .subquery()
    )
    query = (
        select(quarantines.c.device)
        .join(
            newest,
            (newest.c.device == quarantines.c.device) & (newest.c.number == quarantines.c.number),
        )
        .where(quarantines.c.is_on)
    )
    return frozenset(connection.execute(query).scalars())


def carry_over(connection: Connection, device: str, now: datetime) -> None:
    """Secure a laptop that was enrolled anew while it was under quarantine under its old identity."""
    machine = select(devices.c.machine).where(devices.c.id == device).scalar_subquery()
    before = connection.execute(
        select(devices.c.id).where(devices.c.machine == machine, devices.c.id != device)
    ).scalars()
    if state_of(connection, device) is not None:
        return
    held = held_devices(connection)
    for old in before:
        if old in held:
            row = connection.execute(
                select(quarantines)
                .where(quarantines.c.device == old)
                .order_by(quarantines.c.number.desc())
                .limit(1)
            ).one()
            order(connection, device, row.case, on=True, staff=row.staff, by=row.by_name, now=now)
            return


def log_custody(
    connection: Connection,
    reader: Reader,
    case: str,
    *,
    item: int | None,
    what: What,
    did: Did,
    envelope: bytes | None,
    now: datetime,
) -> int:
    """Write where a piece of evidence went; `item` None begins a new one. Returns the item's number."""
    desk = sit_down(connection, reader, case, now)
    check(case_rules.decide_work(desk.facts))
    device = ""
    if item is not None:
        known = connection.execute(
            select(custody).where(custody.c.case == case, custody.c.item == item).limit(1)
        ).first()
        if known is None or known.what != what:
            raise Invalid("there is no such thing in this case")
        device = known.device
    desk = taken_up(desk)
    seq = write(
        desk, "custody", {"item": item or _next_item(connection, case), "what": what, "did": did}, envelope
    )
    return _log(desk, what, did, device, item, seq if envelope is not None else None)


def _log(desk: Desk, what: str, did: str, device: str, item: int | None, entry: int | None) -> int:
    connection = desk.connection
    item = item or _next_item(connection, desk.case)
    step = connection.execute(
        select(func.coalesce(func.max(custody.c.step), 0) + 1).where(
            custody.c.case == desk.case, custody.c.item == item
        )
    ).scalar_one()
    connection.execute(
        insert(custody).values(
            case=desk.case,
            item=item,
            step=step,
            what=what,
            device=device,
            did=did,
            at=desk.now,
            by_name=desk.reader.name,
            entry=entry,
        )
    )
    return item


def _next_item(connection: Connection, case: str) -> int:
    query = select(func.coalesce(func.max(custody.c.item), 0) + 1).where(custody.c.case == case)
    return int(connection.execute(query).scalar_one())


def _item_of(connection: Connection, case: str, device: str) -> int | None:
    query = select(custody.c.item).where(custody.c.case == case, custody.c.device == device).limit(1)
    return connection.execute(query).scalar()


class _Row(NamedTuple):
    device: str
    is_on: bool


def _newest_of_case(connection: Connection, case: str) -> _Row | None:
    query = (
        select(quarantines.c.device, quarantines.c.is_on)
        .where(quarantines.c.case == case)
        .order_by(quarantines.c.at.desc(), quarantines.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _Row(row.device, row.is_on)


def _other_case_holds(connection: Connection, case: str, device: str) -> bool:
    """Say whether another case that secured this laptop has not let go of it yet."""
    query = (
        select(cases_table.c.id)
        .join(quarantines, quarantines.c.case == cases_table.c.id)
        .where(
            quarantines.c.device == device,
            quarantines.c.is_on,
            cases_table.c.quarantined,
            cases_table.c.id != case,
        )
    )
    return connection.execute(query).first() is not None


def _lead_or_head_reads(desk: Desk) -> bool:
    newest = officer_lists.newest(desk.connection)
    readers = cases.readers_of(desk.connection, desk.case)
    return newest is not None and any(
        officer.role in ("lead", "head") and officer.id in readers for officer in newest.listed.officers
    )
