"""Settings looked at again: reviews, promises of texts, the school's own words, history and going back."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from server import accounts, settings, state
from server.app import make_app
from server.state import ServerState
from tests.support import policy_school, school
from tests.support.policy_browser import (
    LAB,
    Post,
    become,
    browsing,
    change_review,
    current,
    lock,
    number_of,
    poster,
    send,
    state_of,
)


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with browsing(fresh_house) as client:
        yield client


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    return poster(browser, csrf_of)


# ---- review, texts, history ----


def test_r81_a_review_that_is_past_stands_as_a_banner(browser, fresh_house):
    change_review(fresh_house, next_review=(date.today() - timedelta(days=1)).isoformat())
    become(browser, "t.ashby")
    page = browser.get("/policies").text

    assert "The yearly review is overdue since" in page
    assert 'role="alert"' in page


@pytest.mark.parametrize(
    ("days", "expected"),
    [(10, "The yearly review is due on"), (200, None), (None, "No day for the next review")],
)
def test_r81_a_review_ahead_is_a_reminder_only_when_it_is_near(browser, fresh_house, days, expected):
    ahead = "" if days is None else (date.today() + timedelta(days=days)).isoformat()
    change_review(fresh_house, next_review=ahead, approved_by="Governors")
    become(browser, "t.ashby")
    page = browser.get("/policies").text

    assert "overdue" not in page
    assert (expected in page) if expected else ("The yearly review" not in page)


def test_r81_governors_see_approval_dates_and_no_setting(browser, fresh_house):
    change_review(
        fresh_house, approved_by="Governors’ committee", approved_on="2026-09-01", next_review="2027-09-01"
    )
    become(browser, "g.hall")
    page = browser.get("/policies/review").text

    assert all(words in page for words in ("Governors’ committee", "1 September 2026", "1 September 2027"))
    assert "minutes" not in page
    assert 403 == browser.get("/policies").status_code


def test_r84_a_change_that_makes_a_text_untrue_says_so_before_and_after(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.tree_of(connection)
        words = {key: f"{text} An unattended screen locks after 5 minutes." for key, text in
                 tree.school.consequences.items()}  # fmt: skip
        tree = msgspec.structs.replace(tree, school=msgspec.structs.replace(tree.school, consequences=words))
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    assert "A text says otherwise" not in browser.get("/policies").text
    before = post(LAB, act="look", **lock("10", base=2)).text
    number = number_of(send(post, "10", base=2))
    become(browser, "n.okafor")
    asked = browser.get(f"/policies/proposals/{number}?lang=en").text
    post(f"/policies/proposals/{number}/approve")
    after = browser.get("/policies").text

    for page in (before, asked, after):
        assert "A text says otherwise" in page
        assert "Lock after: 10 minutes, not 5 minutes." in page


def test_the_schools_own_words_are_changed_like_any_setting(browser, fresh_house, post):
    become(browser, "t.ashby")
    contacts = {
        "in": ["school.contacts", "school.name"],
        "school.name": "Hazel Bank",
        "school.contacts:0:name": "Mr Bell",
        "school.contacts:0:role": "Deputy",
        "school.contacts:0:how": "In the library",
    }
    look = post("/policies/school", act="look", base="1", **contacts).text
    assert "Pupils see one person fewer to turn to." in look
    fields = {"act": "send", "base": "1", "reason": "New year", "risk": "The office knows"}
    number = number_of(post("/policies/school", **fields, **contacts))
    become(browser, "r.carver")
    post(f"/policies/proposals/{number}/approve")

    held = current(fresh_house).tree.school
    assert ("Hazel Bank", ["Mr Bell"]) == (held.name, [each.name for each in held.contacts])


def test_a_school_without_consequences_is_refused(browser, fresh_house, post):
    become(browser, "t.ashby")
    fields = {"in": "school.consequences.en", "school.consequences.en": " ", "base": "1", "act": "send"}
    answer = post("/policies/school", reason="x", risk="y", **fields)

    assert 422 == answer.status_code
    assert 1 == current(fresh_house).number


def test_going_back_is_one_press_where_it_weakens_nothing(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        weaker = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 900))
        policy_school.save(connection, weaker, risk="hm")
    become(browser, "t.ashby")
    assert "Back to settings 1" in browser.get("/policies/revisions/1").text
    answer = post("/policies/revisions/1/back", reason="Back to settings 1")

    assert 303 == answer.status_code
    now = current(fresh_house)
    assert (3, "rollback", ()) == (now.number, now.kind, now.tree.layers)


def test_r82_going_back_to_something_weaker_asks_a_second_adult(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 60))
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    assert 422 == post("/policies/revisions/1/back", reason="too strict").status_code
    number = number_of(post("/policies/revisions/1/back", reason="too strict", risk="As before"))

    assert (2, "waiting") == (current(fresh_house).number, state_of(fresh_house, number))


def test_history_says_what_why_and_by_whom(browser, fresh_house):
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 200))
        policy_school.save(connection, tree, reason="The corridor is loud")
    become(browser, "r.carver")
    page = browser.get("/policies/history").text

    assert all(words in page for words in ("The corridor is loud", "Tom Ashby", "/policies/revisions/2"))
    assert "Lab 2: Lock after <del>5 minutes</del>" in browser.get("/policies/revisions/2").text
    assert 404 == browser.get("/policies/revisions/99").status_code


def test_hostile_words_stay_words(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post, reason="<script>alert(1)</script>\u202eevil", risk="<b>x"))
    page = browser.get(f"/policies/proposals/{number}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page


def test_before_the_first_settings_the_page_says_how_to_begin(tmp_path):
    where = settings.Folder(tmp_path)
    where.make()
    settings.write_config(where, settings.Config(profile="x", hosts=(), bind="127.0.0.1", port=0))
    house = state.open_state(where)
    house.db.upgrade()
    with house.db.write() as connection:
        accounts.add_staff(
            connection, name="t.ashby", display_name="Tom", roles=frozenset({"technician"}),
            password=school.PASSWORD, now=datetime.now(UTC),
        )  # fmt: skip
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        school.signed_in(client, "t.ashby")

        assert "There are no settings yet" in client.get("/policies").text
        assert 404 == client.get("/policies/change").status_code


def test_nobody_elses_pages_open(browser):
    for name in ("l.demir", "g.hall"):
        become(browser, name)

        assert 403 == browser.get("/policies").status_code
        assert 403 == browser.get(LAB).status_code
