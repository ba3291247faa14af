"""Rollouts: new settings reach the laptops ring by ring, and come back by themselves where they do harm.

One at a time. Stopping makes a new revision with the last good settings, so laptops that had taken the new
ones get a higher number; nobody waits for a second adult to stop something bad.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from server import assigning, changes, media_modes, placing, policy_store, rollout_facts
from server.errors import Invalid, NotFound
from server.policy_store import Author
from server.policy_tables import rollout_devices, rollouts
from server.rollout_machine import (
    Decision,
    Finish,
    Open,
    Placed,
    Plan,
    Ring,
    Standing,
    Stop,
    Wait,
    decide_next,
    decide_rings,
    decide_rollout,
    read_plan,
)

ITSELF = Author(None, "Gatepost", frozenset())
"""Who stops a rollout that stops itself."""


class Rollout(NamedTuple):
    """One way of settings to the laptops."""

    number: int
    revision: int
    good_revision: int
    """What laptops go back to."""
    plan: Plan
    state: str
    """running, paused, done, stopped or overtaken."""
    ring: int
    """The last open one."""
    ring_opened_at: datetime
    note: str
    by: str
    at: datetime
    ended_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Say whether it can still be stopped."""
        return self.state in assigning.UNDER_WAY

    @property
    def reaches_all(self) -> bool:
        """Say whether every ring is open; it is only watched now."""
        return self.ring >= len(self.plan.all_rings) - 1


def under_way(connection: Connection) -> Rollout | None:
    """Return the rollout that is running or paused, if one is."""
    row = connection.execute(select(rollouts).where(rollouts.c.state.in_(assigning.UNDER_WAY))).first()
    return None if row is None else _read(row)


def get(connection: Connection, number: int) -> Rollout:
    """Return one rollout; raise NotFound."""
    row = connection.execute(select(rollouts).where(rollouts.c.number == number)).first()
    if row is None:
        raise NotFound(f"there is no rollout {number}")
    return _read(row)


def list_rollouts(connection: Connection, limit: int = 50) -> list[Rollout]:
    """Return rollouts, newest first."""
    query = select(rollouts).order_by(rollouts.c.number.desc()).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def check_plan(connection: Connection, plan: Plan) -> None:
    """Raise Invalid, naming it, if a ring has no laptop."""
    _rings(connection, plan)


def start(
    connection: Connection,
    *,
    revision: int,
    good_revision: int,
    plan: Plan,
    by: str,
    now: datetime,
) -> Rollout:
    """
    Open the first ring for a revision that was just made.

    Raises Invalid if a ring has no laptop, or if another rollout has not reached every laptop yet.
    """
    rings = _rings(connection, plan)
    running = under_way(connection)
    if running is not None and not running.reaches_all:
        raise Invalid(f"rollout {running.number} is under way: let it finish or stop it first")
    overtake(connection, now)
    made = connection.execute(
        insert(rollouts).values(
            revision=revision,
            good_revision=good_revision,
            plan=msgspec.json.encode(plan).decode(),
            state="running",
            ring=0,
            ring_opened_at=now,
            by_name=by[:200],
            at=now,
        )
    )
    number = int(made.inserted_primary_key[0])  # type: ignore[index]
    members = [{"rollout": number, "device": device, "ring": ring} for device, ring in rings.items()]
    if members:
        connection.execute(insert(rollout_devices), members)
    _open(connection, get(connection, number), Open(0), now)
    return get(connection, number)


def pause(connection: Connection, number: int, now: datetime) -> Rollout:
    """Open no further ring until `go_on`. It still stops itself. Raises Invalid if it is over."""
    _set(connection, _must_run(connection, number), now, state="paused")
    return get(connection, number)


def go_on(connection: Connection, number: int, now: datetime, connected: Collection[str] = ()) -> Rollout:
    """
    Go on after a pause; a rollout that runs opens its next ring now. Raises Invalid.

    Nobody can press on over laptops that say no: then it stops itself as it would have.
    """
    rollout = _must_run(connection, number)
    if rollout.state == "paused":
        _set(connection, rollout, now, state="running")
        return get(connection, number)
    facts = rollout_facts.collect(connection, number, rollout.revision, connected, now)
    decision: Decision = decide_rollout(standing(rollout, now), facts, now)
    if isinstance(decision, Wait) and rollout.reaches_all:
        decision = Finish()
    elif isinstance(decision, Wait):
        decision = decide_next(standing(rollout, now), facts)
    _do(connection, rollout, decision, now)
    return get(connection, number)


def stop(connection: Connection, number: int, *, by: Author, now: datetime, why: str = "") -> Rollout:
    """
    Give every laptop the last good settings again, at once. Raises Invalid if the rollout is over.

    One person is enough: what comes back was approved and held a moment ago.
    """
    rollout = _must_run(connection, number)
    _stop(connection, rollout, by=by, note=why or f"stopped by {by.name}", now=now)
    return get(connection, number)


roll_back = stop


def tick(
    connection: Connection,
    now: datetime,
    connected: Collection[str],
    listening_since: datetime | None = None,
) -> bool:
    """
    Do what is due: open a ring, stop, or finish. Return whether anything was done.

    `connected`: laptops that hold a request now. `listening_since`: when the server came up.
    """
    rollout = under_way(connection)
    if rollout is None:
        return False
    return _do(connection, rollout, _decide(connection, rollout, now, connected, listening_since), now)


def is_due(
    connection: Connection,
    now: datetime,
    connected: Collection[str],
    listening_since: datetime | None = None,
) -> bool:
    """Say whether `tick` would do anything: a read, so that looking often keeps nobody from writing."""
    rollout = under_way(connection)
    if rollout is None:
        return False
    return not isinstance(_decide(connection, rollout, now, connected, listening_since), Wait)


def _decide(
    connection: Connection,
    rollout: Rollout,
    now: datetime,
    connected: Collection[str],
    listening_since: datetime | None,
) -> Decision:
    facts = rollout_facts.collect(connection, rollout.number, rollout.revision, connected, now)
    return decide_rollout(standing(rollout, listening_since or rollout.at), facts, now)


def overtake(connection: Connection, now: datetime) -> None:
    """End a rollout because newer settings go to everybody; what it brought stays until they come."""
    rollout = under_way(connection)
    if rollout is not None:
        _end(connection, rollout, "overtaken", rollout.note, now)


def _do(connection: Connection, rollout: Rollout, decision: Decision, now: datetime) -> bool:
    match decision:
        case Open():
            _open(connection, rollout, decision, now)
        case Stop(why=why, devices=devices, of=of):
            note = f"{why}: {len(devices)} of {of} laptops ({', '.join(devices[:5])})"
            _stop(connection, rollout, by=ITSELF, note=note, now=now)
        case Finish():
            _end(connection, rollout, "done", rollout.note, now)
            assigning.refresh(connection, now)
        case Wait():
            return False
    return True


def _open(connection: Connection, rollout: Rollout, decision: Open, now: datetime) -> None:
    note = rollout.note
    for number in decision.skipped:
        ring = rollout.plan.all_rings[number]
        note = f"{note}; skipped {name_of(ring)}: no laptop is in it any more".removeprefix("; ")
    _set(connection, rollout, now, ring=decision.ring, ring_opened_at=now, note=note[:400])
    rollout_facts.open_ring(connection, rollout.number, decision.ring, now)
    assigning.refresh(connection, now)
    if get(connection, rollout.number).reaches_all:
        media_modes.end_by_policy(connection, rollout.by, now)


def _stop(connection: Connection, rollout: Rollout, *, by: Author, note: str, now: datetime) -> None:
    _end(connection, rollout, "stopped", note, now)
    good = policy_store.get_revision(connection, rollout.good_revision)
    policy_store.add_revision(
        connection,
        good.tree,
        by=by,
        now=now,
        reason=f"rollout {rollout.number} was stopped: {note}"[:400],
        kind="stopped",
        like=good,
    )
    assigning.refresh(connection, now)
    changes.bump(connection, changes.POLICY)


def _end(connection: Connection, rollout: Rollout, state: str, note: str, now: datetime) -> None:
    rollout_facts.keep_outcomes(connection, rollout.number, rollout.revision)
    _set(connection, rollout, now, state=state, note=note[:400], ended_at=now)


def _rings(connection: Connection, plan: Plan) -> dict[str, int]:
    where = {
        device: Placed(placement.room, placement.site, placement.groups)
        for device, placement in placing.placements(connection).items()
    }
    rings, empty = decide_rings(plan, where)
    if empty:
        names = ", ".join(name_of(plan.all_rings[number]) for number in empty)
        raise Invalid(
            f"no laptop of its own is in {names}: every ring needs one. Put laptops into it, or leave it out"
        )
    return rings


def name_of(ring: Ring) -> str:
    """Return a ring's name in plain words, for notes and the command line."""
    if ring.kind == "all":
        return "all others"
    if ring.kind == "devices":
        return f"{len(ring.devices)} chosen laptops"
    return f"{ring.kind} {ring.name}"


def _must_run(connection: Connection, number: int) -> Rollout:
    rollout = get(connection, number)
    if not rollout.is_under_way:
        raise Invalid(f"rollout {number} is over ({rollout.state}): nothing of it can be changed")
    return rollout


def standing(rollout: Rollout, listening_since: datetime) -> Standing:
    """Return what the machine needs of a rollout."""
    state: Any = rollout.state
    return Standing(rollout.plan, state, rollout.ring, rollout.ring_opened_at, listening_since)


def _set(connection: Connection, rollout: Rollout, now: datetime, **values: Any) -> None:
    connection.execute(update(rollouts).where(rollouts.c.number == rollout.number).values(**values))
    changes.bump(connection, changes.POLICY)


def _read(row: Row[Any]) -> Rollout:
    return Rollout(
        row.number,
        row.revision,
        row.good_revision,
        read_plan(row.plan),
        row.state,
        row.ring,
        row.ring_opened_at,
        row.note,
        row.by_name,
        row.at,
        row.ended_at,
    )
