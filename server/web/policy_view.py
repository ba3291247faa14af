"""What the pages about settings say, from facts to words: mistakes, limits, promises, reviews. Pure."""

import re
import typing
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from msgspec import Meta

from policies import resolving
from policies.setting_names import TYPES, get_value
from policies.tree import SCOPES, Origin, Placement, PolicyTree, Review
from server.change_words import entry_of
from server.web.policy_labels import LABELS
from server.web.policy_layers import Target
from server.web.words import Words
from server.wording.places import say_layer, say_tiers
from server.wording.promises import Promise
from server.wording.values import clean, say_value

REVIEW_SOON = timedelta(days=30)
"""So long before the day, the page begins to remind."""
_PROBLEMS = (
    ("countdown", re.compile(r"countdown_seconds is longer")),
    ("days", re.compile(r"later has to name each day once")),
    ("contradiction", re.compile(r"both hold for one laptop")),
    ("too-many", re.compile(r"meet on one laptop; at most")),
    ("number", re.compile(r"stands for no setting|has no number to stand for")),
    ("consequences", re.compile(r"consequences")),
    ("reports", re.compile(r"report\.enabled")),
)


class Broken(NamedTuple):
    """A promise of a text that the settings do not keep, in words."""

    sentence: str
    setting: str
    said: str
    holds: str
    tiers: str


class ReviewStanding(NamedTuple):
    """How the yearly look at the settings stands (R81)."""

    state: str
    """none: no day is set. past, soon or ahead."""
    day: date | None
    early: str


def error_words(name: str, code: str, words: Words) -> str:
    """Return what is wrong with a field and what to do: by its code, else by the limits of the setting."""
    known = LABELS["setting-error"].get(code)
    if known is not None:
        return words.say(known)
    least, most = limits_of(name)
    entry = entry_of(name)
    if least is not None and most is not None:
        return words.say(
            "Choose between %(least)s and %(most)s.",
            least=say_value(entry, least, words),
            most=say_value(entry, most, words),
        )
    not_taken = LABELS["setting-error"]["not-taken"]
    return words.say(not_taken)


def limits_of(name: str) -> tuple[int | None, int | None]:
    """Return the least and the greatest number a setting takes."""
    for meta in _metas(TYPES.get(name)):
        if meta.ge is not None and meta.le is not None:
            return int(meta.ge), int(meta.le)
    return None, None


def _metas(kind: Any) -> list[Meta]:
    found = [each for each in getattr(kind, "__metadata__", ()) if isinstance(each, Meta)]
    if not found:
        for each in typing.get_args(kind):
            found += _metas(each)
    return found


def problem_code(sentence: str) -> str:
    """Return which of our own sentences says what `policies` found wrong with settings as a whole."""
    return next((code for code, pattern in _PROBLEMS if pattern.search(sentence)), "other")


def broken_words(promises: Sequence[Promise], words: Words) -> list[Broken]:
    """Return broken promises in words."""
    return [
        Broken(
            each.sentence,
            words.say(entry_of(each.setting).name),
            say_value(entry_of(each.setting), each.said, words),
            words.join(say_value(entry_of(each.setting), value, words) for value in each.holds),
            say_tiers(each.tiers, words),
        )
        for each in promises
    ]


def review_standing(review: Review, today: date) -> ReviewStanding:
    """Return whether the settings are to be looked at again."""
    try:
        day = date.fromisoformat(review.next_review)
    except ValueError:
        return ReviewStanding("none", None, review.early)
    if day < today:
        return ReviewStanding("past", day, review.early)
    return ReviewStanding("soon" if day - today <= REVIEW_SOON else "ahead", day, review.early)


def day_of(text: str) -> date | None:
    """Return a day that a tree holds as text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Said(NamedTuple):
    """What one layer says of a setting, in words."""

    where: str
    value: str
    query: str
    holds: bool


def chain(
    tree: PolicyTree, place: Placement, name: str, words: Words, hostnames: Mapping[str, str]
) -> list[Said]:
    """Return everything said of a setting at a place, what holds first."""
    said = []
    holds = True
    for origin in resolving.explain(tree, place, name):
        conditional = bool(origin.tiers) or origin.when is not None
        said.append(_said(origin, name, words, hostnames, holds=holds or conditional))
        holds = holds and conditional
    return said


def everywhere(tree: PolicyTree, name: str, words: Words, hostnames: Mapping[str, str]) -> list[Said]:
    """Return every place that sets this, the school first."""
    base = Origin("school", "", get_value(tree.settings, name))
    layers = sorted(
        (layer for layer in tree.layers if name in layer.change),
        key=lambda layer: (SCOPES.index(layer.scope), layer.name, bool(layer.tiers)),
    )
    origins = [Origin(each.scope, each.name, each.change[name], each.tiers, each.when) for each in layers]
    return [_said(origin, name, words, hostnames, holds=True) for origin in (base, *origins)]


def _said(origin: Origin, name: str, words: Words, hostnames: Mapping[str, str], *, holds: bool) -> Said:
    target = Target(origin.scope, origin.name, origin.tiers, origin.when)
    return Said(
        say_layer(origin.scope, origin.name, origin.tiers, origin.when, words, hostnames),
        say_value(entry_of(name), origin.value, words),
        target.query(),
        holds,
    )


def overlap_words(overlaps: Sequence[str], words: Words) -> list[str]:
    """Return what two changes both touch: `room Lab 2: lock.idle_after_seconds` by its name."""
    said = []
    for each in overlaps:
        place, _, name = each.rpartition(": ")
        setting = words.say(entry_of(name).name)
        said.append(f"{clean(place, 80)}: {setting}" if place else setting)
    return said


def stop_reason(note: str) -> str:
    """Return the code of why a rollout stopped itself, which its note begins with; empty: a person did."""
    code = note.partition(":")[0]
    return code if code in ("rejected", "silent", "broken") else ""
