"""Who supervises, and what becomes of whoever should be supervised and is not. Pure.

Nobody is named here as having done something: the hours say so, to everybody alike (R16, R19, R20). A person
whose lesson about safety is still missing works only while somebody is checked in (R11).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from agent.service.policy_store import Policy
from policies.lab_settings import HoursSettings
from policies.orders import LoginGrant, Supervised
from policies.presence import Presence, decide_presence
from policies.settings import Settings, Tier
from policies.variants import next_change, settings_at

EDGES_AHEAD = 60
"""A week of windows with some to spare: further off nobody needs to know when it opens."""


class Unwatched(NamedTuple):
    """One open login and the eyes its hours ask for."""

    now: Presence
    soon: Presence
    """The same after the time of the warning, as the hours and the check-ins of now have it."""
    warned_seconds: float | None
    """How long ago it was told; None if it was not."""
    is_shut: bool
    """Locked already, or about to be."""


def supervisor_among(words: Sequence[Supervised], hours: HoursSettings, now: datetime) -> Supervised | None:
    """
    Return the newest check-in that counts under these hours.

    Whatever the server said, none holds for longer than the policy lets it; under *direct* supervision it
    has to be confirmed again and again.
    """
    minutes = hours.longest_check_in_minutes
    if hours.supervision == "direct":
        minutes = min(minutes, hours.direct_confirm_minutes)
    longest = timedelta(minutes=minutes)
    return next((word for word in words if word.on and now < min(word.until, word.issued_at + longest)), None)


def lacks_lesson(grant: LoginGrant | None, settings: Settings) -> bool:
    """Say whether this person works only under supervision until a lesson was given (R11)."""
    return grant is not None and grant.held == "induction" and settings.login.induction == "required"


def presence_of(hours: HoursSettings, tier: Tier, *, supervised: bool, lacks_a_lesson: bool) -> Presence:
    """Return whether this person may be here now."""
    presence = decide_presence(hours, tier, supervised=supervised)
    if presence == "open" and lacks_a_lesson and not supervised:
        return "needs-supervisor"
    return presence


def opens_at(policy: Policy, tier: Tier, local: datetime) -> datetime | None:
    """Return when the hours next let somebody of this tier in, with or without a supervisor; local."""
    at: datetime | None = local
    for _ in range(EDGES_AHEAD):
        at = next_change(policy.body.variants, at) if at is not None else None
        if at is None:
            return None
        hours = settings_at(policy.body.settings, policy.body.variants, tier, at).hours
        if decide_presence(hours, tier, supervised=True) == "open":
            return at
    return None


def decide_unwatched(
    seen: Unwatched, hours: HoursSettings
) -> Literal["nothing", "warn", "calm", "lock", "end"]:
    """
    Return what becomes of an open login: told first, always, then locked or ended as the hours say.

    A screen that its owner opens again while nobody supervises is locked again.
    """
    if seen.now == "open" and seen.soon == "open":
        return "nothing" if seen.warned_seconds is None else "calm"
    if seen.warned_seconds is None:
        return "warn" if hours.lapse_warn_seconds or seen.now == "open" else _shut(seen, hours)
    if seen.now != "open" and seen.warned_seconds >= hours.lapse_warn_seconds:
        return _shut(seen, hours)
    return "nothing"


def _shut(seen: Unwatched, hours: HoursSettings) -> Literal["nothing", "lock", "end"]:
    if hours.lapse_then == "end":
        return "end"
    return "nothing" if seen.is_shut else "lock"
