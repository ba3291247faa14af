"""What every message between service and session is made of. `messages` names them all."""

from typing import Annotated

import msgspec
from msgspec import Meta

Short = Annotated[str, Meta(max_length=200)]


class Up(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="up"):
    """A fact from the session."""


class Down(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="down"):
    """An order to the session."""
