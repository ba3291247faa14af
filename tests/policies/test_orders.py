from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import media, orders, sealing
from policies.sealing import BadSignature, SealingError

POLICY = sealing.new_signing_key()
POLICY_PUBLIC = sealing.signing_public_key(POLICY)
DEVICE, OTHER = "0123456789abcdef", "f" * 16
AT = datetime(2026, 9, 14, 9, 5, tzinfo=UTC)
ALL = [
    orders.Assignment(device=DEVICE, number=7, body_hash="ab" * 32),
    orders.LoginGrant(device=DEVICE, os_user="demo-may", listed=False, issued_at=AT),
    orders.LoginGrant(
        device=DEVICE,
        os_user="demo-may",
        listed=True,
        person="hb-4107",
        display_name="May Okafor",
        tier="junior",
        language="en",
        accepted=orders.Accepted(tier="junior", version=3, at=AT),
        issued_at=AT,
    ),
    orders.Watch(device=DEVICE, order="w1", by="Ms Demir", until=AT),
    orders.LockNow(device=DEVICE, order="l1", expires_at=AT),
    orders.MediaApproval(
        device=DEVICE,
        order="a1",
        by="Tom Ashby",
        request="0" * 32,
        issued_at=AT,
        terms=media.Terms(
            stick=media.Identity(vendor="0951", model="1666", serial="A4", descriptors="ab" * 32),
            person="hb-4107",
            mode="approve_then_scan",
            until=AT,
        ),
    ),
    orders.MediaDenied(device=DEVICE, order="d1", by="Tom", request="0" * 32, reason="Ask me", expires_at=AT),
    orders.MediaRevoked(device=DEVICE, order="r1", approval="a1", by="Tom", expires_at=AT),
    orders.ReportReply(
        device=DEVICE,
        order="p1",
        report="0" * 32,
        by_key="ab" * 16,
        sealed=b"sealed",
        signature=bytes(64),
        expires_at=AT,
    ),
    orders.Quarantine(device=DEVICE, order="q1", number=2, on=True, by="Mr Okafor", issued_at=AT),
    orders.SelfTest(device=DEVICE, order="t1", by="Neil Okonjo", expires_at=AT),
    orders.Attention(device=DEVICE, order="e1", on=True, by="Tom", words="Look here", issued_at=AT, until=AT),
    orders.Unlock(device=DEVICE, order="u1", by="Tom", expires_at=AT),
    orders.PauseLock(device=DEVICE, order="h1", on=True, by="Tom", issued_at=AT, until=AT),
    orders.Supervised(device=DEVICE, order="s1", on=False, by="Tom", issued_at=AT, until=AT),
    orders.LabMessage(device=DEVICE, order="m1", by="Tom", words="Well done", kind="thanks", expires_at=AT),
    orders.AppAnswered(
        device=DEVICE, order="y1", by="Tom", login="0" * 32, app="Zoom", allowed=True, until=AT
    ),
    orders.ServerTime(device=DEVICE, now=AT, nonce="00ff"),
]
GOOD = orders.sign_said(POLICY, ALL[3])


def signed(body):
    return orders.Signed(body, sealing.sign(POLICY, sealing.bind("said", body)))


@pytest.mark.parametrize("said", ALL)
def test_what_the_server_says_is_what_the_laptop_hears(said):
    assert said == orders.read_said(POLICY_PUBLIC, DEVICE, orders.sign_said(POLICY, said))


@pytest.mark.parametrize("said", ALL)
def test_what_was_said_to_another_laptop_is_not_obeyed(said):
    with pytest.raises(BadSignature, match="another device"):
        orders.read_said(POLICY_PUBLIC, OTHER, orders.sign_said(POLICY, said))


@pytest.mark.parametrize("said", ALL)
def test_what_another_key_signed_is_not_obeyed(said):
    with pytest.raises(BadSignature):
        orders.read_said(POLICY_PUBLIC, DEVICE, orders.sign_said(sealing.new_signing_key(), said))


@settings(max_examples=200)
@given(at=st.integers(0, len(GOOD.body) - 1), bit=st.integers(0, 7))
def test_an_order_with_any_bit_flipped_is_not_obeyed(at, bit):
    body = GOOD.body[:at] + bytes([GOOD.body[at] ^ (1 << bit)]) + GOOD.body[at + 1 :]

    with pytest.raises(BadSignature):
        orders.read_said(POLICY_PUBLIC, DEVICE, orders.Signed(body, GOOD.signature))


def test_a_signature_for_something_else_is_none_for_an_order():
    other_use = sealing.sign(POLICY, sealing.bind("batch-signature", GOOD.body))

    with pytest.raises(BadSignature):
        orders.read_said(POLICY_PUBLIC, DEVICE, orders.Signed(GOOD.body, other_use))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"type":"wipe","device":"0123456789abcdef"}',
        b'{"type":"lock-now","device":"0123456789abcdef","order":"1"}',
        b'{"type":"lock-now","device":"\xff"}',
        b'{"x":' + b"[" * 9000 + b"]" * 9000 + b',"type":"watch"}',
    ],
)
def test_an_order_this_version_does_not_know_is_refused_by_itself(body):
    """A newer server may say more than we know: that one order fails, the rest goes on."""
    with pytest.raises(SealingError, match="not a message this version knows"):
        orders.read_said(POLICY_PUBLIC, DEVICE, signed(body))


def test_every_message_says_which_laptop_it_is_for():
    assert all("device" in kind.__struct_fields__ for kind in orders.Said.__subclasses__())
    assert {type(said) for said in ALL} == set(orders.Said.__subclasses__())


def test_times_without_a_zone_are_refused():
    naive = msgspec.json.encode(ALL[4]).replace(b"09:05:00Z", b"09:05:00")

    with pytest.raises(SealingError):
        orders.read_said(POLICY_PUBLIC, DEVICE, signed(naive))
