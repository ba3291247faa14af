"""Approvals on disk: told twice, revoked, replayed, rolled back, forged."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from agent.service.media_orders import MediaOrders
from policies import orders, sealing
from policies.media import Identity, Terms
from policies.orders import MediaApproval, MediaRevoked

DEVICE = "0123456789abcdef"
NOW = datetime(2026, 11, 25, 10, 42, tzinfo=UTC)
STICK = Identity(vendor="0951", model="1666", serial="AA01", descriptors="a" * 64)


@pytest.fixture
def keys():
    return sealing.new_signing_key()


@pytest.fixture
def kept(tmp_path, keys):
    return lambda: MediaOrders(
        tmp_path / "media", lambda signed: orders.read_said(sealing.signing_public_key(keys), DEVICE, signed)
    )


@pytest.fixture
def sign(keys):
    return lambda said: orders.sign_said(keys, said)


def approval(order="a1", mode="approve_then_scan", hours=1):
    terms = Terms(stick=STICK, mode=mode, until=NOW + timedelta(hours=hours))
    return MediaApproval(device=DEVICE, order=order, by="Mr Ashby", issued_at=NOW, terms=terms)


def revoked(order):
    return MediaRevoked(
        device=DEVICE, order="r1", approval=order, by="Mr Ashby", expires_at=NOW + timedelta(days=9)
    )


def test_an_approval_outlives_a_restart_and_ends_by_itself(kept, sign):
    kept().approve(approval(), sign(approval()), NOW)

    assert (approval(),) == kept().in_force(NOW)
    assert () == kept().in_force(NOW + timedelta(hours=1))


def test_an_approval_on_disk_that_was_changed_is_not_believed(kept, sign, tmp_path):
    forged = approval(hours=900)
    kept().approve(forged, msgspec.structs.replace(sign(approval()), body=sign(forged).body), NOW)

    assert () == kept().in_force(NOW)


def test_a_revoked_approval_never_comes_back(kept, sign):
    first = kept()
    first.approve(approval(), sign(approval()), NOW)
    first.revoke(revoked("a1"))

    again = kept()

    assert not again.approve(approval(), sign(approval()), NOW)
    assert () == again.in_force(NOW)


def test_a_revocation_that_comes_before_its_approval_counts(kept, sign):
    first = kept()
    first.revoke(revoked("a1"))

    assert not first.approve(approval(), sign(approval()), NOW)


def test_a_policy_rolled_back_revives_no_approval(kept, sign):
    first = kept()
    first.mode_is("approve_then_scan", NOW)
    first.approve(approval(), sign(approval()), NOW)
    first.mode_is("forbid", NOW)
    first.mode_is("approve_then_scan", NOW)

    assert not first.approve(approval(), sign(approval()), NOW)
    assert () == kept().in_force(NOW)


def test_an_approval_that_comes_before_its_policy_waits_for_it(kept, sign):
    first = kept()
    first.mode_is("approve_then_scan", NOW)
    first.approve(approval(mode="copy"), sign(approval(mode="copy")), NOW)
    first.mode_is("copy", NOW)

    assert 1 == len(first.in_force(NOW))


def test_an_order_is_answered_once(kept, sign):
    first = kept()
    first.answered(approval())

    assert kept().is_answered("a1")


def test_a_file_of_garbage_approves_nothing(kept, tmp_path):
    (tmp_path / "media").write_bytes(b"\xff" * 40)

    assert () == kept().in_force(NOW)
