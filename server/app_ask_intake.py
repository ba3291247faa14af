"""From what laptops record of asked-for apps to the table that teachers read. On ingest's path: `sqlite3`.

A laptop may be hostile: a question belongs to the laptop and login that sent it, one app is asked for once at
a time, and only so many questions of one laptop wait.
"""

import sqlite3
from collections.abc import Callable

from policies import records
from policies.app_rules import key_of
from server import changes
from server.tables import told_ms

MOST_WAITING = 20
"""Per laptop; an older one gives way."""
MOST_KEPT = 1000
"""Per laptop, whatever became of them."""
_Place = tuple[str, str, int]


def _asked(c: sqlite3.Connection, place: _Place, said: records.AppAsked, received_ms: int) -> None:
    device, key = place[0], key_of(said.app)
    waits = c.execute(
        "UPDATE app_asks SET words = ? WHERE device = ? AND login = ? AND app_key = ? AND state = 'waiting'",
        (said.words, device, said.login, key),
    )
    if waits.rowcount:
        _wake(c, device)
        return
    c.execute(
        "INSERT INTO app_asks (device, login, os_user, person, app, app_key, program, words, at, received_at,"
        " state) VALUES (?,?,?,?,?,?,?,?,?,?,'waiting')",
        (
            device,
            said.login,
            said.os_user,
            said.person,
            said.app,
            key,
            said.program,
            said.words,
            told_ms(said.at),
            received_ms,
        ),
    )
    c.execute(
        "UPDATE app_asks SET state = 'ended' WHERE device = ? AND state = 'waiting' AND id NOT IN"
        " (SELECT id FROM app_asks WHERE device = ? AND state = 'waiting' ORDER BY id DESC LIMIT ?)",
        (device, device, MOST_WAITING),
    )
    c.execute(
        "DELETE FROM app_asks WHERE device = ? AND id <= (SELECT id FROM app_asks WHERE device = ?"
        " ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (device, device, MOST_KEPT),
    )
    _wake(c, device)


def _handled(c: sqlite3.Connection, place: _Place, said: records.AppHandled, received_ms: int) -> None:
    if said.what == "withdrawn":
        done = c.execute(
            "UPDATE app_asks SET state = 'withdrawn', answered_at = ? WHERE device = ? AND login = ?"
            " AND app_key = ? AND state = 'waiting'",
            (received_ms, place[0], said.login, key_of(said.app)),
        )
        if done.rowcount:
            _wake(c, place[0])


def login_ended(c: sqlite3.Connection, device: str, login: str) -> None:
    """Nobody waits any more at a login that is over."""
    done = c.execute(
        "UPDATE app_asks SET state = 'ended' WHERE device = ? AND login = ? AND state = 'waiting'",
        (device, login),
    )
    if done.rowcount:
        _wake(c, device)


def order_done(c: sqlite3.Connection, device: str, order: str) -> None:
    """The laptop said what became of an answer: pages of its room look again."""
    known = "SELECT 1 FROM app_asks WHERE device = ? AND order_id = ?"
    if c.execute(known, (device, order)).fetchone() is not None:
        _wake(c, device)


def _wake(c: sqlite3.Connection, device: str) -> None:
    found = c.execute("SELECT room FROM devices WHERE id = ?", (device,)).fetchone()
    if found is not None and found[0]:
        c.execute(
            "INSERT INTO versions (topic, number) VALUES (?, 1)"
            " ON CONFLICT (topic) DO UPDATE SET number = number + 1",
            (changes.lab_topic(found[0]),),
        )


PROJECTED: dict[type, Callable[..., None]] = {records.AppAsked: _asked, records.AppHandled: _handled}
