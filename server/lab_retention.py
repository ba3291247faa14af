"""How long the lab's own history is kept: a school year and a month, then it goes by itself.

The database itself forgets no action younger than a year; this takes it no earlier.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from server import app_asks, lab_orders
from server.lab_tables import lab_actions

KEPT = timedelta(days=396)
"""What teachers did in their rooms, for Oversight: a school year and a month to look at it."""
ORDERS_KEPT = timedelta(days=30)
"""An order's words and what each laptop said of it; whoever gave it has seen it long ago. Words of thanks
are among them: they are between two people."""


def forget(connection: Connection, now: datetime) -> int:
    """Remove what is older than its time; return how many lines. Within `db.write()`."""
    orders = lab_orders.forget(connection, now - ORDERS_KEPT)
    old = connection.execute(delete(lab_actions).where(lab_actions.c.at < now - KEPT))
    asks = app_asks.forget(connection, now - ORDERS_KEPT)
    return orders + asks + int(old.rowcount)
