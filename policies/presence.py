"""Whether a pupil may use a laptop now: what kind of time it is, and whether somebody supervises. Pure."""

from typing import Literal

from policies.lab_settings import HoursSettings
from policies.settings_base import Tier

Presence = Literal["open", "closed", "needs-supervisor", "adults-only"]
"""closed: nobody's time; needs-supervisor: opens as soon as an adult checks in."""


def decide_presence(hours: HoursSettings, tier: Tier, *, supervised: bool) -> Presence:
    """Return whether somebody of this tier may be here. Adults always may: they are the supervisors."""
    if tier == "adult":
        return "open"
    if hours.session == "closed":
        return "closed"
    if hours.supervision == "adult_demo":
        return "adults-only"
    if hours.needs_supervisor and not supervised:
        return "needs-supervisor"
    return "open"


def may_pause(hours: HoursSettings, *, supervised: bool) -> bool:
    """Say whether a teacher may pause the idle lock now (R18): never in unsupervised time."""
    return hours.session != "closed" and (supervised or not hours.needs_supervisor)
