"""When a laptop tries its own parts, and what may be said of each. Pure."""

from datetime import date, datetime, time, timedelta

import msgspec

from policies.device_records import SELF_TEST_PARTS, SelfTestPart
from policies.settings import SelfTestSettings

Result = str
MOST_ORDERS = 200
FUTURE = timedelta(days=1)
"""A last test that lies further ahead than this was written under a wrong clock, and counts for nothing."""


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is remembered over restarts, so that no test is made twice."""

    since: datetime
    """When this laptop began to count."""
    last_at: datetime | None = None
    """When the last test began, whoever asked for it."""
    orders: tuple[str, ...] = ()
    """Ordered tests that were answered, or are under way."""


def due_at(settings: SelfTestSettings, standing: Standing, now: datetime) -> datetime | None:
    """
    Return when the timetable wants the next test; None if it wants none. `now` is local and aware.

    The days are counted from the last test, whoever asked for it; before the first one, it is the next time
    of day that was set.
    """
    if settings.every_days == 0:
        return None
    zone = now.tzinfo
    at = time.fromisoformat(settings.at)
    last = standing.last_at
    if last is not None and last > now + FUTURE:
        last = None
    if last is not None:
        return _moment(last.astimezone(zone).date() + timedelta(days=settings.every_days), at, now)
    since = min(standing.since.astimezone(zone), now)
    first = _moment(since.date(), at, now)
    return first if first >= since else _moment(since.date() + timedelta(days=1), at, now)


def decide_due(settings: SelfTestSettings, standing: Standing, now: datetime, *, somebody_here: bool) -> bool:
    """
    Say whether the timetable's test begins now: its time has come and nobody is logged in.

    A laptop that was off, or in use, tests as soon as it is on and free.
    """
    due = due_at(settings, standing, now)
    return due is not None and now >= due and not somebody_here


def begun(standing: Standing, now: datetime, order: str = "") -> Standing:
    """Return what is remembered once a test begins."""
    return msgspec.structs.replace(with_order(standing, order), last_at=now)


def with_order(standing: Standing, order: str) -> Standing:
    """Return what is remembered once an order was taken."""
    if not order or order in standing.orders:
        return standing
    return msgspec.structs.replace(standing, orders=(*standing.orders, order)[-MOST_ORDERS:])


def exit_status(results: dict[SelfTestPart, Result]) -> int:
    """Return what the command ends with: 1 if any part failed or was not tried; lacking is no failure."""
    return int(any(results.get(part, "failed") == "failed" for part in SELF_TEST_PARTS))


def _moment(day: date, at: time, now: datetime) -> datetime:
    return datetime.combine(day, at, tzinfo=now.tzinfo)
