"""The invented school with settings in every state: places that differ, changes that wait, a rollout."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, update

from policies.tree import Layer, PolicyTree, Review
from policies.variants import Window
from server import accounts, assigning, policy_store, proposing, rollouts
from server.device_tables import device_groups, rooms
from server.policy_store import Author
from server.rollout_machine import PILOT, Plan, Ring
from server.state import ServerState
from server.tables import devices
from tests.support import school

LOCK = "lock.idle_after_seconds"
MORNINGS = Window(days=("mon", "tue", "wed", "thu", "fri"), starts="08:00", ends="12:00")


class Made:
    """The numbers of what was made, for addresses."""

    waiting: int
    ready: int
    outdated: int
    clash: int
    applied: int
    refused: int
    rollout: int
    stopped: int


def author(connection: Connection, name: str) -> Author:
    """Return one of the cast as who changes settings."""
    staff = accounts.find_staff(connection, name)
    return Author(staff.id, staff.display_name, staff.roles)


def layered(tree: PolicyTree, *layers: Layer) -> PolicyTree:
    """Return the tree with more layers."""
    return msgspec.structs.replace(tree, layers=(*tree.layers, *layers))


def room(name: str, seconds: int, **more: Any) -> Layer:
    """Return a layer that sets the lock of one room."""
    return Layer(scope="room", name=name, change={LOCK: seconds}, **more)


def propose(
    connection: Connection, tree: PolicyTree, who: str = "t.ashby", **given: Any
) -> proposing.Proposal:
    """Propose on the newest settings."""
    newest = policy_store.current_tree(connection)
    assert newest is not None
    told = {"reason": "Agreed in Monday’s meeting", "base": newest.number, "now": datetime.now(UTC)} | given
    return proposing.propose(connection, tree, by=author(connection, who), **told)


def save(connection: Connection, tree: PolicyTree, who: str = "t.ashby", **given: Any) -> proposing.Proposal:
    """Propose and bring it out; a weakening is approved by the head."""
    made = propose(connection, tree, who, **given)
    now = datetime.now(UTC)
    if made.state == "waiting":
        return proposing.approve(
            connection, made.number, by=author(connection, "n.okafor"), now=now, words="Fine"
        )
    return proposing.apply(connection, made.number, by=author(connection, who), now=now)


def tree_of(connection: Connection) -> PolicyTree:
    """Return the newest settings."""
    newest = policy_store.current_tree(connection)
    assert newest is not None
    return newest.tree


def make(folder: Path, *, hosts: tuple[str, ...] = ()) -> tuple[ServerState, Made]:
    """Return the school and what was made in it."""
    house, made = school.make_house(folder, hosts=hosts), Made()
    now = datetime.now(UTC)
    with house.db.write() as connection:
        connection.execute(insert(rooms).values(name=school.ROOM, site="North building"))
        connection.execute(insert(device_groups).values(device=school.LAPTOPS["L-002"], name="Loan laptops"))
        for name in ("L-001", "L-009"):
            connection.execute(insert(device_groups).values(device=school.LAPTOPS[name], name=PILOT))
        assigning.refresh(connection, now)
        tree = tree_of(connection)
        review = Review(
            approved_by="Governors’ committee",
            approved_on="2025-09-01",
            next_review=(now - timedelta(days=20)).date().isoformat(),
            early="A new network in the north building",
        )
        words = tree.school.consequences | {
            "en": tree.school.consequences["en"] + " An unattended screen locks after 5 minutes."
        }
        tree = msgspec.structs.replace(
            tree, review=review, school=msgspec.structs.replace(tree.school, consequences=words)
        )
        tree = layered(
            tree,
            room(school.ROOM, 240),
            Layer(scope="group", name="Loan laptops", change={"usb.mode": "forbid"}, note="They go home"),
            Layer(scope="device", name=school.LAPTOPS["L-003"], change={"lock.countdown_seconds": 15}),
        )
        save(connection, tree, risk="None known", reason="Rooms get settings of their own")
        late = layered(tree, room(school.ROOM, 600, tiers=("teen",), when=MORNINGS))
        save(connection, late, risk="Watched by the teacher", reason="Long experiments in the mornings")
        _make_states(connection, made, now)
    house.notice_changes()
    return house, made


def _make_states(connection: Connection, made: Made, now: datetime) -> None:
    tree = tree_of(connection)
    stricter = layered(tree, room("Lab 1", 120))
    made.outdated = propose(connection, stricter, reason="Lab 1 stands open to the corridor").number
    usb = msgspec.structs.replace(tree.settings.usb, longest_approval_days=30)
    clash = msgspec.structs.replace(tree, settings=msgspec.structs.replace(tree.settings, usb=usb))
    made.clash = propose(connection, clash, reason="Shorter approvals").number
    refused = propose(connection, layered(tree, room("Lab 1", 1800)), risk="Hm", reason="People asked for it")
    made.refused = proposing.refuse(
        connection,
        refused.number,
        by=author(connection, "n.okafor"),
        now=now,
        words="Half an hour is too long.",
    ).number
    # Somebody else saves meanwhile, ring by ring, and a laptop of the first ring has not answered yet.
    usb = msgspec.structs.replace(tree.settings.usb, longest_approval_days=60)
    other = msgspec.structs.replace(tree, settings=msgspec.structs.replace(tree.settings, usb=usb))
    rings = (Ring(kind="group", name=PILOT), Ring(kind="room", name=school.ROOM))
    plan = Plan(rings=rings, wait_minutes=30, rejected_percent=100)
    made.applied = save(connection, other, reason="Approvals end with the term", plan=plan).number
    for number in (made.outdated, made.clash):
        proposing.apply(connection, number, by=author(connection, "t.ashby"), now=now)
    running = rollouts.under_way(connection)
    assert running is not None
    made.rollout = running.number
    assigned = assigning.get(connection, school.LAPTOPS["L-001"])
    assert assigned is not None
    connection.execute(
        update(devices)
        .where(devices.c.id == school.LAPTOPS["L-001"])
        .values(applied_number=assigned.number, applied_at=now)
    )
    newest = tree_of(connection)
    made.waiting = propose(
        connection,
        layered(newest, room("Lab 1", 600)),
        risk="The door of Lab 1 stands open at break; the teacher locks it.",
        reason="Ms Demir’s class loses work on the shared screen during long experiments.",
    ).number
    made.ready = propose(connection, layered(newest, room("Lab 1", 200)), reason="A little sooner").number
