"""Every single setting by its name, as files write it: `lock.idle_after_seconds`, `usb.scan.most_files`."""

import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from policies.settings import Part, Settings, SettingsRefused, refusal_sentence

VARIANT_PARTS = ("agreement", "lock", "usage", "hours", "apps")
"""Parts that can differ by tier and time: what is asked of one login at one moment."""
SCHOOL_ONLY = ("report", "agreement.languages", "agreement.school_year_starts")
"""Texts and reports are one for the whole school: every laptop has to ask and to promise the same."""


def _leaves(part: type, before: str = "") -> Iterator[tuple[str, Any]]:
    for field, kind in typing.get_type_hints(part, include_extras=True).items():
        if isinstance(kind, type) and issubclass(kind, Part):
            yield from _leaves(kind, f"{before}{field}.")
        else:
            yield f"{before}{field}", kind


TYPES: dict[str, Any] = dict(_leaves(Settings))
"""Name → type, in the order in which people read them."""
PARTS: tuple[str, ...] = tuple(Settings.__struct_fields__)


def is_school_only(name: str) -> bool:
    """Say whether only the school itself may set it: no site, room, group, laptop, tier or time."""
    return name.split(".")[0] in SCHOOL_ONLY or name in SCHOOL_ONLY


def may_vary(name: str) -> bool:
    """Say whether it may differ by tier and time."""
    return name.split(".")[0] in VARIANT_PARTS and not is_school_only(name)


def plain_value(name: str, value: Any) -> Any:
    """
    Return a value of this setting as JSON writes it, always in the same way.

    Raises SettingsRefused for a setting that is not there and for a value it does not take.
    """
    kind = TYPES.get(name)
    if kind is None:
        raise SettingsRefused(
            f"{short_name(name)}: there is no such setting. Look for a misspelt word, or take it out."
        )
    try:
        return msgspec.to_builtins(msgspec.convert(value, kind))
    except msgspec.ValidationError as problem:
        raise SettingsRefused(_within(name, problem)) from problem
    except RecursionError as problem:
        raise SettingsRefused(f"{name}: this is nested too deep to be a value.") from problem


def _within(name: str, problem: msgspec.ValidationError) -> str:
    what, _, path = str(problem).partition(" - at ")
    inside = path.strip("`").removeprefix("$")
    return refusal_sentence(msgspec.ValidationError(f"{what} - at `$.{name}{inside}`"))


def short_name(name: object) -> str:
    """Return a name from outside, fit to stand in a sentence."""
    return "".join(letter for letter in str(name)[:120] if letter.isprintable())


def get_value(settings: Settings, name: str) -> Any:
    """Return what these settings say of one setting, as JSON writes it."""
    value: Any = settings
    for step in name.split("."):
        value = getattr(value, step)
    return msgspec.to_builtins(value)


def put_values(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """
    Return the settings with these values put in, checked as a whole.

    Raises SettingsRefused, naming the setting, where one is unknown, out of range or fits not the others.
    """
    parts: dict[str, Any] = {}
    for name, value in changes.items():
        steps = name.split(".")
        value = plain_value(name, value)
        if steps[0] not in parts:
            parts[steps[0]] = msgspec.to_builtins(getattr(settings, steps[0]))
        place = parts[steps[0]]
        for step in steps[1:-1]:
            place = place[step]
        place[steps[-1]] = value
    made = {}
    for part, content in parts.items():
        try:
            made[part] = msgspec.convert(content, type(getattr(settings, part)))
        except msgspec.ValidationError as problem:
            raise SettingsRefused(_within(part, problem)) from problem
    return msgspec.structs.replace(settings, **made)


def as_text(value: Any) -> str:
    """Return a plain value as one text; equal values give equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
