"""From focus changes and idle times to intervals of use: names and seconds, never a title. Pure.

Seconds are counted on the running clock, so a suspended or re-set machine adds nothing that did not
happen. An interval becomes a record when its batch is sealed; until then it may still grow.
"""

import unicodedata
from datetime import datetime
from typing import NamedTuple

from agent.link.messages import SILENT_AFTER_SECONDS
from policies.records import AppUsed

SHORTEST_SECONDS = 1.0
"""Less than that in front is a window passing by, not use."""
PULSE_SECONDS = 5.0
"""Two intervals of one app at most this far apart are one (ActivityWatch's heartbeat)."""


class Interval(NamedTuple):
    """One app in front, for one login, up to now."""

    login: str
    app: str
    program: str
    started_at: datetime
    ended_running: float
    focused_seconds: float = 0.0
    active_seconds: float = 0.0


def merge_intervals(intervals: list[Interval], new: Interval, gap_seconds: float) -> list[Interval]:
    """
    Return the list with `new` added: grown into the last of its login if that is the same app.

    `gap_seconds` is the running time between the two. Pure.
    """
    for place in range(len(intervals) - 1, -1, -1):
        last = intervals[place]
        if last.login != new.login:
            continue
        if (last.app, last.program) != (new.app, new.program) or gap_seconds > PULSE_SECONDS:
            break
        grown = last._replace(
            ended_running=new.ended_running,
            focused_seconds=last.focused_seconds + new.focused_seconds,
            active_seconds=last.active_seconds + new.active_seconds,
        )
        return [*intervals[:place], grown, *intervals[place + 1 :]]
    return [*intervals, new]


def clean_name(name: str) -> str:
    """Return an app's name without control, direction and invisible characters, at most 100 long."""
    kept = "".join(letter for letter in name if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return kept.strip()[:100]


class Meter:
    """What one login has in front, and since when."""

    def __init__(self, login: str, active_within_seconds: float) -> None:
        self._login = login
        self._active_within_seconds = active_within_seconds
        self._app = self._program = ""
        self._seen_running: float | None = None
        self._idle_seconds = 0.0
        self._covered = False
        self.closed: list[Interval] = []
        self.app_since_running = 0.0

    @property
    def app(self) -> str:
        """The app in front; empty for none."""
        return self._app

    def set_active_within(self, seconds: float) -> None:
        """From now on, time counts as active while the last input is at most this old."""
        self._active_within_seconds = seconds

    def focus(self, app: str, program: str, at: datetime, running: float) -> None:
        """Another app came to the front; empty for none."""
        self._count(at, running)
        app, program = clean_name(app), clean_name(program)
        if (app, program) != (self._app, self._program):
            self.app_since_running = running
        self._app, self._program = app, program

    def alive(self, idle_seconds: float, at: datetime, running: float) -> None:
        """The session says how long ago the last input was."""
        self._idle_seconds = max(0.0, idle_seconds)
        self._count(at, running)

    def cover(self, covered: bool, at: datetime, running: float) -> None:
        """The screen was locked or unlocked; behind a lock nothing is used."""
        self._count(at, running)
        self._covered = covered

    def take(self) -> list[AppUsed]:
        """Return the intervals so far as records and begin anew; what is too short is left out."""
        taken = self.preview()
        self.closed = []
        return taken

    def preview(self) -> list[AppUsed]:
        """Return what `take` would, and go on counting."""
        return [
            AppUsed(
                at=each.started_at,
                login=each.login,
                app=each.app,
                program=each.program,
                focused_seconds=round(each.focused_seconds, 1),
                active_seconds=round(min(each.active_seconds, each.focused_seconds), 1),
            )
            for each in self.closed
            if each.focused_seconds >= SHORTEST_SECONDS
        ]

    def _count(self, at: datetime, running: float) -> None:
        """Add the time since the last word from the session; silence longer than allowed adds nothing."""
        before, self._seen_running = self._seen_running, running
        if before is None or self._covered or not (self._app or self._program):
            return
        passed = running - before
        if not 0 < passed <= SILENT_AFTER_SECONDS:
            return
        stale = max(0.0, self._idle_seconds - self._active_within_seconds)
        gap = before - self.closed[-1].ended_running if self.closed else 0.0
        new = Interval(self._login, self._app, self._program, at, running, passed, max(0.0, passed - stale))
        self.closed = merge_intervals(self.closed, new, gap)
