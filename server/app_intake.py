"""From app usage to which programs laptops have seen (R32): no times of a person, nobody's name. On ingest's
path: plain `sqlite3`.

A laptop may be hostile: it can name only so many programs, and every name is a text to be shown as such.
"""

import sqlite3
import unicodedata
from collections.abc import Iterable

from policies.records import AnyRecord, AppUsed

MOST_PER_LAPTOP = 1000
"""More programs than any laptop has; what comes beyond is not listed here."""
DAY_MS = 86_400_000


def key_of(name: str) -> str:
    """Return a name so folded that spelling and width make no second program of it."""
    return unicodedata.normalize("NFKC", name).casefold().strip()[:200]


def note_apps(c: sqlite3.Connection, device: str, opened: Iterable[AnyRecord], received_ms: int) -> None:
    """Note the programs of one batch: each once, however often it was in front."""
    told = {(each.app, each.program) for each in opened if isinstance(each, AppUsed)}
    for app, program in told:
        place = (device, key_of(app), key_of(program))
        known = c.execute(
            "SELECT last_at FROM apps_seen WHERE device = ? AND app_key = ? AND program_key = ?", place
        ).fetchone()
        if known is None:
            c.execute(
                "INSERT OR IGNORE INTO apps_seen SELECT ?,?,?,?,?,?,? WHERE"
                " (SELECT COUNT(*) FROM apps_seen WHERE device = ?) < ?",
                (*place, app, program, received_ms, received_ms, device, MOST_PER_LAPTOP),
            )
        elif received_ms - known[0] >= DAY_MS:
            c.execute(
                "UPDATE apps_seen SET last_at = ? WHERE device = ? AND app_key = ? AND program_key = ?",
                (received_ms, *place),
            )
