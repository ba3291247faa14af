"""Keys and seals, against RFC 9180 and against hands that mean harm."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from policies import sealing
from policies.sealing import BadSignature, CannotOpen, SealingError

SIGNER = sealing.new_signing_key()
SIGNER_PUBLIC = sealing.signing_public_key(SIGNER)
OPENER = sealing.new_opening_key()
OPENER_PUBLIC = sealing.opening_public_key(OPENER)

# CFRG's published test vector for base mode, X25519, HKDF-SHA256, AES-256-GCM, sequence number 0.
VECTOR = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skRm": "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
    "pkRm": "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
    "enc": "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
    "key": "f50b0609186798729ed0564b36ef2ef8044f1f9d05636874d1f46c819c7a669f",
    "base_nonce": "151d9929e2449747889bc923",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
}
V = {name: bytes.fromhex(digits) for name, digits in VECTOR.items()}


def extract(salt, suite, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(prk, suite, label, info, length):
    """One block is enough: nothing here is longer than 32 bytes."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labelled + b"\x01", "sha256")[:length]


def rfc9180_key_and_nonce(private, enc, info):
    """Return what section 4.1 and 5.1 say, written from the text of the RFC and not from any library."""
    kem, suite = b"KEM" + b"\x00\x20", b"HPKE" + b"\x00\x20\x00\x01\x00\x02"
    secret_key = X25519PrivateKey.from_private_bytes(private)
    dh = secret_key.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + secret_key.public_key().public_bytes_raw()
    shared = expand(extract(b"", kem, b"eae_prk", dh), kem, b"shared_secret", context, 32)
    psk_id, info_hash = extract(b"", suite, b"psk_id_hash", b""), extract(b"", suite, b"info_hash", info)
    schedule = b"\x00" + psk_id + info_hash
    secret = extract(shared, suite, b"secret", b"")
    return expand(secret, suite, b"key", schedule, 32), expand(secret, suite, b"base_nonce", schedule, 12)


def test_the_rfc_as_we_read_it_gives_the_published_numbers():
    key, nonce = rfc9180_key_and_nonce(V["skRm"], V["enc"], V["info"])

    assert (V["key"], V["base_nonce"]) == (key, nonce)
    assert V["pt"] == AESGCM(key).decrypt(nonce, V["ct"], V["aad"])
    assert V["pkRm"] == sealing.opening_public_key(V["skRm"])


@given(plain=st.binary(max_size=300), info=st.binary(max_size=80))
def test_what_we_seal_is_what_the_rfc_says(plain, info):
    sealed = sealing.seal(OPENER_PUBLIC, plain, info)
    key, nonce = rfc9180_key_and_nonce(OPENER, sealed[:32], info)

    assert plain == AESGCM(key).decrypt(nonce, sealed[32:], b"")
    assert sealing.SEAL_OVERHEAD_BYTES == len(sealed) - len(plain)


def test_what_the_rfc_seals_we_open():
    key, nonce = rfc9180_key_and_nonce(V["skRm"], V["enc"], V["info"])

    sealed = V["enc"] + AESGCM(key).encrypt(nonce, V["pt"], b"")

    assert V["pt"] == sealing.open_sealed(V["skRm"], sealed, V["info"])


@given(data=st.data(), plain=st.binary(max_size=60))
def test_any_cut_or_flipped_bit_closes_the_seal(data, plain):
    sealed = sealing.seal(OPENER_PUBLIC, plain, b"info")
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytes([sealed[at] ^ (1 << data.draw(st.integers(0, 7)))])

    broken = data.draw(
        st.sampled_from([sealed[:at], sealed[:at] + flipped + sealed[at + 1 :], sealed + b"x"])
    )

    with pytest.raises(CannotOpen):
        sealing.open_sealed(OPENER, broken, b"info")


def test_another_key_or_another_place_does_not_open():
    sealed = sealing.seal(OPENER_PUBLIC, b"words", b"here")

    with pytest.raises(CannotOpen):
        sealing.open_sealed(sealing.new_opening_key(), sealed, b"here")
    with pytest.raises(CannotOpen):
        sealing.open_sealed(OPENER, sealed, b"there")


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), (1).to_bytes(32, "little")])
def test_a_key_no_secret_can_come_from_is_refused(public):
    with pytest.raises(SealingError):
        sealing.seal(public, b"words", b"")


@given(data=st.data(), words=st.binary(max_size=60))
def test_any_flipped_bit_breaks_the_signature(data, words):
    bound = sealing.bind("test", words)
    signature = sealing.sign(SIGNER, bound)
    signed = bound + signature
    at = data.draw(st.integers(0, len(signed) - 1))
    broken = signed[:at] + bytes([signed[at] ^ (1 << data.draw(st.integers(0, 7)))]) + signed[at + 1 :]

    sealing.verify(SIGNER_PUBLIC, bound, signature)
    with pytest.raises(BadSignature):
        sealing.verify(SIGNER_PUBLIC, broken[: len(bound)], broken[len(bound) :])


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32])
def test_a_public_key_that_is_none_verifies_nothing(public):
    with pytest.raises(BadSignature):
        sealing.verify(public, b"x", sealing.sign(SIGNER, b"x"))


parts = st.lists(st.binary(max_size=12) | st.text(max_size=6) | st.integers(0, 2**64 - 1), max_size=4)
labels = st.text("ab/-", max_size=4)


def as_bytes(part):
    if isinstance(part, int):
        return part.to_bytes(8, "big")
    return part.encode() if isinstance(part, str) else part


@given(one=st.tuples(labels, parts), other=st.tuples(labels, parts))
def test_two_different_things_are_never_bound_to_the_same_bytes(one, other):
    same = (one[0], [as_bytes(p) for p in one[1]]) == (other[0], [as_bytes(p) for p in other[1]])

    assert same == (sealing.bind(one[0], *one[1]) == sealing.bind(other[0], *other[1]))


@given(words=st.binary(max_size=12), cut=st.integers(0, 12))
def test_moving_the_border_between_two_parts_is_another_thing(words, cut):
    whole = sealing.bind("x", words, b"")
    moved = sealing.bind("x", words[:cut], words[cut:])

    assert (cut >= len(words)) == (whole == moved)


def test_a_fingerprint_can_be_read_out_aloud():
    words = sealing.fingerprint(SIGNER_PUBLIC).split()

    assert [4] * 8 == [len(word) for word in words]
    assert hashlib.sha256(SIGNER_PUBLIC).hexdigest().startswith("".join(words))
