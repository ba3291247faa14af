"""One place of the settings tree as people edit it: what holds there, where it comes from, what is put in."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from policies import resolving
from policies.layering import is_allowed, placement_of
from policies.setting_names import TYPES, as_text, get_value, put_values
from policies.settings import TIERS, SettingsRefused, Tier
from policies.tree import SCOPES, Layer, Origin, Placement, PolicyTree, Scope
from policies.variants import WEEKDAYS, Window
from policies.windows import tiers_cover, window_covers

MOST_NAME = 120


class Target(NamedTuple):
    """For whom and when a change is meant."""

    scope: Scope
    name: str = ""
    tiers: tuple[Tier, ...] = ()
    when: Window | None = None

    @property
    def is_school(self) -> bool:
        """The school's own complete settings, below every layer."""
        return self.scope == "school" and not self.is_narrow

    @property
    def is_narrow(self) -> bool:
        """For some tiers or times only."""
        return bool(self.tiers) or self.when is not None

    @property
    def layer(self) -> Layer:
        """An empty layer at this place."""
        return Layer(scope=self.scope, name=self.name, tiers=self.tiers, when=self.when, change={})

    def query(self) -> str:
        """Return the part of an address that `read_target` reads as this target."""
        pairs = [("where", f"{self.scope}:{self.name}" if self.name else self.scope)]
        pairs += [("tier", tier) for tier in self.tiers]
        if self.when is not None:
            if self.when.days != WEEKDAYS:
                pairs += [("day", day) for day in self.when.days]
            pairs += [("starts", self.when.starts), ("ends", self.when.ends)]
            pairs += [("from", str(self.when.from_day))] if self.when.from_day else []
            pairs += [("until", str(self.when.until_day))] if self.when.until_day else []
        return urlencode(pairs)


class Held(NamedTuple):
    """One setting at a place."""

    value: Any
    """What holds there now, as JSON writes it."""
    own: bool
    """Set at this very place, for these tiers and times."""
    beneath: Any
    """What holds if it is not."""
    origin: Origin
    """Where `beneath` comes from."""


def read_target(given: Mapping[str, list[str]]) -> Target:
    """Return the target a query or form names; raise SettingsRefused for one that cannot be."""
    where = (given.get("where") or ["school"])[0]
    scope, _, name = where.partition(":")
    name = name.strip()
    if scope not in SCOPES or len(name) > MOST_NAME or not name.isprintable():
        raise SettingsRefused("where")
    if (scope == "school") != (name == ""):
        raise SettingsRefused("where")
    wanted = given.get("tier", [])
    tiers = tuple(tier for tier in TIERS if tier in wanted)
    if set(tiers) == set(TIERS):
        tiers = ()
    return Target(next(each for each in SCOPES if each == scope), name, tiers, _window(given))


def _window(given: Mapping[str, list[str]]) -> Window | None:
    def one(key: str) -> str:
        return (given.get(key) or [""])[0].strip()[:20]

    days = tuple(day for day in WEEKDAYS if day in given.get("day", [])) or WEEKDAYS
    try:
        window = msgspec.convert(
            {
                "days": days,
                "starts": one("starts") or "00:00",
                "ends": one("ends") or "24:00",
                "from_day": date.fromisoformat(one("from")) if one("from") else None,
                "until_day": date.fromisoformat(one("until")) if one("until") else None,
            },
            Window,
        )
    except (msgspec.ValidationError, ValueError) as problem:
        raise SettingsRefused("when") from problem
    return None if window == Window() else window


def names_at(target: Target) -> list[str]:
    """Return the settings that can be set there, in the order of the files."""
    if target.is_school:
        return list(TYPES)
    return [name for name in TYPES if is_allowed(name, target.layer)]


def held_at(tree: PolicyTree, target: Target, placement: Placement | None = None) -> dict[str, Held]:
    """
    Return every setting that can be set at a place, with what holds and what would hold without it.

    `placement`: where the place itself lies (a room's site, a laptop's room and groups).
    """
    place = placement or placement_of(target.scope, target.name)
    resolver = resolving.Resolver(tree)
    own = own_values(tree, target)
    held = {}
    for name in names_at(target):
        said = [origin for origin in resolver.explain(place, name) if _covers(origin, target)]
        beneath = next((each for each in said if not _is_at(each, target)), said[-1])
        if target.is_school:
            value = own.get(name, get_value(tree.settings, name))
            held[name] = Held(value, True, value, Origin("school", "", value))
        else:
            held[name] = Held(own.get(name, beneath.value), name in own, beneath.value, beneath)
    return held


def own_values(tree: PolicyTree, target: Target) -> dict[str, Any]:
    """Return what is set at this very place."""
    found: dict[str, Any] = {}
    for layer in tree.layers:
        if _is_layer(layer, target):
            found |= msgspec.to_builtins(layer.change)
    return found


def put(
    tree: PolicyTree, target: Target, values: Mapping[str, Any], resets: Collection[str] = ()
) -> PolicyTree:
    """
    Return the tree with these values set at a place, and others taken out of it.

    Raises SettingsRefused where the school's own settings would contradict themselves.
    """
    before = own_values(tree, target)
    others = tuple(layer for layer in tree.layers if not _is_layer(layer, target))
    kept = {name: value for name, value in before.items() if name not in values and name not in resets}
    if target.is_school:
        settings = put_values(tree.settings, {**kept, **values})
        return msgspec.structs.replace(tree, settings=settings, layers=others)
    change = {**kept, **values}
    note = next((layer.note for layer in tree.layers if _is_layer(layer, target)), "")
    made = msgspec.structs.replace(target.layer, change=change, note=note)
    return msgspec.structs.replace(tree, layers=(*others, made) if change else others)


def differing(held: Mapping[str, Held], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not what holds at the place anyway."""
    return {name: value for name, value in values.items() if as_text(value) != as_text(held[name].value)}


def _is_layer(layer: Layer, target: Target) -> bool:
    return (layer.scope, layer.name, frozenset(layer.tiers), layer.when) == (
        target.scope,
        target.name,
        frozenset(target.tiers),
        target.when,
    )


def _is_at(origin: Origin, target: Target) -> bool:
    same = (origin.scope, origin.name, frozenset(origin.tiers), origin.when)
    return same == (target.scope, target.name, frozenset(target.tiers), target.when) and not target.is_school


def _covers(origin: Origin, target: Target) -> bool:
    """Say whether this value holds whenever the target does."""
    return tiers_cover(origin.tiers, target.tiers) and window_covers(origin.when, target.when)
