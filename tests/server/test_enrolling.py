"""Enrolment, and who is refused it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies import enrolment, sealing
from server import codes, devices, enrolling
from server.errors import DeviceRefused, Invalid
from tests.support.laptop import Laptop

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def new_secret(here, *, uses=1, hours=24, room="Lab 1"):
    with here.db.write() as connection:
        code = codes.new_code(connection, here.ca_der, room=room, uses=uses, hours=hours, by="tom", now=NOW)
    return enrolment.read_code(code.text)[1]


def enrol(here, laptop, secret, now=NOW, **changes):
    request = msgspec.structs.replace(laptop.enrol_request(secret), **changes)
    with here.db.write() as connection:
        return enrolling.enrol(connection, request, now)


def error_of(here, laptop, secret, now=NOW, **changes):
    with pytest.raises(DeviceRefused) as caught:
        enrol(here, laptop, secret, now, **changes)
    assert len(caught.value.message) > 30
    return caught.value.error


def state_of(here, device):
    with here.db.read() as connection:
        return devices.get_device(connection, device).state


def test_a_laptop_enrols_into_the_codes_room(here):
    device = enrol(here, Laptop(), new_secret(here, room="Lab 7"))

    with here.db.read() as connection:
        found = devices.get_device(connection, device)
    assert ("Lab 7", "lab-01", "active") == (found.room, found.hostname, found.state)


def test_a_code_serves_as_many_laptops_as_it_says(here):
    secret = new_secret(here, uses=2)
    enrol(here, Laptop(), secret)
    enrol(here, Laptop(), secret)

    assert "code-used" == error_of(here, Laptop(), secret)


def test_an_old_code_is_refused(here):
    assert "code-expired" == error_of(here, Laptop(), new_secret(here), NOW + timedelta(hours=24))


def test_an_unknown_code_is_refused(here):
    assert "code-unknown" == error_of(here, Laptop(), enrolment.new_secret())
    assert "code-unknown" == error_of(here, Laptop(), "\ud800<script>"[1:])


def test_a_revoked_code_is_unknown(here):
    secret = new_secret(here)
    with here.db.write() as connection:
        codes.revoke_code(connection, codes.list_codes(connection, NOW)[0].id)

    assert "code-unknown" == error_of(here, Laptop(), secret)


def test_a_laptop_whose_answer_was_lost_may_ask_again(here):
    laptop, secret = Laptop(), new_secret(here)

    assert enrol(here, laptop, secret) == enrol(here, laptop, secret)


def test_a_proof_made_for_another_key_is_refused(here):
    secret = new_secret(here)
    proof = Laptop().enrol_request(secret).proof

    assert "bad-signature" == error_of(here, Laptop(), secret, proof=proof)


def test_a_newer_protocol_is_refused(here):
    assert "bad-request" == error_of(here, Laptop(), new_secret(here), version=99)


def test_a_copied_disk_on_another_machine_is_refused(here):
    laptop = Laptop()
    device = enrol(here, laptop, new_secret(here))

    assert "key-in-use" == error_of(here, Laptop(private=laptop.private), new_secret(here))
    assert "active" == state_of(here, device)


def test_a_refused_enrolment_uses_no_code(here):
    laptop, secret = Laptop(), new_secret(here)
    enrol(here, laptop, new_secret(here))
    error_of(here, Laptop(private=laptop.private), secret)

    assert enrol(here, Laptop(), secret)


def test_the_same_machine_with_a_new_key_replaces_its_old_entry(here):
    old = Laptop()
    before = enrol(here, old, new_secret(here))
    after = enrol(here, Laptop(machine=old.machine), new_secret(here))

    assert ("replaced", "active") == (state_of(here, before), state_of(here, after))


def test_a_retired_laptop_may_come_back_with_a_new_code(here):
    laptop = Laptop()
    device = enrol(here, laptop, new_secret(here))
    with here.db.write() as connection:
        devices.retire(connection, device, "sold")

    assert device == enrol(here, laptop, new_secret(here))
    assert "active" == state_of(here, device)


def test_a_cloned_laptop_needs_a_new_key(here):
    laptop = Laptop()
    device = enrol(here, laptop, new_secret(here))
    with here.db.write() as connection:
        devices.set_state(connection, device, "cloned", "two places")

    assert "key-in-use" == error_of(here, laptop, new_secret(here))
    assert enrol(here, Laptop(machine=laptop.machine, private=sealing.new_signing_key()), new_secret(here))


@pytest.mark.parametrize(
    "wrong", [{"uses": 0}, {"uses": 501}, {"hours": 0}, {"room": "a/b"}, {"room": "\x1b"}]
)
def test_a_code_has_limits(here, wrong):
    with pytest.raises(Invalid):
        new_secret(here, **wrong)


def test_the_list_shows_codes_without_secrets(here):
    secret = new_secret(here, room="Lab 2", uses=3)
    enrol(here, Laptop(), secret)
    with here.db.read() as connection:
        (code,) = codes.list_codes(connection, NOW)

    assert ("Lab 2", 3, 1, True) == (code.room, code.max_uses, code.used, code.open)
    assert secret.encode() not in here.db.path.read_bytes()
