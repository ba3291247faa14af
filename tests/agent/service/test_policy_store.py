"""A laptop obeys only what was signed for it, whole; whatever else comes, yesterday's policy holds."""

from datetime import UTC, datetime

import msgspec
import pytest

from agent.service.policy_store import PolicyStore, Refused
from policies import orders, sealing
from policies.settings import Settings, UsageSettings
from tests.support.model_server import DEVICE, ModelServer

SERVER = ModelServer(lambda: datetime(2026, 9, 14, tzinfo=UTC))


def open_store(folder):
    return PolicyStore(folder / "policy", SERVER.enrolment())


def sign(body, number=99, device=DEVICE, key=None):
    import hashlib

    said = orders.Assignment(device=device, number=number, body_hash=hashlib.sha256(body).hexdigest())
    return orders.sign_said(key or SERVER.policy_key, said)


def test_a_good_policy_holds_after_a_restart(tmp_path):
    store = open_store(tmp_path)
    signed, body = SERVER.policy(Settings(usage=UsageSettings(record_apps=False)))
    store.apply(signed, body)
    again = open_store(tmp_path)

    assert store.number == again.number
    assert not again.current.body.settings.usage.record_apps


def test_r33_an_older_policy_is_refused(tmp_path):
    store = open_store(tmp_path)
    older = SERVER.policy(Settings())
    store.apply(*SERVER.policy(Settings()))

    with pytest.raises(Refused, match="not newer"):
        store.apply(*older)


def with_field(body):
    content = msgspec.json.decode(body)
    content["settings"]["lock"]["spy"] = True
    return msgspec.json.encode(content)


def without_consequences(body):
    content = msgspec.json.decode(body)
    for agreement in content["agreements"]:
        for text in agreement["texts"]:
            text["sections"] = [each for each in text["sections"] if each["clause"] != "consequences"]
    return msgspec.json.encode(content)


@pytest.mark.parametrize("spoil", [with_field, without_consequences, lambda body: body[:-9]])
def test_r33_an_altered_or_faulty_policy_leaves_the_last_good_one(tmp_path, spoil):
    store = open_store(tmp_path)
    store.apply(*SERVER.policy(Settings()))
    good = store.number
    _signed, body = SERVER.policy(Settings())
    bad = spoil(body)

    with pytest.raises(Refused) as refused:
        store.apply(sign(bad), bad)
    assert store.refuse(refused.value)
    assert not store.refuse(refused.value)
    assert (good, good) == (store.number, open_store(tmp_path).number)


def test_r33_another_laptops_policy_is_refused(tmp_path):
    _signed, body = SERVER.policy(Settings())

    with pytest.raises(Refused, match="another device"):
        open_store(tmp_path).apply(sign(body, device="11" * 8), body)


def test_r33_another_servers_policy_is_refused(tmp_path):
    _signed, body = SERVER.policy(Settings())

    with pytest.raises(Refused, match="signature"):
        open_store(tmp_path).apply(sign(body, key=sealing.new_signing_key()), body)


def test_a_damaged_file_is_no_policy_and_says_so(tmp_path):
    store = open_store(tmp_path)
    store.apply(*SERVER.policy(Settings()))
    for file in (tmp_path / "policy").glob("*.json"):
        file.write_bytes(file.read_bytes()[:-1] + b" ")
    again = open_store(tmp_path)

    assert again.current is None
    assert "not usable" in again.problem


def test_r33_a_policy_altered_on_the_way_is_refused(tmp_path):
    store = open_store(tmp_path)
    signed, body = SERVER.policy(Settings())

    with pytest.raises(Refused, match="not the one that was signed"):
        store.apply(signed, body.replace(b"300", b"3600"))
    assert 0 == store.number
