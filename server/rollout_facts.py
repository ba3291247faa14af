"""What the laptops of a rollout say: who confirmed, who refused and why, who is not heard any more."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from server.policy_tables import assignments, rollout_devices
from server.rollout_machine import Fact
from server.tables import devices


def collect(
    connection: Connection, number: int, revision: int, connected: Collection[str], now: datetime
) -> list[Fact]:
    """Return what is known of every laptop of a rollout; those that hold a request are heard now."""
    query = (
        select(
            rollout_devices,
            devices.c.state,
            devices.c.last_seen_at,
            devices.c.capabilities,
            devices.c.applied_number,
            devices.c.rejected_number,
            devices.c.rejected_problem,
            assignments.c.number.label("assigned"),
            assignments.c.revision.label("given"),
        )
        .select_from(
            rollout_devices.outerjoin(devices, devices.c.id == rollout_devices.c.device).outerjoin(
                assignments, assignments.c.device == rollout_devices.c.device
            )
        )
        .where(rollout_devices.c.rollout == number)
        .order_by(rollout_devices.c.ring, rollout_devices.c.device)
    )
    return [_fact(row, revision, connected, now) for row in connection.execute(query)]


def _fact(row: Any, revision: int, connected: Collection[str], now: datetime) -> Fact:
    is_given = row.opened_at is not None and row.given == revision
    rejects = is_given and row.rejected_number is not None and row.rejected_number == row.assigned
    broken = False
    if is_given:
        broken = bool(set(broken_parts(row.capabilities)) - set(row.broken_before.split(",")))
    return Fact(
        row.device,
        row.ring,
        row.opened_at,
        applied=is_given and not rejects and row.applied_number == row.assigned,
        rejected=(row.rejected_problem or "it did not say why") if rejects else "",
        seen_before=row.seen_before,
        seen_at=now if row.device in connected else row.last_seen_at,
        broken=broken,
        gone=row.state != "active",
    )


def broken_parts(capabilities: str | None) -> list[str]:
    """Return the parts of a laptop that it says are broken."""
    told: dict[str, str] = json.loads(capabilities or "{}")
    return sorted(name for name, how in told.items() if how == "broken")


def open_ring(connection: Connection, number: int, ring: int, now: datetime) -> None:
    """Note what each laptop of a ring was like before it is given the new settings."""
    query = (
        select(devices.c.id, devices.c.last_seen_at, devices.c.capabilities)
        .join(rollout_devices, rollout_devices.c.device == devices.c.id)
        .where(rollout_devices.c.rollout == number, rollout_devices.c.ring == ring)
    )
    rows = [
        {
            "of_device": row.id,
            "seen_before": row.last_seen_at,
            "broken_before": ",".join(broken_parts(row.capabilities))[:400],
            "opened_at": now,
        }
        for row in connection.execute(query)
    ]
    if rows:
        connection.execute(
            update(rollout_devices)
            .where(rollout_devices.c.rollout == number, rollout_devices.c.device == bindparam("of_device"))
            .values(
                seen_before=bindparam("seen_before"),
                broken_before=bindparam("broken_before"),
                opened_at=bindparam("opened_at"),
            ),
            rows,
        )


def keep_outcomes(connection: Connection, number: int, revision: int) -> None:
    """Write down what every laptop had said when the rollout ended."""
    facts = collect(connection, number, revision, (), datetime.min)
    rows = [
        {
            "of_device": fact.device,
            "outcome": "rejected" if fact.rejected else "confirmed" if fact.applied else "pending",
            "problem": fact.rejected[:200],
        }
        for fact in facts
        if fact.opened_at is not None
    ]
    if rows:
        connection.execute(
            update(rollout_devices)
            .where(rollout_devices.c.rollout == number, rollout_devices.c.device == bindparam("of_device"))
            .values(outcome=bindparam("outcome"), problem=bindparam("problem")),
            rows,
        )
