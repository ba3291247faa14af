"""The editor of settings: what is typed, what it would do, and every mistake named at its field."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from policies.tree import Layer
from server.state import ServerState
from tests.support import policy_school, school
from tests.support.policy_browser import (
    LAB,
    LOCK,
    Post,
    become,
    browsing,
    current,
    lock,
    number_of,
    poster,
    send,
)


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with browsing(fresh_house) as client:
        yield client


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    return poster(browser, csrf_of)


# ---- the editor ----


def test_a_look_shows_the_change_in_words_and_whom_it_touches_and_saves_nothing(browser, fresh_house, post):
    become(browser, "t.ashby")
    page = post(LAB, act="look", **lock()).text

    assert "Lab 2: Lock after <del>5 minutes</del> <ins>10 minutes</ins>" in page
    assert "Weakens protection" in page
    assert "It needs a second approver: <bdi>Neil Okafor</bdi> and <bdi>Ruth Carver</bdi>." in page
    assert "<b>5 laptops</b>" in page
    assert 1 == current(fresh_house).number


def test_a_stricter_lock_in_one_room_goes_out_in_two_presses(browser, fresh_house, post):
    become(browser, "t.ashby")
    number = number_of(send(post, "4"))
    assert "It weakens nothing" in browser.get(f"/policies/proposals/{number}").text
    post(f"/policies/proposals/{number}/apply")

    now = current(fresh_house)
    assert (2, ("room", "Lab 2", {LOCK: 240})) == (
        now.number, (now.tree.layers[0].scope, now.tree.layers[0].name, now.tree.layers[0].change),
    )  # fmt: skip
    assert "Sent, not confirmed" in browser.get(f"/devices/{school.LAPTOPS['L-001']}/settings").text


def test_where_a_value_comes_from_is_said_beside_it_and_explained(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 240))
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    page = browser.get(LAB).text
    why = browser.get(f"/policies/setting?name={LOCK}&where=room:Lab 2").text

    assert "Back to 5 minutes, from: The school" in page
    assert "From: The school" in page
    assert why.index("Lab 2</a>: <b>4 minutes") < why.index("The school</a>: 5 minutes")


def test_every_setting_of_one_laptop_has_its_origin(browser, fresh_house):
    device = school.LAPTOPS["L-003"]
    with fresh_house.db.write() as connection:
        layer = Layer(scope="device", name=device, change={"lock.countdown_seconds": 15})
        tree = policy_school.layered(
            policy_school.tree_of(connection), policy_school.room("Lab 2", 240), layer
        )
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    page = browser.get(f"/devices/{device}/settings").text

    found = re.findall(r'<tr><th scope="row"[^>]*>.*?</tr>', page, re.S)
    rows = found[next(at for at, row in enumerate(found) if "4 minutes" in row) :]
    assert ["4 minutes", "Lab 2"] == re.findall(r">([^<]+)</(?:td|a)>", rows[0])[-2:]
    assert ["15 seconds", "Laptop L-003"] == re.findall(r">([^<]+)</(?:td|a)>", rows[1])[-2:]
    assert "The school" in rows[2]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({LOCK: "ten"}, "Write a number, such as 5 or 1.5."),
        ({LOCK: "0"}, "Choose between 30 seconds and 1 hour."),
        ({LOCK: "9999"}, "Choose between 30 seconds and 1 hour."),
        ({LOCK: "0.0001"}, "This is not a whole number"),
        ({"reason": " "}, "Write why: the head and the governors can read it."),
        ({"risk": ""}, "Write a sentence: this change weakens a protection."),
    ],
)
def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(
    browser, fresh_house, post, fields, expected
):
    become(browser, "t.ashby")
    more = dict(fields)
    answer = send(post, more.pop(LOCK, "10"), **more)

    assert 422 == answer.status_code
    assert expected in answer.text
    assert 'role="alert"' in answer.text
    assert f'value="{fields.get(LOCK, "10")}"' in answer.text
    assert 1 == current(fresh_house).number


def test_a_countdown_longer_than_the_lock_is_refused_in_words(browser, fresh_house, post):
    become(browser, "t.ashby")
    page = send(post, "0.5", **{"in": [LOCK, "lock.countdown_seconds"], "lock.countdown_seconds": "60",
                                "lock.countdown_seconds:unit": "seconds"})  # fmt: skip

    assert 422 == page.status_code
    assert "The countdown is longer than the time until the lock" in page.text


def test_nothing_typed_anew_is_no_change(browser, post):
    become(browser, "t.ashby")
    answer = send(post, "5")

    assert 422 == answer.status_code
    assert "Nothing is different from what holds now." in answer.text


def test_a_value_is_taken_back_to_what_the_school_says(browser, fresh_house, post):
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 240))
        policy_school.save(connection, tree)
    become(browser, "t.ashby")
    number = number_of(send(post, "4", base=2, reset=LOCK))
    become(browser, "n.okafor")
    post(f"/policies/proposals/{number}/approve", words="")

    assert () == current(fresh_house).tree.layers


def test_for_teens_in_the_morning_only_what_may_differ_is_offered(browser):
    become(browser, "t.ashby")
    page = browser.get(f"{LAB}&tier=teen&day=mon&starts=08:00&ends=12:00").text

    assert "Lab 2, for Teen, Mon, 08:00–12:00" in page
    assert f'name="{LOCK}"' in page
    assert 'name="usb.mode"' not in page


def test_reports_and_texts_are_the_schools_alone(browser):
    become(browser, "t.ashby")

    assert 'name="report.enabled"' not in browser.get(LAB).text
    assert 'name="report.enabled"' in browser.get("/policies/change").text


@pytest.mark.parametrize("where", ["galaxy:1", "room:", "school:x", "room:a%0Ab", "room:" + "x" * 400])
def test_a_place_that_cannot_be_is_no_page(browser, where):
    become(browser, "t.ashby")

    assert 404 == browser.get(f"/policies/change?where={where}").status_code
