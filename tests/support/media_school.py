"""Memory sticks for an invented school: what laptops tell of them, and the rows that makes."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from policies import records
from server import media_intake

NASTY = "<b>stick</b>\u202e\x1b[2J' OR 1=1 --"
ADA, VERA, WILL, ZOE = "1" * 32, "5" * 32, "6" * 32, "9" * 32
"""Requests that wait, by who asks."""


def plugged(at: datetime, number: int, user: str, person: str | None, **changes: Any) -> records.MediaPlugged:
    """Return the record of one stick plugged in by somebody."""
    values: dict[str, Any] = {
        "at": at,
        "login": f"{number:032x}",
        "plug": f"{number:032x}",
        "os_user": user,
        "person": person,
        "media_class": "storage",
        "vendor": "0951",
        "model": "1666",
        "serial": f"0019E06B9C85{number:04X}",
        "descriptors": "ab" * 32,
        "interfaces": "080650",
        "maker": "Kingston",
        "product": "DataTraveler 3.0",
        "size_bytes": 31_004_294_144,
        "encryption": "none",
        "mode": "approve_then_scan",
        "target": "ask",
    }
    return records.MediaPlugged(**(values | changes))


def asked(
    plug: records.MediaPlugged, request: str, reason: str = "", **changes: Any
) -> records.MediaRequested:
    """Return the record of somebody asking for a stick that they plugged in."""
    return records.MediaRequested(
        at=plug.at,
        login=plug.login,
        plug=plug.plug,
        request=request,
        os_user=plug.os_user,
        person=plug.person,
        reason=records.short(reason),
        **changes,
    )


def tell(connection: Connection, device: str, told: Iterable[records.Record], received_at: datetime) -> None:
    """Write what a laptop told, as ingest does."""
    plain = connection.connection.dbapi_connection
    assert isinstance(plain, sqlite3.Connection)
    received_ms = int(received_at.timestamp() * 1000)
    for seq, record in enumerate(told, int(received_at.timestamp() * 1000) % 10**9):
        media_intake.PROJECTED[type(record)](plain, (device, "vital", seq), record, received_ms)


def fill(connection: Connection, laptops: dict[str, str], now: datetime) -> None:
    """Let a day with sticks have happened: waiting, open, harmful, gone, and one with a hostile name."""

    def of(record: records.MediaPlugged) -> dict[str, Any]:
        return {"at": record.at, "login": record.login, "plug": record.plug}

    minute = timedelta(minutes=1)
    ada = plugged(now - minute, 1, "ada", "p1")
    vera = plugged(now - 12 * minute, 5, "vera", "p5", encryption="luks", size_bytes=64_000_000_000)
    will = plugged(now - 3 * minute, 6, "will", "p6", serial="", product=NASTY, maker=NASTY)
    zoe = plugged(now - 2 * minute, 9, "zoe", "p9")
    ben = plugged(now - 90 * minute, 2, "ben", "p2")
    cem = plugged(now - 80 * minute, 3, "cem", "p3")
    nobody = plugged(now - 70 * minute, 4, "", None, target="block", media_class="phone", product="Phone")
    scan = {"files": 391, "size_bytes": 20_971_520, "seconds": 12.5, "scanner": "ClamAV 1.0.7"}
    fresh = now - timedelta(hours=7)
    tell(connection, laptops["L-001"], [ada, asked(ada, ADA, "My history slides")], now - minute)
    tell(
        connection,
        laptops["L-009"],
        [vera, asked(vera, VERA, "Coursework scans to take home", pupil_data=True)],
        now - 12 * minute,
    )
    tell(connection, laptops["L-010"], [will, asked(will, WILL, NASTY * 3)], now - 3 * minute)
    tell(connection, laptops["L-011"], [zoe, asked(zoe, ZOE, "Photos of the trip")], now - 2 * minute)
    tell(
        connection,
        laptops["L-002"],
        [
            ben,
            records.MediaScanned(**of(ben), outcome="clean", scanned=391, signatures_at=fresh, **scan),
            records.MediaReleased(**of(ben), access="read", until=now + 30 * minute, order="ab" * 8),
            records.ScannerSeen(at=now, scanner="ClamAV 1.0.7", state="ready", signatures_at=fresh),
        ],
        now - 89 * minute,
    )
    tell(
        connection,
        laptops["L-003"],
        [
            cem,
            records.MediaScanned(**of(cem), outcome="harmful", scanned=391, signatures_at=fresh, **scan),
            records.MediaShut(**of(cem), reason="harmful"),
            records.MediaDetection(
                **of(cem), os_user="cem", person="p3", signature="Eicar-Test-Signature", files=1
            ),
            records.ScannerSeen(
                at=now, scanner="ClamAV 1.0.7", state="stale", signatures_at=now - timedelta(days=30)
            ),
            nobody,
        ],
        now - 79 * minute,
    )
