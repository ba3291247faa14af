"""Settings that hold for some tiers or at some times only, as they stand in a laptop's flat policy."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from policies.setting_names import VARIANT_PARTS, may_vary, plain_value, put_values, short_name
from policies.settings import TIERS, Part, Settings, SettingsRefused, Tier
from policies.windows import (
    WEEKDAYS,
    ClockTime,
    Weekday,
    Window,
    changes_after,
    fits_tier,
    is_open,
    moments,
)

MOST_VARIANTS = 24


class Variant(Part, frozen=True, kw_only=True):
    """Other values for some tiers, at some times."""

    tiers: tuple[Tier, ...] = ()
    """Empty: everybody."""
    when: Window | None = None
    """None: always."""
    change: dict[str, Any]
    """Setting → value: `lock.idle_after_seconds` → 600."""


class Clash(SettingsRefused):
    """For some tier at some moment these settings do not go together."""

    def __init__(self, sentence: str, tier: Tier, at: datetime, names: Iterable[str]) -> None:
        super().__init__(sentence)
        self.tier = tier
        self.at = at
        """Local, without a zone."""
        self.names = tuple(names)
        """The settings that vary there."""


def settings_at(settings: Settings, variants: Sequence[Variant], tier: Tier, local_now: datetime) -> Settings:
    """Return what holds for a person of this tier at this local time. Pure; the policy has been checked."""
    changes = changes_at(variants, tier, local_now)
    return _put(settings, msgspec.json.encode(changes, order="sorted")) if changes else settings


def changes_at(variants: Sequence[Variant], tier: Tier, local_now: datetime) -> dict[str, Any]:
    """Return the values that are put over the settings: of several that fit, the last holds."""
    changes: dict[str, Any] = {}
    for variant in variants:
        if fits_tier(variant.tiers, tier) and is_open(variant.when, local_now):
            changes |= variant.change
    return changes


def next_change(variants: Sequence[Variant], local_now: datetime) -> datetime | None:
    """Return the next local moment at which `settings_at` may give something else; None if never."""
    return changes_after([each.when for each in variants if each.when is not None], local_now)


def check_variants(settings: Settings, variants: Sequence[Variant]) -> None:
    """
    Raise SettingsRefused unless everybody has valid settings at every moment.

    The sentence names the setting; as Clash it also says for whom and when.
    """
    for number, variant in enumerate(variants, 1):
        for name, value in variant.change.items():
            try:
                plain_value(name, value)
            except SettingsRefused as problem:
                raise SettingsRefused(f"variants, number {number}: {problem}") from problem
            if not may_vary(name):
                raise SettingsRefused(
                    f"variants, number {number}: {short_name(name)} cannot differ by tier or time; only "
                    f"{', '.join(VARIANT_PARTS)} can, and not the languages or the start of the year."
                )
    seen: set[bytes] = set()
    for moment in moments(variant.when for variant in variants):
        for tier in TIERS:
            changes = changes_at(variants, tier, moment)
            key = msgspec.json.encode(changes, order="sorted")
            if not changes or key in seen:
                continue
            seen.add(key)
            try:
                _put(settings, key)
            except SettingsRefused as problem:
                raise Clash(
                    f"for {tier}, {WEEKDAYS[moment.weekday()]} {moment:%H:%M}: {problem}",
                    tier,
                    moment,
                    changes,
                ) from problem


@lru_cache(maxsize=512)
def _put(settings: Settings, changes: bytes) -> Settings:
    return put_values(settings, msgspec.json.decode(changes, type=dict[str, Any]))


def sorted_change(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same change in the order of the alphabet: equal changes are then equal bytes."""
    return dict(sorted(change.items()))


__all__ = [
    "MOST_VARIANTS",
    "VARIANT_PARTS",
    "WEEKDAYS",
    "Clash",
    "ClockTime",
    "Variant",
    "Weekday",
    "Window",
    "changes_at",
    "check_variants",
    "next_change",
    "settings_at",
    "sorted_change",
]
