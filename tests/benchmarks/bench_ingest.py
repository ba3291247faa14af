"""Ingest: sealed records a second over HTTPS into SQLite, beside a raw insert of the same rows.

A real server process takes uploads of one 100-record batch each from several laptops, each on its own
keep-alive TLS connection; requests are sealed and signed beforehand. Rounds alternate with a raw `sqlite3`
executemany of the very rows the server has just stored, into a table of the same shape, with as many rows
in a transaction as the server had (read from SQLite's own transaction counter), synchronous=FULL.
"""

import argparse
import contextlib
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from installer.school import School
from policies import wire
from policies.recording import Stream
from tests.support.measuring import end_tidily, figure, precise_cpu_seconds, progress, report
from tests.support.sender import Connection, Sender

REACH = 0.25
ROOM = "Lab 1"
RECORDS = wire.MAX_BATCH_RECORDS


class Round(NamedTuple):
    """One pair of measurements."""

    ours: float
    raw: float
    batches_per_transaction: float
    server_cpu_us: float


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_ingest")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--laptops", type=int, default=16)
    parser.add_argument("--batches", type=int, default=25, help="per laptop and round")
    parser.add_argument("--profile", default="secondary-turkiye")
    asked = parser.parse_args(arguments)
    end_tidily()
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gatepost-ingest-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        school = School(folder, asked.profile, port=0)
        school.ensure_made()
        school.start()
        stack.callback(school.stop)
        where = urlsplit(school.address)
        code = school.ask("code", "new", "--room", ROOM, "--uses", str(asked.laptops), "--json")["code"]
        senders = []
        for _ in range(asked.laptops):
            connection = Connection(where.hostname or "127.0.0.1", where.port or 443)
            stack.callback(connection.close)
            senders.append(Sender(connection, code))
        progress(f"{len(senders)} laptops enrolled")
        raw = stack.enter_context(contextlib.closing(raw_database(folder / "raw.sqlite", school)))
        play(school, senders, raw, asked.batches)  # warms up both sides; not counted
        rounds = []
        for number in range(asked.rounds):
            rounds.append(play(school, senders, raw, asked.batches))
            progress(f"round {number + 1}: {rounds[-1].ours:,.0f} records/s, raw {rounds[-1].raw:,.0f}")
    ratio = statistics.median(each.ours / each.raw for each in rounds)
    figures = {
        "records_per_second": figure([each.ours for each in rounds], 0),
        "raw_records_per_second": figure([each.raw for each in rounds], 0),
        "ratio": figure([each.ours / each.raw for each in rounds]),
        "batches_per_transaction": figure([each.batches_per_transaction for each in rounds], 1),
        "server_cpu_us_per_record": figure([each.server_cpu_us for each in rounds], 2),
    }
    conditions = {"laptops": asked.laptops, "records_per_round": asked.laptops * asked.batches * RECORDS}
    return report("ingest", figures, {"ratio_at_least": REACH}, ok=ratio >= REACH, conditions=conditions)


def play(school: School, senders: list[Sender], raw: sqlite3.Connection, batches: int) -> Round:
    """Send one round through the server, then insert the same rows raw."""
    requests = [
        [sender.upload([sender.batch(sender.usage(RECORDS))]) for _ in range(batches)] for sender in senders
    ]
    pid = school.service.pid
    assert pid is not None
    transactions = transactions_so_far(school)
    newest = newest_stored(school)
    cpu = precise_cpu_seconds(pid)
    seconds = send_all(senders, requests)
    cpu = precise_cpu_seconds(pid) - cpu
    count = len(senders) * batches
    rows = school_rows(school, newest)
    if len(rows) != count * RECORDS:
        raise RuntimeError(f"{len(rows)} rows are stored, {count * RECORDS} were sent")
    per_transaction = count / (transactions_so_far(school) - transactions)
    raw_seconds = insert_raw(raw, rows, max(1, round(per_transaction)) * RECORDS)
    return Round(
        ours=len(rows) / seconds,
        raw=len(rows) / raw_seconds,
        batches_per_transaction=per_transaction,
        server_cpu_us=cpu / len(rows) * 1e6,
    )


def send_all(senders: list[Sender], requests: list[list[bytes]]) -> float:
    """Send every laptop's requests at once; return the seconds until the last is acknowledged."""
    problems: list[str] = []
    start = threading.Barrier(len(senders) + 1)

    def run(sender: Sender, own: list[bytes]) -> None:
        try:
            start.wait(30)
            for request in own:
                answered = sender.connection.send(request)
                if answered.status != 200:
                    problems.append(f"answered {answered.status}: {answered.body[:200]!r}")
                    return
            said = msgspec.msgpack.decode(answered.body, type=wire.UploadAnswer)
            if said.next_seq[Stream.USAGE] != sender.sent_below:
                problems.append(f"acknowledged below {said.next_seq}, sent below {sender.sent_below}")
        except Exception as problem:
            problems.append(repr(problem))

    threads = [
        threading.Thread(target=run, args=pair, daemon=True) for pair in zip(senders, requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    start.wait(30)
    begun = time.perf_counter()
    for thread in threads:
        thread.join(120)
    seconds = time.perf_counter() - begun
    if problems or any(thread.is_alive() for thread in threads):
        raise RuntimeError(problems[0] if problems else "the server did not answer everything")
    return seconds


# ---- the same rows, raw ----


def raw_database(path: Path, school: School) -> sqlite3.Connection:
    """Return an empty database with the server's own `records` table and index."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    with contextlib.closing(reader(school)) as server:
        shape = server.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'records' AND sql IS NOT NULL ORDER BY type DESC"
        ).fetchall()
    for (statement,) in shape:
        raw.execute(statement)
    return raw


def insert_raw(raw: sqlite3.Connection, rows: list[tuple[object, ...]], per_transaction: int) -> float:
    """Insert the rows, so many to a transaction; return the seconds."""
    insert = f"INSERT INTO records VALUES ({','.join('?' * len(rows[0]))})"
    begun = time.perf_counter()
    for start in range(0, len(rows), per_transaction):
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(insert, rows[start : start + per_transaction])
        raw.execute("COMMIT")
    return time.perf_counter() - begun


def reader(school: School) -> sqlite3.Connection:
    """Return a reading connection to the server's database."""
    return sqlite3.connect(f"file:{school.data / 'gatepost.sqlite'}?mode=ro", uri=True, timeout=15)


def newest_stored(school: School) -> dict[tuple[str, str], int]:
    """Return the highest number stored for every stream of every laptop."""
    with contextlib.closing(reader(school)) as server:
        rows = server.execute("SELECT device, stream, MAX(seq) FROM records GROUP BY device, stream")
        return {(device, stream): seq for device, stream, seq in rows}


def school_rows(school: School, newest: dict[tuple[str, str], int]) -> list[tuple[object, ...]]:
    """Return the rows that were stored since then, batches of laptops mixed as they came in."""
    with contextlib.closing(reader(school)) as server:
        found = []
        for device, stream, first_seq, count in server.execute(
            "SELECT device, stream, first_seq, count FROM batches ORDER BY received_at, device, first_seq"
        ).fetchall():
            if first_seq > newest.get((device, stream), 0):
                found += server.execute(
                    "SELECT * FROM records WHERE device = ? AND stream = ? AND seq BETWEEN ? AND ?",
                    (device, stream, first_seq, first_seq + count - 1),
                ).fetchall()
        return found


def transactions_so_far(school: School) -> int:
    """Return SQLite's own count of write transactions (WAL-index header, `iChange`; wal.c)."""
    shm = (school.data / "gatepost.sqlite-shm").read_bytes()
    return int.from_bytes(shm[8:12], sys.byteorder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
