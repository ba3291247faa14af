"""How long a school's whole list takes: from the bytes of a OneRoster zip to the changed list on disk.

`bench push` says it as `import`; alone: `python -m tests.benchmarks.import_people 5000`.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from server.db import Database
from server.roster import archives, imports
from server.roster.imports import School
from server.roster.rules import Rules
from server.roster.store import By
from tests.support.rosters import TODAY, school_of, zipped

REACH_SECONDS = 5.0
PEOPLE = 5000
SCHOOL = School(TODAY.replace(month=9, day=1))


def import_times(
    runs: int = 3, people: int = PEOPLE, told: Callable[[str, int], None] = lambda what, rows: None
) -> list[float]:
    """Return the seconds of each import of so many new people, everything included; `told` hears progress."""
    data = zipped(school_of(people))
    taken = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            database = Database(Path(folder) / "gatepost.db")
            database.upgrade()
            began = time.perf_counter()
            _bring(database, data, told)
            taken.append(time.perf_counter() - began)
            database.close()
    return taken


def _bring(database: Database, data: bytes, told: Callable[[str, int], None]) -> None:
    rules, by, now = Rules(), By("bench"), datetime.now(UTC)
    opened = archives.open_bytes(data)
    reading = imports.read_files(opened, rules, TODAY, told)
    with database.write() as connection:
        number = imports.put(
            connection, reading, rules, by=by, now=now, file_name="b", file_hash=imports.hash_of(opened)
        )
    told("compare", 0)
    with database.read() as connection:
        imports.plan(connection, number, SCHOOL)
    told("apply", 0)
    with database.write() as connection:
        done = imports.apply(connection, number, SCHOOL, by=by, now=now)
    assert len(done.joins) == len(reading.drafts)


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    print([round(each, 2) for each in import_times(3, asked)])
