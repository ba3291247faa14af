"""Nobody keeps a colleague out by making up names; nobody who was let in once leaves a way in behind."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import insert

from server import accounts, api_tokens, break_glass, guessing, invitations, state
from server.errors import Invalid
from server.sign_in_tables import api_tokens as tokens_table
from tests.support import school
from tests.support.at_the_door import is_in, sign_in

NEW = "a very calm new gate"


@pytest.fixture
def codes(client, post):
    """The technician has a second step; returns the recovery codes, signed out again."""
    school.signed_in(client, "t.ashby")
    post("/account/second-step/begin")
    page = client.get("/account/second-step").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    made = post("/account/second-step", code=pyotp.TOTP(secret).now())
    post("/sign-out")
    client.cookies.clear()
    return re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})", made.text)


def make_up(client, name):
    """Somebody at the same address tries a name that nobody has, as often as they may."""
    statuses = [sign_in(client, name, "made up").status_code for _ in range(guessing.FREE + 1)]
    client.cookies.clear()
    return statuses


@pytest.mark.parametrize("name", ["code:t.ashby", "CODE:T.ASHBY", " Code:t.ashby"])
def test_r15_a_made_up_name_does_not_close_a_colleagues_second_step(client, codes, name):
    assert 429 == make_up(client, name)[-1]
    sign_in(client)
    answer = client.post("/sign-in/code", data={"code": codes[0]}, follow_redirects=False)

    assert 303 == answer.status_code
    assert is_in(client)


@pytest.mark.parametrize("name", ["invitation", "INVITATION"])
def test_r15_a_made_up_name_does_not_close_invitations(client, house, name):
    with house.db.write() as db:
        token = invitations.invite(db, accounts.find_staff(db, "t.ashby"), by="test", now=state.utc_now())
    assert 429 == make_up(client, name)[-1]
    page = client.post(f"/invitation/{token}", data={"new": NEW}, follow_redirects=False)

    assert 303 == page.status_code


# ---- what outlives the envelope ----


def test_r15_whoever_opened_the_envelope_leaves_no_way_in_behind(client, post, house):
    """A token would go on after the account is sealed anew, and nobody would see it used."""
    with house.db.write() as db:
        break_glass.seal(db, NEW, by="Neil Okafor", now=state.utc_now())
    sign_in(client, break_glass.NAME, NEW)
    sent = {"token-password": NEW, "token_name": "nightly", "days": "365", "scope": "write"}
    page = post("/account/tokens", **sent)

    assert (400, False) == (page.status_code, "gpt_" in page.text)
    with house.db.read() as db:
        owner = accounts.find_staff(db, break_glass.NAME)
    with house.db.write() as db, pytest.raises(Invalid, match="break-glass"):
        api_tokens.make(db, owner, name="x", days=9, read_only=False, now=state.utc_now())


def test_r15_a_token_of_the_envelope_s_account_ends_when_it_is_sealed_anew(house):
    now = state.utc_now()
    with house.db.write() as db:
        break_glass.seal(db, NEW, by="Neil Okafor", now=now)
        owner = accounts.find_staff(db, break_glass.NAME)
        values = {"staff": owner.id, "name": "old", "token_hash": b"0" * 32, "read_only": False}
        db.execute(insert(tokens_table).values(**values, made_at=now, expires_at=now + timedelta(days=9)))
        break_glass.seal(db, NEW + " again", by="Neil Okafor", now=now)

        assert [] == api_tokens.list_tokens(db, owner.id, now)
