"""From our texts and a school's own words to the agreements that school asks.

The texts lie in `texts/TIER.LANGUAGE.toml`. A text names, beside each line of its list of what is kept, the
kinds of record that line stands for; a kind that the settings do not let be kept takes its line with it.
Pure: the same school and settings give the same agreements, word for word.
"""

import functools
import re
import textwrap
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies import recording, records
from policies.agreements import (
    Agreement,
    AgreementRefused,
    AgreementText,
    Clause,
    Section,
    Sentence,
    Words,
    check_agreement,
)
from policies.app_rules import uses_rules
from policies.numbers_in_texts import fill_school
from policies.settings import Language, Part, School, Settings, Tier

_MOST_STATEMENTS = 3
"""The school's own words are shown in at most so many pieces, each read aloud by itself."""
_LONGEST_STATEMENT = 600


class TextSentence(Part, frozen=True, kw_only=True):
    """A sentence of ours; `when` leaves it out where it would not be true."""

    text: Words
    why: str = ""
    picture: str = ""
    clause: Clause | Literal[""] = ""
    when: Literal["always", "apps", "no-apps", "lists", "seen", "unseen"] = "always"
    """apps: use of apps is recorded. lists: some app is not simply allowed. seen: either of both."""


class KeptLine(Part, frozen=True, kw_only=True):
    """One line of the list of what is kept, and the kinds of record it tells of."""

    records: Annotated[tuple[str, ...], Meta(min_length=1)]
    line: Words


class TextSection(Part, frozen=True, kw_only=True):
    """One page, before the school's words are put in."""

    heading: Words
    clause: Clause
    sentences: tuple[TextSentence, ...] = ()
    kept: tuple[KeptLine, ...] = ()
    never_kept: tuple[Words, ...] = ()
    school_consequences: bool = False
    """The school's own words follow our sentences."""
    for_adults: str = ""
    """Holds `{kept}`, `{never_kept}` and `{consequences}`; then the lists stand here, not on the page."""


class TextFile(Part, frozen=True, kw_only=True):
    """One file in `texts/`. `{school}` stands for the school's name."""

    title: Words
    intro: Words
    sections: Annotated[tuple[TextSection, ...], Meta(min_length=1, max_length=7)]


def compose(
    school: School, settings: Settings, tiers: tuple[Tier, ...], versions: int | Mapping[Tier, int] = 1
) -> tuple[Agreement, ...]:
    """
    Return the agreement of each tier in every language the settings offer, the school's own first.

    `versions` is one number for all, or one per tier (1 for a tier not named).
    Numbers in the school's own words follow the settings. Raises AgreementRefused if the school gives no
    consequences in one of its languages.
    """
    school = fill_school(school, settings)
    composed = []
    for tier in tiers:
        version = versions if isinstance(versions, int) else versions.get(tier, 1)
        texts = tuple(
            _compose_text(school, settings, tier, language) for language in settings.agreement.languages
        )
        agreement = Agreement(tier=tier, version=version, texts=texts)
        check_agreement(agreement)
        composed.append(agreement)
    return tuple(composed)


def carry_versions(before: tuple[Agreement, ...], now: tuple[Agreement, ...]) -> tuple[Agreement, ...]:
    """
    Return `now` numbered after `before`: a tier whose texts are the same keeps its version, else one more.

    A tier that was not there before starts at the version it has.
    """
    known = {agreement.tier: agreement for agreement in before}
    numbered = []
    for agreement in now:
        last = known.get(agreement.tier)
        if last is not None:
            changed = {text.language: text for text in last.texts} != {
                text.language: text for text in agreement.texts
            }
            agreement = msgspec.structs.replace(agreement, version=last.version + changed)
        numbered.append(agreement)
    return tuple(numbered)


@functools.cache
def load_text(tier: Tier, language: Language) -> TextFile:
    """Return our text for one tier and language, as it stands in its file."""
    source = resources.files("policies") / "texts" / f"{tier}.{language}.toml"
    return msgspec.convert(tomllib.loads(source.read_text(encoding="utf-8")), TextFile)


def _compose_text(school: School, settings: Settings, tier: Tier, language: Language) -> AgreementText:
    consequences = school.consequences.get(language, "").strip()
    if not consequences:
        raise AgreementRefused(
            f"The school's consequences in `{language}` are missing. "
            "Write what happens when the rules are broken; no agreement is asked without it."
        )
    file = load_text(tier, language)
    kept_kinds = {records.kind_name(kind) for kind in recording.named_in_agreement(settings)}
    sections = tuple(
        _compose_section(section, settings, kept_kinds, consequences) for section in file.sections
    )
    text = AgreementText(language=language, title=file.title, intro=file.intro, sections=sections)
    return _with_school(text, school.name)


def _compose_section(
    section: TextSection, settings: Settings, kept_kinds: set[str], consequences: str
) -> Section:
    sentences = [
        Sentence(text=said.text, why=said.why, picture=said.picture, clause=said.clause)
        for said in section.sentences
        if _holds(said, settings)
    ]
    if section.school_consequences:
        sentences += [Sentence(text=statement) for statement in _statements(consequences)]
    kept = tuple(entry.line for entry in section.kept if kept_kinds.intersection(entry.records))
    page = Section(heading=section.heading, clause=section.clause, sentences=tuple(sentences))
    if section.for_adults:
        small = section.for_adults.replace("{kept}", "; ".join(kept))
        small = small.replace("{never_kept}", ", ".join(section.never_kept))
        # Last, so that nothing in the school's words is taken for a place to fill in.
        return msgspec.structs.replace(page, for_adults=small.replace("{consequences}", consequences))
    return msgspec.structs.replace(page, kept=kept, never_kept=section.never_kept)


def _holds(said: TextSentence, settings: Settings) -> bool:
    apps, lists = settings.usage.record_apps, uses_rules(settings.apps)
    return {
        "always": True,
        "apps": apps,
        "no-apps": not apps,
        "lists": lists,
        "seen": apps or lists,
        "unseen": not (apps or lists),
    }[said.when]


def _statements(words: str) -> list[str]:
    """Cut a school's own words at the ends of sentences into few pieces that can be heard one by one."""
    pieces = [piece for line in words.splitlines() for piece in re.split(r"(?<=[.!?…])\s+", line.strip())]
    pieces = [part for piece in pieces for part in textwrap.wrap(piece, _LONGEST_STATEMENT)]
    while len(pieces) > _MOST_STATEMENTS:
        shortest = min(range(len(pieces) - 1), key=lambda at: len(pieces[at]) + len(pieces[at + 1]))
        pieces[shortest : shortest + 2] = [f"{pieces[shortest]} {pieces[shortest + 1]}"]
    return pieces


def _with_school(text: AgreementText, name: str) -> AgreementText:
    """Put the school's name in, wherever a text of ours has room for it. It is never read as a pattern."""

    def put(words: str) -> str:
        return words.replace("{school}", name)

    return msgspec.structs.replace(text, title=put(text.title), intro=put(text.intro))
