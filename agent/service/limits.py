"""What an adult has set for one person: a limit for a while, a talk first, a lesson first. Pure.

Nobody is shut out by a machine: everything here was set by a person on the server, travels in the grant, and
ends by itself or by an adult's word. Whoever is not let in can still ask for help and tell what is wrong.
"""

from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple

import msgspec

from policies.orders import Arrangement, LoginGrant, Restriction
from policies.settings import Settings
from policies.windows import is_open

WARN_BEFORE = timedelta(minutes=5)
"""A running login is told this long before the hours in which it may run are over."""
WARN_AT_LEAST_SECONDS = 120.0
"""A limit set this moment leaves so long to save one's work."""
LOOK_AHEAD_DAYS = 400

StopNotice = Literal["not-listed", "restricted", "meeting"]


class Stop(NamedTuple):
    """Not let in now."""

    notice: StopNotice
    reason: Literal["not-listed", "restricted"]
    until: datetime | None = None
    """When it ends by itself, if it does; local."""


class Running(NamedTuple):
    """One open login under its limits."""

    closes_at: datetime | None
    """From when on it may not run any more; None if that is not near."""
    warned_seconds: float | None
    """How long ago it was told; None if it was not."""


def is_free(restrictions: tuple[Restriction, ...], local: datetime) -> bool:
    """Say whether no limit keeps a login out at this moment."""
    return all(
        local >= each.until or (each.only_in is not None and is_open(each.only_in, local))
        for each in restrictions
    )


def opens_at(restrictions: tuple[Restriction, ...], local: datetime) -> datetime:
    """Return the first moment from now on at which no limit keeps this login out."""
    if is_free(restrictions, local):
        return local
    zone = local.tzinfo
    moments = {each.until.astimezone(zone) for each in restrictions}
    last = max(moments)
    days = min((last.date() - local.date()).days, LOOK_AHEAD_DAYS)
    for each in restrictions:
        if each.only_in is None:
            continue
        begins = time.fromisoformat(each.only_in.starts)
        moments |= {
            datetime.combine(local.date() + timedelta(days=day), begins, zone) for day in range(days + 1)
        }
    return next(at for at in sorted(moments) if at > local and is_free(restrictions, at))


def closes_at(restrictions: tuple[Restriction, ...], local: datetime) -> datetime | None:
    """Return from when on a limit keeps this login out, if that is now or within the time of the warning."""
    minute = local.replace(second=0, microsecond=0)
    ahead = [minute + timedelta(minutes=n) for n in range(1, int(WARN_BEFORE.total_seconds()) // 60 + 1)]
    return next((at for at in (local, *ahead) if not is_free(restrictions, at)), None)


def decide_stop(grant: LoginGrant, local: datetime) -> Stop | None:
    """
    Return what keeps this person out now, if anything does. `local` is aware, in the laptop's zone.

    A lesson that is missing keeps nobody out who is supervised: `supervision` decides on that.
    """
    if grant.held == "left":
        return Stop("not-listed", "not-listed")
    if grant.held == "meeting":
        return Stop("meeting", "restricted")
    if not is_free(grant.restrictions, local):
        return Stop("restricted", "restricted", opens_at(grant.restrictions, local))
    return None


def decide_closing(grant: LoginGrant, local: datetime) -> datetime | None:
    """
    Return from when on an open login may not run any more, if that is near.

    A lesson that is missing is no limit: `supervision` asks for an adult's eyes instead.
    """
    if grant.held in ("left", "meeting"):
        return local
    return closes_at(grant.restrictions, local)


def decide_running(seen: Running, local: datetime) -> Literal["nothing", "warn", "calm", "end"]:
    """Return what becomes of an open login: told first, always, and then ended."""
    if seen.closes_at is None:
        return "nothing" if seen.warned_seconds is None else "calm"
    if seen.warned_seconds is None:
        return "warn"
    if seen.closes_at <= local and seen.warned_seconds >= WARN_AT_LEAST_SECONDS:
        return "end"
    return "nothing"


def with_arrangement(settings: Settings, arrangement: Arrangement | None) -> Settings:
    """Return the settings as they hold for somebody who needs them otherwise (R5)."""
    if arrangement is None:
        return settings
    agreement, lock = settings.agreement, settings.lock
    if arrangement.answer_within_seconds is not None:
        agreement = msgspec.structs.replace(
            agreement, answer_within_seconds=arrangement.answer_within_seconds
        )
    if arrangement.idle_after_seconds is not None:
        idle = arrangement.idle_after_seconds
        lock = msgspec.structs.replace(
            lock, idle_after_seconds=idle, countdown_seconds=min(lock.countdown_seconds, idle)
        )
    return msgspec.structs.replace(settings, agreement=agreement, lock=lock)
