"""Words sealed to several people at once, and to nobody else: the slot for pupils' reports.

A fresh content key closes the words once; HPKE wraps that key for each recipient. The header is what the
server may know; its hash is bound into every wrap, the ciphertext and the laptop's signature, so that no
part of one envelope fits another. The header commits to the content key, because AES-GCM alone would let a
dishonest sender show two readers different words. HPKE does not say who sealed: the signature does.
Layout and the attacks it was tried against: docs/decisions/0011.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from policies import sealing
from policies.decoding import UNREADABLE
from policies.record_base import KeyId
from policies.sealing import CannotOpen, SealingError

STEP_BYTES = 4096
"""Words are padded to whole steps, so that their length says little."""
MAX_PAYLOAD_BYTES = 256 * 1024
MAX_ENVELOPE_BYTES = 512 * 1024
_NONCE = bytes(12)
"""A content key closes one envelope and no other, so its nonce need not vary."""

Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Token = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What anybody may read of an envelope. Nothing about the pupil stands here."""

    v: Literal[1] = 1
    suite: Literal["X25519-HKDF-SHA256/HKDF-SHA256/AES-256-GCM"] = (
        "X25519-HKDF-SHA256/HKDF-SHA256/AES-256-GCM"
    )
    id: Token
    device: Token
    kind: Token
    to: Annotated[tuple[KeyId, ...], Meta(min_length=1, max_length=32)]
    commit: Hex


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole, as JSON. `header` is carried and hashed as sent, never encoded again."""

    header: Annotated[bytes, Meta(max_length=4096)]
    sealed: Annotated[bytes, Meta(max_length=MAX_PAYLOAD_BYTES + 2 * STEP_BYTES)]
    wraps: Annotated[dict[KeyId, bytes], Meta(max_length=32)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Opened(NamedTuple):
    """The words, and what the reader must be shown beside them."""

    payload: bytes
    to: tuple[str, ...]
    """Ids of the keys it was sealed to, as the laptop wrote them."""
    dropped: tuple[str, ...]
    """Recipients whose wrap is gone: somebody took it out on the way."""
    strange: tuple[str, ...]
    """Wraps for keys the laptop did not name."""


def key_id(public: bytes) -> str:
    """Return the id of an X25519 public key: 32 hexadecimal digits."""
    return hashlib.sha256(sealing.bind("key-id", public)).hexdigest()[:32]


def seal_envelope(
    device_private: bytes,
    recipients: Sequence[bytes],
    payload: bytes,
    *,
    envelope_id: str,
    device: str,
    kind: str,
) -> bytes:
    """
    Seal words to the holders of these X25519 keys and sign the envelope; the caller cannot open it again.

    Raises SealingError for no recipients, one named twice, an unusable key, or words that are too long.
    """
    to = tuple(key_id(public) for public in recipients)
    if not to or len(set(to)) != len(to):
        raise SealingError("an envelope needs recipients, each of them once")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise SealingError(f"longer than {MAX_PAYLOAD_BYTES} bytes")
    content_key = secrets.token_bytes(32)
    header = msgspec.json.encode(
        Header(id=envelope_id, device=device, kind=kind, to=to, commit=_commit(content_key))
    )
    header_hash = hashlib.sha256(header).digest()
    padded = len(payload).to_bytes(4, "big") + payload
    padded += bytes(-len(padded) % STEP_BYTES)
    sealed = AESGCM(content_key).encrypt(_NONCE, padded, sealing.bind("payload", header_hash))
    wraps = {
        whose: sealing.seal(public, content_key, sealing.bind("wrap", header_hash, whose))
        for whose, public in zip(to, recipients, strict=True)
    }
    signature = sealing.sign(device_private, _signed(header_hash, sealed))
    envelope = Envelope(header=header, sealed=sealed, wraps=wraps, signature=signature)
    encoded = msgspec.json.encode(envelope)
    read_envelope(encoded)
    return encoded


def read_envelope(encoded: bytes) -> tuple[Envelope, Header]:
    """Return the outside of an envelope; raise SealingError if these bytes are none."""
    if len(encoded) > MAX_ENVELOPE_BYTES:
        raise SealingError("larger than an envelope may be")
    try:
        envelope = msgspec.json.decode(encoded, type=Envelope)
        header = msgspec.json.decode(envelope.header, type=Header)
    except UNREADABLE as problem:
        raise SealingError("not an envelope this version knows") from problem
    if len(set(header.to)) != len(header.to):
        raise SealingError("an envelope names each reader once")
    return envelope, header


def verify_envelope(public: bytes, encoded: bytes) -> tuple[Envelope, Header]:
    """Return the outside if the holder of this key signed it; raise BadSignature or SealingError."""
    envelope, header = read_envelope(encoded)
    header_hash = hashlib.sha256(envelope.header).digest()
    sealing.verify(public, _signed(header_hash, envelope.sealed), envelope.signature)
    return envelope, header


def open_envelope(
    private: bytes, encoded: bytes, *, device_public: bytes, envelope_id: str, device: str, kind: str
) -> Opened:
    """
    Return the words, if they are what was asked for: this id, this laptop, this kind.

    Raises BadSignature if that laptop did not sign it, CannotOpen if it is not sealed to this key or any
    part belongs elsewhere, SealingError if the bytes are no envelope.
    """
    envelope, header = read_envelope(encoded)
    header_hash = hashlib.sha256(envelope.header).digest()
    sealing.verify(device_public, _signed(header_hash, envelope.sealed), envelope.signature)
    if (header.id, header.device, header.kind) != (envelope_id, device, kind):
        raise CannotOpen("this is another envelope than the one asked for")
    mine = key_id(sealing.opening_public_key(private))
    if mine not in envelope.wraps or mine not in header.to:
        raise CannotOpen("not sealed to this key")
    content_key = sealing.open_sealed(private, envelope.wraps[mine], sealing.bind("wrap", header_hash, mine))
    if _commit(content_key) != header.commit:
        raise CannotOpen("the key is not the one the laptop committed to")
    try:
        padded = AESGCM(content_key).decrypt(_NONCE, envelope.sealed, sealing.bind("payload", header_hash))
    except InvalidTag as problem:
        raise CannotOpen("the seal does not open") from problem
    return Opened(
        _unpad(padded),
        header.to,
        tuple(whose for whose in header.to if whose not in envelope.wraps),
        tuple(whose for whose in envelope.wraps if whose not in header.to),
    )


def _commit(content_key: bytes) -> str:
    return hashlib.sha256(sealing.bind("commit", content_key)).hexdigest()


def _signed(header_hash: bytes, sealed: bytes) -> bytes:
    return sealing.bind("envelope", header_hash, hashlib.sha256(sealed).digest())


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    payload, rest = padded[4 : 4 + length], padded[4 + length :]
    if (
        not padded
        or len(padded) % STEP_BYTES
        or len(payload) != length
        or len(rest) >= STEP_BYTES
        or any(rest)
    ):
        raise CannotOpen("the padding is not ours")
    return payload
