"""The end of a cover: said where it shows, with who can give another, and counted as no refused try."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert

from server import accounts, covers, refusals
from server.app import make_app
from server.covers import Cover, Ended
from server.duty_tables import cover_grants
from server.state import ServerState
from server.web.words import words_in
from tests.support import school
from tests.support.signed_in import let_in

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
_, SUPPLY, *_ = school.CAST
ROOM = "Lab 2"


def covered(house: ServerState, ended_ago: timedelta, room: str = ROOM) -> datetime:
    """Joan Reed covered this room until so long ago; return when it ended."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        connection.execute(
            insert(cover_grants).values(
                staff=accounts.find_staff(connection, SUPPLY).id, name="Joan Reed", room=room,
                from_at=now - ended_ago - timedelta(hours=1), until=now - ended_ago, reason="ill",
                at=now - ended_ago - timedelta(hours=1), by_name="Neil Okafor",
            )
        )  # fmt: skip
    return now - ended_ago


def tries(house: ServerState) -> list[str]:
    with house.db.read() as connection:
        return [each.room for each in refusals.list_refusals(connection)]


@pytest.fixture
def supply(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield let_in(client, fresh_house, SUPPLY)


@pytest.mark.parametrize("way", ["", "?view=list", "/projector", "/supervision", "/after", "/live"])
def test_r38_opening_the_room_after_the_cover_says_when_it_ended_and_is_no_try(supply, fresh_house, way):
    ended = covered(fresh_house, timedelta(minutes=1))
    page = supply.get(f"/lab/{ROOM}{way}")

    assert 403 == page.status_code
    assert f"Your cover for Lab 2 ended {words_in('en').moment(ended, datetime.now(UTC))}." in page.text
    assert "The head or the technician can give you another one." in page.text
    assert [] == tries(fresh_house)


@pytest.mark.parametrize(
    ("ago", "room"), [(timedelta(days=1, minutes=1), ROOM), (timedelta(minutes=1), "Lab 7")]
)
def test_r38_another_room_or_a_cover_of_long_ago_is_a_refused_try(supply, fresh_house, ago, room):
    covered(fresh_house, ago, room)
    page = supply.get(f"/lab/{ROOM}")

    assert (403, True) == (page.status_code, "This page is not open to you" in page.text)
    assert [ROOM] == tries(fresh_house)


def test_your_labs_says_that_the_cover_ended_and_not_that_no_room_was_ever_theirs(supply, fresh_house):
    covered(fresh_house, timedelta(minutes=1))
    page = supply.get("/lab").text

    assert "Your cover for Lab 2 ended today" in page
    assert "No room is yours yet" not in page


def given(from_at: timedelta, until: timedelta, ended_at: timedelta | None = None) -> Cover:
    ended = None if ended_at is None else NOW + ended_at
    return Cover(1, 2, "Joan Reed", ROOM, NOW + from_at, NOW + until, "ill", NOW, "Neil Okafor", ended, "")


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("covers_given", "ended"), [
    ([given(-2 * HOUR, -HOUR)], [Ended(ROOM, NOW - HOUR)]),
    ([given(-2 * HOUR, HOUR)], []),
    ([given(-2 * HOUR, HOUR, -HOUR)], [Ended(ROOM, NOW - HOUR)]),
    ([given(-3 * HOUR, -2 * HOUR), given(-2 * HOUR, HOUR)], []),
    ([given(HOUR, 2 * HOUR, -HOUR)], []),
    ([given(-3 * HOUR, -2 * HOUR), given(-2 * HOUR, -HOUR)], [Ended(ROOM, NOW - HOUR)]),
    ([given(-26 * HOUR, -25 * HOUR)], []),
])  # fmt: skip
def test_a_cover_has_ended_lately_if_it_was_and_holds_no_more(covers_given, ended):
    assert ended == covers.decide_ended(covers_given, NOW)
