"""What was read of a file before anything is decided: people as it says them, and what is wrong with it."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.roster.entries import Kind

MOST_PROBLEMS = 2000
"""Of a file with more, the rest is only counted: it is the wrong file."""


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """One thing that is wrong or worth a look. `words.py` says it; value and person are from the file."""

    code: str
    file: str = ""
    line: int = 0
    """0: of the file as a whole."""
    value: str = ""
    person: str = ""
    """Whose line it is, where that could be read."""


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """One person as the file says, cell by cell, cleaned but not judged."""

    person: str
    file: str
    line: int
    kind: Kind | Literal[""] = ""
    given_name: str = ""
    family_name: str = ""
    display_name: str = ""
    identifier: str = ""
    username: str = ""
    tier: str = ""
    grade: str = ""
    born: date | None = None
    language: str = ""
    room: str = ""
    class_name: str = ""
    year: str = ""
    job_title: str = ""
    more_usernames: tuple[str, ...] = ()
    """Of further lines that are the same but for the user name."""


class Reading(msgspec.Struct, frozen=True):
    """A whole file or folder, read."""

    source: Annotated[str, Meta(max_length=24)]
    """csv, oneroster 1.1 or oneroster 1.2"""
    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...] = ()
    """Lines that were left out; their people stay as they are."""
    notes: tuple[Problem, ...] = ()
    """Nothing was left out for these, but somebody should know."""
    gone: tuple[str, ...] = ()
    """People whom the file itself says to have left."""
    whole: bool = True
    """False for OneRoster delta files, which tell only what changed."""
    columns: dict[str, str] = {}
    """Plain CSV: our field → the column it was read from."""


def is_unclear(problems: tuple[Problem, ...]) -> bool:
    """Say whether a line was left out of which nobody knows whose it is: then a leaver may be none."""
    return any(not each.person and each.line for each in problems)
