"""A seat belongs to whoever's lesson it was, and stays shut once that lesson was passed on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, select, update

from server import concern_marks
from server.app import make_app
from server.duty_tables import cover_grants
from server.state import ServerState
from server.tables import logins, looks, staff, staff_rooms
from tests.support import lesson_school, school
from tests.support.signed_in import let_in

TEACHER = "l.demir"
ADA, ADAS = lesson_school.login_of(0), lesson_school.device_of(0)
SEAT = f"/lab/Lab 2/seat/{ADAS}"
PAGE = f"{SEAT}?login={ADA}"
USED = "libreoffice-writer"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def own(fresh_house: ServerState, now: datetime) -> Iterator[TestClient[Any]]:
    """Ms Demir, after a lesson."""
    with fresh_house.db.write() as connection:
        lesson_school.fill(connection, now)
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield let_in(client, fresh_house, TEACHER)


def number_of(house: ServerState) -> int:
    with house.db.read() as connection:
        return int(connection.execute(select(staff.c.id).where(staff.c.name == TEACHER)).scalar_one())


def only_cover(house: ServerState, since: datetime, until: datetime) -> None:
    """Let the room be theirs in this time alone."""
    number = number_of(house)
    with house.db.write() as connection:
        connection.execute(staff_rooms.delete().where(staff_rooms.c.staff == number))
        connection.execute(
            insert(cover_grants).values(
                staff=number, name="Ms Demir", room="Lab 2", from_at=since, until=until, reason="ill",
                at=since, by_name="Neil Okafor",
            )
        )  # fmt: skip


def sign_out(house: ServerState, at: datetime) -> None:
    with house.db.write() as connection:
        connection.execute(update(logins).where(logins.c.login == ADA).values(ended_at=at))


def opened(client: TestClient[Any]) -> str:
    client.post(SEAT, data={"login": ADA, "reason": "odd", "words": ""})
    return client.get(PAGE).text


@pytest.mark.parametrize("left", [10, 1], ids=["before it began", "while it began"])
def test_r38_who_sat_there_in_a_colleague_s_lesson_is_not_looked_up_in_one_s_own(own, fresh_house, now, left):
    sign_out(fresh_house, now - timedelta(minutes=left))
    only_cover(fresh_house, now - timedelta(minutes=4), now + timedelta(minutes=30))
    shown = opened(own)

    assert ([], False) == ([each for each in ("Ada Yıldız", USED) if each in shown], "reason-form" in shown)
    with fresh_house.db.read() as connection:
        assert [] == list(connection.execute(select(looks.c.id).where(looks.c.what.like("seat:%"))))


def test_who_left_in_one_s_own_lesson_can_still_be_looked_up(own, fresh_house, now):
    sign_out(fresh_house, now - timedelta(minutes=10))
    only_cover(fresh_house, now - timedelta(minutes=20), now + timedelta(minutes=30))

    assert USED in opened(own)


def test_r39_a_lesson_that_was_passed_on_is_not_browsed_seat_by_seat(own, fresh_house, now):
    assert USED in opened(own)
    pass_lesson_on(fresh_house, now - timedelta(minutes=30), now - timedelta(minutes=5))
    shown = opened(own)

    assert (True, False) == ("You passed this on." in shown, USED in shown)
    told = own.get(f"/reports/api/activity?device={ADAS}&login={ADA}").text
    assert ("Ada Y" in told, USED in told) == (True, False)


def test_r39_a_login_of_after_the_lesson_that_was_passed_on_is_another_one(own, fresh_house, now):
    pass_lesson_on(fresh_house, now - timedelta(hours=3), now - timedelta(hours=2))

    assert USED in opened(own)


def pass_lesson_on(house: ServerState, since: datetime, until: datetime) -> None:
    number = number_of(house)
    with house.db.write() as connection:
        concern_marks.pass_on(
            connection, secret=house.sign_in_key, staff=number, by="Ms Demir", room="Lab 2",
            since=since, until=until, now=until,
        )  # fmt: skip


def test_r38_who_reads_names_seat_by_seat_without_opening_the_room_has_looked_at_it(own, fresh_house):
    for device in school.LAPTOPS.values():
        own.get(f"/lab/Lab 2/seat/{device}")
    with fresh_house.db.read() as connection:
        written = [(row.what, row.room, row.by_name) for row in connection.execute(select(looks))]

    assert [("lab", "Lab 2", "Ms Demir")] == written
