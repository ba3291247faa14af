"""Settings that hold for some tiers or at some times only, as they stand in a laptop's flat policy."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta

from policies.settings import Part, Tier

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ClockTime = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
VARIANT_PARTS = ("agreement", "lock", "usage")
"""Parts that can differ by tier and time: what is asked of one login at one moment."""
MOST_VARIANTS = 24


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


class Variant(Part, frozen=True, kw_only=True):
    """Other values for some tiers, at some times."""

    tiers: tuple[Tier, ...] = ()
    """Empty: everybody."""
    when: Window | None = None
    """None: always."""
    change: dict[str, Any]
    """Setting → value: `lock.idle_after_seconds` → 600."""
