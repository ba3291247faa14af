"""From laptops' records about themselves to the tables that pages read. On ingest's path: plain `sqlite3`."""

import json
import sqlite3
from collections.abc import Callable

from policies import records
from policies.device_records import InventorySeen, SelfTested
from server.tables import told_ms

MOST_TESTS_A_DAY = 48
"""So many self-tests of one laptop are listed; of more in a day only the newest. The records stay."""
DAY_MS = 86_400_000
_Place = tuple[str, str, int]


def fold_serial(serial: str) -> str:
    """Return a serial number as it is compared: a label, a laptop and a table write it differently."""
    return "".join(each for each in serial.casefold() if each.isalnum())[:200]


def _inventory_seen(c: sqlite3.Connection, place: _Place, said: InventorySeen, received_ms: int) -> None:
    c.execute(
        "INSERT OR REPLACE INTO inventory (device, at, maker, model, serial, serial_key, os, hostname,"
        " agent_version, disk_encryption, memory_bytes, battery_percent) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            place[0],
            received_ms,
            said.maker.strip(),
            said.model.strip(),
            said.serial.strip(),
            fold_serial(said.serial),
            said.os,
            said.hostname,
            said.agent_version,
            said.disk_encryption,
            said.memory_bytes,
            said.battery_percent,
        ),
    )
    if said.hostname.strip():
        c.execute(
            "UPDATE devices SET hostname = ?, agent_version = ? WHERE id = ?",
            (said.hostname, said.agent_version, place[0]),
        )


def _self_tested(c: sqlite3.Connection, place: _Place, said: SelfTested, received_ms: int) -> None:
    today = (place[0], received_ms - DAY_MS)
    (many,) = c.execute(
        "SELECT COUNT(*) FROM self_tests WHERE device = ? AND received_at > ?", today
    ).fetchone()
    if many >= MOST_TESTS_A_DAY:
        c.execute("DELETE FROM self_tests WHERE device = ? AND newest", (place[0],))
    c.execute("UPDATE self_tests SET newest = 0 WHERE device = ? AND newest", (place[0],))
    c.execute(
        "INSERT OR IGNORE INTO self_tests (device, stream, seq, at, received_at, order_id, failed, results,"
        " problems, signatures_at, newest) VALUES (?,?,?,?,?,?,?,?,?,?,1)",
        (
            *place,
            told_ms(said.at),
            received_ms,
            said.order,
            sum(result == "failed" for result in said.results.values()),
            json.dumps(said.results),
            json.dumps(said.problems),
            told_ms(said.signatures_at) if said.signatures_at else None,
        ),
    )


PROJECTED: dict[type, Callable[..., None]] = {
    records.InventorySeen: _inventory_seen,
    records.SelfTested: _self_tested,
}
