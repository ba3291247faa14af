"""Officers of an invented school with their keys, and lists signed by its root key."""

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from policies import sealing
from policies.officers import (
    Officer,
    OfficerRole,
    OfficersList,
    RootChange,
    SignedOfficers,
    change_bound,
    list_bound,
)

SINCE = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class Holder(NamedTuple):
    """One officer with both private keys."""

    officer: Officer
    opening_key: bytes
    sign_key: bytes

    @property
    def id(self) -> str:
        """Return the id of the opening key."""
        return self.officer.id


def holder(name: str, role: OfficerRole) -> Holder:
    """Return a new officer."""
    opening, signing = sealing.new_opening_key(), sealing.new_signing_key()
    sign_public = bytes(32) if role == "recovery" else sealing.signing_public_key(signing)
    officer = Officer(
        name=name, role=role, key=sealing.opening_public_key(opening), sign_key=sign_public, since=SINCE
    )
    return Holder(officer, opening, signing)


class Office:
    """A school's officers: lead, deputy, head, alternate, recovery sheet, and the root key."""

    def __init__(self) -> None:
        self.root = sealing.new_signing_key()
        self.lead = holder("Mr Okafor", "lead")
        self.deputy = holder("Ms Winter", "deputy")
        self.head = holder("Mrs Aksoy", "head")
        self.alternate = holder("Dr Lind", "alternate")
        self.sheet = holder("Recovery sheet", "recovery")

    @property
    def all(self) -> tuple[Holder, ...]:
        """Return everybody."""
        return (self.lead, self.deputy, self.head, self.alternate, self.sheet)

    @property
    def root_public(self) -> bytes:
        """Return what laptops pin."""
        return sealing.signing_public_key(self.root)

    def listed(self, seq: int = 1, holders: tuple[Holder, ...] | None = None) -> OfficersList:
        """Return the list with these people; all of them unless told otherwise."""
        return OfficersList(
            seq=seq, officers=tuple(each.officer for each in (self.all if holders is None else holders))
        )

    def signed(
        self,
        seq: int = 1,
        holders: tuple[Holder, ...] | None = None,
        *,
        root: bytes | None = None,
        changes: tuple[RootChange, ...] = (),
    ) -> SignedOfficers:
        """Return the list as it stands in a policy."""
        return signed_list(
            msgspec.json.encode(self.listed(seq, holders)), self.root if root is None else root, changes
        )


def signed_list(list_bytes: bytes, root: bytes, changes: tuple[RootChange, ...] = ()) -> SignedOfficers:
    """Return any bytes, signed as a list."""
    return SignedOfficers(
        list=list_bytes,
        signature=sealing.sign(root, list_bound(list_bytes)),
        root=sealing.signing_public_key(root),
        changes=changes,
    )


def root_change(old: bytes, new: bytes, signer: bytes | None = None) -> RootChange:
    """Return the change from one root key to another, signed by the old one unless told otherwise."""
    one, other = sealing.signing_public_key(old), sealing.signing_public_key(new)
    signature = sealing.sign(old if signer is None else signer, change_bound(one, other))
    return RootChange(old=one, new=other, signature=signature)
