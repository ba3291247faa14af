"""How each laptop stands: covered by the school's rules or not, healthy or not. Pure; no clock, no table.

A coverage state is about whether the school's rules reach the laptop at all (R41); a health tile about one
thing on it that ought to work (R77, R83).
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from server.tables import to_ms

State = Literal[
    "secured",
    "cloned",
    "replaced",
    "retired",
    "fork",
    "twin",
    "rejected",
    "broken",
    "test-failed",
    "quarantine",
    "never",
    "silent",
    "pending",
    "overdue",
    "lent",
    "healthy",
]
NEEDS_SOMEBODY: tuple[State, ...] = (
    "cloned",
    "twin",
    "fork",
    "rejected",
    "broken",
    "test-failed",
    "quarantine",
    "overdue",
    "pending",
    "silent",
    "never",
)
"""What a technician has to do something about, most urgent first."""
DAY_MINUTES = 24 * 60
DEFAULT_SILENT_MINUTES = DAY_MINUTES
"""A laptop that was off overnight or over a weekend is not news."""
MOST_SILENT_MINUTES = 90 * DAY_MINUTES


class Facts(NamedTuple):
    """What the server knows of one laptop, as numbers and texts; instants in milliseconds of UTC."""

    id: str
    hostname: str
    room: str
    state: str
    """active, retired, replaced or cloned."""
    os: str
    agent_version: str
    capabilities: str
    """JSON: capability to works, lacking or broken."""
    enrolled_ms: int
    seen_ms: int | None
    applied: int | None
    assigned: int | None
    """The number this laptop ought to obey."""
    rejected: int | None
    maker: str = ""
    model: str = ""
    serial: str = ""
    serial_key: str = ""
    disk: str = ""
    """on, off, part or unknown; empty: it never said."""
    scanner: str = ""
    """State of its virus scanner; empty: it never said."""
    signatures_ms: int | None = None
    tested_ms: int | None = None
    tests_failed: int = 0
    chain_breaks: int = 0
    unreadable: int = 0
    secured: bool = False
    twin: bool = False
    """Another active laptop says the same serial number."""
    due_day: str = ""
    """ISO day its loan ends; empty: it is not lent."""


class Rule(NamedTuple):
    """Against what laptops are held at this moment."""

    now_ms: int
    silent_before_ms: int
    today: str
    """ISO day by the school's clock."""
    signatures_max_age_hours: int = 168
    test_every_days: int = 7
    newest_agent: str = ""


Verdict = Literal["fine", "watch", "bad", "unknown"]
TileCode = Literal[
    "policy", "gate", "lock", "usb", "antivirus", "encryption", "self-test", "agent", "journal", "evidence"
]


class Tile(NamedTuple):
    """One thing on a laptop that ought to work, and how it does."""

    code: TileCode
    verdict: Verdict
    why: str
    """A code; the pages have the sentence."""


def decide_rule(
    now: datetime,
    silent_minutes: int,
    *,
    signatures_max_age_hours: int = 168,
    test_every_days: int = 7,
    newest_agent: str = "",
) -> Rule:
    """Return the rule of this moment. A day or more is counted in school days: weekends say nothing."""
    before = silent_since(now, silent_minutes)
    today = now.astimezone().date().isoformat()
    return Rule(to_ms(now), to_ms(before), today, signatures_max_age_hours, test_every_days, newest_agent)


def silent_since(now: datetime, minutes: int) -> datetime:
    """Return the instant before which a laptop that was not heard since counts as silent."""
    left = timedelta(minutes=minutes)
    if minutes < DAY_MINUTES:
        return now - left
    at = now.astimezone()
    while True:
        start = (at - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        if start.weekday() < 5:
            if at - start >= left:
                return at - left
            left -= at - start
        at = start


def decide_coverage(facts: Facts, rule: Rule) -> tuple[State, ...]:
    """Return everything that holds for a laptop, most urgent first; `("healthy",)` if nothing does."""
    states: list[State] = ["secured"] if facts.secured else []
    if facts.state != "active":
        kept: State = facts.state if facts.state in ("retired", "replaced", "cloned") else "retired"  # type: ignore[assignment]
        return (kept, *states)
    if facts.chain_breaks:
        states.append("fork")
    if facts.twin:
        states.append("twin")
    refused = facts.rejected is not None and facts.rejected == facts.assigned
    if refused:
        states.append("rejected")
    if '"broken"' in facts.capabilities:
        states.append("broken")
    if facts.tests_failed:
        states.append("test-failed")
    if facts.unreadable:
        states.append("quarantine")
    if facts.seen_ms is None:
        states.append("never")
    elif facts.seen_ms < rule.silent_before_ms:
        states.append("silent")
    if not refused and policy_pending(facts.applied, facts.assigned):
        states.append("pending")
    if facts.due_day:
        states.append("overdue" if facts.due_day < rule.today else "lent")
    return tuple(states) or ("healthy",)


def policy_pending(applied: int | None, assigned: int | None) -> bool:
    """Say whether the laptop's policy is sent and not confirmed. A newer one than assigned is no answer."""
    return assigned is not None and applied != assigned


def decide_health(facts: Facts, capabilities: dict[str, str], rule: Rule) -> tuple[Tile, ...]:
    """Return the health of one laptop, tile by tile, always the same tiles in the same order."""
    return (
        _policy(facts),
        _ability("gate", capabilities.get("session-start")),
        _ability("lock", capabilities.get("lock")),
        _ability("usb", capabilities.get("usb")),
        _antivirus(facts, rule),
        _encryption(facts),
        _self_test(facts, rule),
        _agent(facts, rule),
        _journal(facts),
        Tile("evidence", "watch", "secured") if facts.secured else Tile("evidence", "fine", "free"),
    )


def worst(tiles: tuple[Tile, ...]) -> Verdict:
    """Return the verdict that needs somebody most."""
    order: tuple[Verdict, ...] = ("bad", "watch", "unknown", "fine")
    return min((tile.verdict for tile in tiles), key=order.index, default="unknown")


def decide_missing(expected: frozenset[str], enrolled: frozenset[str]) -> frozenset[str]:
    """Return the folded serial numbers that ought to be enrolled and are not."""
    return expected - enrolled


def newest_version(versions: frozenset[str]) -> str:
    """Return the newest of these versions; letters count as nothing."""
    return max(versions, key=version_key, default="")


def version_key(version: str) -> tuple[int, ...]:
    """Return what orders versions: 1.10 comes after 1.9."""
    parts = version.strip().split("+")[0].split("-")[0].split(".")
    return tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 9 else 0 for part in parts)


def _policy(facts: Facts) -> Tile:
    if facts.assigned is None:
        return Tile("policy", "unknown", "none")
    if facts.rejected == facts.assigned:
        return Tile("policy", "bad", "rejected")
    if facts.applied is None:
        return Tile("policy", "bad", "never")
    if facts.applied != facts.assigned:
        return Tile("policy", "watch", "pending")
    return Tile("policy", "fine", "confirmed")


def _ability(code: TileCode, reach: str | None) -> Tile:
    verdicts: dict[str, Verdict] = {"works": "fine", "lacking": "watch", "broken": "bad"}
    if reach is None:
        return Tile(code, "unknown", "not-told")
    return Tile(code, verdicts.get(reach, "bad"), reach if reach in verdicts else "broken")


def _antivirus(facts: Facts, rule: Rule) -> Tile:
    if not facts.scanner:
        return Tile("antivirus", "unknown", "not-told")
    if facts.scanner != "ready":
        return Tile("antivirus", "bad", facts.scanner)
    if facts.signatures_ms is None:
        return Tile("antivirus", "bad", "unknown-age")
    if rule.now_ms - facts.signatures_ms > rule.signatures_max_age_hours * 3_600_000:
        return Tile("antivirus", "bad", "stale")
    return Tile("antivirus", "fine", "ready")


def _encryption(facts: Facts) -> Tile:
    verdicts: dict[str, Verdict] = {"on": "fine", "part": "watch", "off": "bad"}
    if facts.disk not in verdicts:
        return Tile("encryption", "unknown", "unknown" if facts.disk else "not-told")
    return Tile("encryption", verdicts[facts.disk], facts.disk)


def _self_test(facts: Facts, rule: Rule) -> Tile:
    if facts.tested_ms is None:
        return Tile("self-test", "unknown", "never")
    if facts.tests_failed:
        return Tile("self-test", "bad", "failed")
    if rule.test_every_days and rule.now_ms - facts.tested_ms > 2 * rule.test_every_days * 86_400_000:
        return Tile("self-test", "watch", "old")
    return Tile("self-test", "fine", "passed")


def _agent(facts: Facts, rule: Rule) -> Tile:
    if rule.newest_agent and version_key(facts.agent_version) < version_key(rule.newest_agent):
        return Tile("agent", "watch", "older")
    return Tile("agent", "fine", "newest")


def _journal(facts: Facts) -> Tile:
    if facts.chain_breaks:
        return Tile("journal", "bad", "fork")
    if facts.unreadable:
        return Tile("journal", "bad", "unreadable")
    return Tile("journal", "fine", "whole")
