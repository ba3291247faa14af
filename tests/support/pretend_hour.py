"""An hour at a laptop on a pretended clock: hands, films and absences, and what the lock decides in it.

The real pieces decide: `decide_interval` says when the session looks, `decide_lock` what follows. The hour
itself knows when somebody was really away, so that a lock can be called false or late.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from agent.service.lock import Decision, Unattended, decide_lock
from agent.session.watch import CLOSE_AFTER_SECONDS, decide_interval
from policies.settings import LockSettings

Decide = Callable[[Unattended, LockSettings], Decision]
STEP_SECONDS = 0.1
LATE_SECONDS = 1.0
ASK_INHIBITED_EVERY_SECONDS = 5.0
"""The session asks the X server about films no more often (agent/backends/desktop_linux)."""
HOUR_SECONDS = 3600.0


class Stretch(NamedTuple):
    """A while in which the same thing happens."""

    ends_at: float
    kind: str
    """`works`: input at least every few seconds; `reads`: input within the idle time; `film`: none, but
    an inhibitor holds; `away`: none at all."""


class Outcome(NamedTuple):
    """What came of one hour."""

    locks: int
    false_locks: int
    """Locked though somebody had touched it within the time, or a film was allowed to hold it off."""
    missed: int
    """Left alone for longer than allowed plus a second (after a film: plus six), and not locked."""
    latest_seconds: float
    """The longest from the moment a lock was due to its decision."""


def make_hour(chance: random.Random, settings: LockSettings, *, films: bool) -> list[Stretch]:
    """Return a random hour; films are shorter than the cap that policy sets."""
    hour: list[Stretch] = []
    at = 0.0
    while at < HOUR_SECONDS:
        kinds = ["works", "reads", "away"] + (["film", "film"] if films else [])
        kind = chance.choice(kinds)
        longest = {
            "works": 300.0,
            "reads": 600.0,
            "away": settings.idle_after_seconds * 1.5,
            "film": min(1500.0, settings.inhibit_cap_seconds * 0.9),
        }[kind]
        at += chance.uniform(longest / 10, longest)
        hour.append(Stretch(at, kind))
    return hour


def play_hour(
    chance: random.Random, settings: LockSettings, *, films: bool, decide: Decide = decide_lock
) -> Outcome:
    """Play one hour and judge every lock in it, and every lock that did not come."""
    hour = make_hour(chance, settings, films=films)
    now = last_input = next_input = next_look = 0.0
    freed_at = -1e9
    asked_at, answer = -1e9, False
    countdown_at: float | None = None
    due_at: float | None = None
    locks = false_locks = missed = 0
    told = False
    latest = 0.0
    for stretch in hour:
        if stretch.kind in ("works", "reads"):
            next_input = now
        elif stretch.kind == "film":
            last_input, due_at = now, None  # somebody has pressed play
        while now < stretch.ends_at:
            now += STEP_SECONDS
            film = stretch.kind == "film"
            if stretch.kind in ("works", "reads") and now >= next_input:
                last_input = now
                longest = 5.0 if stretch.kind == "works" else settings.idle_after_seconds * 0.97
                next_input = now + chance.uniform(0.2, longest)
                due_at = None
            idle = now - last_input
            if film and idle < settings.inhibit_cap_seconds:
                freed_at = now
            # A film that ends late is followed by the countdown like any other leaving.
            may_lock_at = max(
                last_input + settings.idle_after_seconds, freed_at + settings.countdown_seconds * 0.8
            )
            if due_at is None and now >= last_input + settings.idle_after_seconds and now > freed_at + 0.2:
                due_at = max(now, freed_at + ASK_INHIBITED_EVERY_SECONDS + settings.countdown_seconds)
            if film:
                due_at = None
            if due_at is None:
                told = False
            elif now - due_at > LATE_SECONDS and not told:
                missed, told = missed + 1, True
            if now < next_look:
                continue
            next_look = now + decide_interval(idle)
            if idle > CLOSE_AFTER_SECONDS and now - asked_at >= ASK_INHIBITED_EVERY_SECONDS:
                asked_at, answer = now, film
            inhibited = idle > CLOSE_AFTER_SECONDS and answer
            shown_for = None if countdown_at is None else now - countdown_at
            match decide(Unattended(idle, inhibited, shown_for), settings):
                case "countdown":
                    countdown_at = now
                case "hide":
                    countdown_at = None
                case "lock":
                    locks += 1
                    false_locks += now < may_lock_at - 0.05 or (film and idle < settings.inhibit_cap_seconds)
                    if due_at is not None:
                        latest = max(latest, now - due_at)
                    # Somebody comes back and types the password.
                    last_input, countdown_at, due_at = now, None, None
                    next_input = now + 1.0
    return Outcome(locks, false_locks, missed, latest)
