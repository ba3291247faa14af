"""Settings changed by two: a second adult for what weakens, and whoever was slower loses nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from server import accounts
from server.state import ServerState
from tests.support import policy_school, school
from tests.support.policy_browser import (
    LOCK,
    Post,
    become,
    browsing,
    current,
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


# ---- two people ----


def test_r82_a_technician_alone_cannot_weaken(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post))
    page = browser.get(f"/policies/proposals/{number}").text

    assert "You cannot approve your own change." in page
    assert "/approve" not in page
    assert 409 == post(f"/policies/proposals/{number}/approve").status_code
    assert 409 == post(f"/policies/proposals/{number}/apply").status_code
    assert (1, "waiting") == (current(fresh_house).number, state_of(fresh_house, number))


def test_r82_a_second_technician_is_no_second_office(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        accounts.add_staff(
            connection, name="u.ames", display_name="Una Ames", roles=frozenset({"technician"}),
            password=school.PASSWORD, now=datetime.now(UTC),
        )  # fmt: skip
    become(browser, "t.ashby")
    number = number_of(send(post))
    become(browser, "u.ames")
    answer = post(f"/policies/proposals/{number}/approve")

    assert 409 == answer.status_code
    assert "One of the two has to be the head or a safeguarding lead" in answer.text
    assert "waiting" == state_of(fresh_house, number)


def test_r82_the_head_approves_and_it_is_kept_with_reason_risk_and_names(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post))
    become(browser, "n.okafor")
    overview = browser.get("/policies?lang=en").text
    assert "Waiting for you" in overview
    assert "Lab 2: lock after 10 minutes instead of 5." in overview
    post(f"/policies/proposals/{number}/approve", words="For this term")

    now = current(fresh_house)
    page = browser.get(f"/policies/proposals/{number}").text
    assert (2, "Tom Ashby", "Long experiments") == (now.number, now.by.name, now.reason)
    assert all(
        words in page for words in ("For this term", "The teacher is there", "Neil Okafor", "Approved")
    )


def test_what_waits_for_me_is_counted_in_the_navigation(browser, post):
    become(browser, "t.ashby")
    number_of(send(post))
    own = browser.get("/policies").text
    become(browser, "r.carver")
    lead = browser.get("/policies").text

    def count(page: str) -> str:
        return page.split('href="/policies"')[1].split("</a>")[0]

    assert 'class="count' not in count(own)
    assert '<span class="count num">1<' in count(lead)


def test_a_no_needs_words_and_the_proposer_reads_them(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post))
    become(browser, "r.carver")
    silent = post(f"/policies/proposals/{number}/refuse", words=" ")
    assert 409 == silent.status_code
    assert "Write why not" in silent.text
    post(f"/policies/proposals/{number}/refuse", words="The door stands open")
    become(browser, "t.ashby")

    assert "The door stands open" in browser.get(f"/policies/proposals/{number}").text
    assert (1, "refused") == (current(fresh_house).number, state_of(fresh_house, number))


def test_ones_own_change_is_taken_back_and_nobody_elses(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post))
    become(browser, "n.okafor")
    assert 409 == post(f"/policies/proposals/{number}/withdraw").status_code
    become(browser, "t.ashby")
    post(f"/policies/proposals/{number}/withdraw")

    assert "withdrawn" == state_of(fresh_house, number)
    assert 409 == post(f"/policies/proposals/{number}/withdraw").status_code


def test_who_was_slower_loses_nothing_that_was_typed(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.tree_of(connection)
        other = msgspec.structs.replace(tree.settings.usb, longest_approval_days=60)
        settings = msgspec.structs.replace(tree.settings, usb=other)
        policy_school.save(connection, msgspec.structs.replace(tree, settings=settings), "n.okafor")
    become(browser, "t.ashby")
    fields = {"in": [LOCK, "usb.longest_approval_days"], "usb.longest_approval_days": "120"}
    answer = send(post, "10", path="/policies/change?where=school", base=1, **fields)

    assert 409 == answer.status_code
    assert "The change was not saved." in answer.text
    assert "Neil Okafor saved at" in answer.text
    assert "Long experiments" in answer.text
    assert f'name="{LOCK}" type="text" value="10"' in answer.text
    assert 'name="usb.longest_approval_days" type="text" value="60"' in answer.text
    assert 'name="base" value="2"' in answer.text
    assert "Longest yes" not in re.findall(r'<ul class="diff">.*?</ul>', answer.text, re.S)[0]


def test_where_both_touched_the_same_it_says_what_the_other_chose(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 240))
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    answer = send(post, "8", base=1)

    assert 409 == answer.status_code
    assert "Somebody else set this to 4 minutes meanwhile." in answer.text
    assert 'value="8"' in answer.text


def test_an_outdated_change_is_made_anew_on_top_of_theirs(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post, "4"))
    with fresh_house.db.write() as connection:
        other = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 1", 200))
        policy_school.save(connection, other)
    post(f"/policies/proposals/{number}/apply")
    assert "Others saved meanwhile" in browser.get(f"/policies/proposals/{number}").text
    again = number_of(post(f"/policies/proposals/{number}/again"))
    post(f"/policies/proposals/{again}/apply")

    assert {"Lab 1": 200, "Lab 2": 240} == {
        layer.name: layer.change[LOCK] for layer in current(fresh_house).tree.layers
    }


@pytest.mark.parametrize("ending", ["removed", "another office"])
def test_r82_an_educator_who_is_gone_is_no_longer_one_of_the_two(browser, fresh_house, post, ending):
    """Else a technician keeps what a lead once proposed, and lets it out alone after the lead has left."""
    become(browser, "r.carver")
    number = number_of(send(post))
    with fresh_house.db.write() as connection:
        if ending == "removed":
            accounts.remove_staff(connection, "r.carver", now=datetime.now(UTC))
        else:
            lead = accounts.find_staff(connection, "r.carver")
            accounts.set_roles(connection, lead.id, frozenset({"teacher"}), ())
    become(browser, "t.ashby")
    answer = post(f"/policies/proposals/{number}/approve")

    assert 409 == answer.status_code
    assert "One of the two has to be the head or a safeguarding lead" in answer.text
    assert (1, "waiting") == (current(fresh_house).number, state_of(fresh_house, number))
    assert 303 == post(f"/policies/proposals/{number}/refuse", words="She has left").status_code
