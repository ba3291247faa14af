"""Days and hours: when a window is open, whether two meet, and one moment for each way they can lie.

Pure, and by local time without a zone: a lesson begins at nine in summer and in winter.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from msgspec import Meta

from policies.settings import TIERS, Part, Tier

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ClockTime = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
_ANY_WEEK = date(2024, 1, 1)


class Window(Part, frozen=True, kw_only=True):
    """Days and hours by the laptop's local time. `starts` belongs to it, `ends` does not."""

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)] = WEEKDAYS
    starts: ClockTime = "00:00"
    ends: ClockTime = "24:00"
    from_day: date | None = None
    until_day: date | None = None
    """Inclusive."""

    def __post_init__(self) -> None:
        """Refuse a window that never opens."""
        if self.ends <= self.starts:
            raise ValueError("ends has to come after starts; write two windows for a night")
        if self.from_day and self.until_day and self.until_day < self.from_day:
            raise ValueError("until_day lies before from_day")
        if len(set(self.days)) != len(self.days):
            raise ValueError("days names one day twice")


def is_open(window: Window | None, local: datetime) -> bool:
    """Say whether this moment lies in the window; None is always open."""
    if window is None:
        return True
    day = local.date()
    return (
        WEEKDAYS[day.weekday()] in window.days
        and window.starts <= f"{local.hour:02}:{local.minute:02}" < window.ends
        and (window.from_day is None or window.from_day <= day)
        and (window.until_day is None or day <= window.until_day)
    )


def fits_tier(tiers: tuple[Tier, ...], tier: Tier) -> bool:
    """Say whether a person of this tier is meant; empty means everybody."""
    return not tiers or tier in tiers


def tiers_meet(one: tuple[Tier, ...], other: tuple[Tier, ...]) -> bool:
    """Say whether both can mean one person."""
    return not one or not other or bool(set(one) & set(other))


def tiers_cover(outer: tuple[Tier, ...], inner: tuple[Tier, ...]) -> bool:
    """Say whether everybody meant by `inner` is meant by `outer`."""
    return set(inner or TIERS) <= set(outer or TIERS)


def windows_meet(one: Window | None, other: Window | None) -> bool:
    """Say whether there is a moment at which both are open."""
    if one is None or other is None:
        return _ever_opens(one or other)
    days = set(one.days) & set(other.days)
    if not days or max(one.starts, other.starts) >= min(one.ends, other.ends):
        return False
    return _has_day(
        days,
        max((day for day in (one.from_day, other.from_day) if day), default=None),
        min((day for day in (one.until_day, other.until_day) if day), default=None),
    )


def _ever_opens(window: Window | None) -> bool:
    return window is None or _has_day(set(window.days), window.from_day, window.until_day)


def _has_day(days: Collection[Weekday], first: date | None, last: date | None) -> bool:
    if first is None or last is None:
        return True
    span = min(7, (last - first).days + 1)
    return any(WEEKDAYS[(first + timedelta(days=step)).weekday()] in days for step in range(span))


def window_covers(outer: Window | None, inner: Window | None) -> bool:
    """Say whether `outer` is open whenever `inner` is. May say no where only the calendar makes it so."""
    if outer is None:
        return True
    inner = inner or Window()
    return (
        set(inner.days) <= set(outer.days)
        and outer.starts <= inner.starts
        and inner.ends <= outer.ends
        and (outer.from_day is None or (inner.from_day is not None and outer.from_day <= inner.from_day))
        and (outer.until_day is None or (inner.until_day is not None and inner.until_day <= outer.until_day))
    )


def moments(windows: Iterable[Window | None]) -> list[datetime]:
    """Return one moment for every different set of these windows that can be open at once."""
    real = list({_key(window): window for window in windows if window is not None}.values())
    if not real:
        return [datetime.combine(_ANY_WEEK, time(12))]
    clocks = sorted({"00:00", *(w.starts for w in real), *(w.ends for w in real if w.ends != "24:00")})
    found: dict[tuple[bool, ...], datetime] = {}
    on_day: set[tuple[bool, ...]] = set()
    for day in _days(real):
        mask = tuple(_has_date(window, day) for window in real)
        if mask in on_day:
            continue
        on_day.add(mask)
        for clock in clocks:
            moment = datetime.combine(day, time.fromisoformat(clock))
            found.setdefault(tuple(is_open(window, moment) for window in real), moment)
    return list(found.values())


def _key(window: Window) -> tuple[object, ...]:
    return (window.days, window.starts, window.ends, window.from_day, window.until_day)


def _has_date(window: Window, day: date) -> bool:
    return (
        WEEKDAYS[day.weekday()] in window.days
        and (window.from_day is None or window.from_day <= day)
        and (window.until_day is None or day <= window.until_day)
    )


def _days(windows: list[Window]) -> list[date]:
    """Return a week from each day on which a window begins or has just ended, and one before them all."""
    edges = {window.from_day for window in windows if window.from_day}
    edges |= {next_day(window.until_day) for window in windows if window.until_day}
    first = min(edges, default=_ANY_WEEK)
    weeks = [date.fromordinal(max(1, first.toordinal() - 7)), *sorted(edges)]
    return sorted({_later(day, step) for day in weeks for step in range(7)})


def next_day(day: date) -> date:
    """Return the day after; the calendar's last day has none and is its own."""
    return _later(day, 1)


def _later(day: date, days: int) -> date:
    return date.fromordinal(min(date.max.toordinal(), day.toordinal() + days))


def changes_after(windows: list[Window], local: datetime) -> datetime | None:
    """Return the first moment after this one at which another set of the windows is open; None if never."""
    real = [window for window in windows if window != Window()]
    if not real:
        return None
    now = local.replace(tzinfo=None)
    open_now = [is_open(window, now) for window in real]
    edges = {now.date()} | {window.from_day for window in real if window.from_day}
    edges |= {next_day(window.until_day) for window in real if window.until_day}
    days = sorted({_later(day, step) for day in edges for step in range(9)})
    clocks = sorted({"00:00", *(w.starts for w in real), *(w.ends for w in real if w.ends != "24:00")})
    for day in days:
        for clock in clocks:
            moment = datetime.combine(day, time.fromisoformat(clock))
            if moment > now and [is_open(window, moment) for window in real] != open_now:
                return moment.replace(tzinfo=local.tzinfo)
    return None
