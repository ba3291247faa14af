"""How one setting is put into words: its name, how a change of it reads, and what it is typed as."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal[
    "seconds",
    "after",  # seconds, or never
    "minutes",
    "hours",
    "days",
    "count",
    "bytes",
    "switch",  # yes or no
    "one",  # one of the choices
    "several",  # some of the choices
    "text",
    "long-text",
    "lines",  # a list of texts
    "day",
    "clock",
    "month-day",
    "later",  # other modes from a day on
    "helplines",
    "contacts",
    "app-rules",  # what follows for each app, in lessons and in clubs
]


def mark(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


class Entry(NamedTuple):
    """One setting in words."""

    name: str
    """As a label: `Lock after`."""
    said: str
    """As a statement that follows a place and a colon, with its value: `lock after %(value)s`."""
    kind: Kind
    hint: str = ""
    """What it does and who notices, in a sentence or two."""
    choices: Mapping[str, str] = {}
    """Code → words; `true` and `false` of a switch."""
