"""When an unattended screen warns and locks. Pure; what acts on it is `locking`."""

from typing import Literal, NamedTuple

from policies.settings import LockSettings

ACTIVE_AGAIN_SECONDS = 2.0
"""Input this recent takes a countdown away."""
COUNTDOWN_SLACK_SECONDS = 1.0
"""Idle times arrive every half second; the lock must not wait for the one after next."""


class Unattended(NamedTuple):
    """What is known about one open, unlocked screen."""

    idle_seconds: float
    inhibited: bool
    """A program (a film, a call) asks that the screen stay on."""
    countdown_for: float | None
    """How long the countdown has been shown; None if it is not."""
    paused: bool = False
    """An adult has paused this lock for a presentation (R18)."""


Decision = Literal["nothing", "countdown", "hide", "lock"]


def decide_lock(state: Unattended, settings: LockSettings) -> Decision:
    """
    Return what to do now.

    A pause holds the lock off until it ends; an inhibitor until the last input is `inhibit_cap_seconds` old.
    A screen that becomes unattended late (its film, or a pause, has ended) is warned first like any other.
    Pure.
    """
    warn_at = settings.idle_after_seconds - settings.countdown_seconds
    cap = max(settings.inhibit_cap_seconds, settings.idle_after_seconds)
    held = state.paused or (state.inhibited and state.idle_seconds < cap)
    if held or state.idle_seconds < warn_at:
        return "hide" if state.countdown_for is not None else "nothing"
    if settings.countdown_seconds and state.countdown_for is None:
        return "countdown"
    warned = (state.countdown_for or 0.0) >= settings.countdown_seconds - COUNTDOWN_SLACK_SECONDS
    if state.idle_seconds >= settings.idle_after_seconds and (warned or not settings.countdown_seconds):
        return "lock"
    return "nothing"
