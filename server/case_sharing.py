"""Beyond the first readers: letting another officer in, and answering the pupil who reported."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select

from policies import orders, reports, sealing
from policies.officers import Officer
from server import accounts, case_rules, cases, changes, officer_lists, officers
from server.case_desk import Desk, check, sit_down, taken_up, write
from server.case_entries import new_id
from server.case_tables import case_entries, case_grants, case_readers
from server.errors import Invalid, NotFound
from server.media_answers import NO_DEVICE
from server.media_tables import media_orders
from server.officers import Reader
from server.report_tables import officer_keys
from server.report_tables import reports as reports_table

REPLY_HOLDS = timedelta(days=30)
"""A laptop that is away so long never shows the answer: the adult has to find another way."""


class GivenGrant(NamedTuple):
    """A content key sealed to another officer, as their colleague's browser made it."""

    hh: str
    key: str
    wrap: bytes
    by: str
    at: str
    signature: bytes


def grant(connection: Connection, reader: Reader, case: str, given: list[GivenGrant], now: datetime) -> int:
    """
    Let other officers in: keep the content keys sealed to them, and return how many were new.

    An officer reads the case once they have the report's own envelope. Raises StepRefused, Invalid.
    """
    desk = sit_down(connection, reader, case, now)
    newest = officer_lists.newest(connection)
    listed: dict[str, Officer] = {o.id: o for o in newest.listed.officers} if newest else {}
    hashes = _hashes(connection, case)
    first = hashes[0]
    readers = cases.readers_of(connection, case)
    let_in: dict[str, str] = {}
    added = 0
    for each in given:
        _check_grant(reader, each, hashes)
        excluded = _was_excluded(desk, each.key)
        check(case_rules.decide_grant(is_listed=each.key in listed, was_excluded=excluded))
        known = select(case_grants.c.case).where(
            case_grants.c.case == case,
            case_grants.c.header_hash == each.hh,
            case_grants.c.key_id == each.key,
        )
        if connection.execute(known).first() is not None:
            continue
        connection.execute(
            insert(case_grants).values(
                case=case,
                header_hash=each.hh,
                key_id=each.key,
                wrap=each.wrap,
                by_key=each.by,
                at=each.at,
                signature=each.signature,
                given_at=now,
            )
        )
        added += 1
        if each.hh == first and each.key not in readers:
            connection.execute(insert(case_readers).values(case=case, key_id=each.key, how="granted", at=now))
            let_in[each.key] = listed[each.key].name
    for key, name in let_in.items():
        write(desk, "grant", {"key": key, "name": name})
    return added


def reply(
    connection: Connection,
    reader: Reader,
    case: str,
    *,
    sealed: bytes,
    signature: bytes,
    envelope: bytes,
    now: datetime,
) -> str:
    """Send an answer to the laptop it came from, keep a sealed copy, and return the order's id."""
    desk = sit_down(connection, reader, case, now)
    check("no-reply" if desk.row.origin != "pupil" else case_rules.decide_work(desk.facts))
    device = desk.row.device
    try:
        sealing.verify(reader.sign_key, reports.reply_signed(case, device, sealed), signature)
    except sealing.BadSignature:
        raise Invalid("the answer is not signed with your key: load the page again") from None
    order = new_id()
    said = orders.ReportReply(
        device=NO_DEVICE,
        order=order,
        report=case,
        by_key=reader.key_id,
        sealed=sealed,
        signature=signature,
        expires_at=now + REPLY_HOLDS,
    )
    desk = taken_up(desk)
    connection.execute(
        insert(media_orders).values(
            order_id=order, device=device, until=said.expires_at, body=msgspec.json.encode(said).decode()
        )
    )
    write(desk, "reply", {"order": order}, envelope)
    changes.bump(connection, changes.MEDIA)
    return order


def _hashes(connection: Connection, case: str) -> list[str]:
    """Return the header hashes of a case's envelopes, the report's own first."""
    first = connection.execute(
        select(reports_table.c.header_hash).where(reports_table.c.id == case)
    ).scalar_one()
    query = select(case_entries.c.plain).where(
        case_entries.c.case == case, case_entries.c.envelope.is_not(None)
    )
    notes = [msgspec.json.decode(plain)["hh"] for plain in connection.execute(query).scalars()]
    return [first, *notes]


def _check_grant(reader: Reader, given: GivenGrant, hashes: list[str]) -> None:
    """Raise Invalid unless this officer signed exactly this, for an envelope of this case."""
    bound = sealing.bind(
        "grant-signature", bytes.fromhex(given.hh), given.key, given.by, given.at, given.wrap
    )
    try:
        sealing.verify(reader.sign_key, bound, given.signature)
    except sealing.BadSignature:
        raise Invalid("this is not signed with your key: load the page again") from None
    if given.by != reader.key_id or given.hh not in hashes:
        raise Invalid("this opens nothing in this case")


def kept_from_head(connection: Connection, reader: Reader, case: str) -> bool:
    """
    Say whether a reader in another place on the list must not see this case, because they are the head.

    Lists that give the head such a place are refused; this is for a lead who became head since.
    """
    if reader.place in ("head", "recovery") or "head" not in reader.roles:
        return False
    query = select(reports_table.c.coarse, reports_table.c.list_seq).where(reports_table.c.id == case)
    row = connection.execute(query).first()
    return row is not None and left_out(connection, case, row.coarse, row.list_seq, reader.staff)


def with_sheet(connection: Connection, reader: Reader, case: str) -> None:
    """Return if whoever holds the recovery sheet may be shown this case; raise NotFound."""
    query = select(reports_table.c.coarse, reports_table.c.list_seq).where(reports_table.c.id == case)
    row = connection.execute(query).first()
    if row is not None:
        excluded = left_out(connection, case, row.coarse, row.list_seq, reader.staff)
        if case_rules.sheet_opens(row.coarse, reader.roles, was_excluded=excluded):
            return
    raise NotFound("there is no such case")


def left_out(connection: Connection, case: str, coarse: str, list_seq: int, staff: int) -> bool:
    """Say whether the report left this adult out on purpose, with any key of theirs."""
    then = officer_lists.numbered(connection, list_seq)
    person = accounts.get_staff(connection, staff)
    return is_left_out(
        coarse,
        then.listed.officers if then else (),
        officers.keys_ever_of(connection, staff),
        cases.sealed_to(connection, case),
        is_head=person is not None and "head" in person.roles,
    )


def is_left_out(
    coarse: str, listed_then: Sequence[Officer], keys: Set[str], sealed_to: Set[str], *, is_head: bool
) -> bool:
    """
    Say whether the holder of these keys was left out of a report sealed under this list. Pure.

    `is_head`: they hold the head's office now. Then that counts whatever place they have on a list, or none.
    """
    heads = [officer.id for officer in listed_then if officer.role == "head"]
    if is_head and case_rules.may_be_about_head(coarse, heads, sealed_to):
        return True
    places = [officer.role for officer in listed_then if officer.id in keys]
    return case_rules.was_excluded(coarse, places, bool(keys & sealed_to))


def _was_excluded(desk: Desk, key: str) -> bool:
    query = select(officer_keys.c.staff).where(officer_keys.c.key_id == key)
    staff = desk.connection.execute(query).scalar()
    if staff is None:
        return False
    return left_out(desk.connection, desk.case, desk.row.coarse, desk.row.list_seq, staff)
