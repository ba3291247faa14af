"""The live channel of a room ends with the right to look: a cover is over, an office or a session taken."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from litestar import Request
from sqlalchemy import delete, insert, select

from server import accounts, sessions, supervising
from server.duty_log import Giver
from server.duty_tables import cover_grants
from server.state import ServerState
from server.tables import sessions as sessions_table
from server.tables import staff, staff_roles
from server.web import common, lab_live
from server.web.words import words_in
from tests.support import loops

ROOM = "Lab 2"
SUPPLY = "j.reed"
WAIT_SECONDS = 20


@pytest.fixture
def supply(fresh_house: ServerState) -> int:
    """Joan Reed covers Lab 2 for a while."""
    now = datetime.now(UTC)
    with fresh_house.db.write() as connection:
        number = connection.execute(select(staff.c.id).where(staff.c.name == SUPPLY)).scalar_one()
        connection.execute(
            insert(cover_grants).values(
                staff=number, name="Joan Reed", room=ROOM, from_at=now - timedelta(minutes=1),
                until=now + timedelta(minutes=30), reason="ill", at=now, by_name="Neil Okafor",
            )
        )  # fmt: skip
    return int(number)


def cover_is_ended(house: ServerState, number: int) -> None:
    with house.db.write() as connection:
        grant = connection.execute(select(cover_grants.c.id)).scalar_one()
        supervising.end_cover(connection, grant, by=Giver(None, "Neil Okafor"), now=datetime.now(UTC))


def office_is_taken(house: ServerState, number: int) -> None:
    with house.db.write() as connection:
        connection.execute(delete(staff_roles).where(staff_roles.c.staff == number))
        connection.execute(insert(staff_roles).values(staff=number, role="governor"))


def session_is_ended(house: ServerState, number: int) -> None:
    with house.db.write() as connection:
        connection.execute(delete(sessions_table))


@pytest.mark.parametrize(
    "end", [cover_is_ended, office_is_taken, session_is_ended], ids=lambda each: each.__name__
)
def test_r38_an_open_page_hears_nothing_more_once_its_adult_may_not_look(
    fresh_house: ServerState,
    supply: int,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[ServerState, int], None],
):
    monkeypatch.setattr(lab_live, "BEAT_SECONDS", 0.1)
    app = SimpleNamespace(state=SimpleNamespace(gatepost=fresh_house))
    with fresh_house.db.write() as connection:
        token = sessions.open_session(connection, supply, datetime.now(UTC))
        account = accounts.find_staff(connection, SUPPLY)
    scope = {"type": "http", "litestar_app": app, "method": "GET", "path": "/", "query_string": b"",
             "headers": [(b"cookie", f"__Host-gatepost={token}".encode())]}  # fmt: skip
    request: Request = Request(scope)  # type: ignore[type-arg, arg-type]
    viewer = common.viewer_for(fresh_house, account)

    async def story() -> list[str]:
        stream = lab_live.stream_news(request, viewer, ROOM, words_in("en"), "map")
        heard = [(await anext(stream)).decode()]
        end(fresh_house, supply)
        async with asyncio.timeout(WAIT_SECONDS):
            heard += [said.decode() async for said in stream]
        return heard

    heard = [said.split("\n") for said in loops.run(story())]
    names = [said[0] for said in heard]
    told = heard[-1][1].removeprefix("data: ")

    last = "event: out" if end is session_is_ended else "event: over"
    assert ("event: room", last) == (names[0], names[-1])
    assert "event: room" not in names[1:]
    if end is cover_is_ended:
        assert told.startswith("Your cover for Lab 2 ended today ")
        assert told.endswith(". The head or the technician can give you another one.")
    else:
        assert "" == told
