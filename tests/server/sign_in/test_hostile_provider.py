"""R15: a provider's answer that is forged, replayed, or for somebody else signs nobody in."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from server import accounts, break_glass, provider_flows, provider_links, sign_in_settings, state
from server.errors import Invalid
from server.sign_in_settings import Provider, SignIn
from server.web import provider as pages
from tests.support import hostile_provider, school
from tests.support.hostile_provider import CLIENT_ID, CLIENT_SECRET, EMAIL, SUBJECT

FAR = int(time.time()) + 10 * 365 * 86400


@pytest.fixture
def evil(house) -> Iterator[hostile_provider.Provider]:
    """A provider the school uses, with the technician's subject linked; it says what the test wants."""
    with hostile_provider.serving() as provider:
        chosen = Provider(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        sign_in_settings.write(house.folder, SignIn(provider=chosen))
        link(house, provider, subject=SUBJECT)
        yield provider


def link(house, provider, name="t.ashby", **by):
    with house.db.write() as db:
        account = accounts.find_staff(db, name)
        provider_links.link(db, account, issuer=provider.issuer, by="test", now=state.utc_now(), **by)


def come_back(client, evil, **changed):
    """Begin a sign-in and come back from the provider with a code."""
    begun = client.get("/sign-in/provider", follow_redirects=False)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    evil.nonce = asked["nonce"][0]
    query = {"code": "abc", "state": asked["state"][0], **changed}
    return client.get("/sign-in/provider/back", params=query, follow_redirects=False)


def is_in(client):
    return 200 == client.get("/account", follow_redirects=False).status_code


def test_an_answer_that_holds_signs_in(client, evil):
    """The other tests would pass with a provider that nobody could use."""
    assert 303 == come_back(client, evil).status_code
    assert is_in(client)


@pytest.mark.parametrize(
    "sign",
    [
        "sign_with_another_key",
        "sign_with_the_secret",
        "sign_with_the_public_key",
        "sign_not_at_all",
        "change_after_signing",
    ],
)
def test_r15_a_forged_signature_signs_nobody_in(client, evil, sign):
    evil.sign = getattr(evil, sign)
    answer = come_back(client, evil)

    assert 400 == answer.status_code
    assert "does not hold" in answer.text
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-program"},
        {"aud": ["another-program", "a-third"]},
        {"aud": [CLIENT_ID, "another-program"]},
        {"aud": [CLIENT_ID, "another-program"], "azp": "another-program"},
        {"aud": []},
        {"aud": None},
        {"azp": "another-program"},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"nonce": "one from an earlier sign-in"},
        {"nonce": None},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"iat": FAR},
        {"nbf": FAR},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"amr": "pwd"},
    ],
    ids=lambda claims: "-".join(claims),
)
def test_r15_an_id_token_for_others_or_of_another_time_signs_nobody_in(client, evil, claims):
    evil.claims = claims

    assert 400 == come_back(client, evil).status_code
    assert not is_in(client)


@pytest.mark.parametrize(
    "token", [{}, {"id_token": 7}, {"id_token": "a.b.c"}, {"error": "no"}, b"<html>", b"[" * 9000]
)
def test_an_answer_that_is_none_signs_nobody_in(client, evil, token):
    evil.token = token

    assert 400 == come_back(client, evil).status_code
    assert not is_in(client)


def test_an_answer_too_long_to_be_one_is_not_read_to_its_end(client, evil):
    evil.token = b" " * 5_000_000

    assert come_back(client, evil).status_code in (400, 503)
    assert not is_in(client)


def test_the_provider_sends_our_secret_nowhere_else(client, evil):
    evil.token, evil.token_status = b"", 302
    come_back(client, evil)

    assert "/elsewhere" not in evil.asked
    assert not is_in(client)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://somebody.example"},
        {"token_endpoint": "http://somebody.example/token"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 7},
        b"not json",
        b"[" * 100_000,
        b" " * 1_000_000,
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_document_that_is_not_the_issuer_s_own_sends_nobody_anywhere(client, evil, metadata):
    evil.metadata = metadata
    answer = client.get("/sign-in/provider", follow_redirects=False)

    assert answer.status_code in (400, 503)
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changed", [{"state": "guessed"}, {"state": ""}, {"iss": "https://somebody.example"}, {"code": ""}]
)
def test_a_way_back_that_was_made_up_signs_nobody_in(client, evil, changed):
    assert 400 == come_back(client, evil, **changed).status_code
    assert not is_in(client)


def test_an_issuer_that_names_itself_has_to_name_itself_each_time(client, evil):
    evil.metadata = {"authorization_response_iss_parameter_supported": True}

    assert 400 == come_back(client, evil).status_code
    assert 303 == come_back(client, evil, iss=evil.issuer).status_code


def test_a_refusal_of_the_provider_is_said_and_uses_the_way_up(client, evil):
    answer = come_back(client, evil, error="access_denied", code="")

    assert "did not let you in" in answer.text
    assert not is_in(client)


@pytest.mark.parametrize(
    ("said", "enters"),
    [({}, True), ({"email_verified": False}, False), ({"email_verified": None}, False),
     ({"email_verified": "true"}, False), ({"email_verified": 1}, False), ({"email": "x@e.example"}, False)],
)  # fmt: skip
def test_r15_only_a_verified_address_leads_to_a_colleague(client, house, evil, said, enters):
    link(house, evil, name="n.okafor", email=EMAIL.upper())
    evil.claims = {"sub": "somebody-new", **said}
    answer = come_back(client, evil)

    assert (303 if enters else 403) == answer.status_code
    assert enters == is_in(client)


def test_r15_an_address_given_to_somebody_else_later_leads_nowhere(client, house, evil):
    link(house, evil, name="n.okafor", email=EMAIL)
    evil.claims = {"sub": "the-first-owner"}
    come_back(client, evil)
    client.cookies.clear()
    evil.claims = {"sub": "the-next-owner"}

    assert 403 == come_back(client, evil).status_code
    assert not is_in(client)


def test_what_the_provider_adds_about_another_person_does_not_count(client, house, evil):
    link(house, evil, name="n.okafor", email=EMAIL)
    evil.claims = {"sub": "somebody-new", "email": None, "email_verified": None}
    evil.userinfo = {"sub": "another", "email": EMAIL, "email_verified": True}
    other = come_back(client, evil).status_code
    evil.userinfo = {"sub": "somebody-new", "email": EMAIL, "email_verified": True}

    assert [403, 303] == [other, come_back(client, evil).status_code]


def test_an_account_at_the_provider_leads_to_one_colleague_only(house, evil):
    with pytest.raises(Invalid):
        link(house, evil, name="n.okafor", subject=SUBJECT)


def test_a_provider_s_new_key_is_asked_for(client, evil, monkeypatch):
    come_back(client, evil)
    client.cookies.clear()
    evil.key = type(evil.key).generate_key(2048, {"kid": "mine"})
    monkeypatch.setattr("server.providers.KEYS_AGAIN_SECONDS", 0.0)

    assert 303 == come_back(client, evil).status_code


def test_r15_passwords_and_the_break_glass_account_work_while_the_provider_is_silent(client, house):
    gone = Provider(issuer="http://127.0.0.1:9", client_id=CLIENT_ID)
    sign_in_settings.write(house.folder, SignIn(provider=gone, second_step_for=("technician",)))
    with house.db.write() as db:
        break_glass.seal(db, "a paper in the safe", by="test", now=state.utc_now())
    silent = client.get("/sign-in/provider", follow_redirects=False)
    school.signed_in(client, "n.okafor")
    client.cookies.clear()
    form = {"name": break_glass.NAME, "password": "a paper in the safe"}
    answer = client.post("/sign-in", data=form, follow_redirects=False)

    assert 503 == silent.status_code
    assert "Use your password" in silent.text
    assert (303, 200) == (answer.status_code, client.get("/devices").status_code)


def test_sign_ins_under_way_do_not_pile_up(house):
    now = state.utc_now()
    with house.db.write() as db:
        given = {"nonce": "n", "verifier": "v", "wanted": "/", "now": now}
        marks = [provider_flows.keep(db, state=str(n), **given) for n in range(provider_flows.MOST + 1)]
        later = provider_flows.keep(db, state="later", **{**given, "now": now + provider_flows.SERVES})

    assert [None] == [mark for mark in marks if mark is None]
    assert later


@pytest.mark.parametrize(
    "issuer", ["http://login.example", "ftp://x", "https://x?y", "https://x#y", "https://", "login.example"]
)
def test_an_issuer_that_cannot_be_asked_safely_is_refused(issuer):
    with pytest.raises(Invalid):
        sign_in_settings.check_provider(Provider(issuer=issuer, client_id="x"))


@pytest.fixture(autouse=True)
def forget_clients():
    """Ports come back: a client of an earlier test must not be taken for this one's."""
    pages._clients.clear()


def test_an_id_token_nested_without_end_signs_nobody_in(client, evil):
    deep = urlsafe_b64encode(b"[" * 30_000).decode()
    evil.sign = lambda header, claims: f"{evil.sign_well(header, claims).split('.')[0]}.{deep}.AAAA"

    assert 400 == come_back(client, evil).status_code
