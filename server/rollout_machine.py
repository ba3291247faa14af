"""When a rollout opens its next ring, when it stops itself, and when it is done. Pure: no clock, no database.

Rings open one after the other: some laptops first, then perhaps a room, then all others. What the laptops of
the open rings say decides: whoever rejects the settings, falls silent or breaks counts against them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

Percent = Annotated[int, Meta(ge=1, le=100)]
RingKind = Literal["group", "room", "site", "devices", "all"]
State = Literal["running", "paused", "done", "stopped", "overtaken"]
PILOT = "pilot"
"""The group that goes first where nothing else was chosen."""


class Ring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some laptops that get the settings at the same time."""

    kind: RingKind
    name: Annotated[str, Meta(max_length=120)] = ""
    """Of the group, room or site."""
    devices: Annotated[tuple[str, ...], Meta(max_length=500)] = ()


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How settings reach the laptops. The last ring is always everybody else."""

    rings: Annotated[tuple[Ring, ...], Meta(max_length=20)] = ()
    by_hand: bool = False
    """Every ring waits for a person; else for `wait_minutes` after the one before."""
    wait_minutes: Annotated[int, Meta(ge=1, le=20_160)] = 30
    silent_minutes: Annotated[int, Meta(ge=2, le=1440)] = 10
    """A laptop that spoke before its ring opened and is not heard for so long counts as fallen silent."""
    rejected_percent: Percent = 5
    silent_percent: Percent = 25
    """High, because laptops are also shut and carried home."""
    broken_percent: Percent = 10

    @property
    def all_rings(self) -> tuple[Ring, ...]:
        """The rings, with everybody else at the end."""
        chosen = tuple(ring for ring in self.rings if ring.kind != "all")
        return (*chosen, Ring(kind="all"))


AT_ONCE = Plan()
_plans = msgspec.json.Decoder(Plan)


def read_plan(text: str) -> Plan:
    """Return a plan as it was kept."""
    return _plans.decode(text)


class Fact(NamedTuple):
    """One laptop of a rollout as it stands now."""

    device: str
    ring: int
    opened_at: datetime | None
    """When it was given the new settings; None while its ring waits."""
    applied: bool = False
    """It confirmed the number it was given in this rollout."""
    rejected: str = ""
    """Why it refused that number."""
    seen_before: datetime | None = None
    """When it last spoke before its ring opened."""
    seen_at: datetime | None = None
    broken: bool = False
    """Something that worked before its ring opened is broken now."""
    gone: bool = False
    """Retired, or no longer there: it counts for nothing."""


class Standing(NamedTuple):
    """A rollout as it stands."""

    plan: Plan
    state: State
    ring: int
    """The last open one."""
    ring_opened_at: datetime
    listening_since: datetime
    """Before that no laptop could be heard: the server itself was down."""


class Wait(NamedTuple):
    """Nothing is to be done. `why` is for whoever looks."""

    why: Literal["over", "paused", "timer", "by-hand", "nobody-confirmed", "last-ring"]


class Open(NamedTuple):
    """Give the laptops of this ring the new settings; `skipped` rings became empty meanwhile."""

    ring: int
    skipped: tuple[int, ...] = ()


class Stop(NamedTuple):
    """Give every laptop the last good settings again."""

    why: Literal["rejected", "silent", "broken"]
    devices: tuple[str, ...]
    of: int
    """How many laptops the open rings have."""


class Finish(NamedTuple):
    """Every ring is open and was watched long enough: the new settings are the good ones."""


Decision = Wait | Open | Stop | Finish


def decide_rollout(standing: Standing, facts: Sequence[Fact], now: datetime) -> Decision:
    """Return what is to be done now."""
    if standing.state not in ("running", "paused"):
        return Wait("over")
    alive = [fact for fact in facts if not fact.gone]
    opened = [fact for fact in alive if fact.opened_at is not None]
    stop = _decide_stop(standing, opened, now)
    if stop is not None:
        return stop  # also while paused: a person who waits is no reason to leave laptops broken
    last = len(standing.plan.all_rings) - 1
    waited = now - standing.ring_opened_at >= timedelta(minutes=standing.plan.wait_minutes)
    if standing.ring >= last:
        # Also while paused: no ring is left to wait with, and the way back is one person's for a while only.
        return Finish() if waited or not opened else Wait("last-ring")
    if standing.state == "paused":
        return Wait("paused")
    ring = [fact for fact in opened if fact.ring == standing.ring]
    if ring and standing.plan.by_hand:
        return Wait("by-hand")
    if ring and not waited:
        return Wait("timer")
    if ring and not any(fact.applied for fact in ring):
        return Wait("nobody-confirmed")
    return decide_next(standing, alive)


def decide_next(standing: Standing, facts: Sequence[Fact]) -> Open | Finish:
    """Return the next ring that still has laptops, passing over those that became empty."""
    last = len(standing.plan.all_rings) - 1
    skipped: list[int] = []
    for ring in range(standing.ring + 1, last + 1):
        if ring == last or any(fact.ring == ring and not fact.gone for fact in facts):
            return Open(ring, tuple(skipped))
        skipped.append(ring)
    return Finish()


def _decide_stop(standing: Standing, opened: Sequence[Fact], now: datetime) -> Stop | None:
    """Return why laptops of the open rings are reason enough to stop; the plainest reason first."""
    plan = standing.plan
    against: Mapping[Literal["rejected", "broken", "silent"], tuple[list[str], int]] = {
        "rejected": ([fact.device for fact in opened if fact.rejected], plan.rejected_percent),
        "broken": ([fact.device for fact in opened if fact.broken], plan.broken_percent),
        "silent": (
            [fact.device for fact in opened if is_silent(fact, standing, now)],
            plan.silent_percent,
        ),
    }
    for why, (found, percent) in against.items():
        if found and len(found) * 100 >= percent * len(opened):
            return Stop(why, tuple(sorted(found)), len(opened))
    return None


def is_silent(fact: Fact, standing: Standing, now: datetime) -> bool:
    """
    Say whether a laptop fell silent under its new settings.

    It spoke shortly before it was given them, and is not heard for the plan's limit since. One that was off
    all along is no sign of anything, and nobody is heard while the server is down.
    """
    limit = timedelta(minutes=standing.plan.silent_minutes)
    if fact.opened_at is None or fact.seen_before is None:
        return False
    heard = max(fact.seen_at or fact.seen_before, fact.opened_at, standing.listening_since)
    return fact.opened_at - fact.seen_before <= limit and now - heard > limit


def decide_rings(plan: Plan, where: Mapping[str, "Placed"]) -> tuple[dict[str, int], tuple[int, ...]]:
    """
    Return each laptop's ring, the first that names it, and the rings that name nobody.

    A laptop that an earlier ring took is not in a later one, so a later ring can be empty by that alone.
    """
    rings: dict[str, int] = {}
    for number, ring in enumerate(plan.all_rings):
        for device, placed in where.items():
            if device not in rings and _names(ring, device, placed):
                rings[device] = number
    taken = set(rings.values())
    last = len(plan.all_rings) - 1
    return rings, tuple(number for number in range(last) if number not in taken)


class Placed(NamedTuple):
    """Where a laptop stands, as far as rings ask."""

    room: str
    site: str
    groups: Collection[str]


def _names(ring: Ring, device: str, placed: Placed) -> bool:
    match ring.kind:
        case "all":
            return True
        case "group":
            return ring.name in placed.groups
        case "room":
            return ring.name == placed.room
        case "site":
            return bool(ring.name) and ring.name == placed.site
        case "devices":
            return device in ring.devices
