"""A setting's value as a person reads it: 300 is "5 minutes", `approve_then_scan` is "ask, then check"."""

import datetime as days
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from server.wording.entries import Entry
from server.wording.entries import mark as _

LONGEST = 160
"""A longer text is cut; the whole stands on the page of the setting."""
LONGEST_RULES = 4000
"""Whoever approves a list of apps reads what follows for each that changes."""
SHORT = 8
"""A common end of fewer letters is chance: a full stop, a last word's ending."""


class Speaker(Protocol):
    """A language: `server.web.words.Words` is one, `ENGLISH` another."""

    def say(self, message: str, **values: object) -> str:
        """Return one sentence."""

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a sentence with `%(num)s` in it."""

    def number(self, value: float) -> str:
        """Return a number with its separators."""

    def join(self, parts: Iterable[str]) -> str:
        """Return "a, b and c"."""

    def date(self, at: datetime | days.date) -> str:
        """Return a day in full."""


class English:
    """What the command line says."""

    def say(self, message: str, **values: object) -> str:
        """Return the sentence as it stands in the source."""
        return message % values if values else message

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the sentence of one or of many."""
        return (one if number == 1 else many) % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        """Return 1,000."""
        return f"{value:,}"

    def join(self, parts: Iterable[str]) -> str:
        """Return "a, b and c"."""
        said = list(parts)
        return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""

    def date(self, at: datetime | days.date) -> str:
        """Return 3 September 2026."""
        return f"{at.day} {at:%B %Y}"


ENGLISH = English()


class Unit(NamedTuple):
    """What a number counts, and how it is said."""

    size: int
    say: Callable[[Speaker, int], str]


class Quantity(NamedTuple):
    """A number and what it counts."""

    number: int
    unit: Unit


_SECONDS = (
    Unit(3600, lambda speaker, number: speaker.count("%(num)s hour", "%(num)s hours", number)),
    Unit(60, lambda speaker, number: speaker.count("%(num)s minute", "%(num)s minutes", number)),
    Unit(1, lambda speaker, number: speaker.count("%(num)s second", "%(num)s seconds", number)),
)
_DAYS = Unit(1, lambda speaker, number: speaker.count("%(num)s day", "%(num)s days", number))
_BYTES = (
    Unit(10**12, lambda speaker, number: f"{speaker.number(number)} TB"),
    Unit(10**9, lambda speaker, number: f"{speaker.number(number)} GB"),
    Unit(10**6, lambda speaker, number: f"{speaker.number(number)} MB"),
    Unit(1, lambda speaker, number: f"{speaker.number(number)} B"),
)
PER = {"seconds": 1, "after": 1, "minutes": 60, "hours": 3600}
"""Seconds in one of what the setting counts."""


def quantity(entry: Entry, value: Any) -> Quantity | None:
    """Return a number with the largest unit in which it is whole; None for what is no number with a unit."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if entry.kind in PER:
        seconds = value * PER[entry.kind]
        unit = next(each for each in _SECONDS if seconds % each.size == 0 and (seconds or each.size == 60))
        return Quantity(seconds // unit.size, unit)
    if entry.kind == "days":
        return Quantity(value, _DAYS)
    if entry.kind == "bytes":
        unit = next(each for each in _BYTES if value % each.size == 0)
        return Quantity(value // unit.size, unit)
    return None


def say_value(entry: Entry, value: Any, speaker: Speaker = ENGLISH) -> str:
    """Return a value, as TOML or JSON writes it, in words."""
    if value is None or value == "" or value in ((), [], {}):
        return _nothing(entry, speaker)
    counted = quantity(entry, value)
    if counted is not None:
        said = counted.unit.say(speaker, counted.number)
        return speaker.say(_("after %(span)s"), span=said) if entry.kind == "after" else said
    if isinstance(value, bool):
        return _choice(entry, str(value).lower(), speaker)
    if isinstance(value, (int, float)):
        return speaker.number(value)
    if isinstance(value, (list, tuple)):
        longest = LONGEST_RULES if entry.kind == "app-rules" else LONGEST
        return clean(speaker.join(_item(entry, each, speaker) for each in value), longest)
    if isinstance(value, Mapping):
        return clean(speaker.join(f"{key}: {each}" for key, each in value.items()))
    return _text(entry, value, speaker)


def say_pair(entry: Entry, before: Any, after: Any, speaker: Speaker = ENGLISH) -> str:
    """Return "10 minutes instead of 5", or "ask, then check (until now: never)"."""
    old, new = quantity(entry, before), quantity(entry, after)
    was, now = say_value(entry, before, speaker), say_value(entry, after, speaker)
    if old is not None and new is not None and entry.kind != "after":
        if old.unit is new.unit:
            was = speaker.number(old.number)
        return speaker.say(_("%(after)s instead of %(before)s"), after=now, before=was)
    return speaker.say(_("%(after)s (until now: %(before)s)"), after=now, before=was)


def differing(entry: Entry, before: Any, after: Any) -> tuple[Any, Any]:
    """
    Return of two long values the parts that differ: the rows of a list, the middle of a text.

    Of what is short, or not alike at all, everything.
    """
    if entry.kind in ("lines", "helplines", "contacts", "app-rules"):
        was, now = list(before or ()), list(after or ())
        gone, come = [each for each in was if each not in now], [each for each in now if each not in was]
        return (gone, come) if gone or come else (was, now)
    if entry.kind not in ("text", "long-text") or not isinstance(before, str) or not isinstance(after, str):
        return before, after
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    end = end if end > SHORT else 0
    if start + end < LONGEST // 4:
        return before, after
    return tuple(_middle(text, start, end) for text in (before, after))  # type: ignore[return-value]


def _common(one: str, other: str) -> int:
    """Return how many letters both begin with."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _middle(text: str, start: int, end: int) -> str:
    """Return what lies between what is common, in whole words, with dots for what was left out."""
    begin = start if text[start : start + 1] in ("", " ") else text.rfind(" ", 0, start) + 1
    stop = text.find(" ", len(text) - end) if end else len(text)
    stop = len(text) if stop < 0 else stop
    part = text[begin:stop].strip()
    if not part:
        return ""
    return ("… " if begin else "") + part + (" …" if stop < len(text) else "")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return a text from a file or a form on one line, without signs that nobody sees."""
    seen = "".join(each if each.isprintable() else " " for each in text[: longest + 1])
    return seen if len(seen) <= longest else seen[: longest - 1].rstrip() + "…"


def _nothing(entry: Entry, speaker: Speaker) -> str:
    if entry.kind == "after":
        return speaker.say(_("never"))
    if entry.name.startswith(("Address of", "Authority of")):
        return speaker.say(_("as at enrolment"))
    return speaker.say(_("nothing"))


def _choice(entry: Entry, code: str, speaker: Speaker) -> str:
    words = entry.choices.get(code)
    return clean(code) if words is None else speaker.say(words)


def _text(entry: Entry, value: Any, speaker: Speaker) -> str:
    if entry.kind == "day":
        return _day(value, speaker)
    if isinstance(value, str) and value in entry.choices:
        return _choice(entry, value, speaker)
    if entry.kind in ("text", "long-text") and isinstance(value, str) and "-----BEGIN" not in value:
        return f"“{clean(value)}”"
    if entry.kind == "long-text":
        return speaker.say(_("a certificate of its own"))
    return clean(str(value))


def _day(value: Any, speaker: Speaker) -> str:
    try:
        day = value if isinstance(value, days.date) else days.date.fromisoformat(str(value))
    except ValueError:
        return clean(str(value))
    return speaker.date(day)


def _app_rule(entry: Entry, value: Mapping[str, Any], speaker: Speaker) -> str:
    """Return "Minecraft (in lessons: is closed; in clubs: opens)"."""
    lesson = _choice(entry, str(value.get("lesson", "allow")), speaker)
    club = _choice(entry, str(value.get("club", "allow")), speaker)
    app = clean(str(value.get("app", "")), 60)
    if value.get("consent"):
        return speaker.say(
            _("%(app)s (in lessons: %(lesson)s; in clubs: %(club)s; with a parent’s consent)"),
            app=app,
            lesson=lesson,
            club=club,
        )
    return speaker.say(
        _("%(app)s (in lessons: %(lesson)s; in clubs: %(club)s)"), app=app, lesson=lesson, club=club
    )


def _item(entry: Entry, value: Any, speaker: Speaker) -> str:
    if isinstance(value, Mapping):
        if entry.kind == "later":
            mode = _choice(entry, str(value.get("mode", "")), speaker)
            return speaker.say(
                _("%(mode)s from %(day)s"), mode=mode, day=_day(value.get("from_day"), speaker)
            )
        if entry.kind == "app-rules":
            return _app_rule(entry, value, speaker)
        told = [str(value.get("name", "")), *filter(None, [str(value.get("how", ""))])]
        return " – ".join(told)
    return _choice(entry, str(value), speaker)
