"""What the pages about settings share: who asks, which places there are, and forms with repeated fields."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from policies.comparing import Change
from policies.layering import placement_of
from policies.tree import Placement
from server import access, accounts, placing, policy_store, state
from server.change_words import ChangeWords, say_change
from server.device_tables import device_groups, rooms
from server.errors import NotFound
from server.policy_store import Author, Revision
from server.tables import devices
from server.web import common, doors, render
from server.web.common import Asked
from server.web.policy_layers import Target
from server.web.words import Words

OPENS = [common.opens("policies")]
OFFICES = frozenset({"head", "safeguarding"})
"""Who approves a weakening, in the words of the pages; `proposing` decides."""
MOST_NAMED = 200
"""Laptops in one list on a page; the count says how many there are."""


class Places(NamedTuple):
    """Where settings can differ."""

    sites: list[str]
    rooms: list[str]
    groups: list[str]


class Laptop(NamedTuple):
    """One laptop in a list."""

    id: str
    hostname: str
    room: str


def now_utc() -> datetime:
    """Return the present."""
    return datetime.now(UTC)


def author_of(request: Asked) -> Author:
    """Return who changes settings with this request."""
    staff = access.signed_in(request)
    return Author(staff.id, staff.display_name, staff.roles)


def fields_of(form: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return every text of a posted form, by field, in the order of the page."""
    found = {}
    for key, value in form.items():
        values = value if isinstance(value, list) else [value]
        found[key] = [each for each in values if isinstance(each, str)]
    return found


def query_of(request: Asked) -> dict[str, list[str]]:
    """Return every value of the address, by name."""
    found: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        found.setdefault(key, []).append(str(value))
    return found


def words_for(request: Asked) -> Words:
    """Return the words of whoever is signed in."""
    return render.words_of(request, common.must_view(request))


def list_places(connection: Connection) -> Places:
    """Return the sites, rooms and groups that laptops stand in."""
    active = devices.c.state == "active"
    room_names = connection.execute(select(devices.c.room).where(active).distinct()).scalars()
    group_names = connection.execute(select(device_groups.c.name).distinct()).scalars()
    site_names = connection.execute(select(rooms.c.site).distinct()).scalars()
    return Places(
        sorted(set(site_names) - {""}), sorted(set(room_names) - {""}), sorted(set(group_names) - {""})
    )


def hostnames_of(connection: Connection, only: Collection[str]) -> dict[str, str]:
    """Return what these laptops are called."""
    found: dict[str, str] = {}
    wanted = sorted(set(only))
    for start in range(0, len(wanted), 500):
        query = select(devices.c.id, devices.c.hostname).where(devices.c.id.in_(wanted[start : start + 500]))
        found |= {row.id: row.hostname for row in connection.execute(query)}
    return found


def named_laptops(connection: Connection, only: Sequence[str]) -> list[Laptop]:
    """Return the first of these laptops by room and name, for a list on a page."""
    wanted = list(only)
    found: list[Laptop] = []
    for start in range(0, len(wanted), 500):
        query = select(devices.c.id, devices.c.hostname, devices.c.room)
        query = query.where(devices.c.id.in_(wanted[start : start + 500]))
        found += [Laptop(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.room, each.hostname, each.id))[:MOST_NAMED]


def placement_for(connection: Connection, target: Target) -> Placement:
    """Return where the place that a change is meant for lies itself: a room's site, a laptop's room."""
    if target.scope == "device":
        return placing.placements(connection, [target.name]).get(target.name, Placement(target.name))
    placement = placement_of(target.scope, target.name)
    if target.scope == "room":
        site = connection.execute(select(rooms.c.site).where(rooms.c.name == target.name)).scalar()
        return placement._replace(site=site or "")
    return placement


def say_changes(connection: Connection, changes: Sequence[Change], words: Words) -> list[ChangeWords]:
    """Return changes in words, laptops by their names."""
    names = hostnames_of(connection, [change.name for change in changes if change.scope == "device"])
    return [say_change(change, words, names) for change in changes]


def approvers(connection: Connection, but: int | None = None) -> list[str]:
    """Return the names of those who may be the second approver, without the author."""
    return [
        each.display_name
        for each in accounts.list_staff(connection)
        if each.active and each.roles & OFFICES and each.id != but
    ]


def current(request: Asked) -> Revision | None:
    """Return the settings that hold now."""
    with state.of(request).db.read() as connection:
        return policy_store.current_tree(connection)


def may_change(viewer: doors.Viewer) -> bool:
    """Say whether this adult's offices may propose settings."""
    return bool(viewer.roles & doors.OPEN_TO["policies"])


def find_laptop(connection: Connection, wanted: str) -> str:
    """Return the id of the laptop of this name or id; raise NotFound."""
    query = select(devices.c.id).where(
        devices.c.state == "active", (devices.c.id == wanted) | (devices.c.hostname == wanted)
    )
    found = connection.execute(query.limit(1)).scalar()
    if found is None:
        raise NotFound(f"there is no laptop {wanted[:60]!r}")
    return str(found)
