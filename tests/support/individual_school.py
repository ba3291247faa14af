"""Adults in a school of their own for pages about one person; and that school filled for looking at it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import Connection, insert, select

from policies.windows import Window
from server import accounts, people, sessions
from server.individual import arranging, inducting, resigning, restricting
from server.individual.arranging import Wish
from server.individual.common import By
from server.state import ServerState
from server.tables import agreement_versions, answers
from server.tables import sessions as session_rows
from tests.support import school

SUPPORT = "s.lane"
RUTH = By(None, "Ruth Carver", frozenset({"safeguarding"}))
ADULTS = (
    ("okafor", "s1", "Neil Okafor"),
    ("demir", "s2", "Ms Demir"),
    ("ashby", "s3", "Tom Ashby"),
    ("r.carver", "s4", "R. Carver"),
)
"""Adults of the list; the last has not accepted."""


class Browser:
    """One adult's browser with its form token."""

    def __init__(self, client: TestClient[Any], house: ServerState, name: str) -> None:
        self.client = client
        with house.db.write() as connection:
            number = accounts.find_staff(connection, name).id
            self.cookie = sessions.open_session(connection, number, datetime.now(UTC))
            query = select(session_rows.c.csrf).where(
                session_rows.c.token_hash == sessions.hash_of(self.cookie)
            )
            self.token = connection.execute(query).scalar_one()

    def _as(self) -> None:
        self.client.cookies.clear()
        self.client.cookies.set("__Host-gatepost", self.cookie)
        self.client.cookies.set("gatepost_language", "en")

    def get(self, path: str) -> Any:
        self._as()
        return self.client.get(path, follow_redirects=False)

    def post(self, path: str, **data: Any) -> Any:
        self._as()
        return self.client.post(path, data={"_csrf_token": self.token, **data}, follow_redirects=False)


def add_support(house: ServerState) -> None:
    """Give the school an adult for learning support."""
    with house.db.write() as connection:
        accounts.add_staff(
            connection, name=SUPPORT, display_name="Sue Lane", roles=frozenset({"specialist"}),
            password=school.PASSWORD, now=datetime.now(UTC),
        )  # fmt: skip


def add_adults(connection: Connection) -> None:
    """Put four adults on the list; all but the last have accepted today."""
    before = people.list_people(connection)
    more = [
        people.Person(os_user=user, person=person, display_name=name, tier="adult", room="Staff")
        for user, person, name in ADULTS
    ]
    people.replace_people(connection, [*before, *more])
    for number, (user, person, _) in enumerate(ADULTS[:3]):
        add_acceptance(connection, user, person, 9000 + number)


def add_acceptance(connection: Connection, user: str, person: str, seq: int) -> None:
    """Let an adult accept the current text, now."""
    now = datetime.now(UTC)
    query = agreement_versions.select().where(agreement_versions.c.tier == "adult")
    version = connection.execute(query).first()
    connection.execute(
        insert(answers).values(
            device=school.LAPTOPS["L-001"], stream="vital", seq=seq, at=now, received_at=now,
            login=school.login_id(seq), os_user=user, person=person, tier="adult", language="en",
            version=version.version if version else 1, text_hash="0" * 64, answer="accepted",
            reading_seconds=40,
        )
    )  # fmt: skip


def fill(house: ServerState) -> None:
    """Set one of everything: arrangement, lifted and running limit, meeting, lessons, acceptances."""
    add_support(house)
    now = datetime.now(UTC)
    today = now.astimezone().date()
    lessons = Window(days=("mon", "tue", "wed", "thu", "fri"), starts="08:30", ends="15:30")
    wish = Wish(tier="early", language="tr", text_scale_percent=150, reads_aloud=True)
    with house.db.write() as connection:
        arranging.arrange(
            connection, "p1", wish, until_day=today + timedelta(days=60),
            reason="Reads slowly; agreed with the family.", by=RUTH, now=now,
        )  # fmt: skip
        for only_in in (None, lessons):
            number = restricting.restrict(
                connection, "p2", until=now + timedelta(days=9), only_in=only_in,
                reason="Used the laptop at night; agreed with his father.", by=RUTH, now=now,
            )  # fmt: skip
            if only_in is None:
                restricting.lift(connection, number, person="p2", why="They talked it over", by=RUTH, now=now)
        resigning.demand(connection, "p3", reason="Sent a hurtful picture.", by=RUTH, now=now)
        inducting.record(connection, ["p1", "p2"], held_on=today, by=RUTH, now=now)
        add_adults(connection)
