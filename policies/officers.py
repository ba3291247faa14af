"""Who may open pupils' reports: a list signed by the school's root key, pinned by laptops, never rolled back.

The root key is made in the head's browser and never reaches the server; so a server that lies about whom to
seal to is caught by every laptop. The list's bytes are carried and signed as sent.
"""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from policies import sealing
from policies.decoding import UNREADABLE
from policies.envelopes import key_id
from policies.record_base import KeyId, Moment
from policies.settings import Name

MAX_LIST_BYTES = 32 * 1024
MOST_OFFICERS = 24
FEWEST_OFFICERS = 2
"""Beside the recovery key. With fewer, one lost passphrase loses a child's words (DESIGN §6)."""

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
OfficerRole = Literal["lead", "deputy", "head", "alternate", "recovery"]
"""lead, deputy: safeguarding. head: reports about staff. alternate: reports about the head (a governor, the
local authority). recovery: the printed sheet; it receives everything."""


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One holder of a key."""

    name: Name
    """As pupils know this adult; the recovery sheet's is "Recovery sheet"."""
    role: OfficerRole
    key: Key
    """X25519: reports are sealed to it."""
    sign_key: Key
    """Ed25519: what this officer writes is signed with it. The recovery sheet's is 32 zero bytes."""
    since: Moment

    @property
    def id(self) -> str:
        """Return the id of the opening key."""
        return key_id(self.key)


class OfficersList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All who hold a key now. A leaver is simply not on the next list."""

    v: Literal[1] = 1
    seq: Annotated[int, Meta(ge=1, le=2**53)]
    """Grows with every list; a laptop refuses a lower one."""
    officers: Annotated[tuple[Officer, ...], Meta(max_length=MOST_OFFICERS)]


class RootChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The old root key names its follower."""

    old: Key
    new: Key
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class SignedOfficers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands in the policy body: the list as signed, the root key, and how the root came to change."""

    list: Annotated[bytes, Meta(max_length=MAX_LIST_BYTES)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    root: Key
    changes: Annotated[tuple[RootChange, ...], Meta(max_length=16)] = ()


class OfficersRefused(Exception):
    """This list is not taken; the one before still holds. The text says why, for the technician."""


class Pin(NamedTuple):
    """What a laptop remembers of the last list it took."""

    root: bytes
    seq: int
    list_bytes: bytes


def list_bound(list_bytes: bytes) -> bytes:
    """Return what the root key signs."""
    return sealing.bind("officers", list_bytes)


def change_bound(old: bytes, new: bytes) -> bytes:
    """Return what the old root key signs to name its follower."""
    return sealing.bind("root-change", old, new)


def read_officers(signed: SignedOfficers) -> OfficersList:
    """
    Return the list if its own root signed it and it can be relied on.

    Raises OfficersRefused for a bad signature, unknown bytes, a key that stands there twice, fewer than two
    people, no recovery sheet, or nobody for a report about staff. Says nothing about whose root it is.
    """
    try:
        sealing.verify(signed.root, list_bound(signed.list), signed.signature)
        listed = msgspec.json.decode(signed.list, type=OfficersList)
    except sealing.BadSignature as problem:
        raise OfficersRefused(
            "the list of safeguarding officers is not signed by the school's key"
        ) from problem
    except UNREADABLE as problem:
        raise OfficersRefused(f"the list of safeguarding officers cannot be read: {problem}") from problem
    keys = [officer.key for officer in listed.officers]
    people = [officer for officer in listed.officers if officer.role != "recovery"]
    if len(set(keys)) != len(keys):
        raise OfficersRefused("one key stands on the list of safeguarding officers twice")
    if len(people) < FEWEST_OFFICERS or not any(who.role in ("lead", "deputy") for who in people):
        raise OfficersRefused("fewer than two people hold a key, or no safeguarding lead does")
    if len(people) == len(listed.officers):
        raise OfficersRefused("there is no recovery sheet on the list of safeguarding officers")
    if not any(who.role in ("head", "alternate") for who in people):
        raise OfficersRefused("nobody is on the list who may read a report about staff")
    return listed


def take_officers(signed: SignedOfficers, pin: Pin | None) -> tuple[OfficersList, Pin]:
    """
    Return the list and what to remember, if it follows from what this laptop remembers.

    `pin` is None only on a laptop that has never taken a list and was given no root key at enrolment: it
    takes the first one, and its doctor shows the fingerprint. Raises OfficersRefused otherwise.
    """
    listed = read_officers(signed)
    if pin is None:
        return listed, Pin(signed.root, listed.seq, signed.list)
    root = pin.root
    for change in signed.changes:
        if root == signed.root:
            break
        if change.old != root:
            continue
        try:
            sealing.verify(root, change_bound(change.old, change.new), change.signature)
        except sealing.BadSignature as problem:
            raise OfficersRefused(
                "the change of the school's root key is not signed by the old one"
            ) from problem
        root = change.new
    if root != signed.root:
        raise OfficersRefused("the list is signed by another root key than the one this laptop knows")
    if listed.seq < pin.seq or (listed.seq == pin.seq and pin.list_bytes and signed.list != pin.list_bytes):
        raise OfficersRefused("the list is older than the one this laptop has, or another one of its number")
    return listed, Pin(root, listed.seq, signed.list)


__all__ = [
    "FEWEST_OFFICERS",
    "KeyId",
    "Officer",
    "OfficerRole",
    "OfficersList",
    "OfficersRefused",
    "Pin",
    "RootChange",
    "SignedOfficers",
    "change_bound",
    "list_bound",
    "read_officers",
    "take_officers",
]
