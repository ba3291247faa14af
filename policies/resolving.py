"""From a tree of settings to one laptop's flat settings, and back to the layer a value came from.

Pure, total and deterministic: the order of layers in the tree means nothing, and laptops to which the same
layers say the same get the same bytes. What contradicts itself is refused by `check_tree` before anybody can
publish it; should a laptop meet a contradiction all the same (moved to a second group), the stricter value
holds, and a value that does not go with the others is left out.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from policies.app_rules import LISTS, listed_anywhere
from policies.directions import protects
from policies.layering import (
    STRANDS,
    VARYING,
    Entry,
    Layers,
    condition_text,
    in_order,
    layer_words,
    placement_of,
    places_of,
    specificity_of,
    strand_of,
)
from policies.numbers_in_texts import check_numbers
from policies.setting_names import (
    TYPES,
    as_text,
    get_value,
    is_school_only,
    may_vary,
    plain_value,
    put_values,
    short_name,
)
from policies.settings import Settings, SettingsRefused, Tier
from policies.tree import SCOPES, Layer, Origin, Placement, PolicyTree, Resolved, Scope
from policies.variants import MOST_VARIANTS, Clash, Variant, check_variants, sorted_change
from policies.windows import fits_tier, is_open, tiers_cover, window_covers

_DEVICE_ID = re.compile(r"[0-9a-f]{16}")


class Resolver:
    """One tree, resolved for as many laptops as there are. Laptops with the same layers cost nothing."""

    def __init__(self, tree: PolicyTree) -> None:
        self.tree = tree
        self.layers = Layers(tree)
        self._resolved: dict[tuple[int, ...], Resolved] = {}
        self._strands: dict[tuple[str, tuple[int, ...]], Resolved] = {}
        self._problems: dict[tuple[str, tuple[int, ...]], tuple[str, ...]] = {}

    def resolve(self, placement: Placement) -> Resolved:
        """Return this laptop's settings."""
        signature = self.layers.signature(placement)
        if signature not in self._resolved:
            strands = {each: self.resolve_strand(each, signature) for each in STRANDS}
            parts = {
                part: getattr(strands[strand].settings, part)
                for strand, own in STRANDS.items()
                for part in own
            }
            origins = {name: strands[strand_of(name)].origins[name] for name in TYPES}
            self._resolved[signature] = Resolved(Settings(**parts), strands[VARYING].variants, origins)
        return self._resolved[signature]

    def resolve_strand(self, strand: str, signature: tuple[int, ...]) -> Resolved:
        """Return the settings as far as this strand goes; the rest of them is the school's."""
        key = (strand, self.layers.strand(signature, strand))
        if key not in self._strands:
            self._strands[key] = _resolve(self.tree.settings, self.layers.entries(key[1], strand))
        return self._strands[key]

    def problems(self, placement: Placement) -> tuple[str, ...]:
        """Return, as sentences, what contradicts itself on this laptop."""
        signature = self.layers.signature(placement)
        found: tuple[str, ...] = ()
        for strand in STRANDS:
            key = (strand, self.layers.strand(signature, strand))
            if key not in self._problems:
                entries = self.layers.entries(key[1], strand)
                self._problems[key] = tuple(_problems(self.tree.settings, entries))
            found += self._problems[key]
        return found

    def explain(
        self, placement: Placement, name: str, tier: Tier | None = None, at: datetime | None = None
    ) -> list[Origin]:
        """Return everything that is said of one setting here, what holds first, the school's own last."""
        if name not in TYPES:
            raise SettingsRefused(f"{short_name(name)}: there is no such setting.")
        entries = self.layers.entries(self.layers.signature(placement)).get(name, [])
        said = [
            entry.origin
            for entry in reversed(entries)
            if (tier is None or fits_tier(entry.tiers, tier)) and (at is None or is_open(entry.when, at))
        ]
        return [*said, Origin("school", "", get_value(self.tree.settings, name))]


def resolve(tree: PolicyTree, placement: Placement) -> Resolved:
    """Return one laptop's settings; for many laptops make one Resolver."""
    return Resolver(tree).resolve(placement)


def explain(
    tree: PolicyTree, placement: Placement, name: str, tier: Tier | None = None, at: datetime | None = None
) -> list[Origin]:
    """
    Return where a value comes from: everything said of it for this laptop, what holds first.

    With a tier or a local moment, only what is meant for them. Raises SettingsRefused for no such setting.
    """
    return Resolver(tree).explain(placement, name, tier, at)


def agreement_settings(tree: PolicyTree) -> Settings:
    """
    Return the settings by which agreements are composed: one text for every laptop of the school.

    What is recorded anywhere, for anybody, at any time, is named everywhere.
    """
    layers = Layers(tree)
    said = layers.entries(range(len(tree.layers)))
    base = resolve(tree, Placement("")).settings
    changes: dict[str, Any] = {}
    if any(entry.value for entry in said.get("usage.record_apps", ())):
        changes["usage.record_apps"] = True
    if listed_anywhere(entry.value for name in LISTS for entry in said.get(name, ())):
        changes["apps.unlisted"] = "notify"
    if not base.usb.ever_gates:
        modes = sorted(entry.value for entry in said.get("usb.mode", ()) if entry.value != "off")
        later = [each["mode"] for entry in said.get("usb.later", ()) for each in entry.value]
        modes += sorted(mode for mode in later if mode != "off")
        if modes:
            changes["usb.mode"] = modes[0]
    return put_values(base, changes) if changes else base


# ---- resolving ----


def _resolve(school: Settings, entries: dict[str, list[Entry]]) -> Resolved:
    origins = {name: Origin("school", "", get_value(school, name)) for name in TYPES}
    conditional: dict[str, list[Entry]] = {}
    plain: dict[str, Entry] = {}
    for name, said in entries.items():
        rank = -1
        for entry in said:
            if entry.specificity == 0:
                plain[name], rank = entry, entry.rank
        # A narrower place's plain value also ends the tiers and times of every wider one.
        conditional[name] = [entry for entry in said if entry.specificity and entry.rank >= rank]
    settings = _put_together(school, plain, origins)
    variants = _variants(settings, conditional)
    try:
        if len(variants) > MOST_VARIANTS:
            raise SettingsRefused("more variants than a policy may hold")
        check_variants(settings, variants)
    except SettingsRefused:
        # What protects at some time is not given up for a wider place's value that protects nobody.
        parts = {name.split(".")[0] for name in conditional}
        kept = {
            name: each for name, each in plain.items() if protects(name) or name.split(".")[0] not in parts
        }
        origins = {name: Origin("school", "", get_value(school, name)) for name in TYPES}
        settings = _put_together(school, kept, origins)
        variants = _those_that_fit(settings, conditional)
    return Resolved(settings, variants, origins)


def _put_together(school: Settings, plain: dict[str, Entry], origins: dict[str, Origin]) -> Settings:
    """
    Return the settings that hold all day.

    Of values that do not go together those that protect come first, then the wider ones.
    """
    try:
        settings = put_values(school, {name: entry.value for name, entry in plain.items()})
        origins.update({name: entry.origin for name, entry in plain.items()})
        return settings
    except SettingsRefused:
        settings = school
    for name, entry in sorted(plain.items(), key=lambda item: (not protects(item[0]), item[1].rank, item[0])):
        try:
            settings = put_values(settings, {name: entry.value})
        except SettingsRefused:
            continue
        origins[name] = entry.origin
    return settings


def _variants(settings: Settings, conditional: dict[str, list[Entry]]) -> tuple[Variant, ...]:
    """
    Return the variants in an order that depends on nothing but what they say.

    Only where two values of one setting can meet does their order matter; all else is sorted, so that
    equal laptops get equal bytes by whatever layers they came to be so.
    """
    waiting = {name: _needed(get_value(settings, name), said) for name, said in conditional.items()}
    made: list[Variant] = []
    while any(waiting.values()):
        ready = [
            entry
            for said in waiting.values()
            for place, entry in enumerate(said)
            if not any(entry.meets(lower) for lower in said[:place])
        ]
        condition = min(condition_text(entry.layer) for entry in ready)
        taken = [entry for entry in ready if condition_text(entry.layer) == condition]
        change = sorted_change({entry.name: entry.value for entry in taken})
        made.append(Variant(tiers=taken[0].tiers, when=taken[0].when, change=change))
        for entry in taken:
            waiting[entry.name].remove(entry)
    return tuple(made)


def _needed(base: Any, said: list[Entry]) -> list[Entry]:
    """Leave out what a later entry always hides, and what says no other than what holds without it."""
    seen = [
        entry
        for place, entry in enumerate(said)
        if not any(_hides(later, entry) for later in said[place + 1 :])
    ]
    kept: list[Entry] = []
    for entry in seen:
        below = [lower for lower in kept if lower.meets(entry)]
        if entry.value != base or any(lower.value != base for lower in below):
            kept.append(entry)
    return kept


def _hides(upper: Entry, lower: Entry) -> bool:
    return tiers_cover(upper.tiers, lower.tiers) and window_covers(upper.when, lower.when)


def _those_that_fit(settings: Settings, conditional: dict[str, list[Entry]]) -> tuple[Variant, ...]:
    """Return those variants that make valid settings: what protects is tried first, then the wider ones."""
    everything = [entry for said in conditional.values() for entry in said]
    taken: dict[str, list[Entry]] = {name: [] for name in conditional}
    variants: tuple[Variant, ...] = ()
    for entry in sorted(
        everything, key=lambda entry: (not protects(entry.name), entry.order[:2], entry.name, entry.order)
    ):
        tried = {name: [*said, entry] if name == entry.name else said for name, said in taken.items()}
        made = _variants(settings, tried)
        if len(made) > MOST_VARIANTS:
            continue
        try:
            check_variants(settings, made)
        except SettingsRefused:
            continue
        taken, variants = tried, made
    return variants


# ---- checking ----


def check_tree(tree: PolicyTree, placements: Iterable[Placement] = ()) -> None:
    """
    Raise SettingsRefused, naming the layers, for a tree that no laptop should get.

    Every layer by itself, each place with the school's settings, and every laptop given.
    """
    for language in tree.settings.agreement.languages:
        if not tree.school.consequences.get(language, "").strip():
            raise SettingsRefused(
                f"school.consequences.{language} is missing: write what happens when the rules are "
                f"broken, or take `{language}` out of settings.agreement.languages"
            )
    check_numbers(tree.school, agreement_settings(tree))
    if len(set(tree.tiers)) != len(tree.tiers):
        raise SettingsRefused("tiers: one stands there twice.")
    places: dict[tuple[Scope, str], None] = {("school", ""): None}
    for layer in tree.layers:
        _check_layer(layer)
        places[layer.scope, layer.name] = None
    resolver = Resolver(tree)
    for laptop in (*(placement_of(*place) for place in places), *placements):
        problems = resolver.problems(laptop)
        if problems:
            raise SettingsRefused(problems[0])


def empty_places(tree: PolicyTree, placements: Iterable[Placement]) -> list[tuple[Scope, str]]:
    """Return the places that have settings and no laptop: perhaps only a misspelt name."""
    known = {place for laptop in placements for place in places_of(laptop)} | {("school", "")}
    return sorted({(layer.scope, layer.name) for layer in tree.layers} - known)


def _check_layer(layer: Layer) -> None:
    words = layer_words(layer)
    if (layer.scope == "school") != (layer.name == ""):
        raise SettingsRefused(f"{words}: a layer of the school has no name; every other one needs one.")
    if layer.scope == "device" and not _DEVICE_ID.fullmatch(layer.name):
        raise SettingsRefused(f"{words}: a laptop is named by its id, 16 hexadecimal digits.")
    if layer.name.strip() != layer.name or not layer.name.isprintable():
        raise SettingsRefused(f"{words}: the name begins or ends with a space, or holds what cannot be seen.")
    if len(set(layer.tiers)) != len(layer.tiers):
        raise SettingsRefused(f"{words}: tiers names one tier twice.")
    for name, value in layer.change.items():
        try:
            plain_value(name, value)
        except SettingsRefused as problem:
            raise SettingsRefused(f"{words}: {problem}") from problem
        if is_school_only(name) and layer.scope != "school":
            raise SettingsRefused(f"{words}: {name} can be set for the whole school only.")
        if specificity_of(layer) and not may_vary(name):
            raise SettingsRefused(f"{words}: {name} cannot differ by tier or time; set it for all day.")


def _problems(school: Settings, entries: dict[str, list[Entry]]) -> Iterable[str]:
    for said in entries.values():
        yield from _contradictions(said)
    origins: dict[str, Origin] = {}
    plain = {name: entry for name, said in entries.items() for entry in said if entry.specificity == 0}
    try:
        put_values(school, {name: entry.value for name, entry in plain.items()})
    except SettingsRefused as problem:
        yield f"{_together(plain.values())}: {problem}"
        return
    settings = _put_together(school, plain, origins)
    conditional = {
        name: [e for e in said if e.specificity and (name not in plain or e.rank >= plain[name].rank)]
        for name, said in entries.items()
    }
    variants = _variants(settings, conditional)
    if len(variants) > MOST_VARIANTS:
        layers = [entry for said in conditional.values() for entry in said]
        yield (
            f"{_together(layers)}: {len(variants)} different tiers and times meet on one laptop; "
            f"at most {MOST_VARIANTS} can. Set fewer."
        )
        return
    try:
        check_variants(settings, variants)
    except Clash as clash:
        part = {name.split(".")[0] for name in clash.names}
        held = [
            [e for e in said if fits_tier(e.tiers, clash.tier) and is_open(e.when, clash.at)]
            for name, said in entries.items()
            if name.split(".")[0] in part
        ]
        yield f"{_together(said[-1] for said in held if said)}: {clash}"


def _contradictions(said: list[Entry]) -> Iterable[str]:
    """Neighbours of one rank and specificity that can meet must agree, unless something narrower decides."""
    for place, one in enumerate(said):
        for other in said[place + 1 :]:
            if (one.rank, one.specificity) != (other.rank, other.specificity):
                break
            if one.value == other.value or not one.meets(other):
                continue
            if any(_hides(later, one) or _hides(later, other) for later in said if _above(later, other)):
                continue
            yield (
                f"{layer_words(one.layer)} sets {one.name} to {as_text(one.value)} and "
                f"{layer_words(other.layer)} sets it to {as_text(other.value)}; both hold for one laptop. "
                "Make them the same, or set it for the laptop itself."
            )


def _above(one: Entry, other: Entry) -> bool:
    return (one.rank, one.specificity) > (other.rank, other.specificity)


class _Words(NamedTuple):
    layer: str
    names: list[str]


def _together(entries: Iterable[Entry]) -> str:
    """Return which layers meet, and what each sets."""
    found: dict[str, _Words] = {}
    for entry in entries:
        words = layer_words(entry.layer)
        found.setdefault(words, _Words(words, [])).names.append(f"{entry.name} = {as_text(entry.value)}")
    told = [f"{each.layer} ({', '.join(sorted(each.names))})" for each in found.values()]
    return " and ".join(sorted(told)[:4])


def tidy(tree: PolicyTree) -> PolicyTree:
    """Return the same tree with its layers in the one order that files have, and values as JSON has them."""
    layers = sorted(map(in_order, tree.layers), key=_file_order)
    return msgspec.structs.replace(tree, layers=tuple(layers))


def _file_order(layer: Layer) -> tuple[object, ...]:
    change = msgspec.json.encode(layer.change, order="sorted")
    place = (SCOPES.index(layer.scope), layer.name, specificity_of(layer))
    return (*place, condition_text(layer), change, layer.note)
