"""R15: staff sign in with the school account, at a real OpenID provider (Canaille) in another process."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from server import accounts, provider_links, sessions, sign_in_settings, state
from server.sign_in_settings import Provider, SignIn
from tests.support import openid_provider, school

BACK = f"{school.ORIGIN}/sign-in/provider/back"


@pytest.fixture
def provider() -> Iterator[openid_provider.Running]:
    """A provider for one test: Canaille's memory finds any code of a client, so a code that was left by
    another test would be exchanged in place of ours."""
    with openid_provider.started(BACK) as running:
        yield running


@pytest.fixture(autouse=True)
def linked(house, provider):
    """The school uses that provider; nobody is linked yet."""
    chosen = Provider(
        issuer=provider.issuer,
        client_id=openid_provider.CLIENT_ID,
        client_secret=openid_provider.CLIENT_SECRET,
    )
    sign_in_settings.write(house.folder, SignIn(provider=chosen))


def link(house, provider, name="t.ashby", **by):
    with house.db.write() as db:
        provider_links.link(
            db,
            accounts.find_staff(db, name),
            issuer=provider.issuer,
            by="test",
            now=state.utc_now(),
            **(by or {"subject": openid_provider.PERSON}),
        )


def go_and_come_back(client, provider):
    """Return the address the provider sent the browser back to, as path and query."""
    begun = client.get("/sign-in/provider?next=/devices", follow_redirects=False)
    assert 303 == begun.status_code, begun.text
    back = urlsplit(provider.log_in(begun.headers["location"]))
    return f"{back.path}?{back.query}", begun.headers["location"]


def test_r15_a_linked_colleague_signs_in_with_the_school_account(client, house, provider):
    link(house, provider)
    back, _ = go_and_come_back(client, provider)
    answer = client.get(back, follow_redirects=False)

    assert (303, "/devices") == (answer.status_code, answer.headers["location"])
    assert "Tom Ashby" in client.get("/account").text
    with house.db.read() as db:
        (one,) = sessions.list_sessions(db, accounts.find_staff(db, "t.ashby").id, state.utc_now())
    assert "provider" == one.how


def test_the_request_carries_a_state_a_nonce_and_a_challenge_and_no_secret(client, house, provider):
    asked = parse_qs(
        urlsplit(client.get("/sign-in/provider", follow_redirects=False).headers["location"]).query
    )

    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert (["S256"], ["code"], [BACK]) == (
        asked["code_challenge_method"],
        asked["response_type"],
        asked["redirect_uri"],
    )
    assert openid_provider.CLIENT_SECRET not in str(asked)


def test_r15_nobody_gets_an_account_by_signing_in_at_the_provider(client, house, provider):
    before = len(_staff(house))
    back, _ = go_and_come_back(client, provider)
    answer = client.get(back, follow_redirects=False)

    assert 403 == answer.status_code
    assert "not linked with an account here" in answer.text
    assert before == len(_staff(house))
    assert 303 == client.get("/account", follow_redirects=False).status_code


def test_a_way_back_counts_once(client, house, provider):
    link(house, provider)
    back, _ = go_and_come_back(client, provider)
    first = client.get(back, follow_redirects=False)
    client.cookies.clear()
    again = client.get(back, follow_redirects=False)

    assert [303, 400] == [first.status_code, again.status_code]
    assert "used already" in again.text


def test_a_way_back_counts_only_in_the_browser_it_began_in(client, house, provider):
    link(house, provider)
    back, _ = go_and_come_back(client, provider)
    client.cookies.clear()
    answer = client.get(back, follow_redirects=False)

    assert 400 == answer.status_code
    assert "__Host-gatepost" not in {cookie.split("=")[0] for cookie in answer.headers.get_list("set-cookie")}


def test_the_provider_s_code_is_worth_nothing_without_the_verifier(client, house, provider):
    """A code that somebody overheard is tried in another sign-in of theirs: its challenge does not fit."""
    link(house, provider)
    stolen, _ = go_and_come_back(client, provider)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    mine = client.get("/sign-in/provider", follow_redirects=False).headers["location"]
    state_of_mine = parse_qs(urlsplit(mine).query)["state"][0]
    answer = client.get(
        f"/sign-in/provider/back?code={code}&state={state_of_mine}&iss={provider.issuer}",
        follow_redirects=False,
    )

    assert 400 == answer.status_code
    assert "does not hold" in answer.text


def test_a_closed_account_stays_closed_whatever_the_provider_says(client, house, provider):
    link(house, provider)
    with house.db.write() as db:
        accounts.remove_staff(db, "t.ashby")
    back, _ = go_and_come_back(client, provider)

    assert 403 == client.get(back, follow_redirects=False).status_code


def _staff(house):
    with house.db.read() as db:
        return accounts.list_staff(db)
