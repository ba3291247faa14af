"""What every branch of the settings is made of, and the words they share. `settings` names them all."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Tier = Literal["early", "junior", "teen", "adult", "visitor"]
Language = Literal["en", "tr"]
TIERS: tuple[Tier, ...] = ("early", "junior", "teen", "adult", "visitor")
LANGUAGES: tuple[Language, ...] = ("en", "tr")

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Line = Annotated[str, Meta(max_length=400)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One branch of the settings tree: immutable, and refuses a field it does not know."""
