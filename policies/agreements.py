"""Agreement texts as data: tier × language, each with a hash of what was shown."""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.settings import Language, Tier

Words = Annotated[str, Meta(min_length=1, max_length=600)]


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One promise or statement; read aloud and framed as one piece."""

    text: Words
    why: Annotated[str, Meta(max_length=600)] = ""
    picture: Annotated[str, Meta(pattern=r"^[a-z-]{0,40}$")] = ""
    """Name of a picture card; required in the early tier."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One page at the gate."""

    heading: Words
    clause: Literal["use", "people", "monitoring", "consequences", "help"]
    """What this page is for. `monitoring` and `consequences` may not be missing (R13, R34)."""
    sentences: Annotated[tuple[Sentence, ...], Meta(min_length=1, max_length=12)]
    kept: tuple[Words, ...] = ()
    never_kept: tuple[Words, ...] = ()


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
