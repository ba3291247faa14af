"""The policies of this moment, as held requests are answered: who is given what, and who confirmed it.

Everything a laptop needs at a push lies in memory: the number it is given and the packed body, one for all
equal laptops. What it says back, the number in force, is written in batches.
"""

import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server import policy_store
from server.policy_tables import assignments
from server.tables import devices

AHEAD_AGAIN = timedelta(seconds=60)
"""A laptop with a higher number than it was given is given another; one that lies must not wake all others
with every request."""


class Given(NamedTuple):
    """What one laptop is given."""

    number: int
    body_hash: str


class InForce:
    """Refreshed from any thread when something about policies changed; read by held requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[str, Given] = {}
        self._confirmed: dict[str, int] = {}
        self._said: dict[str, tuple[int, datetime]] = {}
        self._bodies: dict[str, bytes] = {}
        self._ahead: dict[str, datetime] = {}

    def refresh(self, connection: Connection) -> None:
        """Read again what every laptop is given and has confirmed."""
        query = select(
            assignments.c.device, assignments.c.number, assignments.c.body_hash, devices.c.applied_number
        ).join(devices, devices.c.id == assignments.c.device)
        given, confirmed = {}, {}
        for device, number, body_hash, applied in connection.execute(query):
            given[device] = Given(number, body_hash)
            confirmed[device] = applied or 0
        wanted = {each.body_hash for each in given.values()}
        bodies = {name: packed for name, packed in self._bodies.items() if name in wanted}
        for name in wanted - bodies.keys():
            packed = policy_store.packed_body(connection, name)
            if packed is not None:
                bodies[name] = packed
        with self._lock:
            self._given, self._confirmed, self._bodies = given, confirmed, bodies

    def newer(self, device: str, number: int) -> tuple[Given, bytes | None] | None:
        """Return what this laptop is given, if that is above the number it has, with the packed body."""
        given = self._given.get(device)
        if given is None or given.number <= number:
            return None
        return given, self._bodies.get(given.body_hash)

    def heard(self, device: str, number: int, now: datetime) -> None:
        """A laptop said, signed, which number it obeys: remembered until `take_said` if that is news."""
        given = self._given.get(device)
        if given is None or number < given.number or self._confirmed.get(device) == number:
            return
        with self._lock:
            if number > given.number:
                last = self._ahead.get(device)
                if last is not None and timedelta(0) <= now - last < AHEAD_AGAIN:
                    return
                self._ahead[device] = now
            self._said[device] = (number, now)

    def take_said(self) -> list[tuple[str, int, datetime]]:
        """Return what was heard since the last call, to be written with `assigning.confirm`."""
        with self._lock:
            said, self._said = self._said, {}
            self._confirmed.update({device: number for device, (number, _) in said.items()})
        return [(device, number, at) for device, (number, at) in said.items()]

    def put_back(self, said: list[tuple[str, int, datetime]]) -> None:
        """Remember again what could not be written; what was heard since holds."""
        with self._lock:
            for device, number, at in said:
                self._said.setdefault(device, (number, at))

    def waits_for(self, among: Collection[str]) -> int:
        """Return how many of these laptops have not confirmed what they are given."""
        with self._lock:
            return sum(
                self._confirmed.get(device, 0) != given.number
                for device, given in self._given.items()
                if device in among
            )
