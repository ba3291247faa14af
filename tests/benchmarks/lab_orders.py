"""Eyes to the front: pressed by a teacher until the last of a thousand laptops has confirmed its cover.

A real server process. A thousand laptops with keys of their own, all of one hall, hold a request each over
TLS, in a process of their own; each verifies what it is told, says its status at once, keeps a sealed record.
The button is the page's own form, sent by a signed-in teacher who has the room open, so laptops are watched.
Confirmed is what the server answered for: statuses it took (the map shows these) and records it has on disk.
"""

import argparse
import contextlib
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import insert

from installer import own
from installer.school import School
from policies import sealing
from server import access, accounts, assigning, lab_orders, lab_states, sessions, state
from server.db import Database
from server.live import Live
from server.settings import Folder
from server.tables import devices
from tests.benchmarks.bench_push import cpu_seconds
from tests.support.measuring import end_tidily, figure, progress, report

CONFIRMED_SECONDS = 2.0
LONGEST_SECONDS = 60.0
LOOK_SECONDS = 0.01
OPEN_SECONDS = 240.0
HALL = "Hall"


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="lab_orders")
    parser.add_argument("--laptops", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args(arguments)
    end_tidily()
    figures, problems = measure(asked.laptops, asked.runs)
    ok = not problems and figures["attention_confirmed_seconds"]["median"] <= CONFIRMED_SECONDS
    reach = {"attention_confirmed_seconds_at_most": CONFIRMED_SECONDS}
    conditions = {"laptops": asked.laptops, "rooms": 1, "watched": True}
    return report("lab_orders", figures, reach, ok=ok, conditions=conditions, problems=problems[:5])


def measure(laptops: int, runs: int) -> tuple[dict[str, Any], list[str]]:
    """Return the figures, and what any laptop would not have believed."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gatepost-lab-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        school = School(folder, "secondary-turkiye", port=0)
        school.ensure_made()
        database = stack.enter_context(contextlib.closing(Database(school.data / "gatepost.sqlite")))
        hall = register(database, laptops)
        school.start()
        stack.callback(school.stop)
        teacher = Teacher(school, database)
        fleet = stack.enter_context(obeying(school, hall))
        progress(f"{laptops} laptops hold")
        teacher.open_room()
        pid = school.service.pid
        assert pid is not None
        confirmed, recorded, costs = [], [], []
        for number in range(runs):
            teacher.stay()
            cpu = cpu_seconds(pid)
            pressed = time.time()
            order = teacher.press()
            confirmed.append(fleet.wait_covered(order) - pressed)
            recorded.append(wait_recorded(school, order, laptops) - pressed)
            costs.append((cpu_seconds(pid) - cpu) * 1000 / laptops)
            check_standing(database, order, laptops)
            teacher.end(order)
            progress(
                f"run {number + 1}: confirmed {confirmed[-1]:.2f} s, recorded {recorded[-1]:.2f} s,"
                f" {costs[-1]:.2f} ms of the server a laptop"
            )
            threading.Event().wait(0.5)
        return {
            "attention_confirmed_seconds": figure(confirmed),
            "attention_recorded_seconds": figure(recorded),
            "server_cpu_ms_per_laptop": figure(costs, 2),
            "asked_to_come_later": figure([fleet.busy], 0),
        }, fleet.problems()


def register(database: Database, count: int) -> list[tuple[str, str]]:
    """Put laptops on the server's list, all in one hall; return their ids and private keys."""
    now = datetime.now(UTC)
    made, rows = [], []
    for number in range(count):
        device, private = secrets.token_hex(8), sealing.new_signing_key()
        made.append((device, private.hex()))
        rows.append(
            {
                "id": device, "device_key": sealing.signing_public_key(private),
                "machine": secrets.token_hex(32), "hostname": f"L-{number:04}", "os": "Debian GNU/Linux 12",
                "agent_version": "0.1.0", "room": HALL, "state": "active",
                "enrolled_at": now, "last_seen_at": now,
            }
        )  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(devices), rows)
        assigning.refresh(connection, now)
    return made


class Teacher:
    """An adult at the page of the hall, signed in."""

    def __init__(self, school: School, database: Database) -> None:
        self._address = school.address
        now = datetime.now(UTC)
        with database.write() as connection:
            staff = accounts.add_staff(
                connection, name="hall.teacher", display_name="Defne Kaya", password=None,
                roles=frozenset({"teacher"}), rooms=(HALL,), now=now,
            )  # fmt: skip
            token = sessions.open_session(connection, staff, now)
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = str(school.data / "tls" / "ca.pem")
        self._http.headers.update(
            {"Cookie": f"{access.COOKIE}={token}", "Origin": self._address, "Accept": "text/html"}
        )
        self._csrf = ""
        self._opened = 0.0
        self._database = database

    def open_room(self) -> None:
        """Open the lab: from now on its laptops are watched."""
        page = self._http.get(f"{self._address}/lab/{HALL}", timeout=60)
        page.raise_for_status()
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        if found is None:
            raise RuntimeError("the page of the lab has no form")
        self._csrf = found[1]
        self._opened = time.monotonic()

    def stay(self) -> None:
        """Open the lab anew before laptops are told that nobody looks any more: no page of ours renews it."""
        if time.monotonic() - self._opened > OPEN_SECONDS:
            self._http.post(
                f"{self._address}/lab/{HALL}/close", data={"_csrf_token": self._csrf}, timeout=60,
            ).raise_for_status()  # fmt: skip
            self.open_room()

    def press(self) -> str:
        """Press *Eyes to the front*; return the order's id."""
        self._post("attention", minutes="5", words="Please look here", whom="all")
        with self._database.read() as connection:
            return lab_orders.running(connection, HALL, datetime.now(UTC))[0].order

    def end(self, order: str) -> None:
        """Press its end."""
        self._post(f"attention/{order}/end")

    def _post(self, path: str, **data: str) -> None:
        answer = self._http.post(
            f"{self._address}/lab/{HALL}/{path}",
            data={"_csrf_token": self._csrf, **data}, headers={"Accept": "application/json"}, timeout=60,
        )  # fmt: skip
        if answer.status_code != 200:
            raise RuntimeError(f"{path} was answered {answer.status_code}: {answer.text[:300]}")


class Laptops:
    """The process of laptops that obey."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._covered: dict[str, float] = {}
        self._problems: list[str] = []
        self._news = threading.Condition()
        self.hold = threading.Event()
        self.busy = 0
        """How often the server asked a laptop to come again later with its record."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._news:
                if "covered" in said:
                    self._covered[said["covered"]] = said["at"]
                    self.busy = said["busy"]
                elif "problem" in said:
                    self._problems.append(said["problem"])
                self._news.notify_all()
            if "holding" in said:
                self.hold.set()

    def wait_covered(self, order: str) -> float:
        """Return when the server had taken the last laptop's status with this cover."""
        with self._news:
            if not self._news.wait_for(lambda: order in self._covered, LONGEST_SECONDS):
                raise RuntimeError(f"not every laptop was covered: {self._problems[:3]}")
            return self._covered[order]

    def problems(self) -> list[str]:
        """End the laptops and return what any of them would not have believed."""
        with self._news:
            found = list(self._problems)
        self._process.terminate()
        return found


@contextlib.contextmanager
def obeying(school: School, laptops: list[tuple[str, str]]) -> Iterator[Laptops]:
    """Let all laptops hold and obey, in a process of their own, until the end."""
    where = urlsplit(school.address)
    here = state.open_state(Folder(school.data))
    plan = {
        "host": where.hostname, "port": where.port, "ca": str(school.data / "tls" / "ca.pem"),
        "policy_key": here.keys.policy_public.hex(), "record_key": here.keys.record_public.hex(),
        "laptops": laptops,
    }  # fmt: skip
    here.db.close()
    process = subprocess.Popen(
        own.module("tests.support.lab_laptops"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd="/",
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan))
        process.stdin.close()
        fleet = Laptops(process)
        if not fleet.hold.wait(LONGEST_SECONDS * 4):
            raise RuntimeError(f"not every laptop holds: {fleet.problems()[:3]}")
        yield fleet
    finally:
        process.kill()
        process.wait()


def wait_recorded(school: School, order: str, laptops: int) -> float:
    """Return when the server had every laptop's record of this order on disk."""
    query = "SELECT COUNT(*) FROM order_outcomes WHERE order_id = ? AND outcome = 'done'"
    pause, end = threading.Event(), time.monotonic() + LONGEST_SECONDS
    path = f"file:{school.data}/gatepost.sqlite?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True, timeout=15)) as reader:
        while reader.execute(query, (order,)).fetchone()[0] < laptops:
            if time.monotonic() > end:
                raise RuntimeError(f"not every laptop recorded it within {LONGEST_SECONDS:g} s")
            pause.wait(LOOK_SECONDS)
    return time.time()


def check_standing(database: Database, order: str, laptops: int) -> None:
    """Raise unless the server's own account of the order says that all confirmed, from what is on disk."""
    now = datetime.now(UTC)
    with database.read() as connection:
        given = lab_orders.get(connection, HALL, order)
        (standing,) = lab_states.standings(connection, Live(), lambda _: True, [given], now)
    if (standing.confirmed, standing.of, standing.failed) != (laptops, laptops, []):
        raise RuntimeError(f"{standing.confirmed} of {standing.of} stand confirmed: {standing.failed[:3]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
