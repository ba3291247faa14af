"""Watch orders: what the laptops of a room are told while an adult has their lab open.

Held in memory. An order has one id for one adult's one opening of a room; a renewal or the end is the same
id with another `until`, and the newest word holds. Nothing is stored and nothing outlives its `until`.
"""

import secrets
import threading
import time
from datetime import datetime
from typing import NamedTuple

from policies import orders
from server.changes import Changes

KEPT_SECONDS = 3600
"""An ended order is told this long to laptops that were away when it ended."""


class WatchOrder(NamedTuple):
    """One order to every laptop of a room, before it is signed for each."""

    cursor: int
    room: str
    order: str
    by: str
    until: datetime


def room_topic(room: str) -> str:
    """Return what a held request of a laptop in this room waits for."""
    return f"room:{room}"


class Watches:
    """The Watch orders of this moment."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.Lock()
        self._orders: dict[tuple[str, str], WatchOrder] = {}
        # Milliseconds of wall time: a restarted server goes on above what laptops have seen.
        self._cursor = time.time_ns() // 1_000_000

    def next_cursor(self) -> int:
        """Return a cursor above every one that was given: all orders to laptops share one count."""
        with self._lock:
            self._cursor += 1
            return self._cursor

    def watch(self, room: str, by: str, until: datetime, staff: str = "") -> str:
        """
        Tell every laptop of this room that this adult looks until then, and wake their holds.

        Call it again with a later `until` to renew. Two adults may have one name: `staff` tells them apart.
        Returns the order's id.
        """
        key = (room, staff or by)
        with self._lock:
            running = self._orders.get(key)
            order = running.order if running else secrets.token_hex(8)
            self._cursor += 1
            self._orders[key] = WatchOrder(self._cursor, room, order, by, until)
        self._changes.notify(room_topic(room))
        return order

    def end(self, room: str, by: str, now: datetime, staff: str = "") -> None:
        """Tell the room that this adult no longer looks: the same order, over now."""
        with self._lock:
            running = self._orders.get((room, staff or by))
        if running is not None and running.until > now:
            self.watch(room, by, now, staff)

    def newer(self, room: str, cursor: int, now: datetime) -> tuple[list[WatchOrder], int]:
        """
        Return this room's orders above a laptop's cursor, oldest first, and the cursor to go on with.

        An order that is over is only worth telling a laptop that may have heard its beginning.
        A cursor from the future (our clock was set back) counts as none.
        """
        with self._lock:
            self._orders = {
                key: order
                for key, order in self._orders.items()
                if (now - order.until).total_seconds() < KEPT_SECONDS
            }
            known = 0 if cursor > self._cursor else cursor
            found = [o for o in self._orders.values() if o.room == room and o.cursor > known]
            if known == 0:
                found = [order for order in found if order.until > now]
            return sorted(found), self._cursor


def said(order: WatchOrder, device: str) -> orders.Watch:
    """Return the order as it is said to one laptop."""
    return orders.Watch(device=device, order=order.order, by=order.by, until=order.until)
