import hashlib
import secrets

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import envelopes, sealing
from policies.envelopes import key_id, open_envelope, seal_envelope
from policies.sealing import BadSignature, CannotOpen, SealingError

LAPTOP = sealing.new_signing_key()
OTHER_LAPTOP = sealing.new_signing_key()
RUTH, DANIEL, PAPER, STRANGER = (sealing.new_opening_key() for _ in range(4))
PUBLIC = {private: sealing.opening_public_key(private) for private in (RUTH, DANIEL, PAPER, STRANGER)}
ALL = [PUBLIC[RUTH], PUBLIC[DANIEL], PUBLIC[PAPER]]
WORDS = "Birisi bana kötü bir şey yazdı.".encode()
ASKED = {
    "device_public": sealing.signing_public_key(LAPTOP),
    "envelope_id": "r1",
    "device": "ab12",
    "kind": "report",
}


def sealed(words=WORDS, recipients=ALL, laptop=LAPTOP, name="r1", device="ab12", kind="report"):
    return seal_envelope(laptop, recipients, words, envelope_id=name, device=device, kind=kind)


def parts(encoded):
    return msgspec.json.decode(encoded, type=envelopes.Envelope)


def changed(encoded, **fields):
    return msgspec.json.encode(msgspec.structs.replace(parts(encoded), **fields))


@pytest.mark.parametrize("private", [RUTH, DANIEL, PAPER], ids=["ruth", "daniel", "paper"])
def test_each_recipient_reads_the_same_words(private):
    opened = open_envelope(private, sealed(), **ASKED)

    assert WORDS == opened.payload
    assert tuple(key_id(public) for public in ALL) == opened.to
    assert ((), ()) == (opened.dropped, opened.strange)


@settings(max_examples=30)
@given(words=st.binary(max_size=9000))
def test_any_words_come_back_and_their_length_hardly_shows(words):
    encoded = sealed(words)

    assert words == open_envelope(RUTH, encoded, **ASKED).payload
    assert 16 == len(parts(encoded).sealed) % 4096


def test_nobody_else_can_open_it():
    with pytest.raises(CannotOpen, match="not sealed to this key"):
        open_envelope(STRANGER, sealed(), **ASKED)


def test_the_outside_says_nothing_of_the_words():
    encoded = sealed()

    assert WORDS not in encoded
    assert WORDS not in parts(encoded).header


@pytest.mark.parametrize("other", [{"envelope_id": "r2"}, {"device": "cd34"}, {"kind": "note"}])
def test_an_envelope_filed_in_anothers_place_is_refused(other):
    with pytest.raises(CannotOpen, match="another envelope"):
        open_envelope(RUTH, sealed(), **(ASKED | other))


def test_an_envelope_of_another_laptop_is_refused():
    with pytest.raises(BadSignature):
        open_envelope(RUTH, sealed(laptop=OTHER_LAPTOP), **ASKED)


@pytest.mark.parametrize("part", ["header", "sealed", "signature"])
def test_no_part_of_another_envelope_fits_even_with_the_same_name(part):
    other = parts(sealed(b"other words"))

    with pytest.raises(BadSignature):
        open_envelope(RUTH, changed(sealed(), **{part: getattr(other, part)}), **ASKED)


def test_the_wraps_of_another_envelope_do_not_open_this_one():
    other = parts(sealed(b"other words"))

    with pytest.raises(CannotOpen):
        open_envelope(RUTH, changed(sealed(), wraps=other.wraps), **ASKED)


def test_another_recipients_wrap_under_my_name_does_not_open():
    encoded = sealed()
    wraps = parts(encoded).wraps
    swapped = wraps | {key_id(PUBLIC[RUTH]): wraps[key_id(PUBLIC[DANIEL])]}

    with pytest.raises(CannotOpen):
        open_envelope(RUTH, changed(encoded, wraps=swapped), **ASKED)


def test_a_dropped_recipient_is_seen_by_the_others():
    encoded = sealed()
    daniel = key_id(PUBLIC[DANIEL])
    without = {whose: wrap for whose, wrap in parts(encoded).wraps.items() if whose != daniel}

    assert (daniel,) == open_envelope(RUTH, changed(encoded, wraps=without), **ASKED).dropped


def test_a_recipient_added_on_the_way_is_seen_and_reads_nothing():
    encoded = sealed()
    stranger = key_id(PUBLIC[STRANGER])
    more = changed(encoded, wraps=parts(encoded).wraps | {stranger: bytes(80)})

    assert (stranger,) == open_envelope(RUTH, more, **ASKED).strange
    with pytest.raises(CannotOpen, match="not sealed to this key"):
        open_envelope(STRANGER, more, **ASKED)


def forged(content_key, padded, commit=None, to=(RUTH,), wrapped=None):
    """Return what a laptop could send that has its key but not our program."""
    header = msgspec.json.encode(
        envelopes.Header(
            id="r1",
            device="ab12",
            kind="report",
            to=tuple(key_id(PUBLIC[private]) for private in to),
            commit=commit or hashlib.sha256(sealing.bind("commit", content_key)).hexdigest(),
        )
    )
    header_hash = hashlib.sha256(header).digest()
    body = AESGCM(content_key).encrypt(bytes(12), padded, sealing.bind("payload", header_hash))
    wraps = {
        key_id(PUBLIC[private]): sealing.seal(
            PUBLIC[private],
            wrapped or content_key,
            sealing.bind("wrap", header_hash, key_id(PUBLIC[private])),
        )
        for private in to
    }
    signature = sealing.sign(LAPTOP, sealing.bind("envelope", header_hash, hashlib.sha256(body).digest()))
    return msgspec.json.encode(
        envelopes.Envelope(header=header, sealed=body, wraps=wraps, signature=signature)
    )


KEY = secrets.token_bytes(32)


def test_the_forger_of_these_tests_can_make_a_good_one():
    assert b"hi" == open_envelope(RUTH, forged(KEY, b"\0\0\0\2hi" + bytes(4090)), **ASKED).payload


def test_two_keys_under_one_header_are_refused():
    """Else one ciphertext could be crafted to say different things to two readers."""
    lie = forged(KEY, b"\0\0\0\2hi" + bytes(4090), commit="0" * 64)

    with pytest.raises(CannotOpen, match="committed"):
        open_envelope(RUTH, lie, **ASKED)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0\0\2hi",
        b"\0\0\0\2hi" + b"\1" + bytes(4089),
        b"\xff\xff\xff\xffhi" + bytes(4090),
        b"\0\0\0\2hi" + bytes(4090 + 4096),
    ],
)
def test_padding_that_is_not_ours_is_refused(padded):
    with pytest.raises(CannotOpen, match="padding"):
        open_envelope(RUTH, forged(KEY, padded), **ASKED)


@settings(max_examples=150)
@given(data=st.data())
def test_a_cut_or_flipped_envelope_is_refused_or_means_the_same(data):
    encoded = sealed(b"short")
    at = data.draw(st.integers(0, len(encoded) - 1))
    if data.draw(st.booleans()):
        broken = encoded[:at]
    else:
        broken = encoded[:at] + bytes([encoded[at] ^ (1 << data.draw(st.integers(0, 7)))]) + encoded[at + 1 :]

    try:
        opened = open_envelope(RUTH, broken, **ASKED)
    except SealingError:
        return
    assert b"short" == opened.payload


@pytest.mark.parametrize(
    ("recipients", "words"),
    [([], b"x"), ([ALL[0], ALL[0]], b"x"), ([bytes(32)], b"x"), ([b"short"], b"x"), (ALL, bytes(262145))],
)
def test_what_cannot_be_sealed_well_is_not_sealed(recipients, words):
    with pytest.raises(SealingError):
        sealed(words, recipients)


@pytest.mark.parametrize("encoded", [b"", b"{}", b"[]", b"\xff", b" " * 600_000])
def test_bytes_that_are_no_envelope_are_refused(encoded):
    with pytest.raises(SealingError):
        open_envelope(RUTH, encoded, **ASKED)


def test_a_later_version_is_not_guessed_at():
    envelope = parts(sealed())
    header = envelope.header.replace(b'"v":1', b'"v":2')

    assert header != envelope.header
    with pytest.raises(SealingError, match="not an envelope this version knows"):
        open_envelope(RUTH, changed(sealed(), header=header), **ASKED)
