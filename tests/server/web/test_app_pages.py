"""R32: the register of apps on its pages: who keeps it, who reads it, and what nobody has looked at."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import delete

from server import apps
from server.app import make_app
from server.desk_tables import app_entries, app_names
from server.state import ServerState
from tests.support import desk_school, media_school, school

Post = Callable[..., Any]


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    desk_school.fill(fresh_house)
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield school.signed_in(client, "t.ashby")


def become(browser: TestClient[Any], name: str) -> None:
    browser.cookies.delete("__Host-gatepost")
    school.signed_in(browser, name)


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    def send(path: str, *, files: Any = None, **fields: str) -> Any:
        token = csrf_of(browser.get("/apps").text)
        return browser.post(path, data={"_csrf_token": token, **fields}, files=files, follow_redirects=False)

    return send


def entries(house: ServerState) -> dict[str, apps.Entry]:
    with house.db.read() as connection:
        return {each.name: each for each in apps.list_entries(connection)}


def test_r32_an_unknown_program_is_shown_to_who_keeps_the_register_and_looked_at(browser, fresh_house, post):
    page = browser.get("/apps").text
    assert ("game.x86_64" in page, "portable-firefox" in page) == (True, True)
    form = browser.get("/apps/new?app=StrangeGame&program=game.x86_64").text
    assert "StrangeGame\ngame.x86_64" in form
    answer = post(
        "/apps/new", name="Strange Game", names="StrangeGame\ngame.x86_64", decision="refused",
        evaluator="Tom Ashby", risk_reference="RA-9", age_from="12", review_on="2027-06-30",
    )  # fmt: skip
    assert 303 == answer.status_code
    made = entries(fresh_house)["Strange Game"]

    assert ("refused", "RA-9", 12, None, "Tom Ashby") == (
        made.decision, made.risk_reference, made.age_from, made.age_to, made.changed_by,
    )  # fmt: skip
    assert "game.x86_64" not in browser.get("/apps").text.split("The register")[0]


def test_r32_a_teacher_reads_the_register_and_changes_nothing(browser, fresh_house, post):
    become(browser, "l.demir")
    page = browser.get("/apps").text
    assert ("Tux Paint" in page, "RA-2026-14" in page, "game.x86_64" in page) == (True, True, False)
    assert 200 == browser.get("/apps/1").status_code
    assert 403 == browser.get("/apps/new").status_code
    for path in ("/apps/1", "/apps/new", "/apps/1/remove"):
        assert 403 == post(path, name="X", names="x").status_code

    assert "X" not in entries(fresh_house)


def test_only_who_can_add_an_app_is_told_to_add_one(browser, fresh_house):
    with fresh_house.db.write() as connection:
        connection.execute(delete(app_names))
        connection.execute(delete(app_entries))
    told = {}
    for name in ("l.demir", "t.ashby"):
        become(browser, name)
        page = browser.get("/apps").text
        told[name] = ("The register is empty" in page, "Add the apps your school uses" in page)

    assert {"l.demir": (True, False), "t.ashby": (True, True)} == told


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Write the app’s name."),
        ({"names": ""}, "Write how laptops name it"),
        ({"names": "tuxpaint"}, "belongs to another entry. (tuxpaint)"),
        ({"name": "tux paint"}, "Another entry has this name"),
        ({"decision": "approved", "evaluator": ""}, "Write who looked at it"),
        ({"age_from": "seven"}, "Write ages as whole numbers"),
        ({"age_from": "9", "age_to": "7"}, "the lower one first"),
        ({"review_on": "soon"}, "Choose a day."),
        ({"decision": "maybe"}, "Choose a decision"),
    ],
)
def test_an_entry_that_cannot_be_is_said_and_what_was_typed_stays(browser, fresh_house, post, fields, said):
    given = {"name": "New", "names": "new", "decision": "open", "note": "typed before"} | fields
    answer = post("/apps/new", **given)

    assert (409, True, True) == (answer.status_code, said in answer.text, "typed before" in answer.text)
    assert 4 == len(entries(fresh_house))


def test_an_entry_is_changed_and_taken_out_and_who_did_it_stands_there(browser, fresh_house, post):
    tux = entries(fresh_house)["Tux Paint"]
    post(f"/apps/{tux.id}", name="Tux Paint", names="tuxpaint", decision="approved", evaluator="Ada")
    assert "</bdi> changed it" in browser.get(f"/apps/{tux.id}").text
    assert 303 == post(f"/apps/{tux.id}/remove").status_code
    assert "Tux Paint" not in entries(fresh_house)

    assert 404 == browser.get(f"/apps/{tux.id}").status_code
    assert 404 == post(f"/apps/{tux.id}", name="X", names="x").status_code


def test_what_an_app_calls_itself_is_only_text(browser):
    page = browser.get("/apps").text

    assert "&lt;b&gt;stick&lt;/b&gt;" in page
    assert not any(bad in page for bad in ("<b>stick", "\u202e", "\x1b"))
    assert media_school.NASTY not in page


def test_a_list_is_tried_first_and_then_taken_in(browser, fresh_house, post):
    text = b"name,names,decision,evaluator\nNew,new,approved,Ada\n"
    tried = post("/apps/list", files={"list": ("a.csv", text, "text/csv")})
    assert ("1 new app" in tried.text, "New" in entries(fresh_house)) == (True, False)
    sheet = tried.text.split('name="sheet" value="')[1].split('"')[0]
    post("/apps/list", files={"x": ("", b"")}, sheet=sheet, keep="yes")
    assert "New" in entries(fresh_house)
    wrong = post(
        "/apps/list", files={"list": ("a.csv", b"name,names,decision\n,x,open\n", "text/csv")}, keep="yes"
    )
    assert "Line 2:" in wrong.text
    file = browser.get("/apps/register.csv")
    again = post("/apps/list", files={"list": ("a.csv", file.content, "text/csv")})

    assert "Everything in this list stands in the register already." in again.text
