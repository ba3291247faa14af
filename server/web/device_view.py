"""How a laptop's states and health look on the pages: chips and shapes. What holds is `server.coverage`'s."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server import coverage, inventory
from server.coverage import Rule, Tile
from server.tables import from_ms
from server.web import common

KINDS: dict[str, tuple[str, str]] = {
    "secured": ("info", "doc"),
    "healthy": ("ok", "tick"),
    "silent": ("off", "nosignal"),
    "never": ("off", "ring"),
    "pending": ("wait", "sent"),
    "rejected": ("stop", "octagon"),
    "broken": ("stop", "octagon"),
    "test-failed": ("stop", "octagon"),
    "cloned": ("stop", "octagon"),
    "twin": ("stop", "octagon"),
    "fork": ("stop", "octagon"),
    "quarantine": ("stop", "octagon"),
    "overdue": ("wait", "cal"),
    "lent": ("info", "home"),
    "replaced": ("off", "ring"),
    "retired": ("off", "ring"),
}
"""Each state's chip: kind and shape. The order of urgency stands in `coverage.decide_coverage`."""

VERDICTS: dict[str, tuple[str, str]] = {
    "fine": ("ok", "tick"),
    "watch": ("wait", "glass"),
    "bad": ("stop", "octagon"),
    "unknown": ("off", "ring"),
}
RESULTS: dict[str, tuple[str, str]] = {
    "passed": ("ok", "tick"),
    "failed": ("stop", "octagon"),
    "lacking": ("off", "ring"),
    "": ("off", "ring"),
}
REACH = {"works": ("ok", "tick"), "lacking": ("off", "ring"), "broken": ("stop", "octagon")}
SECTIONS = (
    ("list", "/devices"),
    ("coverage", "/devices/coverage"),
    ("places", "/devices/places"),
    ("self-tests", "/devices/self-tests"),
    ("loans", "/devices/loans"),
    ("enrol", "/devices/enrol"),
    ("data", "/devices/data"),
)
"""The pages about laptops, as they stand beneath their heading."""


def rule_of(connection: Connection, now: datetime) -> Rule:
    """Return against what laptops are held at this moment, by this school's settings."""
    minutes = inventory.silent_minutes(connection, coverage.DEFAULT_SILENT_MINUTES)
    facts = common.policy_facts(connection)
    versions = connection.exec_driver_sql("SELECT DISTINCT agent_version FROM devices WHERE state = 'active'")
    return coverage.decide_rule(
        now,
        minutes,
        signatures_max_age_hours=facts.usb.scan.signatures_max_age_hours,
        test_every_days=facts.self_test.every_days,
        newest_agent=coverage.newest_version(frozenset(row[0] for row in versions)),
    )


def moment_of(ms: int | None) -> datetime | None:
    """Return an instant of `Facts` as pages show it."""
    return None if ms is None else from_ms(ms)


def not_fine(tiles: tuple[Tile, ...]) -> list[Tile]:
    """Return the tiles that a list names: what is not right and what is to be looked at, worst first."""
    return sorted(
        (tile for tile in tiles if tile.verdict in ("bad", "watch")), key=lambda tile: tile.verdict != "bad"
    )


def shared(section: str) -> dict[str, Any]:
    """Return what every page about laptops needs to be drawn."""
    return {
        "kinds": KINDS,
        "verdicts": VERDICTS,
        "results": RESULTS,
        "sections": SECTIONS,
        "section": section,
        "moment_of": moment_of,
    }
