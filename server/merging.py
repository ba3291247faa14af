"""Two people edited the same settings: both changes together, where they touch different things. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from policies.settings import SettingsRefused, refusal_sentence
from policies.tree import PolicyTree

_GONE = object()
Key = tuple[str, ...]


class Merged(NamedTuple):
    """Both changes in one tree, or what both of them touched."""

    tree: PolicyTree | None
    overlaps: tuple[str, ...]
    """Names of what both changed to different values; with any, there is no tree."""


def merge(base: PolicyTree, mine: PolicyTree, theirs: PolicyTree) -> Merged:
    """
    Return `theirs` with my changes put in.

    A list (contacts, helplines) is one thing, and so is a layer's single setting. Raises SettingsRefused
    where the two go together in no valid settings.
    """
    was, ours, other = (_flat(tree) for tree in (base, mine, theirs))
    changed = _changed(was, ours)
    touched = _changed(was, other)
    both = {key for key in changed.keys() & touched.keys() if changed[key] != touched[key]}
    both |= _in_removed_layers(changed, touched) | _in_removed_layers(touched, changed)
    if both:
        return Merged(None, tuple(sorted({_name(key) for key in both})))
    for key, value in changed.items():
        if value is _GONE:
            other.pop(key, None)
        else:
            other[key] = value
    try:
        return Merged(msgspec.convert(_tree(other), PolicyTree), ())
    except msgspec.ValidationError as problem:
        raise SettingsRefused(refusal_sentence(problem)) from problem


def _changed(before: Mapping[Key, Any], after: Mapping[Key, Any]) -> dict[Key, Any]:
    keys = {**before, **after}
    return {key: after.get(key, _GONE) for key in keys if before.get(key, _GONE) != after.get(key, _GONE)}


def _in_removed_layers(one: Mapping[Key, Any], other: Mapping[Key, Any]) -> set[Key]:
    """Return what the other changed in layers that the one took away."""
    removed = {key[1] for key, value in one.items() if value is _GONE and key[2:] == ("",)}
    too = {key[1] for key, value in other.items() if value is _GONE and key[2:] == ("",)}
    return {key for key in other if key[0] == "layer" and key[1] in removed - too}


def _flat(tree: PolicyTree) -> dict[Key, Any]:
    """Return every single thing that can be changed, by its path."""
    plain = msgspec.to_builtins(tree)
    layers = plain.pop("layers")
    flat: dict[Key, Any] = dict(_leaves(plain))
    names = [_layer_name(layer) for layer in layers]
    if len(set(names)) != len(names):
        flat["layers",] = layers  # two layers for the same place, people and time: one thing, all of it
        return flat
    for name, layer in zip(names, layers, strict=True):
        head = {field: layer[field] for field in ("scope", "name", "tiers", "when")}
        flat["layer", name, ""] = head
        flat["layer", name, "note"] = layer["note"]
        for setting, value in layer["change"].items():
            flat["layer", name, setting] = value
    return flat


def _leaves(plain: Mapping[str, Any], before: Key = ()) -> Iterator[tuple[Key, Any]]:
    for field, value in plain.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*before, field))
        else:
            yield (*before, field), value


def _layer_name(layer: Mapping[str, Any]) -> str:
    return msgspec.json.encode([layer[field] for field in ("scope", "name", "tiers", "when")]).decode()


def _tree(flat: Mapping[Key, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    layers: dict[str, dict[str, Any]] = {}
    for key, value in flat.items():
        if key[0] == "layer":
            layer = layers.setdefault(key[1], {"change": {}})
            if key[2] == "":
                layer.update(value)
            elif key[2] == "note":
                layer["note"] = value
            else:
                layer["change"][key[2]] = value
            continue
        place = plain
        for field in key[:-1]:
            place = place.setdefault(field, {})
        place[key[-1]] = value
    plain["school"].setdefault("consequences", {})
    whole = [layer for layer in layers.values() if "scope" in layer]
    if whole or "layers" not in plain:
        plain["layers"] = [*plain.get("layers", ()), *whole]
    return plain


def _name(key: Key) -> str:
    """Return a path as people write it: `lock.idle_after_seconds`, with the place of a layer before it."""
    if key[0] == "layer":
        scope, name, *_ = msgspec.json.decode(key[1])
        return f"{scope} {name}: {key[2] or 'the layer itself'}".replace("  ", " ")
    return ".".join(key[1:] if key[0] == "settings" else key)
