"""What every page a window may be asked to show is made of. `pages` names them all."""

from typing import Annotated

import msgspec
from msgspec import Meta

from policies.settings import Language, Tier

Line = Annotated[str, Meta(max_length=600)]


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="page"):
    """Common to all windows."""

    school: Line
    language: Language
    tier: Tier
    reports: bool = False
    """*Something's wrong* can be told from here; else only *I need help* stands. Somebody who may not come in
    may still tell."""
    text_scale: Annotated[int, Meta(ge=100, le=200)] = 100
    """Per cent; as arranged for this person."""
