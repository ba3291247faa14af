"""Push: "apply" pressed until the last of a thousand laptops has confirmed; and what laptops cost that wait.

A real server process. A thousand laptops with keys of their own hold a request each over TLS, in a process of
their own; each verifies the signature and the hash of what it is given and confirms with its next, signed
request. A push is what `gatepost-server policy apply` does, without the start of another Python: propose,
apply, commit. It is over when the server's database says of every laptop that it obeys the new number.
Then ten thousand more are registered: who is affected by a change, and the pages of laptops.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import insert

from installer import own
from installer.school import School
from policies import sealing
from policies.setting_names import put_values
from policies.tree import Layer, PolicyTree
from server import assigning, policy_store, proposing, state
from server.db import Database
from server.settings import Folder
from server.tables import devices
from tests.benchmarks import device_list
from tests.support import byte_counter
from tests.support.measuring import end_tidily, figure, memory_mib, progress, report

PUSH_SECONDS = 2.0
ASK_SECONDS = 0.3
LOOK_SECONDS = 0.01
LONGEST_SECONDS = 60.0
HOLD_SECONDS = 50


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_push")
    parser.add_argument("--laptops", type=int, default=1000)
    parser.add_argument("--pushes", type=int, default=20)
    parser.add_argument("--registered", type=int, default=10_000)
    parser.add_argument("--idle-seconds", type=float, default=55.0)
    asked = parser.parse_args(arguments)
    end_tidily()
    figures: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gatepost-push-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        school = School(folder, "secondary-turkiye", port=0)
        school.ensure_made()
        database = stack.enter_context(contextlib.closing(Database(school.data / "gatepost.sqlite")))
        laptops = register(database, asked.laptops)
        school.start()
        stack.callback(school.stop)
        pid = school.service.pid
        assert pid is not None
        before = memory_mib(pid)["uss"]
        fleet = stack.enter_context(holding(school, laptops))
        progress(f"{asked.laptops} laptops hold")
        wait_confirmed(school, 0, asked.laptops)
        figures["server_kib_per_laptop"] = figure(
            [(memory_mib(pid)["uss"] - before) * 1024 / asked.laptops], 1
        )
        figures["server_cpu_ms_per_idle_laptop_hour"] = figure(
            [idle_cpu(pid, asked.idle_seconds) * 1000 * 3600 / asked.idle_seconds / asked.laptops], 0
        )
        pushes, costs = [], []
        for number in range(asked.pushes):
            cpu = cpu_seconds(pid)
            pushes.append(push(school, database, asked.laptops, number))
            costs.append((cpu_seconds(pid) - cpu) * 1000 / asked.laptops)
            progress(f"push {number + 1}: {pushes[-1]:.2f} s, {costs[-1]:.2f} ms of the server a laptop")
        problems = fleet.problems()
        figures["push_seconds"] = figure(pushes)
        figures["server_cpu_ms_per_laptop_pushed"] = figure(costs, 2)
        figures["bytes_per_idle_laptop_hour"] = figure([idle_bytes(school, laptops[0])], 0)
    figures |= many(asked.registered)
    ok = not problems and figures["push_seconds"]["median"] <= PUSH_SECONDS
    ok = ok and all(figures[name]["median"] <= ASK_SECONDS for name in figures if name.startswith("many_"))
    reach = {"push_seconds_at_most": PUSH_SECONDS, "many_seconds_at_most": ASK_SECONDS}
    conditions = {"laptops": asked.laptops, "registered": asked.registered, "hold_seconds": HOLD_SECONDS}
    return report("push", figures, reach, ok=ok, conditions=conditions, problems=problems[:5])


def register(database: Database, count: int) -> list[tuple[str, str]]:
    """Put laptops on the server's list, thirty to a room; return their ids and private keys."""
    now = datetime.now(UTC)
    made, rows = [], []
    for number in range(count):
        device, private = secrets.token_hex(8), sealing.new_signing_key()
        made.append((device, private.hex()))
        rows.append(
            {
                "id": device, "device_key": sealing.signing_public_key(private),
                "machine": secrets.token_hex(32), "hostname": f"L-{number:04}", "os": "Debian GNU/Linux 12",
                "agent_version": "0.1.0", "room": f"Room {number // 30}", "state": "active",
                "enrolled_at": now, "last_seen_at": now,
            }
        )  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(devices), rows)
        assigning.refresh(connection, now)
    return made


class Fleet:
    """The process of laptops that hold."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def wait(self) -> None:
        """Wait until every laptop holds."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "holding" in said:
                return
            raise RuntimeError(said["problem"])
        raise RuntimeError("the laptops ended before all of them held")

    def problems(self) -> list[str]:
        """End the laptops and return what any of them would not have believed."""
        self._process.terminate()
        assert self._process.stdout is not None
        return [json.loads(line)["problem"] for line in self._process.stdout]


@contextlib.contextmanager
def holding(school: School, laptops: list[tuple[str, str]]) -> Iterator[Fleet]:
    """Let all laptops hold, in a process of their own, until the end."""
    where = urlsplit(school.address)
    here = state.open_state(Folder(school.data))
    plan = {
        "host": where.hostname, "port": where.port, "ca": str(school.data / "tls" / "ca.pem"),
        "policy_key": here.keys.policy_public.hex(), "laptops": laptops,
    }  # fmt: skip
    here.db.close()
    process = subprocess.Popen(
        own.module("tests.support.push_laptops"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd="/",
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan))
        process.stdin.close()
        fleet = Fleet(process)
        fleet.wait()
        yield fleet
    finally:
        process.kill()
        process.wait()


def push(school: School, database: Database, laptops: int, number: int) -> float:
    """Change a setting for everybody; return the seconds until the last laptop has confirmed."""
    begun = time.perf_counter()
    with database.write() as connection:
        newest = proposing.must_have_settings(connection)
        made = proposing.propose(
            connection, with_setting(newest.tree, 60 + number % 2), by=proposing.COMMAND_LINE,
            reason="a push", base=newest.number, now=datetime.now(UTC),
        )  # fmt: skip
        done = proposing.apply(connection, made.number, by=proposing.COMMAND_LINE, now=datetime.now(UTC))
    assert done.revision is not None
    wait_confirmed(school, done.revision, laptops)
    return time.perf_counter() - begun


def with_setting(tree: PolicyTree, seconds: int) -> PolicyTree:
    """Return the tree with another value of a setting that neither weakens nor protects."""
    return msgspec.structs.replace(
        tree, settings=put_values(tree.settings, {"usage.send_after_seconds": seconds})
    )


def wait_confirmed(school: School, at_least: int, laptops: int) -> None:
    """Wait until the server has written of every laptop that it obeys what it is given, this or newer."""
    query = (
        "SELECT COUNT(*) FROM devices JOIN assignments ON device = id"
        " WHERE applied_number = number AND number >= ?"
    )
    pause, end = Event(), time.monotonic() + LONGEST_SECONDS
    path = f"file:{school.data}/gatepost.sqlite?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True, timeout=15)) as reader:
        while reader.execute(query, (at_least,)).fetchone()[0] < laptops:
            if time.monotonic() > end:
                raise RuntimeError(f"not every laptop confirmed within {LONGEST_SECONDS:g} s")
            pause.wait(LOOK_SECONDS)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, threads that ended included; exact to a clock tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_cpu(pid: int, seconds: float) -> float:
    """Return the processor time the server takes in so many seconds in which nothing happens."""
    before = cpu_seconds(pid)
    Event().wait(seconds)
    return cpu_seconds(pid) - before


def idle_bytes(school: School, laptop: tuple[str, str]) -> float:
    """Return the bytes of TLS that one idle laptop and its server exchange in an hour."""
    where = urlsplit(school.address)
    each = byte_counter.bytes_of_holds(where.hostname or "127.0.0.1", where.port or 443, *laptop)
    return statistics.median(each) * 3600 / HOLD_SECONDS


def many(count: int) -> dict[str, Any]:
    """Measure what is asked of a large school: who is affected, what changes, the pages of laptops."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-push-many-"))
    try:
        school = School(folder, "secondary-turkiye", port=0)
        school.ensure_made()
        with contextlib.closing(Database(school.data / "gatepost.sqlite")) as database:
            register(database, count)
            with database.read() as connection:
                tree = policy_store.current_tree(connection)
                assert tree is not None
                figures = {
                    f"many_affected_{name}": figure(_timed(database, tree.tree, after))
                    for name, after in _edits(tree.tree).items()
                }
        progress(f"{count} registered: who is affected")
        times = device_list.list_times(folder / "pages", count=count)
        figures |= {f"many_page {address}": figure(seconds) for address, seconds in times.items()}
        return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _edits(tree: PolicyTree) -> dict[str, PolicyTree]:
    rooms = tuple(
        Layer(scope="room", name=f"Room {number}", change={"lock.idle_after_seconds": 60 + number})
        for number in range(200)
    )
    return {
        "school": with_setting(tree, 61),
        "room": msgspec.structs.replace(tree, layers=rooms[:1]),
        "rooms_200": msgspec.structs.replace(tree, layers=rooms),
    }


def _timed(database: Database, before: PolicyTree, after: PolicyTree, runs: int = 5) -> list[float]:
    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        with database.read() as connection:
            proposing.affected(connection, before, after)
        found.append(time.perf_counter() - begun)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
