"""A change of settings in words: "Room 4: lock after 10 minutes instead of 5. Weakens protection."

The command line says it in English, the pages in the reader's language.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from policies.comparing import Change

from server.wording.entries import Entry
from server.wording.entries import mark as _
from server.wording.places import say_layer
from server.wording.school import EVERYTHING
from server.wording.values import ENGLISH, Speaker, clean, say_pair, say_value

_NO_NAMES: Mapping[str, str] = {}


class ChangeWords(NamedTuple):
    """One change as it is shown."""

    where: str
    """Room 4, for Early, Mon–Fri"""
    setting: str
    """Lock after"""
    before: str
    after: str
    sentence: str
    """All of it in one sentence, without the mark for weakening."""
    weakens: bool
    why: str
    """Why it weakens; empty if it does not."""


def entry_of(setting: str) -> Entry:
    """Return what a setting is called; one that nobody named is called as in the files."""
    return EVERYTHING.get(setting) or Entry(clean(setting), f"{clean(setting)}: %(value)s", "text")


def say_change(
    change: Change, speaker: Speaker = ENGLISH, hostnames: Mapping[str, str] = _NO_NAMES
) -> ChangeWords:
    """Return one change in words. `hostnames`: what laptops are called, by id."""
    entry = entry_of(change.setting)
    where = say_layer(change.scope, change.name, change.tiers, change.when, speaker, hostnames)
    pair = say_pair(entry, change.before, change.after, speaker)
    return ChangeWords(
        where=where,
        setting=speaker.say(entry.name),
        before=say_value(entry, change.before, speaker),
        after=say_value(entry, change.after, speaker),
        sentence=f"{where}: {speaker.say(entry.said, value=pair)}.",
        weakens=change.weakens,
        why=say_why(change.why_weakens, speaker) if change.weakens else "",
    )


def sentences(
    changes: Iterable[Change], speaker: Speaker = ENGLISH, hostnames: Mapping[str, str] = _NO_NAMES
) -> list[str]:
    """Return each change as one line, with the mark for weakening."""
    return [say_line(say_change(change, speaker, hostnames), speaker) for change in changes]


def say_line(said: ChangeWords, speaker: Speaker = ENGLISH) -> str:
    """Return a change and what it does to protection as one line."""
    return f"{said.sentence} {speaker.say(_('Weakens protection.'))}" if said.weakens else said.sentence


WHY: dict[str, str] = {}
"""Code of `policies.comparing` → sentence."""


def say_why(code: str, speaker: Speaker = ENGLISH) -> str:
    """Return why a change weakens protection."""
    words = WHY.get(code)
    return speaker.say(words) if words is not None else clean(code)
