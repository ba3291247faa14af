"""Which lesson somebody looks back at: from an address to a time, in the server’s own zone. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from policies.windows import WEEKDAYS, Window
from server.lesson_use import LONGEST, OLDEST

Refusal = Literal["no-time", "backwards", "too-long", "too-old", "future", "not-yours"]
USUAL = timedelta(minutes=45)
MOST_OFFERED = 6


class Asked(NamedTuple):
    """What stands in the form: as typed, so that it comes back as it was."""

    day: str
    starts: str
    ends: str


class Span(NamedTuple):
    """A stretch of time."""

    since: datetime
    until: datetime


def read_span(asked: Asked, now: datetime) -> Span | Refusal:
    """Return the lesson that is asked for, cut at the present, or why it is none."""
    clock = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
    if not clock.fullmatch(asked.starts) or not clock.fullmatch(asked.ends):
        return "no-time"
    try:
        day = date.fromisoformat(asked.day)
        since, until = (_at(day, each) for each in (asked.starts, asked.ends))
    except (ValueError, OverflowError, OSError):
        return "no-time"
    if until <= since:
        return "backwards"
    if since >= now:
        return "future"
    if until - since > LONGEST:
        return "too-long"
    if since < now - OLDEST:
        return "too-old"
    return Span(since, min(until, now))


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock)).astimezone().astimezone(UTC)


def written(span: Span) -> Asked:
    """Return a stretch as it stands in the form."""
    since, until = span.since.astimezone(), span.until.astimezone()
    return Asked(since.date().isoformat(), f"{since:%H:%M}", f"{until:%H:%M}")


def last_lessons(windows: list[Window], now: datetime) -> list[Span]:
    """Return the last lessons of these windows that have begun, newest first, within the last week."""
    found: set[Span] = set()
    today = now.astimezone().date()
    for back in range(8):
        day = today - timedelta(days=back)
        for window in windows:
            if WEEKDAYS[day.weekday()] not in window.days or window.ends == "24:00":
                continue
            if (window.from_day and day < window.from_day) or (window.until_day and day > window.until_day):
                continue
            since, until = _at(day, window.starts), _at(day, window.ends)
            if since < now:
                found.add(Span(since, min(until, now)))
    return sorted(found, reverse=True)[:MOST_OFFERED]


def usual_span(offered: list[Span], now: datetime) -> Span:
    """Return what the page begins with: the last lesson, else the last three quarters of an hour."""
    if offered:
        return offered[0]
    until = now.replace(second=0, microsecond=0)
    return Span(max(until - USUAL, _midnight(until)), until)


def _midnight(at: datetime) -> datetime:
    local = at.astimezone()
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
