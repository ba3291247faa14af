"""Stored orders (sticks, reports, quarantines, self-tests, lessons), as laptops that hold a request are told.

The table is the truth; this is what of it still matters, each with a cursor from the same count as the
watch orders. A restarted server tells every live order once more: laptops know an order by its id.
"""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select

from policies import lab_orders, orders
from server.changes import Changes
from server.media_tables import media_orders, order_outcomes
from server.watching import Watches, room_topic

EVERYBODY = "media:everybody"
Stored = (
    orders.MediaOrder
    | orders.ReportReply
    | orders.Quarantine
    | orders.SelfTest
    | orders.LockNow
    | orders.LabOrder
)
HOLDING = (lab_orders.Attention, lab_orders.PauseLock, lab_orders.Supervised)
"""Orders that hold for a while: renewed and ended under the same id, by their last word."""
_ONCE = ("report-reply", "quarantine", "self-test")
"""Not told again to the laptop that did them."""
_NOW = ("lock-now", "unlock", "lab-message")
"""Not told again to a laptop that answered anything at all."""
_decoder: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


class Told(NamedTuple):
    """One order to one laptop, a room or everybody, before it is signed for each."""

    cursor: int
    seq: int
    device: str
    room: str
    until: datetime
    order: Stored


def device_topic(device: str) -> str:
    """Return what a held request of this laptop waits for."""
    return f"device:{device}"


class MediaTelling:
    """The stored orders of this moment. Refreshed from any thread, read by held requests."""

    def __init__(self, changes: Changes, watches: Watches) -> None:
        self._changes = changes
        self._watches = watches
        self._lock = threading.Lock()
        self._told: dict[str, list[Told]] = {}
        """By whom they are for."""
        self._done: frozenset[tuple[str, str]] = frozenset()
        """(order, laptop): what is not told again."""
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
        woken: set[str] = set()
        # Cursors are drawn while nobody can read: none is passed over by a laptop that goes on above it.
        with self._lock:
            self._done = done
            self._told = {topic: kept for topic, told in self._told.items() if (kept := _live(told, now))}
            if moved:
                for topic, told in self._told.items():
                    if not told[0].device:
                        self._told[topic] = [
                            each._replace(cursor=self._watches.next_cursor()) for each in told
                        ]
                        woken.add(topic)
            for row in rows:
                if row.seq <= self._last_seq:
                    continue
                new = Told(
                    self._watches.next_cursor(),
                    row.seq,
                    row.device,
                    row.room,
                    row.until,
                    _decoder.decode(row.body),
                )
                self._told.setdefault(_topic(new), []).append(new)
                woken.add(_topic(new))
                self._last_seq = row.seq
        for topic in woken:
            self._changes.notify(topic)

    def newer(self, device: str, room: str, cursor: int, now: datetime) -> list[Stored]:
        """
        Return the orders for this laptop above its cursor that still matter, in the order they were given.

        An approval that was revoked since is not told any more: only its end is. Of quarantines, and of an
        order that holds for a while, only the last word is told.
        """
        with self._lock:
            done = self._done
            mine = [
                told
                for topic in (EVERYBODY, room_topic(room), device_topic(device))
                for told in _live(self._told.get(topic, ()), now)
            ]
        mine.sort(key=lambda told: told.seq)
        over = {told.order.approval for told in mine if isinstance(told.order, orders.MediaRevoked)}
        numbers = [told.order.number for told in mine if isinstance(told.order, orders.Quarantine)]
        last = {told.order.order: told.seq for told in mine if isinstance(told.order, HOLDING)}
        return [
            told.order
            for told in mine
            if told.cursor > cursor
            and (told.order.order, device) not in done
            and told.order.order not in over
            and told.seq == last.get(told.order.order, told.seq)
            and not (isinstance(told.order, orders.Quarantine) and told.order.number < max(numbers))
        ]


def _live(told: Iterable[Told], now: datetime) -> list[Told]:
    return [each for each in told if each.until > now]


def _done(connection: Connection, now: datetime) -> frozenset[tuple[str, str]]:
    """Return which laptops said of which orders that they did them, so that they need not hear them again."""
    query = (
        select(media_orders.c.order_id, order_outcomes.c.device)
        .join(order_outcomes, order_outcomes.c.order_id == media_orders.c.order_id)
        .where(
            media_orders.c.until > now,
            or_(
                (order_outcomes.c.outcome == "done")
                & (order_outcomes.c.device == media_orders.c.device)
                & or_(*(_is(kind) for kind in _ONCE)),
                or_(*(_is(kind) for kind in _NOW)),
            ),
        )
        .distinct()
    )
    return frozenset((row.order_id, row.device) for row in connection.execute(query))


def _is(kind: str) -> ColumnElement[bool]:
    return media_orders.c.body.like(f'%"type":"{kind}"%')


def said(order: Stored, device: str) -> Stored:
    """Return the order as it is said to one laptop."""
    return msgspec.structs.replace(order, device=device)


def _topic(told: Told) -> str:
    if told.device:
        return device_topic(told.device)
    return room_topic(told.room) if told.room else EVERYBODY
