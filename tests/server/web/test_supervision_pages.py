"""Checking in, handing over and leaving, as a teacher does it in the browser; another room stays shut."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from policies.lab_settings import HoursSettings
from policies.windows import WEEKDAYS, Window
from server import accounts, covers, duties, refusals, room_settings, supervising, supervision_log
from server.app import make_app
from server.duty_log import Giver
from server.state import ServerState
from server.web import doors, supervision_view
from tests.support import school
from tests.support.signed_in import let_in

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOURS = room_settings.decide_hours([HoursSettings()])
TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
BY = Giver(None, "Neil Okafor")


@pytest.fixture
def own(fresh_house: ServerState) -> Iterator[Callable[..., TestClient[Any]]]:
    """Return a function that lets somebody in and gives their browser."""
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield lambda name, lang="en": let_in(client, fresh_house, name, lang)


def press(client: TestClient[Any], act: str, room: str = school.ROOM, **fields: object) -> Any:
    page = client.get("/lab").text
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    data = {"_csrf_token": token, "next": "/lab", **{key: str(value) for key, value in fields.items()}}
    return client.post(f"/lab/{room}/supervision/{act}", data=data, follow_redirects=False)


def number_of(house: ServerState, name: str) -> int:
    with house.db.read() as connection:
        return accounts.find_staff(connection, name).id


def supervisors(house: ServerState, room: str = school.ROOM) -> list[str]:
    with house.db.read() as connection:
        standing = supervision_log.standing(connection, room, datetime.now(UTC))
    return [each.name for each in standing.supervisors]


def cover_for(house: ServerState, name: str, room: str = school.ROOM) -> int:
    now = datetime.now(UTC)
    with house.db.write() as connection:
        number = accounts.find_staff(connection, name).id
        return covers.give_cover(
            connection,
            number,
            room,
            from_at=now,
            until=now + timedelta(hours=1),
            reason="Ms Demir is ill",
            by=BY,
            now=now,
        )


def never_now() -> list[Window]:
    """Return lessons on a day that is neither today nor beside it."""
    today = datetime.now(UTC).astimezone().weekday()
    return [Window(days=(WEEKDAYS[(today + 3) % 7],), starts="09:00", ends="10:00")]


# -- deciding ----------------------------------------------------------------------------------------


def test_one_can_check_in_for_as_long_as_the_policy_and_the_lesson_leave():
    assert (15, 30, 45, 60, 90, 120) == supervision_view.decide_minutes(HOURS, None, NOW)
    assert (15, 30, 40) == supervision_view.decide_minutes(HOURS, NOW + timedelta(minutes=40), NOW)
    assert (1,) == supervision_view.decide_minutes(HOURS, NOW, NOW)


def test_direct_supervision_asks_for_no_time():
    direct = room_settings.decide_hours([HoursSettings(supervision="direct")])

    assert () == supervision_view.decide_minutes(direct, None, NOW)


@pytest.mark.parametrize(("needs", "state"), [(False, "free"), (True, "wanted")])
def test_an_empty_room_is_free_or_waits_for_somebody(needs, state):
    hours = HOURS._replace(needs_supervisor=needs)

    assert state == supervision_view.decide_state(supervision_log.Standing("Lab 2"), hours, 1)[0]


# -- pages -------------------------------------------------------------------------------------------


def test_a_teacher_checks_in_from_the_list_of_labs_without_looking_at_anybody(own, fresh_house):
    client = own(TEACHER)
    answer = press(client, "in", minutes=45)

    assert (303, "/lab") == (answer.status_code, answer.headers["location"])
    assert ["Ms Demir"] == supervisors(fresh_house)
    assert "You supervise until" in client.get("/lab").text
    assert [] == fresh_house.live.watches_of(school.ROOM, datetime.now(UTC))


def test_the_lab_shows_who_supervises(own, fresh_house):
    client = own(TEACHER)
    press(client, "in")

    assert 'data-supervision="mine"' in client.get(f"/lab/{school.ROOM}").text


def test_a_handover_between_two_browsers(own, fresh_house):
    cover_for(fresh_house, OTHER)
    press(own(TEACHER), "in")
    offered = press(own(TEACHER), "offer", to=number_of(fresh_house, OTHER))
    asked = own(OTHER).get("/lab").text
    taken = press(own(OTHER), "take-over", **{"from": number_of(fresh_house, TEACHER)})
    log = own(OTHER).get(f"/lab/{school.ROOM}/supervision").text

    assert (303, 303) == (offered.status_code, taken.status_code)
    assert "asks you to take this room over" in asked
    assert ["Joan Reed"] == supervisors(fresh_house)
    assert "took over from" in log


def test_leaving_is_told_and_shown(own, fresh_house):
    client = own(TEACHER)
    press(client, "in")
    press(client, "leave")

    assert [] == supervisors(fresh_house)
    assert "Nobody is checked in." in client.get("/lab").text


def test_what_is_over_is_refused_in_words_and_changes_nothing(own):
    answer = press(own(TEACHER), "leave")

    assert 422 == answer.status_code
    assert "You are not checked in here any more" in answer.text


def test_script_is_answered_in_words_of_its_reader(own):
    client = own(TEACHER, "tr")
    page = client.get("/lab").text
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        f"/lab/{school.ROOM}/supervision/leave",
        data={"_csrf_token": token},
        headers={"Accept": "application/json"},
    )

    assert (422, True) == (answer.status_code, bool(answer.json()["problem"]))


def test_hostile_forms_are_refused(own):
    client = own(TEACHER)
    press(client, "in")
    values = ("", "x" * 300, "-1", "99999999", "١")
    said = {
        press(client, act, to=value, **{"from": value}).status_code
        for act in ("nonsense", "offer", "take-over")
        for value in values
    }

    assert {422} == said


def test_a_form_of_a_thousand_minutes_holds_no_longer_than_the_policy_says(own, fresh_house):
    press(own(TEACHER), "in", minutes=99999999)
    with fresh_house.db.read() as connection:
        (mine,) = supervision_log.standing(connection, school.ROOM, datetime.now(UTC)).supervisors

    assert mine.until - mine.since <= timedelta(minutes=120)


# -- the door ----------------------------------------------------------------------------------------


def test_r38_another_teachers_lab_by_address_is_refused_and_counted(own, fresh_house):
    client = own(OTHER)
    said = [
        client.get(f"/lab/{school.ROOM}{path}").status_code
        for path in ("", "/supervision", "/live", "/projector", "/class")
    ]
    with fresh_house.db.read() as connection:
        found = refusals.list_refusals(connection)

    assert [403] * 5 == said
    assert [("Joan Reed", school.ROOM, "not-yours", 5)] == [
        (each.by, each.room, each.why, each.times) for each in found
    ]


def test_r38_ones_own_lab_outside_of_its_lessons_is_refused_and_listed_for_later(own, fresh_house):
    with fresh_house.db.write() as connection:
        number = accounts.find_staff(connection, TEACHER).id
        duties.set_hours(connection, number, school.ROOM, never_now(), by=BY, now=datetime.now(UTC))
    client = own(TEACHER)
    answer = client.get(f"/lab/{school.ROOM}")
    with fresh_house.db.read() as connection:
        (found,) = refusals.list_refusals(connection)
    listed = client.get("/lab").text

    assert (403, "not-now") == (answer.status_code, found.why)
    assert "At another time" in listed
    assert "09:00–10:00" in listed


def test_r38_a_cover_opens_the_lab_until_it_is_ended(own, fresh_house):
    grant = cover_for(fresh_house, OTHER)
    client = own(OTHER)
    during = client.get(f"/lab/{school.ROOM}").status_code
    listed = client.get("/lab").text
    with fresh_house.db.write() as connection:
        supervising.end_cover(connection, grant, by=BY, now=datetime.now(UTC))

    assert (200, 403) == (during, client.get(f"/lab/{school.ROOM}").status_code)
    assert "you cover it until" in listed


def test_whoever_teaches_nothing_supervises_nothing(own, fresh_house):
    path = f"/lab/{school.ROOM}/supervision"
    said = {own(name).get(path).status_code for name in (TECHNICIAN, LEAD, HEAD, GOVERNOR)}
    with fresh_house.db.read() as connection:
        counted = refusals.list_refusals(connection)

    assert ({403}, []) == (said, counted)


def test_a_cover_teacher_hears_calls_from_the_room_and_their_own():
    viewer = doors.Viewer(
        1, "Joan Reed", frozenset({"teacher"}), frozenset({"Lab 1"}), lab_rooms=frozenset({"Lab 2"})
    )

    assert frozenset({"Lab 1", "Lab 2"}) == doors.rooms_heard(viewer)
    assert (False, True) == (doors.may_see_room(viewer, "Lab 1"), doors.may_see_room(viewer, "Lab 2"))
    assert frozenset({"Lab 1", "Lab 2"}) == doors.media_rooms(viewer)
    assert frozenset({"Lab 1"}) == doors.history_rooms(viewer)
