"""What every signed message of the server is made of. `orders` names them all."""

from typing import Annotated

import msgspec
from msgspec import Meta

DeviceId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of one order-like message and the server's signature over them."""

    body: Annotated[bytes, Meta(max_length=65536)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    """Base of everything that is signed with the policy key."""

    device: DeviceId
