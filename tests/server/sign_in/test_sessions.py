"""R15: the break-glass account, sessions that are listed and ended, and a password that somebody knows."""

import re
from datetime import timedelta

import pytest

from server import (
    accounts,
    break_glass,
    housekeeping,
    notices,
    sessions,
    sign_in_events,
    sign_in_settings,
    state,
)
from server.notices import Notices
from server.sign_in_settings import SignIn
from tests.support import school
from tests.support.at_the_door import is_in, sign_in
from tests.support.sinks import hook_sink

NEW = "a very calm new gate"


# ---- break-glass ----


def seal(house):
    with house.db.write() as db:
        break_glass.seal(db, NEW, by="Neil Okafor", now=state.utc_now())


def test_r15_the_break_glass_account_opens_and_everybody_in_charge_sees_it(client, house, as_browser):
    seal(house)
    sign_in_settings.write(house.folder, SignIn(second_step_for=("technician", "head")))
    sign_in(client, break_glass.NAME, NEW)
    opened = client.get("/devices")
    sign_in_settings.write(house.folder, SignIn())
    seen = {
        name: "break-glass account was used" in as_browser(name)
        for name in ("n.okafor", "t.ashby", "l.demir")
    }

    assert 200 == opened.status_code
    assert "break-glass account was used" in opened.text
    assert {"n.okafor": True, "t.ashby": True, "l.demir": False} == seen


def test_r15_the_head_is_told_outside_the_pages_without_a_name(client, house):
    seal(house)
    with hook_sink() as (port, bodies):
        notices.write(house.folder, Notices(to={"n.okafor": (f"json://127.0.0.1:{port}/",)}))
        sign_in(client, break_glass.NAME, NEW)
        housekeeping.tell_of_sign_ins(house)
        housekeeping.tell_of_sign_ins(house)

    assert 1 == len(bodies)
    assert "acil durum hesab" in bodies[0]
    assert "Okafor" not in bodies[0]


def test_sealed_anew_it_is_quiet_and_the_old_password_opens_nothing(client, post, house):
    seal(house)
    sign_in(client, break_glass.NAME, NEW)
    client.cookies.clear()
    school.signed_in(client, "n.okafor")
    page = post("/staff/break-glass").text
    new = re.search(r'class="secret">([^<]+)<', page)[1]
    quiet = client.get("/devices").text
    client.cookies.clear()

    assert "break-glass account was used" not in quiet
    assert [400, 303] == [sign_in(client, break_glass.NAME, word).status_code for word in (NEW, new)]


@pytest.mark.parametrize("path", [
    "", "/password", "/remove", "/invite", "/second-step/reset", "/sessions/end",
])  # fmt: skip
def test_nobody_changes_the_break_glass_account_on_the_staff_page(client, post, house, path):
    seal(house)
    school.signed_in(client, "t.ashby")

    assert post(f"/staff/break-glass{path}", roles="teacher").status_code in (403, 404)
    with house.db.read() as db:
        assert break_glass.OFFICES == accounts.find_staff(db, break_glass.NAME).roles


def test_the_break_glass_password_is_changed_by_sealing_only(client, post, house):
    seal(house)
    sign_in(client, break_glass.NAME, NEW)

    assert 400 == post("/account/password", password=NEW, new="another calm gate").status_code


# ---- sessions ----


def browser_signs_in(house, name="t.ashby"):
    with house.db.write() as db:
        account = accounts.find_staff(db, name)
        return sessions.open_session(db, account.id, state.utc_now(), sessions.Seen(browser="Safari, iPad"))


def opens(house, token):
    with house.db.read() as db:
        return sessions.find_session(db, token, state.utc_now()) is not None


def test_one_s_own_sessions_are_listed_and_one_is_ended(client, post, house):
    school.signed_in(client, "t.ashby")
    other, others = browser_signs_in(house), browser_signs_in(house, "n.okafor")
    page = client.get("/account").text
    found = re.findall(r"/account/sessions/([0-9a-f]{16})/end", page)
    post(f"/account/sessions/{found[0]}/end")

    assert "Safari, iPad" in page
    assert 1 == len(found)
    assert (False, True) == (opens(house, other), opens(house, others))
    assert is_in(client)


def test_nobody_ends_a_colleague_s_session_by_its_id(client, post, house):
    school.signed_in(client, "l.demir")
    other = browser_signs_in(house)
    with house.db.read() as db:
        account = accounts.find_staff(db, "t.ashby")
        (one,) = sessions.list_sessions(db, account.id, state.utc_now())
    post(f"/account/sessions/{one.id}/end")

    assert opens(house, other)


def test_all_others_are_ended_at_once(client, post, house):
    school.signed_in(client, "t.ashby")
    others = [browser_signs_in(house) for _ in range(3)]
    post("/account/sessions/end")

    assert [False] * 3 == [opens(house, token) for token in others]
    assert is_in(client)


def test_the_head_ends_a_colleague_s_sessions_and_it_is_written_down(client, post, house):
    other = browser_signs_in(house)
    school.signed_in(client, "n.okafor")
    post("/staff/t.ashby/sessions/end")
    with house.db.read() as db:
        (event,) = sign_in_events.list_events(db, since=state.utc_now() - timedelta(minutes=1))

    assert not opens(house, other)
    assert ("sessions-ended", "Neil Okafor", "Tom Ashby") == (event.what, event.by, event.name)


def test_r15_my_password_is_known_ends_everything_else_until_there_is_a_new_one(client, post, house):
    school.signed_in(client, "t.ashby")
    other = browser_signs_in(house)
    token = post(
        "/account/tokens", token_name="x", days="30", scope="read", **{"token-password": school.PASSWORD}
    ).text
    post("/account/known")
    shut = client.get("/devices", follow_redirects=False).headers["location"]
    same = post("/account/password", password=school.PASSWORD, new=school.PASSWORD).status_code
    done = post("/account/password", password=school.PASSWORD, new=NEW).status_code

    assert "gpt_" in token
    assert not opens(house, other)
    assert "/account/password" == shut
    assert [400, 303] == [same, done]
    assert 200 == client.get("/devices", follow_redirects=False).status_code
    assert "gpt_" not in client.get("/account").text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/126 Safari/537.36 Edg/126",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari, iPad"),
        ("<script>alert(1)</script>", ""),
        ("x" * 100_000, ""),
    ],
)
def test_a_browser_is_known_by_a_word_of_ours_and_never_its_own(agent, words):
    assert words == sessions.browser_of(agent)


@pytest.fixture
def as_browser(client):
    """Return a function that gives a page as somebody sees it in another browser."""

    def look(name):
        client.cookies.clear()
        school.signed_in(client, name)
        return client.get("/account?lang=en").text

    return look


def test_r15_a_password_that_a_colleague_made_is_told_to_whose_it_is_with_who_made_it(client, post, house):
    sign_in(client, "n.okafor", school.PASSWORD)
    post("/staff/t.ashby/password")
    with house.db.read() as db:
        number = accounts.find_staff(db, "t.ashby").id
        found = sign_in_events.list_events(db, since=state.utc_now() - timedelta(hours=1), staff_id=number)

    assert [("password-made", "Neil Okafor")] == [(each.what, each.by) for each in found]
    assert "bir meslektaşı yeni parola oluşturdu" in client.get("/staff/t.ashby").text


def test_what_was_done_at_the_shell_is_said_in_turkish_on_a_turkish_page(client, house):
    with house.db.write() as db:
        account = accounts.find_staff(db, "t.ashby")
        sign_in_events.write(
            db,
            at=state.utc_now(),
            staff_id=account.id,
            name=account.display_name,
            what="sessions-ended",
            by="command line",
        )
    sign_in(client, "n.okafor", school.PASSWORD)
    page = client.get("/staff/t.ashby?lang=tr").text

    assert (True, False) == ("komut satırı" in page, "command line" in page)
