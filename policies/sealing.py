"""Keys, signatures and sealing: three primitives, each bound to what it is used for.

Signatures are Ed25519 over a domain label and the exact bytes. Sealing is HPKE base mode (RFC 9180)
with X25519, HKDF-SHA256 and AES-256-GCM. The library has no separate `aad`, so everything a sealed
text must be bound to goes into `info`. Base mode does not say who sealed: sign what you seal.
"""

import functools
import hashlib
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
SEAL_OVERHEAD_BYTES = 48
"""32 bytes of encapsulated key and 16 of tag (RFC 9180, sections 4.1 and 7.3)."""


class SealingError(Exception):
    """The bytes are not what they claim to be. Keep them aside; do not act on them."""


class BadSignature(SealingError):
    """Not signed by this key, or changed since. Refuse, and say so."""


class CannotOpen(SealingError):
    """Sealed to another key, for another place, or damaged. Quarantine the bytes."""


def new_signing_key() -> bytes:
    """Return a fresh Ed25519 private key, 32 raw bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signing_public_key(private: bytes) -> bytes:
    """Return the 32-byte public half of an Ed25519 private key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def new_opening_key() -> bytes:
    """Return a fresh X25519 private key, 32 raw bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def opening_public_key(private: bytes) -> bytes:
    """Return the 32-byte public half of an X25519 private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def bind(label: str, *parts: bytes | str | int) -> bytes:
    """
    Return bytes that say what a signature or seal is for, without ambiguity.

    Every part is length-prefixed, so no two different lists give the same bytes.
    Integers are unsigned, up to 64 bits.
    """
    out = [f"gatepost/v1/{label}".encode()]
    for part in parts:
        if isinstance(part, int):
            part = struct.pack(">Q", part)
        elif isinstance(part, str):
            part = part.encode()
        out.append(part)
    return b"".join(struct.pack(">I", len(part)) + part for part in out)


def sign(private: bytes, bound: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature over bytes made by `bind`."""
    return _signing_key(private).sign(bound)


@functools.lru_cache(maxsize=4)
def _signing_key(private: bytes) -> Ed25519PrivateKey:
    """A server signs a thousand orders at a push; making the key each time would take as long as signing."""
    return Ed25519PrivateKey.from_private_bytes(private)


@functools.lru_cache(maxsize=4096)
def _verifying_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def verify(public: bytes, bound: bytes, signature: bytes) -> None:
    """Return if the signature holds; raise BadSignature otherwise, whatever is wrong with the input."""
    try:
        _verifying_key(public).verify(signature, bound)
    except (InvalidSignature, ValueError, TypeError) as problem:
        raise BadSignature("the signature does not hold") from problem


def seal(public: bytes, plain: bytes, info: bytes) -> bytes:
    """
    Seal to the holder of one X25519 key: 32 bytes of key share, ciphertext, 16 bytes of tag.

    Raises SealingError for a key no secret can come from (wrong length or low order).
    """
    try:
        return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info=info)
    except ValueError as problem:
        raise SealingError("this is not a usable public key") from problem


def open_sealed(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Return the plain bytes; raise CannotOpen for anything that was not sealed to this key and info."""
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=info)
    except (InvalidTag, ValueError) as problem:
        raise CannotOpen("the seal does not open") from problem


def fingerprint(public: bytes) -> str:
    """Return a name for a key that people can compare: 8 groups of 4 hex digits of its SHA-256."""
    digits = hashlib.sha256(public).hexdigest()[:32]
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))
