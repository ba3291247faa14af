"""Two adults with the same form open: what one merely saw undoes nothing of the other's."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from litestar.testing import TestClient

from server import accounts, apps
from server.app import make_app
from server.roster import correcting, store
from server.roster.store import By
from server.state import ServerState
from server.web import anew
from tests.support import desk_school, school


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    desk_school.fill(fresh_house)
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield school.signed_in(client, "t.ashby")


def held_in(page: str) -> dict[str, str]:
    """Return what a form says that it held when it was opened."""
    return {
        name: unescape(value) for name, value in re.findall(r'name="(was-[a-z_]+)" value="([^"]*)"', page)
    }


def send(browser: TestClient[Any], path: str, page: str, **fields: Any) -> Any:
    """Send a form as it was opened, with these fields typed over."""
    held = held_in(page)
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    shown = {name.removeprefix("was-"): value for name, value in held.items()}
    return browser.post(path, data={"_csrf_token": token, **held, **shown, **fields}, follow_redirects=False)


@pytest.mark.parametrize(
    ("given", "was", "now", "expected"),
    [
        ("a", "a", "b", ({}, ())),
        ("c", "a", "a", ({"f": "c"}, ())),
        ("c", "a", "b", ({"f": "c"}, ("f",))),
        ("b", "a", "b", ({"f": "b"}, ())),
        ("a\r\nb\r\n", "a\nb", "x", ({}, ())),
        ("a b", "a\nb", "a\nb", ({"f": "a b"}, ())),
        ("a", None, "b", ({"f": "a"}, ())),
    ],
)
def test_only_what_was_typed_anew_is_a_change(given, was, now, expected):
    assert expected == anew.decide_anew({"f": given}, {"f": was}, {"f": now})


def test_setting_one_field_of_a_person_right_leaves_what_a_colleague_set_meanwhile(browser, fresh_house):
    page = browser.get("/people/p1/correct").text
    with fresh_house.db.write() as connection:
        by, now = By("Neil Okafor"), datetime.now(UTC)
        correcting.correct(connection, "p1", {"room": "Lab 9"}, reason="moved over", by=by, now=now)
    done = send(browser, "/people/p1/correct", page, year="Year 5", reason="a slip of the list")
    clash = send(browser, "/people/p1/correct", page, room="Lab 7", reason="a slip of the list")
    with fresh_house.db.read() as connection:
        found = store.find_known(connection, "p1").entry

    assert (303, "Lab 9", "Year 5") == (done.status_code, found.room, found.year)
    assert (400, True) == (clash.status_code, "Meanwhile somebody else wrote “Lab 9”." in clash.text)
    assert "Lab 7" in clash.text

    again = send(browser, "/people/p1/correct", clash.text, room="Lab 7", reason="a slip of the list")

    assert 303 == again.status_code


def test_an_app_of_the_register_keeps_what_a_colleague_decided_meanwhile(browser, fresh_house):
    with fresh_house.db.write() as connection:
        draft = apps.Draft(name="Paint", names=("paint", "paint.exe"))
        number = apps.save(connection, draft, by="Tom Ashby", now=datetime.now(UTC)).id
    page = browser.get(f"/apps/{number}").text
    with fresh_house.db.write() as connection:
        refused = apps.Draft(
            name="Paint", names=("paint", "paint.exe"), decision="refused", evaluator="Neil Okafor"
        )
        apps.save(connection, refused, by="Neil Okafor", now=datetime.now(UTC), entry=number)
    done = send(browser, f"/apps/{number}", page, note="For art lessons")
    clash = send(browser, f"/apps/{number}", page, decision="approved", evaluator="Tom Ashby")
    with fresh_house.db.read() as connection:
        found = apps.get(connection, number)

    assert (303, "refused", "For art lessons") == (done.status_code, found.decision, found.note)
    assert (409, True) == (clash.status_code, "Meanwhile somebody else wrote “Not approved”." in clash.text)


def test_an_office_that_was_taken_meanwhile_is_not_given_back_by_a_form_that_only_showed_it(
    browser, fresh_house
):
    with fresh_house.db.write() as connection:
        number = accounts.add_staff(
            connection, name="p.dean", display_name="Pat Dean", roles=frozenset({"teacher", "technician"}),
            password=None, now=datetime.now(UTC), rooms=("Lab 1",),
        )  # fmt: skip
    page = browser.get("/staff/p.dean").text
    with fresh_house.db.write() as connection:
        accounts.set_roles(connection, number, frozenset({"teacher"}), ("Lab 1",), by="Neil Okafor")
    form = {"roles": ["teacher", "technician"], "rooms": "Lab 1, Lab 2"}
    done = send(browser, "/staff/p.dean", page, **form)
    clash = send(browser, "/staff/p.dean", page, **{**form, "roles": ["technician"]})
    with fresh_house.db.read() as connection:
        found = accounts.get_staff(connection, number)

    assert (303, {"teacher"}, ("Lab 1", "Lab 2")) == (done.status_code, found.roles, found.rooms)
    assert (409, True) == (clash.status_code, "Meanwhile somebody else wrote “Teacher”." in clash.text)
