"""What holds for one login at one moment: the policy's settings, its tiers and times, one's own needs. Pure.

Rooms ask `Ground.settings_for` each time they decide. What a session was told once is told again by
`timetable` when the clock reaches the next edge of a window.
"""

from datetime import datetime

from agent.service.limits import with_arrangement
from agent.service.policy_store import Policy
from policies.orders import Arrangement
from policies.settings import Settings, Tier
from policies.variants import next_change, settings_at

LOOK_AT_LEAST_SECONDS = 60.0
"""So often at least, whatever was computed: a wall clock is set, a laptop travels."""
SHORTEST_SECONDS = 0.05
NO_POLICY = Settings()
"""The strict defaults."""


def settings_of(
    policy: Policy | None, tier: Tier, arrangement: Arrangement | None, local: datetime
) -> Settings:
    """Return what holds for a person of this tier at this local time. Pure."""
    if policy is None:
        return with_arrangement(NO_POLICY, arrangement)
    held = settings_at(policy.body.settings, policy.body.variants, tier, local)
    return with_arrangement(held, arrangement)


def decide_look(policy: Policy | None, local: datetime) -> float:
    """Return in how many seconds to look again whether other settings hold. Pure."""
    edge = next_change(policy.body.variants, local) if policy else None
    if edge is None:
        return LOOK_AT_LEAST_SECONDS
    seconds = (edge - local).total_seconds()
    return min(max(seconds, SHORTEST_SECONDS), LOOK_AT_LEAST_SECONDS)
