"""What each laptop is given: its policy body and a number of its own that never goes back.

`refresh` makes it so, after any change of settings, officers, rooms, groups or enrolments. A laptop whose
bytes stay the same hears nothing. While a rollout is under way only laptops of open rings get the new
settings; every other one, newcomers too, keeps to the last good ones.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from policies.settings import Settings
from policies.tree import Placement
from server import changes, placing, policy_store
from server.policy_store import Composer, Revision
from server.policy_tables import assignments, rollout_devices, rollouts
from server.rollout_machine import read_plan
from server.tables import devices

UNDER_WAY = ("running", "paused")
FEW = 500
"""More than so many laptops are picked out of all, rather than named one by one in a query."""
LARGEST = 2**31 - 1
MOST_AHEAD = 1_000_000
"""A laptop that claims a number further ahead than this is not believed."""


class Assigned(NamedTuple):
    """What one laptop is given."""

    device: str
    number: int
    body_hash: str
    revision: int
    good_body_hash: str
    good_revision: int
    rollout: int | None
    at: datetime


class _Aims(NamedTuple):
    """Which revision which laptop gets."""

    newest: Revision
    good: Revision
    rollout: int | None
    opened: frozenset[str]
    everybody: bool
    """The last ring is open: newcomers are in it."""

    def opens(self, device: str) -> bool:
        """Say whether this laptop gets the newest."""
        return self.everybody or device in self.opened


def refresh(connection: Connection, now: datetime, devices: Iterable[str] | None = None) -> int:
    """
    Give laptops (these, or all) what the settings say now; return how many get other bytes than before.

    Cheap where nothing changes. Before the first policy it does nothing.
    """
    aims = _aims(connection)
    if aims is None:
        return 0
    wanted = None if devices is None else frozenset(devices)
    where = _placements(connection, wanted)
    before = _assigned(connection, None if wanted is None or len(wanted) > FEW else wanted)
    newest = Composer(connection, aims.newest, now)
    good = newest if aims.good.number == aims.newest.number else Composer(connection, aims.good, now)
    rows, told = [], 0
    for device, placement in where.items():
        made = _decide(device, placement, before.get(device), aims, newest, good, now)
        if made is None:
            continue
        told += device not in before or made.number != before[device].number
        rows.append(made._asdict())
    if rows:
        _keep(connection, rows)
        changes.bump(connection, changes.POLICY)
    return told


def _decide(
    device: str,
    placement: Placement,
    before: Assigned | None,
    aims: _Aims,
    newest: Composer,
    good: Composer,
    now: datetime,
) -> Assigned | None:
    """Return what a laptop is given from now on, or None if that is what it has."""
    opens = aims.opens(device)
    revision = aims.newest.number if opens else aims.good.number
    good_hash = good.hash_for(placement)
    body_hash = newest.hash_for(placement) if opens else good_hash
    rollout = aims.rollout if opens else None
    back = aims.good.number if aims.rollout is not None else revision
    good_hash = good_hash if aims.rollout is not None else body_hash
    if before is None:
        return Assigned(device, revision, body_hash, revision, good_hash, back, rollout, now)
    number = before.number
    if body_hash != before.body_hash:
        number = max(revision, before.number + 1)
    made = Assigned(device, number, body_hash, revision, good_hash, back, rollout, before.at)
    if made == before:
        return None
    return made if number == before.number else made._replace(at=now)


def get(connection: Connection, device: str) -> Assigned | None:
    """Return what one laptop is given."""
    return _assigned(connection, [device]).get(device)


def list_assigned(connection: Connection) -> dict[str, Assigned]:
    """Return what every laptop is given, by its id."""
    return _assigned(connection, None)


def settings_of(connection: Connection, device: str) -> Settings:
    """Return the flat settings one laptop is given (those of its variants are not among them)."""
    query = select(assignments.c.body_hash).where(assignments.c.device == device)
    body_hash = connection.execute(query).scalar()
    if body_hash is None:
        newest = policy_store.newest_number(connection)
        if newest is None:
            return Settings()
        body_hash = newest[1]
    return policy_store.settings_in(connection, body_hash)


def confirm(connection: Connection, said: Iterable[tuple[str, int, datetime]]) -> None:
    """
    Write what laptops said is in force: (laptop, its number, when we heard it).

    Only the number it is given counts as confirmed. One further ahead comes from a server that was set back
    to an older copy: the laptop would take nothing below it, so it is given a higher one.
    """
    heard = [each for each in said if 1 <= each[1] <= LARGEST]
    if not heard:
        return
    connection.execute(
        _CONFIRMED, [{"of_device": device, "said": number, "heard_at": at} for device, number, at in heard]
    )
    query = select(assignments.c.device, assignments.c.number)
    if len(heard) <= FEW:
        query = query.where(assignments.c.device.in_([device for device, _, _ in heard]))
    given = {row.device: row.number for row in connection.execute(query)}
    for device, number, at in heard:
        if device in given and given[device] < number <= given[device] + MOST_AHEAD:
            connection.execute(
                update(assignments).where(assignments.c.device == device).values(number=number + 1, at=at)
            )
            changes.bump(connection, changes.POLICY)


_CONFIRMED = (
    update(devices)
    .where(
        devices.c.id == bindparam("of_device"),
        (devices.c.applied_number != bindparam("said")) | devices.c.applied_number.is_(None),
        select(assignments.c.device)
        .where(assignments.c.device == bindparam("of_device"), assignments.c.number == bindparam("said"))
        .exists(),
    )
    .values(
        applied_number=bindparam("said"),
        applied_at=bindparam("heard_at"),
        rejected_number=None,
        rejected_problem="",
    )
)


def _aims(connection: Connection) -> _Aims | None:
    newest = policy_store.current_tree(connection)
    if newest is None:
        return None
    running = connection.execute(select(rollouts).where(rollouts.c.state.in_(UNDER_WAY))).first()
    if running is None:
        return _Aims(newest, newest, None, frozenset(), everybody=True)
    last = len(read_plan(running.plan).all_rings) - 1
    query = select(rollout_devices.c.device).where(
        rollout_devices.c.rollout == running.number, rollout_devices.c.opened_at.is_not(None)
    )
    good = policy_store.get_revision(connection, running.good_revision)
    opened = frozenset(connection.execute(query).scalars())
    return _Aims(newest, good, running.number, opened, everybody=running.ring >= last)


def _placements(connection: Connection, wanted: frozenset[str] | None) -> dict[str, Placement]:
    """Return where these laptops stand, active ones only."""
    if wanted is None:
        return placing.placements(connection)
    if len(wanted) > FEW:
        every = placing.placements(connection)
        return {device: every[device] for device in wanted if device in every}
    query = select(devices.c.id).where(devices.c.id.in_(wanted), devices.c.state == "active")
    return placing.placements(connection, list(connection.execute(query).scalars()))


def _assigned(connection: Connection, only: Collection[str] | None) -> dict[str, Assigned]:
    query = select(assignments)
    if only is not None:
        query = query.where(assignments.c.device.in_(only))
    return {row.device: _read(row) for row in connection.execute(query)}


def _read(row: Row[Any]) -> Assigned:
    return Assigned(
        row.device,
        row.number,
        row.body_hash,
        row.revision,
        row.good_body_hash,
        row.good_revision,
        row.rollout,
        row.at,
    )


def _keep(connection: Connection, rows: list[dict[str, Any]]) -> None:
    fresh = insert(assignments)
    new = {name: fresh.excluded[name] for name in Assigned._fields if name != "device"}
    connection.execute(fresh.on_conflict_do_update(index_elements=["device"], set_=new), rows)
