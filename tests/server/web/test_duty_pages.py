"""Lessons and covers of a teacher, as the head and the technician set them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from server import accounts, covers, duties, duty_log
from server.app import make_app
from server.duty_log import Entry
from server.state import ServerState
from server.web import duty_pages, duty_words
from server.web.words import Words
from tests.support import school
from tests.support.signed_in import let_in

TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
PAGE = f"/staff/{TEACHER}/duties"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def opened(house: ServerState) -> Iterator[Callable[..., TestClient[Any]]]:
    """Return a function that lets somebody in and gives their browser."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        yield lambda name, lang="en": let_in(client, house, name, lang)


def send(client: TestClient[Any], path: str, **fields: object) -> Any:
    token = client.get("/staff").text.split('name="_csrf_token" value="')[1].split('"')[0]
    return client.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)


def cover_form(**changed: str) -> dict[str, str]:
    tomorrow = (datetime.now(UTC).astimezone() + timedelta(days=1)).date().isoformat()
    form = {
        "cover-room": "Lab 1",
        "day": tomorrow,
        "from": "09:00",
        "until": "10:00",
        "reason": "Joan Reed is ill",
    }
    return {**form, **changed}


def hours_in(house: ServerState) -> list[str]:
    with house.db.read() as connection:
        number = accounts.find_staff(connection, TEACHER).id
        return [duties.say_window(each.window) for each in duties.hours_of(connection, number)]


def covers_in(house: ServerState, name: str = TEACHER) -> list[covers.Cover]:
    with house.db.read() as connection:
        number = accounts.find_staff(connection, name).id
        return covers.list_covers(connection, datetime.now(UTC), number)


def test_a_lesson_is_added_and_taken_away(opened, house):
    client = opened(TECHNICIAN)
    added = send(client, PAGE, room="Lab 2", days=["mon", "wed"], starts="15:30", ends="17:00")
    shown, held = client.get(PAGE).text, hours_in(house)
    send(client, PAGE, room="Lab 2", gone="mon,wed 15:30-17:00")

    assert (303, ["mon,wed 15:30-17:00"]) == (added.status_code, held)
    assert "Monday and Wednesday 15:30–17:00" in shown
    assert [] == hours_in(house)


def test_a_lesson_that_makes_no_sense_keeps_what_was_typed(opened, house):
    answer = send(opened(TECHNICIAN), PAGE, room="Lab 2", days=["mon"], starts="17:00", ends="15:30")

    assert 400 == answer.status_code
    assert 'value="17:00"' in answer.text
    assert [] == hours_in(house)


def test_a_cover_is_given_with_a_reason_shown_and_ended(opened, house):
    client = opened(HEAD)
    answer = send(client, f"/staff/{TEACHER}/cover", **cover_form())
    (cover,) = covers_in(house)
    shown = client.get(PAGE).text
    send(client, f"/staff/{TEACHER}/cover/{cover.id}/end")

    assert (303, "Lab 1", "Neil Okafor") == (answer.status_code, cover.room, cover.by)
    assert timedelta(hours=1) == cover.until - cover.from_at
    assert "Joan Reed is ill" in shown
    assert [] == covers_in(house)


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": ""},
        {"until": "08:00"},
        {"until": "nonsense"},
        {"day": "2001-01-01"},
        {"day": "9999-12-31"},
        {"day": "\u0662\u0660\u0662\u0666-01-01"},
        {"last-day": "2999-01-01"},
        {"cover-room": "Lab 77"},
        {"cover-room": school.HOSTILE},
    ],
)
def test_a_cover_that_makes_no_sense_changes_nothing(opened, house, changed):
    answer = send(opened(TECHNICIAN), f"/staff/{TEACHER}/cover", **cover_form(**changed))

    assert (400, []) == (answer.status_code, covers_in(house))


def test_the_cover_of_somebody_else_is_not_ended_by_another_address(opened, house):
    client = opened(TECHNICIAN)
    send(client, f"/staff/{OTHER}/cover", **cover_form(**{"cover-room": "Lab 2"}))
    (cover,) = covers_in(house, OTHER)
    send(client, f"/staff/{TEACHER}/cover/{cover.id}/end")
    left = covers_in(house, OTHER)
    send(client, f"/staff/{OTHER}/cover/{cover.id}/end")

    assert [cover] == left


def test_a_technician_does_not_change_a_heads_duties(opened):
    assert 403 == opened(TECHNICIAN).get(f"/staff/{HEAD}/duties").status_code


def test_only_who_keeps_accounts_gives_rooms(opened):
    said = {opened(name).get(PAGE).status_code for name in (TEACHER, OTHER, LEAD, GOVERNOR)}

    assert {403} == said


def test_the_page_of_a_teacher_leads_there_in_both_languages(opened):
    said = [opened(TECHNICIAN, lang).get(f"/staff/{TEACHER}").text for lang in ("en", "tr")]

    assert all(PAGE in each for each in said)


def test_a_room_that_was_given_stands_in_the_log(opened, house):
    with house.db.write() as connection:
        account = accounts.find_staff(connection, TEACHER)
        accounts.set_roles(connection, account.id, account.roles, ("Lab 2", "Lab 3"), by="Neil Okafor")
        accounts.set_roles(connection, account.id, account.roles, ("Lab 2",), by="Neil Okafor")
        whats = [line.what for line in duty_log.list_log(connection, of=account.id, room="Lab 3")]

    assert ["room-ended", "room"] == whats
    assert "Room taken" in opened(TECHNICIAN).get(PAGE).text


@given(st.dictionaries(st.sampled_from(["day", "last-day", "from", "until"]), st.text(max_size=12)))
def test_any_form_gives_a_span_or_none(data):
    span = duty_pages.read_span(data)

    assert span is None or span[0] < span[1]


@pytest.mark.parametrize(("reason", "said"), [("", "at any time"), ("mon 09:00-10:00; tue 09:0", "Monday")])
def test_lessons_in_the_log_are_said_even_when_they_were_cut_off(reason, said):
    entry = Entry(1, NOW, "Neil Okafor", "Ms Demir", "hours", "Lab 2", None, None, reason)

    assert said in duty_words.say_entry(Words("en"), entry)
