"""The list as it stands in the database. People join, change, leave and return; nobody is deleted.

`roster` holds one row per person ever listed, `people` one per account: rooms that show names join on it,
so an account's row stays, ended, when its person leaves or gets another one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from server import changes
from server.individual.common import GRANTS
from server.individual_tables import grant_news
from server.people_tables import roster, roster_changes
from server.roster.comparing import Change, Diff
from server.roster.entries import Entry, Known
from server.tables import people

ROSTER = "roster"
"""Grows whenever the list changes, and only then: a comparison made before is out of date."""
_COPIED = ("display_name", "tier", "language", "room", "year")
"""What each account's row repeats of its person."""
_OWN = ("kind", "given_name", "family_name", "job_title", *_COPIED)


class By(NamedTuple):
    """Who changes the list, and with which import if with one."""

    name: str
    staff: int | None = None
    from_import: int | None = None


def utc_now() -> datetime:
    """Return the time to write down where a caller has none of its own."""
    return datetime.now(UTC)


def number_of(connection: Connection) -> int:
    """Return the list's number; it grows with every change of the list."""
    return changes.numbers(connection).get(ROSTER, 0)


def known_people(connection: Connection, only: Iterable[str] | None = None) -> dict[str, Known]:
    """Return everybody who was ever listed by their id, leavers with their end; or `only` these."""
    accounts: dict[str, list[str]] = defaultdict(list)
    who = (
        select(people.c.person, people.c.os_user).where(people.c.left_at.is_(None)).order_by(people.c.os_user)
    )
    query = select(roster)
    if only is not None:
        wanted = list(only)
        who, query = who.where(people.c.person.in_(wanted)), query.where(roster.c.person.in_(wanted))
    for row in connection.execute(who):
        accounts[row.person].append(row.os_user)
    return {row.person: _known(row, accounts.get(row.person, ())) for row in connection.execute(query)}


def find_known(connection: Connection, person: str) -> Known | None:
    """Return one person, here or gone."""
    return known_people(connection, [person]).get(person)


def _known(row: Row[Any], accounts: Sequence[str]) -> Known:
    values = {name: getattr(row, name) for name in _OWN}
    return Known(
        entry=Entry(person=row.person, accounts=tuple(accounts), **values),
        joined_at=row.joined_at,
        joined_by=row.joined_by,
        left_at=row.left_at,
        left_by=row.left_by,
        left_reason=row.left_reason,
    )


def apply_diff(
    connection: Connection,
    diff: Diff,
    *,
    by: By,
    now: datetime,
    source: str,
    reason: str = "",
    what: str = "changed",
) -> None:
    """Make the list what the diff says, and write down who changed what. Does nothing for an empty diff."""
    if diff.empty:
        return
    _join(connection, diff.joins, by, now, source)
    _change(connection, (*diff.changes, *diff.returns), now, returned={c.after.person for c in diff.returns})
    _leave(connection, diff.leaves, by, now, reason)
    _write_down(connection, diff, by, now, reason, what)
    _tell_laptops(connection, diff, now)
    changes.bump(connection, ROSTER)
    changes.bump(connection, changes.PEOPLE)


def _tell_laptops(connection: Connection, diff: Diff, now: datetime) -> None:
    """Have laptops where one of them is logged in told: a leaver's login ends, a new tier asks anew."""
    changed = [change.after for change in (*diff.changes, *diff.returns)]
    news = [{"person": entry.person, "at": now} for entry in (*changed, *diff.leaves)]
    if news:
        connection.execute(insert(grant_news), news)
        changes.bump(connection, GRANTS)


def _join(connection: Connection, joins: Sequence[Entry], by: By, now: datetime, source: str) -> None:
    if not joins:
        return
    rows = [
        {
            "person": entry.person,
            **{name: getattr(entry, name) for name in _OWN},
            "source": source,
            "joined_at": now,
            "joined_by": by.name[:120],
        }
        for entry in joins
    ]
    connection.execute(insert(roster), rows)
    _give_accounts(connection, joins)


def _give_accounts(connection: Connection, entries: Iterable[Entry]) -> None:
    """Write the rows of these people's accounts; an account that was somebody's before is theirs now."""
    rows = [
        {
            "os_user": account,
            "person": entry.person,
            **{name: getattr(entry, name) for name in _COPIED},
            "left_at": None,
        }
        for entry in entries
        for account in entry.accounts
    ]
    if rows:
        connection.execute(insert(people).prefix_with("OR REPLACE"), rows)


def _change(connection: Connection, changed: Sequence[Change], now: datetime, returned: set[str]) -> None:
    if not changed:
        return
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _OWN}
    statement = update(roster).where(roster.c.person == bindparam("who")).values(**values)
    connection.execute(
        statement,
        [
            {"who": c.after.person, **{f"new_{name}": getattr(c.after, name) for name in _OWN}}
            for c in changed
        ],
    )
    if returned:
        back = update(roster).where(roster.c.person == bindparam("who"))
        ended = {"left_at": None, "left_by": "", "left_reason": ""}
        connection.execute(back.values(**ended), [{"who": person} for person in returned])
    # First all old accounts end, then all new ones begin: two people may have swapped theirs.
    lost = [
        {"whose": c.before.person, "account": account}
        for c in changed
        for account in c.before.accounts
        if account not in c.after.accounts
    ]
    if lost:
        end = update(people).where(
            people.c.os_user == bindparam("account"), people.c.person == bindparam("whose")
        )
        connection.execute(end.values(left_at=now), lost)
    _give_accounts(connection, [c.after for c in changed])


def _leave(connection: Connection, leaves: Sequence[Entry], by: By, now: datetime, reason: str) -> None:
    if not leaves:
        return
    who = [{"who": entry.person} for entry in leaves]
    ended = {"left_at": now, "left_by": by.name[:120], "left_reason": reason[:400]}
    connection.execute(update(roster).where(roster.c.person == bindparam("who")).values(**ended), who)
    here = people.c.left_at.is_(None)
    end = update(people).where(people.c.person == bindparam("who"), here)
    connection.execute(end.values(left_at=now), who)


def _write_down(connection: Connection, diff: Diff, by: By, now: datetime, reason: str, what: str) -> None:
    always = {
        "at": now,
        "by_name": by.name[:120],
        "staff": by.staff,
        "from_import": by.from_import,
        "reason": reason[:400],
        "field": "",
        "before": "",
        "after": "",
    }
    rows = [{**always, "person": e.person, "what": "joined", "after": e.tier} for e in diff.joins]
    rows += [{**always, "person": e.person, "what": "left", "before": e.tier} for e in diff.leaves]
    rows += [{**always, "person": c.after.person, "what": "returned"} for c in diff.returns]
    for change in (*diff.changes, *diff.returns):
        for field in change.fields:
            rows.append(
                {
                    **always,
                    "person": change.after.person,
                    "what": "account" if field == "accounts" else what,
                    "field": field,
                    "before": said(change.before, field)[:200],
                    "after": said(change.after, field)[:200],
                }
            )
    if rows:
        connection.execute(insert(roster_changes), rows)


def said(entry: Entry, field: str) -> str:
    """Return a field of a person as one text."""
    value = getattr(entry, field)
    return ", ".join(value) if isinstance(value, tuple) else str(value)
