"""A call for help reaches an adult, and stays until one says that somebody went."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import text, update

from policies.records import HelpAsked
from server import help_calls, oversight
from server.app import make_app
from server.projections import record_rows
from server.state import ServerState
from server.tables import logins
from tests.support import school

L9, OTHER = school.LAPTOPS["L-009"], school.LAPTOPS["L-011"]
VERA, ZOE, STRANGER = school.login_id(5), school.login_id(77), school.login_id(78)
TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
FIRST = {TEACHER: "/lab", OTHER_TEACHER: "/lab", TECHNICIAN: "/devices", LEAD: "/agreements",
         HEAD: "/devices", GOVERNOR: "/"}  # fmt: skip
HEARS = {
    VERA: {TEACHER, LEAD, HEAD},
    ZOE: {OTHER_TEACHER, LEAD, HEAD},
    STRANGER: {OTHER_TEACHER, LEAD, HEAD},
}
DEVICE = {VERA: L9, ZOE: OTHER, STRANGER: OTHER}
NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


def ask(house: ServerState, device: str, login: str, user: str, person: str | None, seq: int) -> None:
    """Store a call as ingest does."""
    now = datetime.now(UTC)
    record = HelpAsked(at=now, login=login, os_user=user, person=person, place="panel")
    (row,) = record_rows(device, "vital", seq, [record], int(now.timestamp() * 1000))
    with house.db.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO records VALUES ({','.join('?' * len(row))})", row)


def end(house: ServerState) -> None:
    with house.db.write() as connection:
        connection.execute(update(logins).where(logins.c.login == VERA).values(ended_at=datetime.now(UTC)))


def waiting(house: ServerState) -> list[str]:
    with house.db.read() as connection:
        return [call.login for call in help_calls.open_calls(connection)]


def press(client: TestClient[Any], name: str, login: str, back: str = "/") -> Any:
    page = client.get(FIRST[name]).text
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    data = {"_csrf_token": token, "next": back}
    return client.post(f"/help/{DEVICE[login]}/{login}/went", data=data, follow_redirects=False)


@pytest.fixture(scope="module")
def called(house: ServerState) -> ServerState:
    """Three calls in two rooms, one from a hostile account on a laptop with a hostile name."""
    ask(house, L9, VERA, "vera", "p5", 1)
    ask(house, OTHER, ZOE, "zoe", "p9", 2)
    ask(house, OTHER, STRANGER, school.HOSTILE[:200], None, 3)
    return house


@pytest.fixture
def own(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield school.signed_in(client, TEACHER)


@pytest.mark.parametrize("name", school.CAST)
def test_a_call_is_told_to_those_who_can_go_and_to_nobody_else(
    as_name: Callable[..., TestClient[Any]], called: ServerState, name: str
):
    shown = as_name(name).get(FIRST[name]).text

    assert {login for login in HEARS if f"/help/{DEVICE[login]}/{login}/went" in shown} == {
        login for login, may in HEARS.items() if name in may
    }


@pytest.mark.parametrize("name", [TECHNICIAN, OTHER_TEACHER, GOVERNOR])
def test_nobody_else_can_answer_a_call(
    as_name: Callable[..., TestClient[Any]], called: ServerState, name: str
):
    assert 403 == press(as_name(name), name, VERA).status_code
    assert VERA in waiting(called)


def test_an_answer_needs_the_forms_token(as_name: Callable[..., TestClient[Any]], called: ServerState):
    answer = as_name(HEAD).post(f"/help/{L9}/{VERA}/went", data={"_csrf_token": "guessed"})

    assert 403 == answer.status_code
    assert VERA in waiting(called)


def test_a_hostile_name_in_a_call_is_text(as_name: Callable[..., TestClient[Any]], called: ServerState):
    shown = as_name(HEAD, "en").get("/devices").text.split('id="calls"')[1].split("</section>")[0]

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown
    assert "\u202e" not in shown


def test_a_call_is_told_in_turkish_too(as_name: Callable[..., TestClient[Any]], called: ServerState):
    shown = as_name(TEACHER, "tr").get("/lab").text

    assert "<bdi>Vera Polat</bdi> yardım istiyor" in shown
    assert "Biri gitti" in shown
    assert "1 kişi yardım istiyor" in shown


def test_a_call_stays_after_sign_out_and_a_restart_until_somebody_went(
    own: TestClient[Any], fresh_house: ServerState, tmp_path: Path
):
    ask(fresh_house, L9, VERA, "vera", "p5", 1)
    ask(fresh_house, L9, VERA, "vera", "p5", 2)
    end(fresh_house)
    again = school.reopen_house(tmp_path)
    lab = own.get("/lab/Lab 2").text

    assert [VERA] == waiting(again)
    assert "signed out since" in lab
    assert re.search(rf'<li class="seat [xy0-9 ]+help needs" data-tile="{L9}" data-state="help"', lab)

    answer = press(own, TEACHER, VERA, "/lab/Lab 2")

    assert (303, []) == (answer.status_code, waiting(again))
    assert 'data-state="help"' not in own.get("/lab/Lab 2").text
    again.db.close()


def test_the_answer_is_written_down_once_with_who_gave_it(own: TestClient[Any], fresh_house: ServerState):
    ask(fresh_house, L9, VERA, "vera", "p5", 1)
    press(own, TEACHER, VERA)
    press(own, TEACHER, VERA)
    with fresh_house.db.read() as connection:
        found = [look for look in oversight.list_looks(connection) if look.what == "helped"]

    assert [("Ms Demir", "Lab 2", L9)] == [(look.by, look.room, look.device) for look in found]


def test_asking_again_after_an_answer_is_a_new_call(own: TestClient[Any], fresh_house: ServerState):
    ask(fresh_house, L9, VERA, "vera", "p5", 1)
    press(own, TEACHER, VERA)
    with fresh_house.db.read() as connection:
        (answered,) = [look.at for look in oversight.list_looks(connection) if look.what == "helped"]
    later = answered + timedelta(seconds=1)
    record = HelpAsked(at=later, login=VERA, os_user="vera", person="p5", place="gate")
    (row,) = record_rows(L9, "vital", 2, [record], int(later.timestamp() * 1000))
    with fresh_house.db.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO records VALUES ({','.join('?' * len(row))})", row)

    assert [VERA] == waiting(fresh_house)


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_an_answer_never_leads_to_a_stranger(own: TestClient[Any], back: str):
    assert "/" == press(own, TEACHER, VERA, back).headers["location"]


def test_calls_are_found_without_reading_every_record(fresh_house: ServerState):
    with fresh_house.db.read() as connection:
        plan = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT device FROM records WHERE records.type = 'help-asked'")
        )
        steps = [row.detail for row in plan]

    assert ["SCAN records USING INDEX ix_records_help_asked"] == steps


@pytest.mark.parametrize(("said", "shown"), [
    (NOW - timedelta(hours=2), NOW - timedelta(hours=2)),
    (datetime(1970, 1, 1, tzinfo=UTC), NOW),
    (NOW + timedelta(days=900), NOW),
])  # fmt: skip
def test_an_absurd_clock_is_not_believed(said: datetime, shown: datetime):
    assert shown == help_calls.decide_asked_at(said, NOW)
