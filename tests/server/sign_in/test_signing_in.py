"""R15: strong hashed server logins: second step, invitations, break-glass, sessions; nobody is kept out."""

import re
from datetime import timedelta

import pyotp
import pytest

from server import (
    accounts,
    guessing,
    invitations,
    sessions,
    sign_in_events,
    sign_in_settings,
    signing_in,
    state,
)
from server.sign_in_settings import SignIn
from tests.support import school
from tests.support.at_the_door import is_in, sign_in

NEW = "a very calm new gate"


def give_code(client, code):
    return client.post("/sign-in/code", data={"code": code}, follow_redirects=False)


@pytest.fixture
def stepped(client, post):
    """The technician has a second step; returns its secret and the recovery codes, signed out again."""
    school.signed_in(client, "t.ashby")
    post("/account/second-step/begin")
    page = client.get("/account/second-step").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    made = post("/account/second-step", code=pyotp.TOTP(secret).now())
    codes = re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})", made.text)
    post("/sign-out")
    client.cookies.clear()
    return secret, codes


# ---- second step ----


def test_r15_a_password_alone_does_not_open_an_account_with_a_second_step(client, stepped):
    answer = sign_in(client)

    assert (303, "/sign-in/code") == (answer.status_code, answer.headers["location"])
    assert "__Host-gatepost" not in client.cookies
    assert not is_in(client)


def test_r15_a_recovery_code_opens_it_once(client, stepped):
    sign_in(client)
    first = give_code(client, stepped[1][0].upper().replace("-", " "))
    inside = is_in(client)
    client.cookies.clear()
    sign_in(client)
    again = give_code(client, stepped[1][0])

    assert [303, 400] == [first.status_code, again.status_code]
    assert inside
    assert not is_in(client)


def test_r15_the_code_just_used_does_not_open_it(client, stepped):
    sign_in(client)

    assert 400 == give_code(client, pyotp.TOTP(stepped[0]).now()).status_code
    assert not is_in(client)


def test_r15_the_next_code_opens_it(client, stepped):
    sign_in(client)
    later = state.utc_now() + timedelta(seconds=30)

    assert 303 == give_code(client, pyotp.TOTP(stepped[0]).at(later)).status_code
    assert is_in(client)


def test_the_second_step_alone_opens_nothing(client, stepped):
    answer = give_code(client, stepped[1][0])

    assert 400 == answer.status_code
    assert "too long ago" in answer.text
    assert 303 == client.get("/sign-in/code", follow_redirects=False).status_code


def test_a_half_done_sign_in_ends_with_a_new_password(client, stepped, house):
    sign_in(client)
    with house.db.write() as db:
        accounts.set_password(db, "t.ashby", NEW)

    assert 400 == give_code(client, stepped[1][0]).status_code
    assert not is_in(client)


def test_r15_guessing_codes_is_stopped_and_the_head_hears_of_it(client, stepped, house):
    sign_in(client)
    statuses = [give_code(client, f"{number:06}").status_code for number in range(guessing.FREE + 2)]
    right_too_late = give_code(client, stepped[1][0]).status_code
    with house.db.read() as db:
        told = [each.what for each in sign_in_events.list_waiting(db)]

    assert [400] * guessing.FREE + [429, 429] == statuses
    assert 429 == right_too_late
    assert ["code-guessing"] == told


def test_r15_an_office_that_needs_a_second_step_opens_nothing_before(client, post, house):
    sign_in_settings.write(house.folder, SignIn(second_step_for=("technician",)))
    sign_in(client)
    led = {
        path: client.get(path, follow_redirects=False).headers.get("location")
        for path in ("/devices", "/media", "/staff", "/problems")
    }
    api = client.get("/reports/api/officers", follow_redirects=False).status_code
    post("/account/second-step/begin")
    page = client.get("/account/second-step").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    post("/account/second-step", code=pyotp.TOTP(secret).now())

    assert {"/account/second-step"} == set(led.values())
    assert 403 == api
    assert 200 == client.get("/devices", follow_redirects=False).status_code


def test_who_takes_a_second_step_away_proves_it_with_the_password(client, post, stepped):
    sign_in(client)
    give_code(client, stepped[1][0])
    refused = post("/account/second-step/remove", **{"step-password": "wrong"})
    codes = post("/account/codes", **{"step-password": "wrong"})
    done = post("/account/second-step/remove", **{"step-password": school.PASSWORD})
    client.cookies.clear()

    assert [400, 400, 303] == [refused.status_code, codes.status_code, done.status_code]
    assert "/" == sign_in(client).headers["location"]


def test_the_picture_is_drawn_without_what_the_page_s_rules_forbid(client, post):
    school.signed_in(client, "t.ashby")
    post("/account/second-step/begin")
    page = client.get("/account/second-step")
    drawn = re.search(r"<svg[^>]*qr.*?</svg>", page.text, re.S)[0]

    assert "style=" not in drawn
    assert "otpauth" not in page.text
    assert "<script" not in drawn


# ---- nobody keeps a colleague out ----


def test_r15_a_pupil_elsewhere_cannot_keep_a_colleague_out(house):
    now = state.utc_now()
    with house.db.write() as db:
        there = [guessing.count_guess(db, "t.ashby", "10.0.0.66", now) for _ in range(30)]
        here = guessing.count_guess(db, "t.ashby", "10.0.0.7", now)

    assert "name" == there[-1].why
    assert here is None


def test_r15_a_browser_one_signed_in_with_before_is_not_kept_out_from_anywhere(client, house):
    sign_in(client)
    client.cookies.delete("__Host-gatepost")
    now = state.utc_now()
    with house.db.write() as db:
        for place in range(40):
            for _ in range(guessing.FREE):
                guessing.count_guess(db, "t.ashby", f"10.0.1.{place}", now)
        for _ in range(guessing.FREE):
            guessing.count_guess(db, "t.ashby", "testclient", now)

    assert 303 == sign_in(client).status_code
    client.cookies.clear()
    assert 429 == sign_in(client).status_code


def test_a_known_browser_has_no_endless_guesses_either(client):
    sign_in(client)
    client.cookies.delete("__Host-gatepost")
    statuses = [sign_in(client, password="wrong").status_code for _ in range(guessing.FREE + 1)]

    assert [400] * guessing.FREE + [429] == statuses


def test_a_browser_known_for_one_colleague_is_not_for_another(client, house):
    sign_in(client)
    mark = client.cookies[signing_in.KNOWN_COOKIE]
    with house.db.read() as db:
        known = {
            name: sessions.is_known(db, accounts.find_staff(db, name).id, mark, state.utc_now())
            for name in ("t.ashby", "n.okafor")
        }

    assert {"t.ashby": True, "n.okafor": False} == known


# ---- invitations ----


def invited(house, name="t.ashby", **more):
    with house.db.write() as db:
        return invitations.invite(db, accounts.find_staff(db, name), by="test", now=state.utc_now(), **more)


def accept(client, token, password=NEW):
    return client.post(f"/invitation/{token}", data={"new": password}, follow_redirects=False)


def test_r15_an_invited_colleague_chooses_a_password_nobody_else_knows(client, post, house):
    school.signed_in(client, "n.okafor")
    made = post("/staff", name="z.new", display_name="Zo New", roles="technician", language="en", way="link")
    link = re.search(r"https://[^<]+(/invitation/[^<]+)<", made.text)[1]
    client.cookies.clear()
    page = client.get(link)
    done = client.post(link, data={"new": NEW}, follow_redirects=False)

    assert "You sign in as" in page.text
    assert (303, "/account/second-step") == (done.status_code, done.headers["location"])
    assert is_in(client)


def test_r15_an_account_that_waits_for_its_invitation_opens_with_no_password(client, house):
    with house.db.write() as db:
        accounts.add_staff(
            db,
            name="z.new",
            display_name="Z",
            roles=frozenset({"teacher"}),
            password=None,
            now=state.utc_now(),
        )

    assert [400, 400, 400] == [sign_in(client, "z.new", word).status_code for word in ("", "!", "x" * 12)]


def test_r15_a_link_serves_once(client, house):
    token = invited(house)
    first = accept(client, token).status_code
    client.cookies.clear()
    again = accept(client, token, "another calm gate").status_code

    assert [303, 404] == [first, again]
    assert 303 == sign_in(client, password=NEW).status_code


@pytest.mark.parametrize("how", ["newer", "over", "removed"])
def test_a_link_that_is_void_opens_nothing(client, house, how):
    token = invited(house, hours=1)
    with house.db.write() as db:
        if how == "newer":
            invitations.invite(db, accounts.find_staff(db, "t.ashby"), by="test", now=state.utc_now())
        elif how == "over":
            db.exec_driver_sql("UPDATE invitations SET expires_at = expires_at - 3700000")
        else:
            accounts.remove_staff(db, "t.ashby")

    assert [404, 404] == [client.get(f"/invitation/{token}").status_code, accept(client, token).status_code]


def test_a_link_asks_for_the_second_step_that_is_set(client, stepped, house):
    done = accept(client, invited(house))

    assert "/sign-in/code" == done.headers["location"]
    assert not is_in(client)


def test_a_weak_password_leaves_the_link_as_it_was(client, house):
    token = invited(house)

    assert [400, 303] == [accept(client, token, "short").status_code, accept(client, token).status_code]


def test_links_are_not_to_be_found_in_the_database(house):
    token = invited(house)
    house.db.close()
    held = b"".join(path.read_bytes() for path in house.folder.path.glob("gatepost.sqlite*"))

    assert token.encode() not in held
