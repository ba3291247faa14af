"""A rollout as people look at it: ring by ring, who confirmed, who has not yet, who refused and why."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from server import rollout_facts, rollouts
from server.policy_tables import rollout_devices
from server.rollout_machine import Fact, Ring, Standing, is_silent
from server.rollouts import Rollout


class RingView(NamedTuple):
    """One ring."""

    ring: Ring
    name: str
    """In English; pages have words of their own by `ring.kind`."""
    state: str
    """waiting, open, or skipped."""
    opened_at: datetime | None
    devices: tuple[str, ...]
    """All of it, those that are gone left out."""
    confirmed: tuple[str, ...]
    pending: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...]
    """Laptop and why."""
    silent: tuple[str, ...]
    broken: tuple[str, ...]


class RolloutView(NamedTuple):
    """One rollout with its rings."""

    rollout: Rollout
    rings: tuple[RingView, ...]

    @property
    def confirmed(self) -> int:
        """How many laptops obey the new settings, by their own word."""
        return sum(len(ring.confirmed) for ring in self.rings)

    @property
    def devices(self) -> int:
        """How many laptops it is for."""
        return sum(len(ring.devices) for ring in self.rings)

    @property
    def opened(self) -> int:
        """How many laptops were given the new settings so far."""
        return sum(len(ring.devices) for ring in self.rings if ring.state == "open")


def view(
    connection: Connection,
    number: int,
    now: datetime,
    connected: Collection[str] = (),
    listening_since: datetime | None = None,
) -> RolloutView:
    """Return a rollout as it stands now, or as it stood when it ended. Raises NotFound."""
    rollout = rollouts.get(connection, number)
    facts = rollout_facts.collect(connection, number, rollout.revision, connected, now)
    if not rollout.is_under_way:
        facts = _as_it_ended(connection, facts, number)
    standing = rollouts.standing(rollout, listening_since or rollout.at)
    rings = []
    for place, ring in enumerate(rollout.plan.all_rings):
        members = [fact for fact in facts if fact.ring == place and not fact.gone]
        rings.append(_ring(ring, place, members, standing, rollout, now))
    return RolloutView(rollout, tuple(rings))


def _ring(
    ring: Ring, place: int, facts: list[Fact], standing: Standing, rollout: Rollout, now: datetime
) -> RingView:
    opened = [fact.opened_at for fact in facts if fact.opened_at is not None]
    state = "waiting" if place > rollout.ring else "open" if opened or not facts else "skipped"
    if not facts and place < rollout.ring:
        state = "skipped"
    runs = rollout.is_under_way
    return RingView(
        ring,
        rollouts.name_of(ring),
        state,
        min(opened, default=None),
        tuple(fact.device for fact in facts),
        tuple(fact.device for fact in facts if fact.applied),
        tuple(fact.device for fact in facts if not fact.applied and not fact.rejected),
        tuple((fact.device, fact.rejected) for fact in facts if fact.rejected),
        tuple(fact.device for fact in facts if runs and is_silent(fact, standing, now)),
        tuple(fact.device for fact in facts if fact.broken),
    )


def _as_it_ended(connection: Connection, facts: list[Fact], number: int) -> list[Fact]:
    query = select(rollout_devices.c.device, rollout_devices.c.outcome, rollout_devices.c.problem).where(
        rollout_devices.c.rollout == number
    )
    said = {row.device: row for row in connection.execute(query)}
    return [
        fact._replace(
            applied=said[fact.device].outcome == "confirmed",
            rejected=said[fact.device].problem if said[fact.device].outcome == "rejected" else "",
            broken=False,
        )
        for fact in facts
    ]
