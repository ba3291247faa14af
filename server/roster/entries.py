"""One person as a list says, and as the server knows them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.settings import Language, Tier

Kind = Literal["pupil", "staff", "visitor"]
KINDS: tuple[Kind, ...] = ("pupil", "staff", "visitor")
Account = Annotated[str, Meta(min_length=1, max_length=200)]
FIELDS = (
    "kind",
    "given_name",
    "family_name",
    "display_name",
    "tier",
    "language",
    "room",
    "year",
    "job_title",
    "accounts",
)
"""What may differ between two lists, in the order pages say it."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the list. Birth dates, addresses and marks are never kept: only what a login needs."""

    person: Annotated[str, Meta(min_length=1, max_length=200)]
    """The school's own id, which stays when a name changes."""
    kind: Kind = "pupil"
    given_name: Annotated[str, Meta(max_length=120)] = ""
    family_name: Annotated[str, Meta(max_length=120)] = ""
    display_name: Annotated[str, Meta(min_length=1, max_length=200)]
    tier: Tier
    language: Language = "en"
    room: Annotated[str, Meta(max_length=80)] = ""
    year: Annotated[str, Meta(max_length=40)] = ""
    job_title: Annotated[str, Meta(max_length=120)] = ""
    accounts: Annotated[tuple[Account, ...], Meta(max_length=8)] = ()
    """OS user names that log this person in; empty: listed, but no laptop knows them yet."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person the server knows: their entry, and since and until when they are listed."""

    entry: Entry
    joined_at: datetime
    joined_by: str = ""
    left_at: datetime | None = None
    left_by: str = ""
    left_reason: str = ""


def kind_of(tier: str) -> Kind:
    """Return what kind of person a tier is for, where a list does not say it."""
    return {"adult": "staff", "visitor": "visitor"}.get(tier, "pupil")  # type: ignore[return-value]
