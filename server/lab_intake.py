"""What laptops keep of a lesson, as the rows that pages read: answers to messages, pauses that ended.

On ingest's hot path. A laptop can write about itself only; an order it was never given is passed over.
"""

import sqlite3
from collections.abc import Callable

from policies import lab_records, records
from server import app_ask_intake, changes, media_intake

MOST_ANSWERS = 32
"""Logins of one laptop that answer one message: it has not more at a time."""
_Place = tuple[str, str, int]


def _order_done(c: sqlite3.Connection, place: _Place, said: records.OrderDone, received_ms: int) -> None:
    media_intake.PROJECTED[records.OrderDone](c, place, said, received_ms)
    _wake(c, said.order)
    app_ask_intake.order_done(c, place[0], said.order)


def _pause_ended(
    c: sqlite3.Connection, place: _Place, said: lab_records.LockPauseEnded, received_ms: int
) -> None:
    c.execute(
        "INSERT OR REPLACE INTO lab_ends SELECT ?,?,?,? WHERE EXISTS"
        " (SELECT 1 FROM lab_orders WHERE order_id = ? AND kind = 'pause')",
        (place[0], said.order, said.reason, received_ms, said.order),
    )
    _wake(c, said.order)


def _message_answered(
    c: sqlite3.Connection, place: _Place, said: lab_records.MessageAnswered, received_ms: int
) -> None:
    c.execute(
        "INSERT INTO lab_answers SELECT ?,?,?,?,?,?,? WHERE"
        " EXISTS (SELECT 1 FROM lab_targets JOIN lab_orders USING (order_id)"
        "  WHERE order_id = ? AND device = ? AND kind = 'message')"
        " AND (SELECT COUNT(*) FROM lab_answers WHERE order_id = ? AND device = ? AND login <> ?) < ?"
        " ON CONFLICT (order_id, device, login) DO UPDATE SET answer = excluded.answer, at = excluded.at",
        (
            said.order,
            place[0],
            said.login,
            said.os_user,
            said.person,
            said.answer,
            received_ms,
            said.order,
            place[0],
            said.order,
            place[0],
            said.login,
            MOST_ANSWERS,
        ),
    )
    _wake(c, said.order)


def _wake(c: sqlite3.Connection, order: str) -> None:
    """Pages of the order's room look again, as part of the writer's transaction."""
    found = c.execute("SELECT room FROM lab_orders WHERE order_id = ?", (order,)).fetchone()
    if found is not None:
        c.execute(
            "INSERT INTO versions (topic, number) VALUES (?, 1)"
            " ON CONFLICT (topic) DO UPDATE SET number = number + 1",
            (changes.lab_topic(found[0]),),
        )


PROJECTED: dict[type, Callable[..., None]] = {
    records.OrderDone: _order_done,
    lab_records.LockPauseEnded: _pause_ended,
    lab_records.MessageAnswered: _message_answered,
}
