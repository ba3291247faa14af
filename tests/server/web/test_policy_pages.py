"""The pages about settings at work: changed, seen, approved by a second adult, sent, taken back."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from policies.tree import Layer, Review
from server import accounts, policy_store, proposals, settings, state
from server.app import make_app
from server.policy_store import Revision
from server.state import ServerState
from tests.support import policy_school, school

LAB = "/policies/change?where=room%3ALab+2"
LOCK = "lock.idle_after_seconds"
Post = Callable[..., Any]


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield client


def become(browser: TestClient[Any], name: str) -> TestClient[Any]:
    browser.cookies.delete("__Host-gatepost") if "__Host-gatepost" in browser.cookies else None
    return school.signed_in(browser, name)


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    def send(path: str, **fields: Any) -> Any:
        token = csrf_of(browser.get("/policies").text)
        return browser.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)

    return send


def current(house: ServerState) -> Revision:
    with house.db.read() as connection:
        found = policy_store.current_tree(connection)
    assert found is not None
    return found


def lock(minutes: str = "10", base: int = 1, **more: Any) -> dict[str, Any]:
    """Return a form in which somebody typed another time until the lock."""
    return {"in": LOCK, LOCK: minutes, f"{LOCK}:unit": "minutes", "base": str(base), **more}


def send(post: Post, minutes: str = "10", path: str = LAB, **more: Any) -> Any:
    told = {"act": "send", "reason": "Long experiments", "risk": "The teacher is there"} | more
    return post(path, **lock(minutes, **told))


def number_of(answer: Any) -> int:
    assert 303 == answer.status_code, answer.text[:3000]
    return int(answer.headers["location"].rsplit("/", 1)[1])


def state_of(house: ServerState, number: int) -> str:
    with house.db.read() as connection:
        return proposals.get(connection, number).state


def change_review(house: ServerState, **fields: str) -> None:
    with house.db.write() as connection:
        tree = policy_school.tree_of(connection)
        review = msgspec.structs.replace(Review(), **fields)
        policy_school.save(connection, msgspec.structs.replace(tree, review=review), risk="none")
    house.notice_changes()


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

    rows = re.findall(r'<tr><th scope="row"[^>]*>.*?</tr>', page, re.S)
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
