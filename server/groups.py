"""Where laptops stand, changed many at a time: rooms, the sites rooms belong to, and groups.

Whatever is changed here, what each laptop has to obey may change with it: `assigning.refresh` is called in
the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from server import assigning, changes
from server.device_tables import device_groups, rooms
from server.devices import check_room
from server.errors import Invalid, NotFound
from server.tables import devices, people

MOST_AT_ONCE = 20_000
MOST_GROUPS = 20
"""Of one laptop; more would be an inventory, not groups."""
_CHUNK = 500


class Group(NamedTuple):
    """Some laptops that belong together, whatever room they stand in."""

    name: str
    laptops: int


class Room(NamedTuple):
    """A room, the site it belongs to, and how many laptops stand in it."""

    name: str
    site: str
    laptops: int


def check_name(name: str, what: str = "a group") -> str:
    """Return the name if it can be one: it is a part of an address and of a file name. Raises Invalid."""
    try:
        return check_room(name)
    except Invalid:
        raise Invalid(f"the name of {what} has 1 to 80 visible characters and no /") from None


def set_groups(connection: Connection, device: str, names: Sequence[str], now: datetime) -> None:
    """Put one laptop into exactly these groups. Raises NotFound, Invalid."""
    wanted = sorted({check_name(name) for name in names})
    if len(wanted) > MOST_GROUPS:
        raise Invalid(f"a laptop belongs to at most {MOST_GROUPS} groups")
    _known(connection, [device])
    connection.execute(delete(device_groups).where(device_groups.c.device == device))
    if wanted:
        connection.execute(insert(device_groups), [{"device": device, "name": name} for name in wanted])
    _changed(connection, [device], now)


def add_to_group(connection: Connection, ids: Sequence[str], name: str, now: datetime) -> int:
    """Put laptops into a group, beside those they belong to; return how many came in. Raises Invalid."""
    check_name(name)
    known = _known(connection, ids)
    inside = set(_members(connection, name))
    new = [device for device in known if device not in inside]
    for device, count in _group_counts(connection).items():
        if count >= MOST_GROUPS and device in new:
            raise Invalid(f"a laptop belongs to at most {MOST_GROUPS} groups: take {device} out of one first")
    if new:
        connection.execute(insert(device_groups), [{"device": device, "name": name} for device in new])
        _changed(connection, new, now)
    return len(new)


def take_from_group(connection: Connection, ids: Sequence[str], name: str, now: datetime) -> int:
    """Take laptops out of a group; return how many were in it. A group without laptops is none."""
    inside = set(_members(connection, name))
    gone = [device for device in _known(connection, ids) if device in inside]
    for start in range(0, len(gone), _CHUNK):
        part = gone[start : start + _CHUNK]
        connection.execute(
            delete(device_groups).where(device_groups.c.name == name, device_groups.c.device.in_(part))
        )
    if gone:
        _changed(connection, gone, now)
    return len(gone)


def list_groups(connection: Connection) -> list[Group]:
    """Return the groups by name, with how many active laptops each has."""
    query = (
        select(device_groups.c.name, func.count())
        .join(devices, (devices.c.id == device_groups.c.device) & (devices.c.state == "active"))
        .group_by(device_groups.c.name)
        .order_by(device_groups.c.name)
    )
    return [Group(name, count) for name, count in connection.execute(query)]


def groups_of(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return each laptop's groups; laptops without any are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = (
            select(device_groups)
            .where(device_groups.c.device.in_(list(ids[start : start + _CHUNK])))
            .order_by(device_groups.c.name)
        )
        for row in connection.execute(query):
            found[row.device] = (*found.get(row.device, ()), row.name)
    return found


def set_site(connection: Connection, room: str, site: str, now: datetime) -> None:
    """Say which site a room belongs to; an empty name: to none. Raises Invalid."""
    check_room(room)
    if site:
        check_name(site, "a site")
        put = upsert(rooms).values(name=room, site=site)
        connection.execute(put.on_conflict_do_update(index_elements=["name"], set_={"site": site}))
    else:
        connection.execute(delete(rooms).where(rooms.c.name == room))
    query = select(devices.c.id).where(devices.c.room == room, devices.c.state == "active")
    _changed(connection, list(connection.execute(query).scalars()), now)


def list_sites(connection: Connection) -> dict[str, list[str]]:
    """Return the sites by name with their rooms."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(rooms).order_by(rooms.c.site, rooms.c.name)):
        if row.site:
            found.setdefault(row.site, []).append(row.name)
    return found


def list_rooms(connection: Connection) -> list[Room]:
    """Return every room that a laptop stands in, a person belongs to or a site has, by name."""
    sites = {row.name: row.site for row in connection.execute(select(rooms))}
    query = select(devices.c.room, func.count()).where(devices.c.state == "active").group_by(devices.c.room)
    laptops = {row[0]: row[1] for row in connection.execute(query)}
    named = {
        *sites,
        *laptops,
        *connection.execute(select(people.c.room).where(people.c.left_at.is_(None)).distinct()).scalars(),
    } - {""}
    return [Room(name, sites.get(name, ""), laptops.get(name, 0)) for name in sorted(named)]


def move_many(connection: Connection, ids: Sequence[str], room: str, now: datetime) -> int:
    """Put laptops into another room; return how many were elsewhere. Raises Invalid."""
    check_room(room)
    known = _known(connection, ids)
    moved: list[str] = []
    for start in range(0, len(known), _CHUNK):
        part = known[start : start + _CHUNK]
        query = select(devices.c.id).where(devices.c.id.in_(part), devices.c.room != room)
        moved += connection.execute(query).scalars()
    if moved:
        connection.execute(
            update(devices).where(devices.c.id == bindparam("which")).values(room=room),
            [{"which": device} for device in moved],
        )
        _changed(connection, moved, now)
    return len(moved)


def retire_many(
    connection: Connection, ids: Sequence[str], reason: str, now: datetime, held: frozenset[str] = frozenset()
) -> int:
    """
    Stop talking to laptops; return how many. Those `held` for evidence are left as they are (R53).

    Their records stay, and their groups with them: enrolled again they stand where they stood.
    """
    known = [device for device in _known(connection, ids) if device not in held]
    done = 0
    for start in range(0, len(known), _CHUNK):
        part = known[start : start + _CHUNK]
        done += connection.execute(
            update(devices)
            .where(devices.c.id.in_(part), devices.c.state.in_(("active", "cloned")))
            .values(state="retired", state_reason=reason[:400])
        ).rowcount
    if done:
        _changed(connection, known, now)
    return done


def _known(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Return the ids, each once; raise NotFound if there is a stranger among them, Invalid for too many."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"at most {MOST_AT_ONCE} laptops are changed at a time")
    if not wanted:
        return []
    if len(wanted) > _CHUNK:
        there = set(connection.execute(select(devices.c.id)).scalars())
    else:
        there = set(connection.execute(select(devices.c.id).where(devices.c.id.in_(wanted))).scalars())
    for device in wanted:
        if device not in there:
            raise NotFound(f"there is no laptop {device!r}")
    return wanted


def _members(connection: Connection, name: str) -> Sequence[str]:
    return (
        connection.execute(select(device_groups.c.device).where(device_groups.c.name == name)).scalars().all()
    )


def _group_counts(connection: Connection) -> dict[str, int]:
    query = select(device_groups.c.device, func.count()).group_by(device_groups.c.device)
    return {row[0]: row[1] for row in connection.execute(query)}


def _changed(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    assigning.refresh(connection, now, ids)
    changes.bump(connection, changes.DEVICES)
