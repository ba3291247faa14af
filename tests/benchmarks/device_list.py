"""How long the page of laptops takes with ten thousand of them registered (issue 5: at most 300 ms)."""

import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from litestar.testing import TestClient
from sqlalchemy import insert

from server import assigning, serving, state
from server.app import make_app
from server.device_intake import fold_serial
from server.device_tables import device_groups, inventory, self_tests
from server.media_tables import scanners
from server.state import ServerState
from server.tables import devices
from tests.support import school

REACH_SECONDS = 0.3
ABLE = dict.fromkeys(
    ("idle", "lock", "logins", "login-end", "session-start", "speech", "tray", "usb"), "works"
)
ADDRESSES = (
    "/devices",
    "/devices?q=0042",
    "/devices?state=silent&sort=seen",
    "/devices?group=pilot&sort=name&down=1",
    "/devices?page=57",
    "/devices/coverage",
)


def fill(house: ServerState, count: int) -> None:
    """Register so many laptops in rooms of thirty, each with what it is, how it tests and how it scans."""
    now = state.utc_now()
    rows, said, tests, scans, grouped = [], [], [], [], []
    for number in range(count):
        device = f"{number + 0x1000000:016x}"
        seen = now - timedelta(minutes=number % 3000)
        able = {**ABLE, "lock": "broken"} if number % 97 == 0 else ABLE
        rows.append(
            {
                "id": device, "device_key": secrets.token_bytes(32), "machine": f"{number:064x}",
                "hostname": f"L-{number:05d}", "os": "Debian GNU/Linux 12", "agent_version": "0.2.0",
                "room": f"Room {number // 30}", "state": "active", "enrolled_at": now, "last_seen_at": seen,
                "capabilities": json.dumps(able), "applied_number": 1, "applied_at": now,
            }
        )  # fmt: skip
        said.append(_inventory(device, number, now))
        tests.append(
            {
                "device": device, "stream": "vital", "seq": 1, "at": now, "received_at": now, "order_id": "",
                "failed": int(number % 211 == 0), "results": "{}", "problems": "{}", "newest": True,
            }
        )  # fmt: skip
        scans.append(
            {"device": device, "at": now, "scanner": "ClamAV", "state": "ready", "signatures_at": now}
        )
        if number % 10 == 0:
            grouped.append({"device": device, "name": "pilot"})
    with house.db.write() as connection:
        for table, values in (
            (devices, rows),
            (inventory, said),
            (self_tests, tests),
            (scanners, scans),
            (device_groups, grouped),
        ):
            connection.execute(insert(table), values)
        assigning.refresh(connection, now)


def _inventory(device: str, number: int, now: datetime) -> dict[str, object]:
    serial = f"BR13-{number:05d}"
    return {
        "device": device, "at": now, "maker": "Hazel", "model": "Birch 13", "serial": serial,
        "serial_key": fold_serial(serial), "os": "Debian GNU/Linux 12", "hostname": f"L-{number:05d}",
        "agent_version": "0.2.0", "disk_encryption": "on", "memory_bytes": 8 * 2**30,
    }  # fmt: skip


def list_times(
    folder: Path, *, count: int = 10_000, runs: int = 5, told: Callable[[str, float], None] | None = None
) -> dict[str, list[float]]:
    """Return how many seconds each page took, asked so often by a technician; the first is not counted."""
    house = school.make_house(folder)
    fill(house, count)
    serving.collect_seldom()  # as a server does
    times: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        school.signed_in(client, "t.ashby")
        for address in ADDRESSES:
            for run in range(runs + 1):
                begun = time.perf_counter()
                answer = client.get(address)
                took = time.perf_counter() - begun
                assert answer.status_code == 200, answer.text[:300]
                if run:
                    times[address].append(took)
                    if told:
                        told(address, took)
    return times
