"""What every request asks about its laptop, remembered until something about laptops changes."""

from typing import NamedTuple

from sqlalchemy import select

from server.db import Database
from server.errors import DeviceRefused
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


def refusal_for(device_state: str | None) -> DeviceRefused | None:
    """Return what a laptop in this state is told, or None if it may go on. None stands for an unknown one."""
    if device_state == "active":
        return None
    return DeviceRefused(403, *_REFUSALS.get(device_state or "", _UNKNOWN))


_UNKNOWN = ("unknown-device", "This server does not know this laptop. Enrol it with a new code.")
_REFUSALS = {
    "retired": ("retired", "This laptop was retired. To use it again, enrol it with a new code."),
    "replaced": (
        "replaced",
        "This machine was enrolled again under another identity, which alone may go on. "
        "If this one is to stay, enrol it with a new code and --again.",
    ),
    "cloned": (
        "cloned",
        "Two machines used this laptop's identity, or its disk was set back. "
        "Delete the agent's keys here and enrol it again with a new code.",
    ),
}
