"""A teacher answers who asks for an app; the office writes down consents; another room stays shut."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from policies import records
from server import app_asks, consents, projections
from server.app import make_app
from server.ask_tables import app_asks as table
from server.state import ServerState
from tests.support import school
from tests.support.signed_in import let_in

LAPTOP = school.LAPTOPS["L-001"]
LOGIN = "c" * 32
TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST


@pytest.fixture
def own(fresh_house: ServerState) -> Iterator[Callable[..., TestClient[Any]]]:
    """Return a function that lets somebody in and gives their browser."""
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield lambda name, lang="en": let_in(client, fresh_house, name, lang)


def ask(house: ServerState, app: str = "Zoom", words: str = "to call my group") -> int:
    now = datetime.now(UTC)
    said = records.AppAsked(
        at=now, login=LOGIN, os_user="ada", person="p1", app=app, program="zoom", words=words
    )
    with house.db.write() as connection:
        plain = connection.connection.dbapi_connection
        received_ms = int(now.timestamp() * 1000)
        projections.project(plain, LAPTOP, "vital", 9_000, [said], received_ms)
    with house.db.read() as connection:
        return int(connection.execute(select(table.c.id).order_by(table.c.id.desc())).scalar_one())


def press(client: TestClient[Any], number: int, allowed: str, room: str = school.ROOM) -> Any:
    page = client.get("/lab").text
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    data = {"_csrf_token": token, "allowed": allowed, "next": f"/lab/{room}/asks"}
    return client.post(f"/lab/{room}/asks/{number}", data=data, follow_redirects=False)


def states(house: ServerState) -> list[tuple[str, bool | None, str]]:
    with house.db.read() as connection:
        found = app_asks.list_asks(connection, rooms=[school.ROOM], now=datetime.now(UTC))
    return [(each.state, each.allowed, each.answered_by) for each in found]


def test_r24_who_asks_stands_on_the_page_of_the_room_and_gets_an_answer(own, fresh_house):
    number = ask(fresh_house)
    client = own(TEACHER)
    page = client.get(f"/lab/{school.ROOM}/asks").text
    answered = press(client, number, "yes")
    after = client.get(f"/lab/{school.ROOM}/asks").text

    assert "Ada Yıldız" in page
    assert "to call my group" in page
    assert "Yes, for 60 minutes" in page
    assert (303, "/lab/Lab%202/asks") == (answered.status_code, answered.headers["location"])
    assert [("sent", True, "Ms Demir")] == states(fresh_house)
    assert "not confirmed" in after


def test_r38_a_teacher_of_another_room_sees_and_answers_nothing(own, fresh_house):
    number = ask(fresh_house)
    client = own(OTHER)

    assert 403 == client.get(f"/lab/{school.ROOM}/asks").status_code
    assert 403 == press(client, number, "yes").status_code
    assert press(client, number, "yes", room="Lab 1").status_code == 422
    assert [("waiting", None, "")] == states(fresh_house)


def test_a_second_answer_says_that_it_is_over(own, fresh_house):
    number = ask(fresh_house)
    client = own(TEACHER)
    press(client, number, "no")
    again = press(client, number, "yes")

    assert 422 == again.status_code
    assert "answered or taken back meanwhile" in again.text
    assert [("sent", False, "Ms Demir")] == states(fresh_house)


@pytest.mark.parametrize("allowed", ["", "maybe", "yesyesyesyes"])
def test_neither_yes_nor_no_is_no_answer(own, fresh_house, allowed):
    number = ask(fresh_house)

    assert 422 == press(own(TEACHER), number, allowed).status_code
    assert [("waiting", None, "")] == states(fresh_house)


def test_the_box_stands_above_the_map_while_somebody_waits(own, fresh_house):
    client = own(TEACHER)
    before = client.get(f"/lab/{school.ROOM}").text
    ask(fresh_house)
    after = client.get(f"/lab/{school.ROOM}").text

    assert "data-asks" not in before
    assert 'data-asks="1"' in after


def test_names_that_are_markup_stay_words(own, fresh_house):
    ask(fresh_house, app="<script>alert(1)</script>", words='"><b>x</b>')
    page = own(TEACHER).get(f"/lab/{school.ROOM}/asks").text

    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page


def write_down(client: TestClient[Any], *people: str, **fields: str) -> Any:
    page = client.get("/people/consents").text
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    data = {
        "_csrf_token": token,
        "app": "Zoom",
        "on": datetime.now().date().isoformat(),
        "how": "paper",
        "person": list(people),
        **fields,
    }
    return client.post("/people/consents", data=data, follow_redirects=False)


def held(house: ServerState) -> dict[str, tuple[str, ...]]:
    with house.db.read() as connection:
        return consents.held(connection, ["p1", "p2", "p9"])


def test_r24_the_office_writes_a_consent_down_and_it_stands_with_the_pupil(own, fresh_house):
    client = own(TECHNICIAN)
    done = write_down(client, "p1", "p2")
    page = client.get("/people/p1").text

    assert 303 == done.status_code
    assert {"p1": ("Zoom",), "p2": ("Zoom",)} == held(fresh_house)
    assert "Zoom" in page
    assert "Ada Yıldız" in client.get("/people/consents").text


def test_a_teacher_writes_down_for_own_pupils_only(own, fresh_house):
    client = own(TEACHER)

    assert 303 == write_down(client, "p1").status_code
    assert 403 == write_down(client, "p9").status_code
    assert {"p1": ("Zoom",)} == held(fresh_house)


def test_a_consent_is_taken_back_with_the_reason(own, fresh_house):
    client = own(TECHNICIAN)
    write_down(client, "p1")
    with fresh_house.db.read() as connection:
        (line,) = consents.lines_of(connection, "p1")
    token = client.get("/people/p1").text.split('name="_csrf_token" value="')[1].split('"')[0]
    data = {"_csrf_token": token, "reason": "By phone"}
    back = client.post(f"/people/p1/consents/{line.id}/back", data=data, follow_redirects=False)
    wrong = client.post(f"/people/p2/consents/{line.id}/back", data=data, follow_redirects=False)

    assert (303, 404) == (back.status_code, wrong.status_code)
    assert {} == held(fresh_house)
    assert "By phone" in client.get("/people/p1").text
