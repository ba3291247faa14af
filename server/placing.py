"""Where laptops stand: room, site, groups. What the policy tree needs to know of a laptop."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from policies.tree import Placement
from server.device_tables import device_groups, rooms
from server.tables import devices


def placements(connection: Connection, only: Sequence[str] | None = None) -> dict[str, Placement]:
    """Return where each active laptop stands, by its id; of `only` these, whatever their state."""
    query = select(devices.c.id, devices.c.room, rooms.c.site).select_from(
        devices.outerjoin(rooms, rooms.c.name == devices.c.room)
    )
    query = query.where(devices.c.state == "active" if only is None else devices.c.id.in_(only))
    groups: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(device_groups)):
        groups[row.device].add(row.name)
    return {
        row.id: Placement(row.id, row.room, row.site or "", frozenset(groups.get(row.id, ())))
        for row in connection.execute(query)
    }
