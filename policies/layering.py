"""What the layers of a tree say of one laptop: each value with its place in the order in which they hold.

A narrower scope holds over a wider one: laptop over group over room over site over school. Within one
scope: tiers and times over tiers over times over all day. What is left equal then is a contradiction
(`resolving.check_tree`); the tie is broken all the same, towards the stricter value.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from policies.directions import strictness
from policies.setting_names import (
    PARTS,
    VARIANT_PARTS,
    as_text,
    is_school_only,
    may_vary,
    plain_value,
)
from policies.settings import TIERS, SettingsRefused, Tier
from policies.tree import SCOPES, Layer, Origin, Placement, PolicyTree, Scope
from policies.windows import WEEKDAYS, Window, tiers_meet, windows_meet

SCHOOL = -1
"""The rank of the school's own complete settings, below every layer."""


VARYING = "varying"
STRANDS: dict[str, tuple[str, ...]] = {
    VARYING: VARIANT_PARTS,
    **{part: (part,) for part in PARTS if part not in VARIANT_PARTS},
}
"""Parts of the settings that can be resolved by themselves: what one says changes nothing in another."""


def strand_of(name: str) -> str:
    """Return to which strand a setting belongs."""
    part = name.split(".")[0]
    return VARYING if part in VARIANT_PARTS else part


class Entry(NamedTuple):
    """One value of one setting, from one layer."""

    name: str
    value: Any
    """As JSON writes it."""
    rank: int
    """Place of its scope: 0 the school's layers … 4 the laptop's own."""
    specificity: int
    """0 all day for everybody, 1 with times, 2 with tiers, 3 with both."""
    layer: Layer

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """For whom."""
        return self.layer.tiers

    @property
    def when(self) -> Window | None:
        """When."""
        return self.layer.when

    @property
    def order(self) -> tuple[object, ...]:
        """Sort by this: the last that fits holds."""
        strict = strictness(self.name, self.value)
        tie = (strict if strict is not None else 0.0, self.layer.name, condition_text(self.layer))
        return (self.rank, self.specificity, *tie, as_text(self.value))

    @property
    def origin(self) -> Origin:
        """The same, as people are told it."""
        return Origin(self.layer.scope, self.layer.name, self.value, self.tiers, self.when)

    def meets(self, other: "Entry") -> bool:
        """Say whether both can hold for one person at one moment."""
        return tiers_meet(self.tiers, other.tiers) and windows_meet(self.when, other.when)


def specificity_of(layer: Layer) -> int:
    """Return how narrowly a layer is meant within its scope."""
    return (1 if layer.when is not None else 0) + (2 if layer.tiers else 0)


def condition_text(layer: Layer) -> str:
    """Return tiers and times as one text; equal conditions give equal texts."""
    return msgspec.json.encode((layer.tiers, layer.when)).decode()


def in_order(layer: Layer) -> Layer:
    """Return the same layer with tiers, days and settings in the one order, and values as JSON has them."""
    tiers = tuple(tier for tier in TIERS if tier in layer.tiers)
    when = layer.when
    if when is not None:
        days = tuple(day for day in WEEKDAYS if day in when.days)
        when = msgspec.structs.replace(when, days=days)
    change = {name: _in_order(name, layer.change[name]) for name in sorted(layer.change)}
    return msgspec.structs.replace(layer, tiers=tiers, when=when, change=change)


def _in_order(name: str, value: Any) -> Any:
    try:
        return plain_value(name, value)
    except SettingsRefused:
        return value


def is_allowed(name: str, layer: Layer) -> bool:
    """Say whether a layer like this one may set this."""
    if is_school_only(name):
        return layer.scope == "school" and specificity_of(layer) == 0
    return specificity_of(layer) == 0 or may_vary(name)


def entries_of(layer: Layer) -> Iterator[Entry]:
    """Return what a layer says, without what `check_tree` refuses: resolving has an answer to any tree."""
    layer = in_order(layer)
    rank, specificity = SCOPES.index(layer.scope), specificity_of(layer)
    for name, value in layer.change.items():
        try:
            plain = plain_value(name, value)
        except SettingsRefused:
            continue
        if is_allowed(name, layer):
            yield Entry(name, plain, rank, specificity, layer)


class Layers:
    """The layers of one tree, found by the place they are for."""

    def __init__(self, tree: PolicyTree) -> None:
        self._by_place: dict[tuple[Scope, str], list[int]] = defaultdict(list)
        self._entries: list[tuple[Entry, ...]] = []
        self._strands: list[frozenset[str]] = []
        for number, layer in enumerate(tree.layers):
            self._by_place[layer.scope, layer.name].append(number)
            entries = tuple(entries_of(layer))
            self._entries.append(entries)
            self._strands.append(frozenset(strand_of(entry.name) for entry in entries))

    def signature(self, placement: Placement) -> tuple[int, ...]:
        """Return which layers fit this laptop: laptops with the same have the same settings."""
        found: list[int] = []
        for place in places_of(placement):
            found += self._by_place.get(place, ())
        return tuple(sorted(found))

    def strand(self, signature: tuple[int, ...], strand: str) -> tuple[int, ...]:
        """Return those of these layers that say anything of this strand."""
        return tuple(number for number in signature if strand in self._strands[number])

    def entries(self, signature: Iterable[int], strand: str = "") -> dict[str, list[Entry]]:
        """
        Return, for each setting these layers name, what they say, in the order in which it holds.

        With a strand, of its settings only.
        """
        found: dict[str, list[Entry]] = defaultdict(list)
        for number in signature:
            for entry in self._entries[number]:
                if not strand or strand_of(entry.name) == strand:
                    found[entry.name].append(entry)
        for entries in found.values():
            entries.sort(key=lambda entry: entry.order)
        return dict(found)


def places_of(placement: Placement) -> list[tuple[Scope, str]]:
    """Return every place whose layers this laptop has, from the widest."""
    places: list[tuple[Scope, str]] = [("school", "")]
    if placement.site:
        places.append(("site", placement.site))
    if placement.room:
        places.append(("room", placement.room))
    places += [("group", name) for name in sorted(placement.groups)]
    if placement.device:
        places.append(("device", placement.device))
    return places


def placement_of(scope: Scope, name: str) -> Placement:
    """Return where a laptop would stand that has this place's layers and the school's alone."""
    return Placement(
        device=name if scope == "device" else "",
        room=name if scope == "room" else "",
        site=name if scope == "site" else "",
        groups=frozenset({name}) if scope == "group" else frozenset(),
    )


def place_words(scope: Scope, name: str) -> str:
    """Return a place in words: room "Room 4"."""
    if scope == "school":
        return "the school"
    shown = "".join(letter for letter in name if letter.isprintable())
    return f'{"laptop" if scope == "device" else scope} "{shown}"'


def layer_words(layer: Layer) -> str:
    """Return which layer is meant: room "Room 4" (early, mon to fri 09:00-10:00)."""
    parts = [", ".join(layer.tiers)] if layer.tiers else []
    if layer.when is not None:
        parts.append(window_words(layer.when))
    return place_words(layer.scope, layer.name) + (f" ({'; '.join(parts)})" if parts else "")


def window_words(window: Window) -> str:
    """Return days and hours in few words."""
    days = "every day" if len(window.days) == 7 else " ".join(window.days)
    words = f"{days} {window.starts}-{window.ends}"
    if window.from_day:
        words += f" from {window.from_day}"
    return f"{words} until {window.until_day}" if window.until_day else words
