"""What the pupils of one room obey at this moment: hours, supervision, and what a teacher may do there.

Read from the bodies that the room's laptops are given, which may differ by group and laptop, for every tier
of pupil that the school has. Where they differ, the caps here are the strictest of them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from policies import wire
from policies.lab_settings import HoursSettings, LabSettings, Session
from policies.settings import TIERS, Settings, Tier
from policies.variants import next_change, settings_at
from server import policy_store
from server.policy_tables import assignments
from server.tables import devices

PUPILS: tuple[Tier, ...] = tuple(tier for tier in TIERS if tier != "adult")
"""Whoever is supervised; adults are the supervisors."""


class RoomHours(NamedTuple):
    """What kind of time it is in one room."""

    sessions: frozenset[Session]
    """More than one where tiers or laptops differ."""
    needs_supervisor: bool
    """Some pupils are here only while somebody is checked in."""
    direct: bool
    """The supervisor confirms again and again that they are there."""
    adults_only: bool
    """No pupil may be here now."""
    longest_check_in_minutes: int
    direct_confirm_minutes: int
    changes_at: datetime | None = None
    """When other settings may hold, by local time."""

    def changes_today(self, local_now: datetime) -> bool:
        """Say whether that is before the day is over."""
        return self.changes_at is not None and self.changes_at.date() == local_now.date()


def settings_of_room(
    connection: Connection, room: str, local_now: datetime, tiers: Collection[Tier] = PUPILS
) -> list[Settings]:
    """Return the different settings that somebody of these tiers obeys here now; none before a policy."""
    return _settings(_bodies(connection, room), local_now, tiers)


def hours_of_room(connection: Connection, room: str, local_now: datetime) -> RoomHours:
    """Return what kind of time it is for the pupils of this room."""
    bodies = _bodies(connection, room)
    changes = [next_change(body.variants, local_now) for body in bodies]
    later = min((each for each in changes if each is not None), default=None)
    return decide_hours([each.hours for each in _settings(bodies, local_now, PUPILS)])._replace(
        changes_at=later
    )


def lab_of_room(connection: Connection, room: str, local_now: datetime) -> LabSettings:
    """Return what a teacher may do here: of each cap the lowest, of each duty the strictest."""
    return strictest_lab([each.lab for each in settings_of_room(connection, room, local_now)])


def decide_hours(found: Collection[HoursSettings]) -> RoomHours:
    """Return what several settings say together. Pure."""
    found = found or [HoursSettings()]
    asking = [each for each in found if each.needs_supervisor and each.session != "closed"]
    return RoomHours(
        sessions=frozenset(each.session for each in found),
        needs_supervisor=bool(asking),
        direct=any(each.supervision == "direct" for each in asking),
        adults_only=all(each.session == "closed" or each.supervision == "adult_demo" for each in found),
        longest_check_in_minutes=min(each.longest_check_in_minutes for each in asking or found),
        direct_confirm_minutes=min(each.direct_confirm_minutes for each in asking or found),
    )


def strictest_lab(found: Collection[LabSettings]) -> LabSettings:
    """Return the strictest of several; the defaults if there is none. Pure."""
    if not found:
        return LabSettings()
    first, *rest = found
    for each in rest:
        first = msgspec.structs.replace(
            first,
            detail_needs_reason=first.detail_needs_reason or each.detail_needs_reason,
            attention_locks=first.attention_locks or each.attention_locks,
            attention_longest_minutes=min(first.attention_longest_minutes, each.attention_longest_minutes),
            pause_longest_minutes=min(first.pause_longest_minutes, each.pause_longest_minutes),
            messages=first.messages and each.messages,
        )
    return first


def _bodies(connection: Connection, room: str) -> list[wire.PolicyBody]:
    query = (
        select(assignments.c.body_hash)
        .join(devices, devices.c.id == assignments.c.device)
        .where(devices.c.room == room, devices.c.state == "active")
        .distinct()
        .order_by(assignments.c.body_hash)
    )
    hashes = list(connection.execute(query).scalars())
    if not hashes:
        newest = policy_store.newest_number(connection)
        hashes = [] if newest is None else [newest[1]]
    return [policy_store.read_body(connection, each) for each in hashes]


def _settings(
    bodies: Collection[wire.PolicyBody], local_now: datetime, tiers: Collection[Tier]
) -> list[Settings]:
    found: list[Settings] = []
    for body in bodies:
        known = {agreement.tier for agreement in body.agreements}
        for tier in [each for each in tiers if each in known] or tiers:
            settings = settings_at(body.settings, body.variants, tier, local_now)
            if settings not in found:
                found.append(settings)
    return found
