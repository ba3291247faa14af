"""Children of the youngest tier in the invented school: one class in Lab 2, one elsewhere (R4)."""

import re
from datetime import datetime
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import Connection

from server.roster import store
from server.roster.comparing import Diff
from server.roster.entries import Entry
from server.roster.store import By
from tests.support import school

NAMES = (
    "Asya Demirci",
    "Bora Tunç",
    "Cleo Marsh",
    "Duru Aydın",
    "Eddie Pike",
    "Fern Oakley",
    "Gülce Er",
    "Hal Birch",
)
HOSTILE = "<b>Ivy</b>\u202e" + "W" * 120


def child(number: int, name: str, *, room: str = "Lab 2", year: str = "1A", language: str = "en") -> Entry:
    """Return one child of the list, with an account."""
    return Entry(
        person=f"e{number}", display_name=name, tier="early", room=room, year=year, language=language,  # type: ignore[arg-type]
        accounts=(f"child{number}",),
    )  # fmt: skip


def fill(connection: Connection, now: datetime, *, hostile: bool = False) -> None:
    """Let a class of the youngest join, and one in another teacher's room."""
    joins = [child(number, name) for number, name in enumerate(NAMES)]
    joins += [child(90, "Nell Far", room="Lab 1", year="1B", language="tr")]
    if hostile:
        joins.append(child(91, HOSTILE, year="1A"))
    store.apply_diff(connection, Diff(joins=tuple(joins)), by=By("Tom Ashby"), now=now, source="csv")


def begin(client: TestClient[Any], *, room: str = school.ROOM, year: str = "1A", language: str = "en") -> str:
    """Begin with a class as the signed-in teacher; return the address of the sitting."""
    form = {"of": room, "year": year, "language": language, "_csrf_token": csrf(client, f"/lab/{room}/class")}
    answer = client.post(f"/lab/{room}/class", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def csrf(client: TestClient[Any], address: str) -> str:
    """Return the token of the forms on this page."""
    return client.get(address).text.split('name="_csrf_token" value="')[1].split('"')[0]


def tick(client: TestClient[Any], address: str, people: list[str]) -> None:
    """Say who is here."""
    token = csrf(client, address + "?step=here")
    client.post(f"{address}/here", data={"child": people, "_csrf_token": token}, follow_redirects=False)


def pictures_on(html: str) -> list[str]:
    """Return the pictures of the tablet's page, in its order."""
    return re.findall(r'data-picture="([a-z-]+)"', html)
