"""Only what somebody typed anew is a change: a form carries what it held when it was opened.

What it merely showed may have been changed by a colleague since, and is theirs. Where both changed one field
nothing is saved before the second has seen what the first wrote.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from server.web import common
from server.web.names import harmless
from server.web.words import Words

LONGEST = 10_000
MOST_SHOWN = 60


class Anew(NamedTuple):
    """What a posted form changes."""

    typed: dict[str, str]
    """Fields that this adult changed; all of them where the form says not what it held."""
    moved: tuple[str, ...]
    """Those of them that somebody else changed to something else meanwhile."""


def decide_anew(given: Mapping[str, str], was: Mapping[str, str | None], held: Mapping[str, str]) -> Anew:
    """
    Return what was typed anew. Pure.

    `given`: the fields as they came. `was`: what the form held, None where it does not say. `held`: what
    stands now.
    """
    typed, moved = {}, []
    for field, text in given.items():
        before = was.get(field)
        if before is not None and _same(text, before):
            continue
        typed[field] = text
        if before is not None and not _same(before, held[field]) and not _same(text, held[field]):
            moved.append(field)
    return Anew(typed, tuple(moved))


def read(data: Mapping[str, object], given: Mapping[str, str], held: Mapping[str, str]) -> Anew:
    """Return what a posted form changes; `given` are its fields as they were read."""
    was = {
        field: common.text_of(data, f"was-{field}", LONGEST) if f"was-{field}" in data else None
        for field in given
    }
    return decide_anew(given, was, held)


def problems(
    words: Words, fields: Iterable[str], held: Mapping[str, str], shown: Callable[[str, str], str]
) -> list[tuple[str, str]]:
    """Return, field by field, what somebody else wrote meanwhile; `shown` says a field's value in words."""
    found = []
    for field in fields:
        value = harmless(" ".join(shown(field, held[field]).split()), MOST_SHOWN)
        if value:
            said = words.say(
                "Meanwhile somebody else wrote “%(value)s”. Yours is not saved yet.", value=value
            )
        else:
            said = words.say("Meanwhile somebody else emptied this. Yours is not saved yet.")
        found.append((field, said))
    return found


def _same(one: str, other: str) -> bool:
    """Compare as browsers send it: the ends of lines and of texts are nobody's choice."""
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
