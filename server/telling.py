"""Stored orders (sticks, reports, quarantines, self-tests), as laptops that hold a request are told them.

The table is the truth; this is what of it still matters, each with a cursor from the same count as the
watch orders. A restarted server tells every live order once more: laptops know an order by its id.
"""

import threading
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from policies import orders
from server.changes import Changes
from server.media_tables import media_orders, order_outcomes
from server.watching import Watches, room_topic

EVERYBODY = "media:everybody"
Stored = orders.MediaOrder | orders.ReportReply | orders.Quarantine | orders.SelfTest
_decoder: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


class Told(NamedTuple):
    """One order to one laptop, a room or everybody, before it is signed for each."""

    cursor: int
    seq: int
    device: str
    room: str
    until: datetime
    order: Stored
    done: bool = False
    """The laptop said that it did so: answers and quarantines are not told again."""


def device_topic(device: str) -> str:
    """Return what a held request of this laptop waits for."""
    return f"device:{device}"


class MediaTelling:
    """The stored orders of this moment. Refreshed from any thread, read by held requests."""

    def __init__(self, changes: Changes, watches: Watches) -> None:
        self._changes = changes
        self._watches = watches
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._last_seq = 0

    def refresh(self, connection: Connection, now: datetime, *, moved: bool = False) -> None:
        """
        Take in what was written since the last look, and wake whom it is for.

        `moved`: laptops were enrolled or moved, so orders for a whole room are told again.
        """
        query = (
            select(media_orders)
            .where(media_orders.c.seq > self._last_seq, media_orders.c.until > now)
            .order_by(media_orders.c.seq)
        )
        rows = list(connection.execute(query))
        done = _done(connection, now)
        # Cursors are drawn while nobody can read: none is passed over by a laptop that goes on above it.
        with self._lock:
            self._told = [
                told._replace(cursor=self._watches.next_cursor()) if moved and not told.device else told
                for told in (each._replace(done=each.order.order in done) for each in self._told)
                if told.until > now
            ]
            new = [
                Told(
                    self._watches.next_cursor(),
                    row.seq,
                    row.device,
                    row.room,
                    row.until,
                    _decoder.decode(row.body),
                    row.order_id in done,
                )
                for row in rows
                if row.seq > self._last_seq
            ]
            self._told += new
            self._last_seq = max([self._last_seq, *(told.seq for told in new)])
            again = [told for told in self._told if moved and not told.device]
        for topic in {_topic(told) for told in [*new, *again]}:
            self._changes.notify(topic)

    def newer(self, device: str, room: str, cursor: int, now: datetime) -> list[Stored]:
        """
        Return the orders for this laptop above its cursor that still matter, in the order they were given.

        An approval that was revoked since is not told any more: only its end is. Of quarantines only the
        last word is told.
        """
        with self._lock:
            mine = [
                told
                for told in sorted(self._told, key=lambda told: told.seq)
                if told.until > now and (told.device == device if told.device else told.room in ("", room))
            ]
        over = {told.order.approval for told in mine if isinstance(told.order, orders.MediaRevoked)}
        numbers = [told.order.number for told in mine if isinstance(told.order, orders.Quarantine)]
        return [
            told.order
            for told in mine
            if told.cursor > cursor
            and not told.done
            and told.order.order not in over
            and not (isinstance(told.order, orders.Quarantine) and told.order.number < max(numbers))
        ]


def _done(connection: Connection, now: datetime) -> frozenset[str]:
    """Return the orders to one laptop, other than approvals, that it said it did."""
    query = (
        select(media_orders.c.order_id)
        .join(
            order_outcomes,
            (order_outcomes.c.order_id == media_orders.c.order_id)
            & (order_outcomes.c.device == media_orders.c.device),
        )
        .where(
            media_orders.c.until > now,
            order_outcomes.c.outcome == "done",
            media_orders.c.body.like('%"type":"report-reply"%')
            | media_orders.c.body.like('%"type":"quarantine"%')
            | media_orders.c.body.like('%"type":"self-test"%'),
        )
    )
    return frozenset(connection.execute(query).scalars())


def said(order: Stored, device: str) -> Stored:
    """Return the order as it is said to one laptop."""
    return msgspec.structs.replace(order, device=device)


def _topic(told: Told) -> str:
    if told.device:
        return device_topic(told.device)
    return room_topic(told.room) if told.room else EVERYBODY
