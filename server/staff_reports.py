"""Reports that members of staff write (R48, R66, R71): sealed in their browser, authenticated by sign-in.

The server sees a coarse kind and that somebody signed in wrote it. Who blows the whistle is not written.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from policies import envelopes, sealing
from server import case_rules, changes, officer_lists
from server.accounts import Staff
from server.case_desk import StepRefused, check
from server.case_entries import Who
from server.case_rules import StaffWhat
from server.errors import Invalid
from server.report_intake import open_case
from server.report_tables import reports
from server.tables import to_ms

DEVICE = "staff"
KIND = "staff-report"
MAX_BYTES = 128 * 1024
MOST_PER_HOUR = 30
MOST_UNNAMED_PER_HOUR = 300
"""Of all staff together, as no name is written: after the first thirty they are set aside, not refused."""
UNNAMED: frozenset[str] = frozenset({"whistleblowing", "complaint"})
Coarse = Literal["staff", "contact", "conduct", "content"]
Urgency = Literal["danger", "soon", "when-you-can"]


class TooMany(Exception):
    """This member of staff wrote very many reports within the hour. Wait, and ring somebody."""


def take(
    connection: Connection,
    staff: Staff,
    envelope: bytes,
    signer: bytes,
    *,
    what: StaffWhat,
    coarse: Coarse,
    urgency: Urgency,
    year: str,
    now: datetime,
) -> str:
    """
    Open the case of a report that a member of staff wrote, and return its number's year and serial as text.

    Raises Invalid for bytes that are no such report, StepRefused for the wrong readers, TooMany.
    """
    if len(envelope) > MAX_BYTES:
        raise Invalid("this report is too long")
    try:
        outside, header = envelopes.verify_envelope(signer, envelope)
    except sealing.SealingError as problem:
        raise Invalid("this report is not sealed as it has to be: load the page again") from problem
    if (header.kind, header.device) != (KIND, DEVICE) or set(outside.wraps) != set(header.to):
        raise Invalid("this is not a report of a member of staff")
    newest = officer_lists.newest(connection)
    places = {o.id: o.role for o in newest.listed.officers} if newest else {}
    if newest is None or not set(header.to) <= set(places):
        raise StepRefused("not-listed")
    check(case_rules.decide_staff_route(what, {places[key] for key in header.to}))
    if connection.execute(select(reports.c.id).where(reports.c.id == header.id)).first() is not None:
        raise Invalid("this report was sent already")
    unnamed = what in UNNAMED
    lately = _lately(connection, "" if unnamed else staff.display_name, now)
    if lately >= (MOST_UNNAMED_PER_HOUR if unnamed else MOST_PER_HOUR):
        raise TooMany
    connection.execute(
        insert(reports).values(
            id=header.id,
            device=DEVICE,
            received_at=now,
            hostname="",
            room="",
            coarse=coarse,
            urgency=urgency,
            year=year,
            list_seq=newest.listed.seq,
            origin="staff",
            what=what,
            reported_by="" if unnamed else staff.display_name,
            envelope=envelope,
            header_hash=hashlib.sha256(outside.header).hexdigest(),
            device_key=signer,
        )
    )
    open_case(
        connection.exec_driver_sql,
        header.id,
        to_ms(now),
        coarse=coarse,
        urgency=urgency,
        year=year,
        readers=header.to,
        crowded=lately >= MOST_PER_HOUR,
        by=Who(None, "") if unnamed else Who(staff.id, staff.display_name),
        plain={"what": what, "signed_in": True},
    )
    changes.bump(connection, changes.REPORTS)
    return header.id


def _lately(connection: Connection, reported_by: str, now: datetime) -> int:
    """Count the last hour's under this name, or without one: no page in a loop buries what others write."""
    query = (
        select(func.count())
        .select_from(reports)
        .where(
            reports.c.origin == "staff",
            reports.c.reported_by == reported_by,
            reports.c.received_at > now - timedelta(hours=1),
        )
    )
    return int(connection.execute(query).scalar_one())
