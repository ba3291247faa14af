"""What every request asks about its laptop, remembered until something about laptops changes."""

from typing import NamedTuple

from sqlalchemy import select

from server.db import Database
from server.tables import devices


class Known(NamedTuple):
    """As much of a laptop as its requests need."""

    id: str
    device_key: bytes
    machine: str
    room: str
    state: str


class Registry:
    """A cache in front of `devices`. `forget_all` whenever the topic `devices` has grown."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, Known] = {}

    def find(self, device: str) -> Known | None:
        """Return a laptop, if it was ever enrolled."""
        known = self._known.get(device)
        if known is None:
            with self._db.read() as connection:
                row = connection.execute(select(devices).where(devices.c.id == device)).first()
            if row is None:
                return None
            known = Known(row.id, row.device_key, row.machine, row.room, row.state)
            self._known[device] = known
        return known

    def forget_all(self) -> None:
        """Ask the database again from now on."""
        self._known = {}
