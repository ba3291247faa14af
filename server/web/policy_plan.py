"""How a change goes out, as a form asks: at once, or some laptops first, then perhaps a room, then all."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from policies.tree import PolicyTree
from server import proposing
from server.device_tables import device_groups
from server.rollout_machine import AT_ONCE, PILOT, Plan, Ring
from server.tables import devices

HOW = ("few", "pilot", "once")
MOST_FEW = 50
MOST_WAIT = 20_160


class Given(NamedTuple):
    """What stands in the form."""

    how: str
    few: str
    then: str
    wait: str
    by_hand: bool


def given(form: Mapping[str, list[str]]) -> Given:
    """Return what somebody chose, else two laptops first and half an hour of patience."""

    def one(key: str, otherwise: str) -> str:
        return (form.get(key) or [otherwise])[0].strip()[:120]

    how = one("how", "once")
    return Given(
        how if how in HOW else "once",
        one("few", "2"),
        one("then", ""),
        one("wait", "30"),
        form.get("by_hand") == ["yes"],
    )


def read_plan(
    connection: Connection, form: Mapping[str, list[str]], before: PolicyTree, after: PolicyTree
) -> Plan:
    """Return the plan a form asks for; a number that is none becomes the next that is."""
    asked = given(form)
    if asked.how == "once":
        return AT_ONCE
    first = Ring(kind="group", name=PILOT)
    if asked.how == "few":
        touched = proposing.affected(connection, before, after)
        chosen = _likely_on(connection, touched, _whole(asked.few, 1, MOST_FEW, 2))
        if not chosen:
            return AT_ONCE
        first = Ring(kind="devices", devices=tuple(chosen))
    rings = (first, Ring(kind="room", name=asked.then)) if asked.then else (first,)
    return Plan(rings=rings, by_hand=asked.by_hand, wait_minutes=_whole(asked.wait, 1, MOST_WAIT, 30))


def count_pilots(connection: Connection) -> int:
    """Return how many laptops are in the group that goes first."""
    query = (
        select(func.count())
        .select_from(device_groups.join(devices, devices.c.id == device_groups.c.device))
        .where(device_groups.c.name == PILOT, devices.c.state == "active")
    )
    return connection.execute(query).scalar_one()


def _likely_on(connection: Connection, touched: list[str], count: int) -> list[str]:
    """Return those that spoke last: a pilot that is switched off proves nothing."""
    found: list[tuple[object, str]] = []
    for start in range(0, len(touched), 500):
        query = select(devices.c.last_seen_at, devices.c.id).where(
            devices.c.id.in_(touched[start : start + 500]), devices.c.last_seen_at.is_not(None)
        )
        found += [(row.last_seen_at, row.id) for row in connection.execute(query)]
    seen = [device for _at, device in sorted(found, key=lambda each: each[0], reverse=True)]  # type: ignore[arg-type,return-value]
    unseen = [device for device in touched if device not in set(seen)]
    return [*seen, *unseen][:count]


def _whole(text: str, least: int, most: int, otherwise: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        return otherwise
    return min(max(int(text), least), most)
