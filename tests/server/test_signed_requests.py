"""Who may speak: one fault after the other in a signed request."""

import time

import pytest

from policies import sealing, wire
from policies.orders import ServerTime
from server import devices, signed_requests
from server.errors import DeviceRefused
from server.nonces import Nonces

TARGET = "/device/v1/orders?number=0&cursor=0&wait=1"


def now_ms():
    return time.time_ns() // 1_000_000


def check(here, laptop, *, headers=None, method="GET", target=TARGET, body=b"", shift_ms=0):
    headers = headers or laptop.headers("GET", TARGET, b"")
    claim = signed_requests.read_claim(headers)
    return signed_requests.check(here, method, target, body, claim, now_ms() + shift_ms)


def refusal(*arguments, **options):
    with pytest.raises(DeviceRefused) as caught:
        check(*arguments, **options)
    return caught.value.status, caught.value.error


def test_a_signed_request_names_its_laptop(here, enrolled):
    laptop = enrolled()

    assert laptop.device == check(here, laptop).id


@pytest.mark.parametrize("change", [{"method": "POST"}, {"target": TARGET + "0"}, {"body": b"x"}])
def test_a_changed_request_is_refused(here, enrolled, change):
    assert (401, "bad-signature") == refusal(here, enrolled(), **change)


def test_the_same_request_twice_is_refused(here, enrolled):
    laptop = enrolled()
    headers = laptop.headers("GET", TARGET, b"")
    check(here, laptop, headers=headers)

    assert (401, "replayed") == refusal(here, laptop, headers=headers)


@pytest.mark.parametrize("shift_ms", [-301_000, 301_000, 366 * 86_400_000, -366 * 86_400_000])
def test_a_wrong_clock_is_told_so(here, enrolled, shift_ms):
    assert (401, "clock") == refusal(here, enrolled(), shift_ms=shift_ms)


def test_the_servers_time_is_signed_and_bound_to_the_question(here, enrolled):
    laptop = enrolled()
    claim = signed_requests.read_claim(laptop.headers("GET", TARGET, b""))
    said = laptop.read(signed_requests.signed_time(here, claim))

    assert isinstance(said, ServerTime)
    assert claim.nonce.hex() == said.nonce


def test_an_unknown_laptop_is_told_to_enrol(here, enrolled):
    laptop = enrolled()
    laptop.device = "f" * 16

    assert (403, "unknown-device") == refusal(here, laptop)


@pytest.mark.parametrize("state", ["retired", "replaced", "cloned"])
def test_a_laptop_that_may_no_longer_speak_is_told_why(here, enrolled, state):
    laptop = enrolled()
    with here.db.write() as connection:
        devices.set_state(connection, laptop.device, state, "")
    here.registry.forget_all()

    assert (403, state) == refusal(here, laptop)


def test_a_disk_copied_to_another_machine_is_refused(here, enrolled):
    laptop = enrolled()
    headers = laptop.headers("GET", TARGET, b"") | {wire.MACHINE_HEADER: "0" * 64}

    assert (403, "cloned") == refusal(here, laptop, headers=headers)


def test_another_laptops_key_is_refused(here, enrolled):
    laptop = enrolled()
    laptop.private = sealing.new_signing_key()

    assert (401, "bad-signature") == refusal(here, laptop)


@pytest.mark.parametrize(
    "name", [wire.DEVICE_HEADER, wire.TIME_HEADER, wire.NONCE_HEADER, wire.SIGNATURE_HEADER]
)
@pytest.mark.parametrize("value", [None, "", "zz", "-1", "9" * 400])
def test_malformed_headers_are_no_request_of_ours(here, enrolled, name, value):
    headers = enrolled().headers("GET", TARGET, b"")
    del headers[name]
    if value is not None:
        headers[name] = value
    with pytest.raises(DeviceRefused) as caught:
        check(here, None, headers=headers)

    assert caught.value.status in (400, 401)


def test_nonces_are_forgotten_only_when_their_time_is_past():
    nonces = Nonces()
    start = 1_000_000_000

    assert nonces.is_new("a", b"n", start)
    assert nonces.is_new("b", b"n", start)
    assert not nonces.is_new("a", b"n", start + 600_000)
    assert not nonces.is_new("a", b"n", start + 601_000)
    assert nonces.is_new("a", b"n", start + 1_300_000)
