"""Nobody outside keeps a colleague from their second step or their invitation by making up sign-in names."""

import re

import pyotp
import pytest

from server import accounts, guessing, invitations, state
from tests.support import school
from tests.support.at_the_door import is_in, sign_in


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
    page = client.post(f"/invitation/{token}", data={"new": "a very calm new gate"}, follow_redirects=False)

    assert 303 == page.status_code
