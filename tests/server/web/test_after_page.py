"""After the lesson: figures without names, names with a reason, and what was passed on is in none of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from policies.windows import Window
from server import concern_marks, duties, grants, spreadsheets
from server.app import make_app
from server.duty_log import Giver
from server.lesson_time import Span
from server.state import ServerState
from server.tables import looks
from server.web import after_page
from tests.support import lesson_school, school
from tests.support.signed_in import let_in

TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
NAMES = [shown for _, _, shown in (*school.PUPILS, *lesson_school.MORE)]


@pytest.fixture(scope="module", autouse=True)
def noon() -> Iterator[None]:
    """Whenever the tests run."""
    with lesson_school.around_noon():
        yield


@pytest.fixture
def begun(fresh_house: ServerState) -> datetime:
    """When the lesson began; eight pupils were there, one of them alone used a game."""
    with fresh_house.db.write() as connection:
        return lesson_school.fill(connection, datetime.now(UTC))


@pytest.fixture
def own(begun: datetime, fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    """Ms Demir, after the lesson."""
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield let_in(client, fresh_house, TEACHER)


def staff_of(house: ServerState, name: str = TEACHER) -> int:
    with house.db.read() as connection:
        query = "SELECT id FROM staff WHERE name = ?"
        return int(connection.exec_driver_sql(query, (name,)).scalar_one())


def written(house: ServerState) -> list[Any]:
    with house.db.read() as connection:
        return list(connection.execute(select(looks).order_by(looks.c.id)))


def test_what_the_class_used_is_shown_without_a_name(own, fresh_house):
    page = own.get("/lab/Lab 2/after")
    shown = page.text.split('id="over-time"')[1].split('aria-labelledby="helped"')[0]

    assert 200 == page.status_code
    assert [] == [name for name in NAMES if name in shown]
    for words in ("firefox", "libreoffice-writer", "supertux2", "fewer than 5", "too few to show"):
        assert words in shown
    assert "8 pupils" in page.text
    (look,) = written(fresh_house)
    assert ("after", "Lab 2", "") == (look.what, look.room, look.person)


def test_who_asked_for_help_is_named_with_who_went(own):
    shown = own.get("/lab/Lab 2/after").text.split('id="helped"')[1]

    assert "Ben Hollis" in shown
    assert "nobody said that they went" in shown


def test_every_pupil_of_the_room_reads_that_somebody_looked_back(own, fresh_house):
    own.get("/lab/Lab 2/after")
    with fresh_house.db.read() as connection:
        now = datetime.now(UTC)
        told = [
            grants.own_records(
                connection, lesson_school.device_of(place), "Lab 2", lesson_school.login_of(place), now
            ).looked_at
            for place in range(8)
        ]

    assert [[("Ms Demir", "after")]] * 8 == [[(look.by, look.what) for look in each] for each in told]


def test_the_file_has_the_same_figures_and_no_formula(own, fresh_house):
    with fresh_house.db.write() as connection:
        lesson_school.use(connection, 2, datetime.now(UTC) - timedelta(minutes=3), "=cmd|'/c calc'!A1", 90, 8)
    answer = own.get("/lab/Lab 2/after.csv")
    table = spreadsheets.read_table(answer.content)
    rows = {line.cells[0]: line.cells[1:3] for line in table.rows}

    assert ("8", "190") == rows["firefox"]
    assert ("fewer than 5 pupils", "") == rows["supertux2"]
    assert "'=cmd" in answer.text
    assert [] == [name for name in NAMES if name in answer.text]


def test_a_name_comes_with_a_reason_and_the_pupil_is_told(own, fresh_house):
    refused = own.post("/lab/Lab 2/after", data={"app": "supertux2"})
    assert (400, False) == (refused.status_code, 'id="named-box"' in refused.text)
    named = own.post("/lab/Lab 2/after", data={"app": "supertux2", "reason": "rules"}).text
    box = named.split('id="named-box"')[1].split("</section>")[0]

    assert ["Will Ashe"] == [name for name in NAMES if name in box]
    seats = [look for look in written(fresh_house) if look.what.startswith("named:")]
    assert [("p6", "Talk about the rules with them")] == [(look.person, look.reason) for look in seats]


def test_r38_a_name_beside_an_app_opens_no_detail_of_that_pupil(own):
    own.post("/lab/Lab 2/after", data={"app": "firefox", "reason": "rules"})
    seat = f"/lab/Lab 2/seat/{lesson_school.device_of(5)}?login={lesson_school.login_of(5)}"
    shown = own.get(seat).text

    assert (True, False) == ('id="reason-form"' in shown, "supertux2" in shown)


@pytest.mark.parametrize("app", ["", "nothing", "<script>", "x" * 5000])
def test_names_of_an_app_that_nobody_used_are_not_given(own, fresh_house, app):
    answer = own.post("/lab/Lab 2/after", data={"app": app, "reason": "work"})

    assert 400 == answer.status_code
    assert ["after"] == [look.what for look in written(fresh_house)]


@pytest.mark.parametrize("name", [OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR])
def test_r38_nobody_but_the_room_s_own_teacher_looks_back(own, fresh_house, name):
    client = let_in(own, fresh_house, name)
    codes = {client.get(f"/lab/Lab 2/{page}").status_code for page in ("after", "after.csv")}
    codes.add(client.post("/lab/Lab 2/after", data={"app": "firefox", "reason": "work"}).status_code)

    assert {403} == codes
    assert [] == written(fresh_house)


def test_another_s_lesson_in_one_s_own_room_stays_shut(own, fresh_house, begun):
    local = begun.astimezone()
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(local.weekday() + 1) % 7]
    with fresh_house.db.write() as connection:
        duties.set_hours(
            connection,
            staff_of(fresh_house),
            "Lab 2",
            [Window(days=(day,), starts="09:00", ends="10:00")],  # type: ignore[arg-type]
            by=Giver(None, "Neil Okafor"),
            now=datetime.now(UTC),
        )
    shown = own.get(after_page.address_of("Lab 2", Span(begun, begun + timedelta(minutes=30)))).text

    assert "At this time the room was not yours." in shown
    assert "firefox" not in shown
    assert [] == written(fresh_house)


@pytest.mark.parametrize(
    "query", ["day=x&from=1&to=2", "day=2026-11-24&from=10:00&to=09:00", "day=9999-12-31&from=23:00&to=23:59"]
)
def test_a_time_that_is_none_is_said_beside_the_form(own, fresh_house, query):
    answer = own.get(f"/lab/Lab 2/after?{query}")

    assert 200 == answer.status_code
    assert 'role="alert"' in answer.text
    assert [] == written(fresh_house)


# -- passed on -----------------------------------------------------------------------------------


def pass_on(house: ServerState, begun: datetime, pupil: str = "") -> None:
    with house.db.write() as connection:
        concern_marks.pass_on(
            connection,
            secret=house.sign_in_key,
            staff=staff_of(house),
            by="Ms Demir",
            room="Lab 2",
            since=begun,
            until=datetime.now(UTC),
            pupil=pupil,
            now=datetime.now(UTC),
        )


def test_r39_a_lesson_that_was_passed_on_is_not_looked_back_at(own, fresh_house, begun):
    pass_on(fresh_house, begun)
    pages = [own.get("/lab/Lab 2/after").text, own.get("/lab/Lab 2/after.csv").text]
    named = own.post("/lab/Lab 2/after", data={"app": "supertux2", "reason": "rules"})

    assert "You passed this lesson on." in pages[0]
    assert [] == [page for page in (*pages, named.text) if "firefox" in page]
    assert 400 == named.status_code


def test_r39_a_pupil_who_was_passed_on_is_in_no_figure_of_that_teacher(own, fresh_house, begun):
    pass_on(fresh_house, begun, "p6")
    shown = own.get("/lab/Lab 2/after").text

    assert "supertux2" not in shown
    assert "7 pupils" in shown
    assert "What you passed on to safeguarding is not in it." in shown


def test_where_everybody_was_passed_on_it_is_not_said_that_nobody_was_there(own, fresh_house, begun):
    for _, pupil, _ in (*school.PUPILS, *lesson_school.MORE):
        pass_on(fresh_house, begun, pupil)
    shown = own.get("/lab/Lab 2/after").text

    assert (True, False) == ("There is nothing to show" in shown, "Nobody was signed in then" in shown)


@pytest.mark.parametrize(("pupil", "others"), [("p2", False), ("p6", True)])
def test_r39_who_asked_for_help_says_that_what_was_passed_on_is_not_counted(
    own, fresh_house, begun, pupil, others
):
    before = own.get("/lab/Lab 2/after").text.split('id="helped"')[1]
    pass_on(fresh_house, begun, pupil)
    shown = own.get("/lab/Lab 2/after").text.split('id="helped"')[1]

    assert "What you passed on to safeguarding is not counted here." not in before
    assert "What you passed on to safeguarding is not counted here." in shown
    assert "Nobody did." not in shown
    assert others == ("Ben Hollis" in shown)


def test_r44_a_mark_names_nobody_and_points_at_no_case(own, fresh_house, begun):
    pass_on(fresh_house, begun, "p6")
    with fresh_house.db.read() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM concern_marks").all())

    assert [] == [each for each in ("p6", "will", "Will Ashe", lesson_school.login_of(5)) if each in row]
    assert concern_marks.mark_of(b"a", 1, "p6") != concern_marks.mark_of(b"b", 1, "p6")
    assert concern_marks.mark_of(b"a", 1, "p6") != concern_marks.mark_of(b"a", 2, "p6")


def test_r39_an_account_that_was_passed_on_stays_so_once_the_list_knows_whose_it_is(own, fresh_house, begun):
    pass_on(fresh_house, begun, "will")
    shown = own.get("/lab/Lab 2/after").text

    assert "supertux2" not in shown
    assert "7 pupils" in shown
