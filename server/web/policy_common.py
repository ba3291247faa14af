"""What the pages about settings share: who asks, which places there are, and forms with repeated fields."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from policies.comparing import Change
from policies.layering import placement_of
from policies.tree import Placement
from server import access, accounts, placing
from server.change_words import ChangeWords, say_change
from server.device_tables import device_groups, rooms
from server.errors import NotFound
from server.policy_store import Author
from server.policy_tables import rollouts
from server.rollout_machine import Plan, Ring
from server.tables import devices
from server.web import common, render
from server.web.common import Asked
from server.web.policy_counts import may_be_second
from server.web.policy_layers import Target
from server.web.words import Words
from server.wording.places import say_place
from server.wording.values import clean

OPENS = [common.opens("policies")]
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


def named_laptops(connection: Connection, only: Collection[str]) -> list[Laptop]:
    """Return the first of these laptops by room and name, for a list on a page."""
    wanted = set(only)
    query = select(devices.c.id, devices.c.hostname, devices.c.room)
    if len(wanted) <= MOST_NAMED:
        query = query.where(devices.c.id.in_(wanted))
    found = []
    for row in connection.execute(query.order_by(devices.c.room, devices.c.hostname, devices.c.id)):
        if row.id in wanted:
            found.append(Laptop(*row))
            if len(found) == MOST_NAMED:
                break
    return found


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


def approvers(connection: Connection, by: Author) -> list[str]:
    """Return the names of those who may be the second person of a change by this one."""
    return [
        each.display_name
        for each in accounts.list_staff(connection)
        if each.active and each.id != by.staff and may_be_second(each.roles, by.roles)
    ]


def find_laptop(connection: Connection, wanted: str) -> str:
    """
    Return the id of the one laptop of this id or name; raise NotFound.

    A laptop chooses its name itself: of two with the same, neither is meant.
    """
    query = select(devices.c.id).where(
        devices.c.state == "active", (devices.c.id == wanted) | (devices.c.hostname == wanted)
    )
    found = list(connection.execute(query).scalars())
    if wanted in found:
        return wanted
    if len(found) != 1:
        raise NotFound(f"there is no laptop {wanted[:60]!r}, or more than one: name it by its id")
    return str(found[0])


def ring_words(connection: Connection, plan: Plan, words: Words) -> list[str]:
    """Return who gets the settings one after the other."""
    rings = plan.all_rings
    if len(rings) == 1:
        return [words.say("All at once")]
    return [ring_name(connection, ring, words) for ring in rings]


def ring_name(connection: Connection, ring: Ring, words: Words) -> str:
    """Return which laptops a ring has."""
    match ring.kind:
        case "all":
            return words.say("All others")
        case "devices":
            names = hostnames_of(connection, ring.devices[:4])
            said = [clean(names.get(each, each), 40) for each in ring.devices[:4]]
            more = len(ring.devices) - len(said)
            if more > 0:
                said.append(words.count("%(num)s more", "%(num)s more", more))
            return words.join(said)
        case "group":
            return say_place("group", ring.name, words)
        case "site":
            return say_place("site", ring.name, words)
    return say_place("room", ring.name, words)


def rollout_of(connection: Connection, revision: int | None) -> int | None:
    """Return the number of the rollout that brings, or brought, a revision."""
    if revision is None:
        return None
    query = (
        select(rollouts.c.number).where(rollouts.c.revision == revision).order_by(rollouts.c.number.desc())
    )
    return connection.execute(query.limit(1)).scalar()
