"""The form of one place's settings: fields in sections, what was typed, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from policies.setting_names import as_text, plain_value
from policies.settings import SettingsRefused
from server.web import setting_fields
from server.web.policy_layers import Held, Target
from server.web.policy_view import error_words
from server.web.setting_fields import Fields, NotTaken, Typed
from server.web.words import Words
from server.wording.entries import Entry
from server.wording.places import say_layer
from server.wording.settings import PARTS, SCAN, SETTINGS
from server.wording.values import say_value

_OPEN = ("lock", "usb")
"""The parts that technicians change; the others are folded until something in them is set."""


_HOURS = "hours"
"""Whoever chose a time of day is about to say what kind of time it is."""
_SCAN = "usb.scan"
_SECTIONS: dict[str, str] = {}
for _code, _label in PARTS.items():
    _SECTIONS[_code] = _label
    if _code == "usb":
        _SECTIONS[_SCAN] = SCAN


class Field(NamedTuple):
    """One setting in the form."""

    name: str
    entry: Entry
    typed: Typed
    units: tuple[str, ...]
    orders: list[tuple[str, ...]]
    """Whole answers, where the first of several counts more."""
    own: bool
    """Set at this very place; it can be taken back."""
    reset: bool
    """It was ticked to be taken back."""
    beneath: str
    """What would hold without it, in words."""
    origin: str
    """Where that comes from, in words."""
    error: str = ""
    """What is wrong with it and what to do, in words."""
    other: str = ""
    """What somebody else saved meanwhile, in words."""

    @property
    def id(self) -> str:
        """For the page: a name without dots."""
        return self.name.replace(".", "-")


class Section(NamedTuple):
    """One part of the settings."""

    code: str
    name: str
    fields: list[Field]
    is_open: bool


class Read(NamedTuple):
    """A posted form, as far as it could be read."""

    typed: dict[str, Typed]
    values: dict[str, Any]
    """What was typed, as JSON writes it; without what could not be read."""
    resets: frozenset[str]
    errors: dict[str, str]


def read_form(names: Iterable[str], entries: Mapping[str, Entry], form: Fields) -> Read:
    """Return what a form says of these settings. Settings it did not show are left alone."""
    shown = set(form.get("in", ()))
    typed: dict[str, Typed] = {}
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in names:
        if name not in shown:
            continue
        typed[name] = setting_fields.of_form(name, entries[name], form)
        try:
            value = setting_fields.to_value(name, entries[name], typed[name])
            values[name] = plain_value(name, value) if name in SETTINGS else value
        except NotTaken as problem:
            errors[name] = problem.code
        except SettingsRefused as problem:
            errors[name] = str(problem)
    resets = frozenset(form.get("reset", ())) & set(typed)
    return Read(typed, values, resets, {name: code for name, code in errors.items() if name not in resets})


def changed_fields(read: Read, before: Mapping[str, Held]) -> dict[str, Any]:
    """Return the values that somebody typed anew: not what the form held when it was opened."""
    return {
        name: value
        for name, value in read.values.items()
        if name not in read.resets and as_text(value) != as_text(before[name].value)
    }


def sections(
    target: Target,
    held: Mapping[str, Held],
    words: Words,
    hostnames: Mapping[str, str],
    *,
    typed: Mapping[str, Typed] | None = None,
    resets: Iterable[str] = (),
    errors: Mapping[str, str] | None = None,
    others: Mapping[str, Any] | None = None,
) -> list[Section]:
    """Return the form's sections, with what was typed where something was."""
    typed, errors, others, resets = typed or {}, errors or {}, others or {}, set(resets)
    found: dict[str, list[Field]] = {}
    for name, held_value in held.items():
        entry = SETTINGS[name]
        here = typed.get(name) or setting_fields.to_typed(name, entry, held_value.value)
        field = Field(
            name=name,
            entry=entry,
            typed=here,
            units=setting_fields.units_of(entry, here),
            orders=setting_fields.orders_of(entry) if name == setting_fields.ORDERED else [],
            own=held_value.own and not target.is_school,
            reset=name in resets,
            beneath=say_value(entry, held_value.beneath, words),
            origin=origin_words(held_value, words, hostnames),
            error=error_words(name, errors[name], words) if name in errors else "",
            other=say_value(entry, others[name], words) if name in others else "",
        )
        found.setdefault(_section_of(name), []).append(field)
    return [
        Section(code, words.say(label), found[code], _is_open(code, found[code], target))
        for code, label in _SECTIONS.items()
        if code in found
    ]


def origin_words(held: Held, words: Words, hostnames: Mapping[str, str]) -> str:
    """Return from where a value comes that is not set at this place itself."""
    origin = held.origin
    return say_layer(origin.scope, origin.name, origin.tiers, origin.when, words, hostnames)


def _section_of(name: str) -> str:
    """Return the section a setting stands in: its part, and the limits of a stick's check by themselves."""
    return _SCAN if name.startswith(f"{_SCAN}.") else name.split(".")[0]


def _is_open(code: str, fields: list[Field], target: Target) -> bool:
    at_times = code == _HOURS and target.when is not None
    return code in _OPEN or at_times or any(field.own or field.error or field.other for field in fields)
