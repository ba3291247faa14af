"""Agreement texts as data: tier × language, each with a hash of what was shown.

Everything a person is shown is in the text, and everything in the text is shown: that is what the hash
is for. Names of contacts and numbers of settings stand beside it, not in it, so that a new telephone
number or lock time does not ask a whole school again (docs/decisions/0010).
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.settings import Language, Tier

Words = Annotated[str, Meta(min_length=1, max_length=600, pattern=r"\S")]
Clause = Literal["use", "people", "monitoring", "consequences", "help"]

MUST_HAVE: tuple[Clause, ...] = ("monitoring", "consequences")
"""No agreement without them: everyone is told of monitoring (R34), and of consequences (R13)."""

PICTURES = (
    "with-adult",
    "be-kind",
    "ask-first",
    "no-drinks",
    "tell-adult",
    "school-sees",
    "stop-and-talk",
)
"""The picture cards there are for the early tier: an adult and a child at a laptop; two children and a
heart; a child with a question; a laptop and a drink kept apart; a sad child and a listening adult; a laptop
and the list it keeps; an adult, a child and a pause sign."""

EARLY_SENTENCES = 7
EARLY_WORDS = 10
"""Limits of the early tier (ui.md §3): each sentence can be heard, and needs a picture."""


class AgreementRefused(Exception):
    """This agreement may not be asked of anybody. The text says what to add or change."""


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One promise or statement; read aloud and framed as one piece."""

    text: Words
    why: Annotated[str, Meta(max_length=600)] = ""
    picture: Annotated[str, Meta(pattern=r"^[a-z-]{0,40}$")] = ""
    """Name of a picture card; required in the early tier. In the junior tier, a small icon's name."""
    clause: Clause | Literal[""] = ""
    """What this sentence is for, where a page holds more than one thing; empty: as its section."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One page at the gate."""

    heading: Words
    clause: Clause
    """What this page is for. `monitoring` and `consequences` may not be missing (R13, R34)."""
    sentences: Annotated[tuple[Sentence, ...], Meta(min_length=1, max_length=12)]
    kept: tuple[Words, ...] = ()
    never_kept: tuple[Words, ...] = ()
    for_adults: Annotated[str, Meta(max_length=2400)] = ""
    """Small text beneath the page, for the adult who reads along."""


class AgreementText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One agreement in one language, complete: what is shown is what is hashed."""

    language: Language
    title: Words
    intro: Words
    sections: Annotated[tuple[Section, ...], Meta(min_length=1, max_length=7)]


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one tier is asked, in every language of the school. `version` grows with any text."""

    tier: Tier
    version: Annotated[int, Meta(ge=1)]
    texts: Annotated[tuple[AgreementText, ...], Meta(min_length=1, max_length=2)]


def text_hash(text: AgreementText) -> str:
    """Return the SHA-256, hexadecimal, of everything a person is shown of this text."""
    return hashlib.sha256(b"gatepost/agreement/v1\0" + msgspec.json.encode(text)).hexdigest()


def text_in(agreement: Agreement, language: Language) -> AgreementText:
    """Return the text in this language, or in the agreement's first if it has none."""
    return next((text for text in agreement.texts if text.language == language), agreement.texts[0])


def clauses_of(text: AgreementText) -> frozenset[Clause]:
    """Return what this text speaks of."""
    return frozenset(
        sentence.clause or section.clause for section in text.sections for sentence in section.sentences
    )


def check_agreement(agreement: Agreement) -> None:
    """
    Raise AgreementRefused unless this may be published, and asked at a gate.

    Both sides call it: the server before it signs a policy, the laptop before it obeys one.
    """
    try:
        msgspec.convert(msgspec.to_builtins(agreement), Agreement)
    except msgspec.ValidationError as problem:
        raise AgreementRefused(
            f"The agreement for `{agreement.tier}` is not complete: {problem}."
        ) from problem
    languages = [text.language for text in agreement.texts]
    if len(set(languages)) != len(languages):
        raise AgreementRefused(f"The agreement for `{agreement.tier}` has two texts in one language.")
    for text in agreement.texts:
        where = f"The agreement for `{agreement.tier}` in `{text.language}`"
        for clause in MUST_HAVE:
            if clause not in clauses_of(text):
                raise AgreementRefused(f"{where} has no {clause} clause. Add {_WHAT[clause]}.")
        if agreement.tier == "early":
            _check_early(where, text)


_WHAT: dict[Clause, str] = {
    "monitoring": "a section that says what is recorded, and what is not",
    "consequences": "a section that says what happens when a rule is broken",
}


def _check_early(where: str, text: AgreementText) -> None:
    sentences = [sentence for section in text.sections for sentence in section.sentences]
    if len(sentences) > EARLY_SENTENCES:
        raise AgreementRefused(f"{where} has {len(sentences)} sentences. Keep {EARLY_SENTENCES} at most.")
    for sentence in sentences:
        if len(sentence.text.split()) > EARLY_WORDS:
            raise AgreementRefused(
                f"{where}: “{sentence.text}” is longer than {EARLY_WORDS} words. Shorten it."
            )
        if sentence.picture not in PICTURES:
            raise AgreementRefused(
                f"{where}: “{sentence.text}” has no picture. Take one of {', '.join(PICTURES)}."
            )
