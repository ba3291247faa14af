"""What a change of the tree changes, place by place, and what of it weakens protection (R82).

Compared is what holds, not what is written: a room whose value is taken out is compared with what then
holds in that room. Every laptop that gets another value shows in some change, because some place whose
layers it has was edited.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from policies.directions import weakens
from policies.layering import (
    condition_text,
    entries_of,
    in_order,
    placement_of,
    places_of,
    specificity_of,
    strand_of,
)
from policies.resolving import Resolver
from policies.setting_names import TYPES, as_text, get_value
from policies.settings import LANGUAGES, TIERS, Tier
from policies.tree import SCOPES, Placement, PolicyTree, Review, Scope
from policies.variants import Variant, changes_at, settings_at
from policies.windows import Window, fits_tier, is_open, moments


class Change(NamedTuple):
    """One difference, as people are told it."""

    scope: Scope
    name: str
    """Which site, room, group or laptop (its id); empty for the school."""
    tiers: tuple[Tier, ...]
    """Empty: everybody."""
    when: Window | None
    """None: always."""
    setting: str
    """`lock.idle_after_seconds`; also `school.name`, `school.contacts`, `school.consequences.en`, `tiers`,
    `review.next_review`, `profile`, `note`."""
    before: Any
    """As JSON writes it; None also where there was nothing."""
    after: Any
    weakens: bool
    why_weakens: str
    """A code of `directions`, or tier-removed, contact-removed, contact-moved, consequences-removed,
    review-put-off."""


Place = tuple[Scope, str]
Condition = tuple[tuple[Tier, ...], Window | None]


def compare(
    before: PolicyTree, after: PolicyTree, placements: Iterable[Placement] = ()
) -> tuple[Change, ...]:
    """
    Return every difference, the school's first, then by place and in the order of the settings.

    With the school's laptops, each place is compared as those laptops know it. A place without any is
    compared with the school's settings; with every wider place it might lie in, so that no weakening is
    missed.
    """
    settings = _Comparison(before, after, placements).changes()
    return (*_school_changes(before, after), *settings, *_note_changes(before, after))


def weakening(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return those that weaken protection."""
    return tuple(change for change in changes if change.weakens)


class _Found:
    """One pair of values under one condition, and for whom it was met."""

    def __init__(self, condition: Condition, pair: tuple[Any, Any]) -> None:
        self.condition = condition
        self.pair = pair
        self.tiers: set[Tier] = set()
        self.why = ""


class _Comparison:
    """Two trees and the laptops they are for."""

    def __init__(self, before: PolicyTree, after: PolicyTree, placements: Iterable[Placement]) -> None:
        self._trees = before, after
        self._resolvers = Resolver(before), Resolver(after)
        self._edited = _edited_places(before, after)
        self._contexts: dict[Place, list[Placement]] = defaultdict(list)
        seen: set[tuple[tuple[int, ...], ...]] = set()
        for laptop in placements:
            signature = tuple(resolver.layers.signature(laptop) for resolver in self._resolvers)
            if signature in seen:
                continue
            seen.add(signature)
            for place in places_of(laptop):
                if place in self._edited:
                    self._contexts[place].append(laptop)

    def changes(self) -> Iterator[Change]:
        order = sorted(self._edited, key=lambda place: (SCOPES.index(place[0]), place[1]))
        names = list(TYPES)
        for place in order:
            conditions = self._edited[place]
            for name in sorted(conditions, key=names.index):
                yield from self._of(place, name, conditions[name])

    def _of(self, place: Place, name: str, conditions: list[Condition]) -> Iterator[Change]:
        """Tell what this setting is before and after wherever this place decides, in every context."""
        found: dict[tuple[str, str, str], _Found] = {}
        real = list(self._contexts.get(place, ()))
        if not real or place[0] == "school":
            real.append(placement_of(*place))
        supposed = [] if self._contexts.get(place) else self._wider_contexts(place, name)
        seen: set[tuple[tuple[int, ...], ...]] = set()
        strand = strand_of(name)
        for laptop in (*real, *supposed):
            signatures = [resolver.layers.signature(laptop) for resolver in self._resolvers]
            key = tuple(
                r.layers.strand(each, strand) for r, each in zip(self._resolvers, signatures, strict=True)
            )
            if key in seen:
                continue
            seen.add(key)
            was, now = (
                r.resolve_strand(strand, each) for r, each in zip(self._resolvers, signatures, strict=True)
            )
            settings = was.settings, now.settings
            values = tuple(get_value(each, name) for each in settings)
            for tier, moment in _cells(conditions, (*was.variants, *now.variants), name):
                here = [each for each in conditions if fits_tier(each[0], tier) and is_open(each[1], moment)]
                if not here:
                    continue
                pair = (
                    changes_at(was.variants, tier, moment).get(name, values[0]),
                    changes_at(now.variants, tier, moment).get(name, values[1]),
                )
                why = ""
                if pair[0] != pair[1]:
                    # As a whole at this moment: what a row of apps changes depends on the rest of the list.
                    whole = (settings_at(each.settings, each.variants, tier, moment) for each in (was, now))
                    why = weakens(name, *pair, (next(whole), next(whole)))
                if pair[0] == pair[1] or (not why and laptop in supposed):
                    continue
                told = (_text(here[-1]), as_text(pair[0]), as_text(pair[1]))
                known = found.setdefault(told, _Found(here[-1], pair))
                known.tiers.add(tier)
                known.why = known.why or why
        for each in found.values():
            tiers, when = each.condition
            if each.tiers != set(tiers or TIERS):
                tiers = tuple(tier for tier in TIERS if tier in each.tiers)
            yield Change(*place, tiers, when, name, *each.pair, bool(each.why), each.why)

    def _wider_contexts(self, place: Place, name: str) -> list[Placement]:
        """Return laptops that could stand at this place and in one wider one that sets the same."""
        if place[0] == "school":
            return []
        alone = placement_of(*place)
        wider = {
            (layer.scope, layer.name)
            for tree in self._trees
            for layer in tree.layers
            if name in layer.change and 0 < SCOPES.index(layer.scope) < SCOPES.index(place[0])
        }
        contexts = []
        for scope, other in sorted(wider):
            more = placement_of(scope, other)
            contexts.append(
                Placement(
                    alone.device, alone.room or more.room, alone.site or more.site, alone.groups | more.groups
                )
            )
        return contexts


class _Condition(NamedTuple):
    """Tiers and times at one place, and everything that is said for exactly them."""

    specificity: int
    text: str
    meant: Condition
    values: tuple[str, ...]


def _edited_places(before: PolicyTree, after: PolicyTree) -> dict[Place, dict[str, list[Condition]]]:
    """Return each place of which something else is said, with the settings and the conditions of that."""
    was, now = _said(before), _said(after)
    edited: dict[Place, dict[str, list[Condition]]] = defaultdict(dict)
    for place, name in was.keys() | now.keys():
        old, new = was.get((place, name), {}), now.get((place, name), {})
        differ = [
            new.get(text) or old[text]
            for text in old.keys() | new.keys()
            if text not in old or text not in new or old[text].values != new[text].values
        ]
        if differ:
            edited[place][name] = [each.meant for each in sorted(differ, key=lambda each: each[:2])]
    return dict(edited)


def _said(tree: PolicyTree) -> dict[tuple[Place, str], dict[str, _Condition]]:
    """Return what is written at each place of each setting, by condition. More than one value contradict."""
    said: dict[tuple[Place, str], dict[str, _Condition]] = defaultdict(dict)
    always: Condition = ((), None)
    for name in TYPES:
        base = as_text(get_value(tree.settings, name))
        said[("school", ""), name][_text(always)] = _Condition(0, _text(always), always, (base,))
    for layer in tree.layers:
        for entry in entries_of(layer):
            at = said[(layer.scope, layer.name), entry.name]
            meant, text = (entry.tiers, entry.when), condition_text(entry.layer)
            values = (*(at[text].values if text in at else ()), as_text(entry.value))
            at[text] = _Condition(specificity_of(layer), text, meant, tuple(sorted(values)))
    return said


def _cells(
    conditions: list[Condition], variants: Iterable[Variant], name: str
) -> Iterator[tuple[Tier, datetime]]:
    """Return every tier at one moment of each kind, as far as this setting knows them apart."""
    windows = [when for _tiers, when in conditions]
    windows += [variant.when for variant in variants if name in variant.change]
    return ((tier, moment) for moment in moments(windows) for tier in TIERS)


def _text(condition: Condition) -> str:
    return msgspec.json.encode(condition).decode()


# ---- what is no setting ----


def _school_changes(before: PolicyTree, after: PolicyTree) -> Iterator[Change]:
    yield from _told("school.name", before.school.name, after.school.name)
    was, now = (msgspec.to_builtins(tree.school.contacts) for tree in (before, after))
    yield from _told("school.contacts", was, now, _contacts_weaken(was, now))
    for language in LANGUAGES:
        old, new = (tree.school.consequences.get(language, "").strip() for tree in (before, after))
        why = "consequences-removed" if old and not new else ""
        yield from _told(f"school.consequences.{language}", old, new, why)
    removed = set(before.tiers) - set(after.tiers)
    yield from _told("tiers", list(before.tiers), list(after.tiers), "tier-removed" if removed else "")
    for field in Review.__struct_fields__:
        old, new = getattr(before.review, field), getattr(after.review, field)
        put_off = field == "next_review" and _is_put_off(old, new)
        yield from _told(f"review.{field}", old, new, "review-put-off" if put_off else "")
    yield from _told("profile", before.profile, after.profile)


def _is_put_off(before: str, after: str) -> bool:
    """What is no day reminds nobody, however small it looks as text."""
    was, now = _day(before), _day(after)
    return was is not None and (now is None or now > was)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _contacts_weaken(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """Whom a child turns to is still there, and is reached as before; somebody more is always welcome."""
    ways: dict[str, set[str]] = defaultdict(set)
    for contact in after:
        ways[contact["name"]].add(contact["how"])
    if any(contact["name"] not in ways for contact in before):
        return "contact-removed"
    if any(contact["how"] and contact["how"] not in ways[contact["name"]] for contact in before):
        return "contact-moved"
    return ""


def _told(setting: str, before: Any, after: Any, why: str = "") -> Iterator[Change]:
    if before != after:
        yield Change("school", "", (), None, setting, before, after, bool(why), why)


def _note_changes(before: PolicyTree, after: PolicyTree) -> Iterator[Change]:
    was, now = _notes(before), _notes(after)
    for key in sorted(was.keys() | now.keys(), key=lambda key: (SCOPES.index(key[0]), *key[1:])):
        old, new = was.get(key, ((), ((), None)))[0], now.get(key, ((), ((), None)))[0]
        if old != new:
            tiers, when = (now.get(key) or was[key])[1]
            yield Change(key[0], key[1], tiers, when, "note", " ".join(old), " ".join(new), False, "")


def _notes(tree: PolicyTree) -> dict[tuple[Scope, str, str], tuple[tuple[str, ...], Condition]]:
    notes: dict[tuple[Scope, str, str], tuple[tuple[str, ...], Condition]] = {}
    for layer in map(in_order, tree.layers):
        if layer.note:
            key = (layer.scope, layer.name, condition_text(layer))
            known = notes.get(key, ((), ((), None)))[0]
            notes[key] = (tuple(sorted((*known, layer.note))), (layer.tiers, layer.when))
    return notes
