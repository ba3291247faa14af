"""The laptops: which are enrolled, where they stand, what they can do, which policy they obey."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, select, update

from server import changes
from server.errors import Invalid, NotFound
from server.policy_tables import assignments
from server.tables import devices, people, quarantine, streams

STATES = ("active", "retired", "replaced", "cloned")


class Device(NamedTuple):
    """One laptop as the server knows it."""

    id: str
    hostname: str
    os: str
    agent_version: str
    room: str
    state: str
    """One of STATES; only an active one may talk to us."""
    state_reason: str
    enrolled_at: datetime
    last_seen_at: datetime | None
    capabilities: dict[str, str]
    """Capability → works, lacking or broken, as the laptop last said at its start."""
    applied_number: int | None
    applied_at: datetime | None
    assigned_number: int | None
    """What this laptop is given; confirmed when `applied_number` is the same."""
    rejected_number: int | None
    rejected_problem: str
    chain_breaks: int
    """Batches that did not continue the laptop's hash chain: a journal was cut, lost or re-ordered."""
    quarantined: int
    """Batches kept aside because they could not be read."""


def list_devices(
    connection: Connection, *, room: str | None = None, active_only: bool = False
) -> list[Device]:
    """Return the laptops by room and host name."""
    query = _query().order_by(devices.c.room, devices.c.hostname, devices.c.id)
    if room is not None:
        query = query.where(devices.c.room == room)
    if active_only:
        query = query.where(devices.c.state == "active")
    return [_device(row) for row in connection.execute(query)]


def get_device(connection: Connection, device: str) -> Device:
    """Return one laptop; raise NotFound."""
    row = connection.execute(_query().where(devices.c.id == device)).first()
    if row is None:
        raise NotFound(f"there is no laptop {device!r}")
    return _device(row)


def retire(connection: Connection, device: str, reason: str) -> None:
    """Stop talking to this laptop; its records stay. Raises NotFound."""
    set_state(connection, device, "retired", reason)


def set_state(connection: Connection, device: str, state: str, reason: str) -> None:
    """Change what a laptop may do, and say why. Raises NotFound."""
    done = connection.execute(
        update(devices).where(devices.c.id == device).values(state=state, state_reason=reason[:400])
    )
    if done.rowcount == 0:
        raise NotFound(f"there is no laptop {device!r}")
    changes.bump(connection, changes.DEVICES)


def move(connection: Connection, device: str, room: str) -> None:
    """Put a laptop into another room. Raises NotFound, or Invalid for a name no room can have."""
    check_room(room)
    done = connection.execute(update(devices).where(devices.c.id == device).values(room=room))
    if done.rowcount == 0:
        raise NotFound(f"there is no laptop {device!r}")
    changes.bump(connection, changes.DEVICES)


def check_room(room: str) -> str:
    """Return the name if a room can have it: it is one part of an address. Raises Invalid."""
    visible = room.isprintable() and room == room.strip() and room not in (".", "..")
    if not 1 <= len(room) <= 80 or not visible or "/" in room:
        raise Invalid("a room's name has 1 to 80 visible characters and no /")
    return room


def list_rooms(connection: Connection) -> list[str]:
    """Return every room that a laptop stands in or a person belongs to."""
    named = {
        row.room for row in connection.execute(select(devices.c.room).where(devices.c.state == "active"))
    }
    named |= {row.room for row in connection.execute(select(people.c.room).where(people.c.left_at.is_(None)))}
    return sorted(named - {""})


def note_seen(connection: Connection, seen: dict[str, datetime]) -> None:
    """Write when laptops were last heard of; called every few seconds, not at every request."""
    if seen:
        written = update(devices).where(devices.c.id == bindparam("of_device"))
        rows = [{"of_device": device, "at": at} for device, at in seen.items()]
        connection.execute(written.values(last_seen_at=bindparam("at")), rows)


def _query() -> Any:
    breaks = select(func.coalesce(func.sum(streams.c.chain_breaks), 0)).where(
        streams.c.device == devices.c.id
    )
    aside = select(func.count()).select_from(quarantine).where(quarantine.c.device == devices.c.id)
    given = select(assignments.c.number).where(assignments.c.device == devices.c.id)
    return select(
        devices,
        breaks.scalar_subquery().label("chain_breaks"),
        aside.scalar_subquery().label("quarantined"),
        given.scalar_subquery().label("assigned_number"),
    )


def _device(row: Row[Any]) -> Device:
    given = {name: row._mapping[name] for name in Device._fields}
    given["capabilities"] = json.loads(row.capabilities)
    return Device(**given)
