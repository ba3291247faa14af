"""What pages change: codes, retirement, accounts, looks. Each test has a school of its own."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient

from server import accounts, codes, devices, oversight
from server.app import make_app
from server.state import ServerState
from tests.support import school

CsrfOf = Callable[[str], str]


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield client


def become(browser: TestClient[Any], name: str) -> TestClient[Any]:
    browser.cookies.delete("__Host-gatepost") if "__Host-gatepost" in browser.cookies else None
    return school.signed_in(browser, name)


def looks(house: ServerState) -> list[tuple[str, str, str]]:
    with house.db.read() as connection:
        return [(look.by, look.what, look.room) for look in oversight.list_looks(connection)]


def test_a_code_is_shown_once_with_the_line_to_type(
    browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf
):
    become(browser, "t.ashby")
    token = csrf_of(browser.get("/devices/enrol").text)
    made = browser.post(
        "/devices/enrol", data={"_csrf_token": token, "room": "Lab 3", "uses": "2", "hours": "3"}
    ).text
    code = re.search(r'id="code">([^<]+)<', made)
    assert code is not None

    assert f"gatepost-agent enrol https://testserver.local {code[1]}" in made
    assert code[1] not in browser.get("/devices/enrol").text
    with fresh_house.db.read() as connection:
        newest = codes.list_codes(connection, datetime.now(UTC))[0]
    assert ("Lab 3", 2, 0, True, "Tom Ashby") == (
        newest.room, newest.max_uses, newest.used, newest.open, newest.created_by,
    )  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [
    ("room", ""), ("room", "x" * 81), ("room", "a\x00b"), ("room", "a/b"),
    ("uses", "0"), ("uses", "501"), ("uses", "many"), ("uses", "１"), ("hours", "-1"), ("hours", "99999"),
])  # fmt: skip
def test_a_senseless_code_is_refused_and_what_was_typed_stays(
    browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf, field: str, value: str
):
    become(browser, "t.ashby")
    token = csrf_of(browser.get("/devices/enrol").text)
    given = {"_csrf_token": token, "room": "Lab 7", "uses": "5", "hours": "6", field: value}
    answer = browser.post("/devices/enrol", data=given)

    assert 400 == answer.status_code
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    with fresh_house.db.read() as connection:
        assert 1 == len(codes.list_codes(connection, datetime.now(UTC)))


def test_a_withdrawn_code_is_gone(browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf):
    become(browser, "t.ashby")
    page = browser.get("/devices/enrol").text
    number = re.search(r"/devices/enrol/(\d+)/withdraw", page)
    assert number is not None
    browser.post(f"/devices/enrol/{number[1]}/withdraw", data={"_csrf_token": csrf_of(page)})

    with fresh_house.db.read() as connection:
        assert [] == codes.list_codes(connection, datetime.now(UTC))


def test_retiring_asks_first_and_keeps_the_records(
    browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf
):
    become(browser, "t.ashby")
    device = school.LAPTOPS["L-001"]
    asked = browser.get(f"/devices/{device}/retire").text
    page = browser.post(
        f"/devices/{device}/retire", data={"_csrf_token": csrf_of(asked), "reason": "screen broke"}
    )

    assert "Its records stay here." in asked
    assert "This laptop is retired." in page.text
    with fresh_house.db.read() as connection:
        assert ("retired", "Tom Ashby: screen broke") == devices.get_device(connection, device)[5:7]


def test_an_added_adult_can_sign_in_with_the_password_shown(browser: TestClient[Any], csrf_of: CsrfOf):
    become(browser, "t.ashby")
    token = csrf_of(browser.get("/staff").text)
    data = {"_csrf_token": token, "display_name": "Mr Aslan", "name": "K.Aslan", "roles": ["teacher"],
            "rooms": "Lab 2, Lab 1,, Lab 2", "language": "tr"}  # fmt: skip
    made = browser.post("/staff", data=data).text
    password = re.search(r'id="password-made">([^<]+)<', made)
    assert password is not None
    browser.cookies.clear()
    answer = browser.post(
        "/sign-in", data={"name": "k.aslan", "password": password[1], "next": "/lab"}, follow_redirects=False
    )

    assert (303, "/lab") == (answer.status_code, answer.headers["location"])
    labs = browser.get("/lab").text
    assert '<html lang="tr"' in labs
    assert all(room in labs for room in ("/lab/Lab%201", "/lab/Lab%202"))


@pytest.mark.parametrize("roles", [["head"], ["teacher", "safeguarding"], ["governor"]])
def test_a_technician_cannot_make_a_head(browser: TestClient[Any], csrf_of: CsrfOf, roles: list[str]):
    become(browser, "t.ashby")
    token = csrf_of(browser.get("/staff").text)
    data = {"_csrf_token": token, "display_name": "X Y", "name": "x.y", "roles": roles, "rooms": ""}

    assert 403 == browser.post("/staff", data=data).status_code


def test_a_technician_cannot_raise_somebody(
    browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf
):
    become(browser, "t.ashby")
    token = csrf_of(browser.get("/staff/j.reed").text)
    answer = browser.post("/staff/j.reed", data={"_csrf_token": token, "roles": ["head"], "rooms": ""})

    assert 403 == answer.status_code
    with fresh_house.db.read() as connection:
        assert frozenset({"teacher"}) == accounts.find_staff(connection, "j.reed").roles


@pytest.mark.parametrize(("field", "value"), [
    ("name", "a b"), ("name", "l.demir"), ("name", "x"), ("display_name", ""), ("roles", ""),
    ("rooms", "x" * 90),
])  # fmt: skip
def test_a_senseless_account_is_refused_at_its_field(
    browser: TestClient[Any], csrf_of: CsrfOf, field: str, value: str
):
    become(browser, "n.okafor")
    token = csrf_of(browser.get("/staff").text)
    given = {
        "_csrf_token": token,
        "display_name": "Mr Aslan",
        "name": "k.aslan",
        "roles": "teacher",
        "rooms": "",
    }
    answer = browser.post("/staff", data={**given, field: value})

    assert 400 == answer.status_code
    assert f'href="#{"role-teacher" if field == "roles" else field}"' in answer.text


def test_a_removed_adult_is_out_at_once(browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf):
    teacher = become(browser, "j.reed").cookies["__Host-gatepost"]
    browser.cookies.clear()
    become(browser, "n.okafor")
    token = csrf_of(browser.get("/staff/j.reed").text)
    browser.post("/staff/j.reed/remove", data={"_csrf_token": token})
    browser.cookies.clear()
    browser.cookies.set("__Host-gatepost", teacher)

    assert 303 == browser.get("/lab", follow_redirects=False).status_code


def test_signing_out_ends_the_session_on_the_server_too(browser: TestClient[Any], csrf_of: CsrfOf):
    cookie = become(browser, "l.demir").cookies["__Host-gatepost"]
    browser.post("/sign-out", data={"_csrf_token": csrf_of(browser.get("/lab").text)})
    browser.cookies.set("__Host-gatepost", cookie)

    assert 303 == browser.get("/lab", follow_redirects=False).status_code


def test_opening_a_lab_is_written_down_before_it_is_shown_and_told(
    browser: TestClient[Any], fresh_house: ServerState
):
    become(browser, "l.demir")
    before = looks(fresh_house)
    text = browser.get("/lab/Lab 2").text
    orders, _ = fresh_house.watches.newer("Lab 2", 0, datetime.now(UTC))

    assert [] == before
    assert [("Ms Demir", "lab", "Lab 2")] == looks(fresh_house)
    assert ["Ms Demir"] == [order.by for order in orders]
    assert "Pupils are told that you are viewing." in text


def test_loading_the_lab_again_is_the_same_look(browser: TestClient[Any], fresh_house: ServerState):
    become(browser, "l.demir")
    browser.get("/lab/Lab 2")
    browser.get("/lab/Lab 2")

    assert [("Ms Demir", "lab", "Lab 2")] == looks(fresh_house)


def test_a_refused_lab_is_neither_watched_nor_told(browser: TestClient[Any], fresh_house: ServerState):
    become(browser, "l.demir")
    browser.get("/lab/Lab 1")

    assert [] == looks(fresh_house)
    assert ([], []) == (
        fresh_house.watches.newer("Lab 1", 0, datetime.now(UTC))[0],
        fresh_house.live.watches_of("Lab 1", datetime.now(UTC)),
    )


def test_stopping_ends_the_watch_at_once(browser: TestClient[Any], fresh_house: ServerState, csrf_of: CsrfOf):
    become(browser, "l.demir")
    token = csrf_of(browser.get("/lab/Lab 2").text)
    _, cursor = fresh_house.watches.newer("Lab 2", 0, datetime.now(UTC))
    browser.post("/lab/Lab 2/close", data={"_csrf_token": token})
    now = datetime.now(UTC)
    told, _ = fresh_house.watches.newer("Lab 2", cursor, now)

    assert [] == fresh_house.live.watches_of("Lab 2", now)
    assert 1 == len(told)
    assert told[0].until <= now


def test_reading_a_register_is_one_look_however_often_it_is_turned(
    browser: TestClient[Any], fresh_house: ServerState
):
    become(browser, "r.carver")
    for path in ("/agreements", "/agreements?page=2", "/agreements?q=a", "/agreements/print", "/oversight"):
        browser.get(path)

    kinds = sorted(what for _, what, _ in looks(fresh_house))
    assert ["agreements", "agreements-print", "oversight"] == kinds


def test_oversight_turns_its_pages_above_two_hundred(browser: TestClient[Any], fresh_house: ServerState):
    now = datetime.now(UTC)
    with fresh_house.db.write() as connection:
        for number in range(450):
            oversight.write_look(
                connection, at=now, staff=1, by=f"Adult {number:03}", what="lab", room="Lab 2"
            )
    become(browser, "n.okafor")
    address, seen, pages = "/oversight", [], 0
    while address:
        text = browser.get(address).text
        seen += re.findall(r"<bdi>(Adult \d+)</bdi></th>", text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        address = older[1].replace("&amp;", "&") if older else ""
        pages += 1

    assert 3 == pages
    assert [f"Adult {number:03}" for number in range(449, -1, -1)] == seen


def test_the_register_turns_its_pages_above_two_hundred(browser: TestClient[Any], fresh_house: ServerState):
    with fresh_house.db.write() as connection:
        for number in range(450):
            connection.execute(school.answer_of(f"user{number:03}", None, "declined", 1000 + number))
    become(browser, "n.okafor")
    seen = []
    for page in (1, 2, 3, 4):
        text = browser.get(f"/agreements?answer=declined&page={page}").text
        seen.append(re.findall(r"<bdi>(user\d+)</bdi>", text))

    assert seen[2] == seen[3], "a page behind the last one is the last one"
    assert sorted(f"user{number:03}" for number in range(450)) == sorted(
        name for page in seen[:3] for name in page
    )
    assert [200, 200] == [len(page) for page in seen[:2]]
    found = browser.get("/agreements?q=USER449").text
    assert ["user449"] == re.findall(r"<bdi>(user\d+)</bdi>", found)


def test_a_language_chosen_by_hand_follows_to_the_next_browser(browser: TestClient[Any]):
    become(browser, "l.demir").get("/lab?lang=tr")
    browser.cookies.clear()
    become(browser, "l.demir")

    assert '<html lang="tr"' in browser.get("/lab").text
