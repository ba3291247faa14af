"""The list of laptops: facts of all of them in a few plain queries, then filtered, sorted and cut in memory.

Ten thousand laptops are a few megabytes; what each one's state is cannot be said in SQL without saying it
twice (`coverage.decide_coverage` says it).
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server import coverage
from server.coverage import Facts, Rule, State
from server.errors import NotFound
from server.tables import to_ms

ROWS_PER_PAGE = 100
SORTS = ("name", "room", "state", "seen", "policy", "agent")
_FACTS = """
SELECT d.id, d.hostname, d.room, d.state, d.os, d.agent_version, d.capabilities, d.enrolled_at,
  d.last_seen_at, d.applied_number, d.rejected_number,
  COALESCE(i.maker, ''), COALESCE(i.model, ''), COALESCE(i.serial, ''), COALESCE(i.serial_key, ''),
  COALESCE(i.disk_encryption, ''), COALESCE(s.state, ''), s.signatures_at, t.received_at,
  COALESCE(t.failed, 0)
FROM devices d
LEFT JOIN inventory i ON i.device = d.id
LEFT JOIN scanners s ON s.device = d.id
LEFT JOIN self_tests t ON t.device = d.id AND t.newest
"""
_SEEN = Facts._fields.index("seen_ms")
_SERIAL_KEY = Facts._fields.index("serial_key") - 1
"""In a row of `_FACTS`, which lacks `assigned` and ends with `tests_failed`."""
_SECURED = """
SELECT q.device FROM quarantines q
JOIN (SELECT device, MAX(number) AS number FROM quarantines GROUP BY device) n
  ON n.device = q.device AND n.number = q.number
WHERE q.is_on
"""


class Wanted(NamedTuple):
    """What somebody looks for; empty text: anything."""

    q: str = ""
    room: str = ""
    site: str = ""
    group: str = ""
    state: str = ""
    sort: str = "room"
    descending: bool = False
    page: int = 1


class Listed(NamedTuple):
    """One laptop in the list."""

    facts: Facts
    states: tuple[State, ...]
    connected: bool


class Found(NamedTuple):
    """One page of the list, and what the whole school looks like beside it."""

    rows: list[Listed]
    """Of this page, in order."""
    ids: list[str]
    """Of every laptop that fits, in order."""
    total: int
    page: int
    last: int
    enrolled: int
    """Active laptops of the whole school, as are the next three."""
    confirmed: int
    pending: int
    needs: list[tuple[State, int]]
    """How many need somebody, by why; none left out but zeros."""


def read_facts(
    connection: Connection, connected: Callable[[str], bool], now: datetime, only: str = ""
) -> list[Facts]:
    """Return what is known of every laptop, or of `only` one. One that holds a connection was seen now."""
    now_ms = to_ms(now)
    sums = _sums(connection)
    where, given = (" WHERE d.id = ?", (only,)) if only else ("", ())
    facts = []
    for row in connection.exec_driver_sql(_FACTS + where, given).fetchall():
        device = row[0]
        facts.append(
            Facts._make(
                (
                    *row[:_SEEN],
                    now_ms if connected(device) else row[_SEEN],
                    row[_SEEN + 1],
                    sums.assigned.get(device),
                    *row[_SEEN + 2 :],
                    sums.breaks.get(device, 0),
                    sums.unreadable.get(device, 0),
                    device in sums.secured,
                    row[_SERIAL_KEY] in sums.twins and row[3] == "active",
                    sums.lent.get(device, ""),
                )
            )
        )
    return facts


def facts_of(connection: Connection, device: str, connected: Callable[[str], bool], now: datetime) -> Facts:
    """Return what is known of one laptop; raise NotFound."""
    found = read_facts(connection, connected, now, device)
    if not found:
        raise NotFound(f"there is no laptop {device!r}")
    return found[0]


def refusals(connection: Connection) -> dict[str, str]:
    """Return why laptops refused what they were sent, in their own words, by laptop."""
    query = "SELECT id, rejected_problem FROM devices WHERE rejected_problem <> ''"
    return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


class _Sums(NamedTuple):
    assigned: Mapping[str, int]
    breaks: Mapping[str, int]
    unreadable: Mapping[str, int]
    secured: frozenset[str]
    twins: frozenset[str]
    lent: Mapping[str, str]


def _sums(connection: Connection) -> _Sums:
    def pairs(query: str) -> dict[Any, Any]:
        return {row[0]: row[1] for row in connection.exec_driver_sql(query).fetchall()}

    def one(query: str) -> frozenset[str]:
        return frozenset(row[0] for row in connection.exec_driver_sql(query))

    return _Sums(
        assigned_numbers(connection),
        pairs("SELECT device, SUM(chain_breaks) FROM streams WHERE chain_breaks > 0 GROUP BY device"),
        pairs("SELECT device, COUNT(*) FROM quarantine GROUP BY device"),
        one(_SECURED),
        one(
            "SELECT i.serial_key FROM inventory i JOIN devices d ON d.id = i.device AND d.state = 'active'"
            " WHERE i.serial_key <> '' GROUP BY i.serial_key HAVING COUNT(*) > 1"
        ),
        pairs("SELECT device, due_day FROM loans WHERE state = 'out'"),
    )


def assigned_numbers(connection: Connection) -> Mapping[str, int]:
    """Return the policy number that is meant for each laptop; none before the first policy."""
    query = "SELECT device, number FROM assignments"
    return dict(map(tuple, connection.exec_driver_sql(query).fetchall()))


def find(
    connection: Connection,
    wanted: Wanted,
    rule: Rule,
    now: datetime,
    connected: Callable[[str], bool],
    *,
    rows_per_page: int = ROWS_PER_PAGE,
) -> Found:
    """Return the laptops that fit, in order, one page of them."""
    everything = [
        Listed(facts, coverage.decide_coverage(facts, rule), False)
        for facts in read_facts(connection, connected, now)
    ]
    counts: dict[State, int] = {}
    for listed in everything:
        for state in listed.states:
            counts[state] = counts.get(state, 0) + 1
    active = [listed.facts for listed in everything if listed.facts.state == "active"]
    fitting = _fitting(everything, wanted, _members(connection, wanted))
    fitting.sort(key=_KEYS.get(wanted.sort, _KEYS["room"]), reverse=wanted.descending)
    last = max(1, -(-len(fitting) // rows_per_page))
    page = min(max(1, wanted.page), last)
    rows = fitting[(page - 1) * rows_per_page : page * rows_per_page]
    return Found(
        rows=[listed._replace(connected=connected(listed.facts.id)) for listed in rows],
        ids=[listed.facts.id for listed in fitting],
        total=len(fitting),
        page=page,
        last=last,
        enrolled=len(active),
        confirmed=sum(not coverage.policy_pending(one.applied, one.assigned) for one in active),
        pending=sum(coverage.policy_pending(one.applied, one.assigned) for one in active),
        needs=[(state, counts[state]) for state in coverage.NEEDS_SOMEBODY if counts.get(state)],
    )


def _members(connection: Connection, wanted: Wanted) -> Collection[str] | None:
    """Return the laptops of the group and the site that are wanted; None: any."""
    members: frozenset[str] | None = None
    for name, query in (
        (wanted.group, "SELECT device FROM device_groups WHERE name = ?"),
        (wanted.site, "SELECT d.id FROM devices d JOIN rooms r ON r.name = d.room WHERE r.site = ?"),
    ):
        if name:
            found = frozenset(row[0] for row in connection.exec_driver_sql(query, (name,)))
            members = found if members is None else members & found
    return members


def _fitting(everything: list[Listed], wanted: Wanted, members: Collection[str] | None) -> list[Listed]:
    needle = wanted.q.casefold()
    found = []
    for listed in everything:
        facts, states = listed.facts, listed.states
        if wanted.state:
            if wanted.state not in states:
                continue
        elif facts.state not in ("active", "cloned"):
            continue
        if wanted.room and facts.room != wanted.room:
            continue
        if members is not None and facts.id not in members:
            continue
        if needle and needle not in f"{facts.hostname}\n{facts.room}\n{facts.id}\n{facts.serial}".casefold():
            continue
        found.append(listed)
    return found


@lru_cache(maxsize=32_768)
def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key in which L-9 stands before L-10."""
    parts = re.findall(r"\d{1,9}|\D+", text.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


_URGENCY = {
    state: place
    for place, state in enumerate(
        ("secured", *coverage.NEEDS_SOMEBODY, "lent", "healthy", "replaced", "retired")
    )
}
_KEYS: dict[str, Callable[[Listed], Any]] = {
    "room": lambda it: (natural(it.facts.room), natural(it.facts.hostname)),
    "name": lambda it: (natural(it.facts.hostname), it.facts.id),
    "state": lambda it: (_URGENCY.get(it.states[0], 99), natural(it.facts.room), natural(it.facts.hostname)),
    "seen": lambda it: (it.facts.seen_ms is not None, it.facts.seen_ms or 0),
    "policy": lambda it: (it.facts.applied or 0, natural(it.facts.hostname)),
    "agent": lambda it: (coverage.version_key(it.facts.agent_version), natural(it.facts.hostname)),
}
