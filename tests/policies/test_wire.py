"""Batches: what the server does with bytes that are cut, moved, forged, swollen or false."""

import secrets
import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import records, sealing, wire
from policies.recording import Stream
from policies.sealing import BadSignature, CannotOpen, SealingError
from policies.settings import SettingsRefused

LAPTOP = bytes(range(32))
LAPTOP_PUBLIC = sealing.signing_public_key(LAPTOP)
SERVER = bytes(range(32, 64))
SERVER_PUBLIC = sealing.opening_public_key(SERVER)
DEVICE = "0123456789abcdef"
AT = datetime(2026, 9, 14, 9, 5, tzinfo=UTC)
LOGIN = "ab" * 16
SEALED = Path(__file__).parent / "sealed"
GOLDEN = Path(__file__).parent / "golden"
decoder = msgspec.json.Decoder(records.AnyRecord)


def used(app="Gimp", seconds=5.0):
    return records.AppUsed(
        at=AT, login=LOGIN, app=app, program="gimp", focused_seconds=seconds, active_seconds=1.0
    )


def gap(first, last):
    return records.RecordGap(at=AT, first_seq=first, last_seq=last, chain_hash="ab" * 32)


def batch_of(*kept, laptop=LAPTOP, server=SERVER_PUBLIC, first=1, previous=wire.FIRST_HASH, **more):
    return wire.seal_batch(
        laptop,
        server,
        device=DEVICE,
        stream=Stream.USAGE,
        first_seq=first,
        prev_hash=previous,
        records=list(kept),
        **more,
    )


def accept(encoded):
    """Do what a server does with one batch."""
    batch = wire.read_batch(encoded)
    wire.verify_batch(LAPTOP_PUBLIC, batch)
    return wire.open_batch(SERVER, batch)


def holding(plain, count=1, packed=None, first=1):
    """Return a batch, well signed and sealed, around any bytes: what a stolen laptop key could send."""
    place = (DEVICE, Stream.USAGE.value, first, count, wire.FIRST_HASH)
    body = zlib.compress(plain) if packed is None else packed
    sealed = sealing.seal(SERVER_PUBLIC, body, sealing.bind("batch", *place))
    signature = sealing.sign(LAPTOP, sealing.bind("batch-signature", *place, sealed))
    return msgspec.msgpack.encode(
        wire.Batch(
            device=DEVICE,
            stream=Stream.USAGE,
            first_seq=first,
            count=count,
            prev_hash=wire.FIRST_HASH,
            sealed=sealed,
            signature=signature,
        )
    )


def changed(encoded, **fields):
    return msgspec.msgpack.encode(msgspec.structs.replace(wire.read_batch(encoded), **fields))


def test_what_goes_in_comes_out():
    kept = [used(f"app-{number}") for number in range(100)]

    assert kept == accept(batch_of(*kept))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_kind_of_record_travels(path):
    record = decoder.decode(path.read_bytes())
    count = 200 if isinstance(record, records.RecordGap) else None
    first = 101 if isinstance(record, records.RecordGap) else 1

    assert [record] == accept(batch_of(record, first=first, count=count))


def test_a_batch_sealed_long_ago_still_opens():
    """Journals wait through upgrades: these bytes were written by the first version."""
    encoded = bytes.fromhex((SEALED / "batch.hex").read_text())

    assert [used("Gimp"), used("Writer", 7.5)] == accept(encoded)


GOOD = batch_of(used(), used("Writer"))


@settings(max_examples=200)
@given(at=st.integers(0, len(GOOD) - 1))
def test_a_batch_cut_anywhere_is_refused(at):
    with pytest.raises(SealingError):
        accept(GOOD[:at])


@settings(max_examples=300)
@given(at=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
def test_a_batch_with_any_bit_flipped_is_refused(at, bit):
    broken = GOOD[:at] + bytes([GOOD[at] ^ (1 << bit)]) + GOOD[at + 1 :]

    with pytest.raises(SealingError):
        accept(broken)


@settings(max_examples=200)
@given(noise=st.binary(max_size=400))
def test_noise_is_no_batch(noise):
    with pytest.raises(SealingError):
        wire.read_batch(noise)


def test_a_long_tail_is_no_part_of_a_batch():
    with pytest.raises(SealingError):
        wire.read_batch(GOOD + b"\0")


@pytest.mark.parametrize(
    "moved",
    [
        {"device": "f" * 16},
        {"stream": Stream.VITAL},
        {"first_seq": 3},
        {"count": 3},
        {"prev_hash": bytes([1]) * 32},
    ],
)
def test_a_batch_replayed_in_another_place_is_refused(moved):
    batch = wire.read_batch(changed(GOOD, **moved))

    with pytest.raises(BadSignature):
        wire.verify_batch(LAPTOP_PUBLIC, batch)
    with pytest.raises(CannotOpen):
        wire.open_batch(SERVER, batch)


def test_the_seal_of_another_batch_does_not_fit():
    other = wire.read_batch(batch_of(used("Chess"), used("Draughts")))
    batch = wire.read_batch(changed(GOOD, sealed=other.sealed))

    with pytest.raises(BadSignature):
        wire.verify_batch(LAPTOP_PUBLIC, batch)


def test_a_batch_of_another_laptop_is_refused():
    with pytest.raises(BadSignature):
        accept(batch_of(used(), laptop=sealing.new_signing_key()))


def test_a_batch_sealed_to_another_server_is_set_aside():
    other = sealing.opening_public_key(sealing.new_opening_key())

    with pytest.raises(CannotOpen):
        accept(batch_of(used(), server=other))


def test_a_bomb_stops_before_it_unfolds():
    bomb = zlib.compress(b"[" + b" " * (wire.MAX_PLAIN_BYTES + 10) + b"]", 9)

    assert len(bomb) < 20_000
    with pytest.raises(SealingError, match="larger than a batch may be"):
        accept(holding(b"", packed=bomb))


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (b"not zlib", "not records"),
        (b"", "cut short"),
        (zlib.compress(b"[]")[:-3], "cut short"),
        (zlib.compress(b"\xff"), "not records"),
        (zlib.compress(b'{"type":"app-used"}'), "not records"),
        (zlib.compress(b'[{"type":"screenshot","at":"2026-09-14T09:05:00Z"}]'), "not records"),
        (zlib.compress(b'[{"type":"\xff"}]'), "not records"),
        (zlib.compress(b'[{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}]"), "not records"),
    ],
)
def test_what_is_inside_must_be_records_we_know(packed, why):
    with pytest.raises(SealingError, match=why):
        accept(holding(b"", packed=packed))


@pytest.mark.parametrize(
    ("kept", "count"),
    [
        ([], 1),
        ([used()], 2),
        ([used(), used()], 1),
        ([used()] * 101, 101),
        ([gap(1, 9)], 8),
        ([gap(1, 9)], 10),
        ([gap(2, 10)], 9),
        ([gap(9, 1)], 9),
        ([gap(1, 2), used()], 3),
    ],
)
def test_a_batch_that_lies_about_its_number_is_refused(kept, count):
    with pytest.raises(SealingError, match="announced"):
        accept(holding(msgspec.json.encode(kept), count))


def test_a_gap_may_stand_for_more_than_a_batch_holds():
    assert [gap(1, 5000)] == accept(batch_of(gap(1, 5000), count=5000))


hostile_names = (
    st.text(max_size=400)
    | st.text(st.characters(categories=["Cc", "Cs", "Cf"]), max_size=300)
    | st.just("a" * 10_000)
    | st.just("<script>alert(1)</script>\u202e\x00\x1b[31m")
)


@given(name=hostile_names, seconds=st.floats())
def test_no_name_or_number_makes_a_batch_the_server_cannot_read(name, seconds):
    (record,) = accept(batch_of(used(name, seconds)))

    assert len(record.app) <= 200
    assert records.short(name) == record.app
    assert "\x00" not in record.app
    assert "\x1b" not in record.app


@given(step=st.floats())
def test_a_clock_step_of_any_size_travels(step):
    (record,) = accept(batch_of(records.ClockStepped(at=AT, by_seconds=step)))

    assert record.by_seconds == (step if abs(step) < float("inf") else 0.0)


@pytest.mark.parametrize("name", ["Gimp", "Çizim Tahtası", "LibreOffice 7.4", "مرحبا", "a" * 200])
def test_an_honest_name_is_kept_letter_for_letter(name):
    assert name == records.short(name)


def test_a_record_that_is_none_of_ours_is_not_sealed():
    bad = records.AppUsed(
        at=AT, login="not a login", app="", program="", focused_seconds=1.0, active_seconds=1.0
    )

    with pytest.raises(SealingError, match="could not be read again"):
        batch_of(bad)


def sent(size):
    envelope = secrets.token_bytes(size)
    return records.ReportSent(
        at=AT, report=LOGIN, coarse="content", urgency="soon", list_seq=1, envelope=envelope
    )


def test_more_than_a_batch_may_hold_is_not_sealed():
    with pytest.raises(SealingError, match="larger than a batch"):
        batch_of(*[sent(60_000)] * 5, *[sent(60_000) for _ in range(5)])


def test_the_largest_report_fits_a_batch():
    assert accept(batch_of(sent(128 * 1024)))


@given(sizes=st.lists(st.sampled_from([0, 10, 3_000, 40_000, 128 * 1024]), max_size=30))
@settings(max_examples=25, deadline=None)
def test_records_are_cut_into_batches_that_all_fit_in_their_order(sizes):
    kept = [sent(size) for size in sizes]
    cut = list(wire.cut_batches(kept))

    assert kept == [record for batch in cut for record in batch]
    assert all(accept(batch_of(*batch)) == batch for batch in cut)


def test_usual_records_fill_whole_batches():
    assert [100, 100, 50] == [len(batch) for batch in wire.cut_batches([used("x" * 200)] * 250)]


def test_the_chain_hash_is_of_the_exact_bytes():
    again = batch_of(used(), used("Writer"))

    assert wire.batch_hash(GOOD) == wire.batch_hash(bytes(GOOD))
    assert wire.batch_hash(GOOD) != wire.batch_hash(again)


request_parts = st.tuples(
    st.sampled_from(["GET", "POST"]),
    st.text(max_size=6),
    st.binary(max_size=6),
    st.text(max_size=6),
    st.integers(0, 2**63),
    st.binary(max_size=6),
)


@given(one=request_parts, other=request_parts)
def test_a_signature_is_for_one_request_only(one, other):
    assert (one == other) == (wire.request_bound(*one) == wire.request_bound(*other))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"version":2}',
        b'{"school":' + b"[" * 9000 + b"]" * 9000 + b"}",
        b'{"school":{"name":"\xff"}}',
    ],
)
def test_bytes_that_are_no_policy_are_refused(body):
    with pytest.raises(SettingsRefused):
        wire.read_policy(body)
