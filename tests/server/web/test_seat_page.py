"""One pupil's detail: a reason first, told to the pupil; thanks for one alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update

from policies import schools
from policies.lab_settings import LabSettings
from policies.orders import LabMessage
from server import concern_marks, grants, oversight, publishing, seat_detail
from server.app import make_app
from server.media_tables import media_orders
from server.state import ServerState
from server.tables import logins, looks
from tests.support import lesson_school, school
from tests.support.signed_in import let_in

TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
ADA, ADAS = lesson_school.login_of(0), lesson_school.device_of(0)
SEAT = f"/lab/Lab 2/seat/{ADAS}"
PAGE = f"{SEAT}?login={ADA}"
USED = "libreoffice-writer"


@pytest.fixture
def own(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    """Ms Demir, after a lesson."""
    with fresh_house.db.write() as connection:
        lesson_school.fill(connection, datetime.now(UTC))
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        yield let_in(client, fresh_house, TEACHER)


def opened(client: TestClient[Any], reason: str = "odd", words: str = "", login: str = ADA) -> Any:
    return client.post(SEAT, data={"login": login, "reason": reason, "words": words})


def seat_looks(house: ServerState) -> list[Any]:
    with house.db.read() as connection:
        return list(connection.execute(select(looks).where(looks.c.what.like("seat:%"))))


def test_r38_the_detail_of_one_pupil_needs_a_reason_first(own, fresh_house):
    before = own.get(PAGE)

    assert (200, False) == (before.status_code, USED in before.text)
    assert "Ada Yıldız" in before.text
    assert [] == seat_looks(fresh_house)
    after = opened(own, words="sounds from the corner")
    assert (200, True) == (after.status_code, USED in after.text)
    (look,) = seat_looks(fresh_house)
    assert ("Ms Demir", "Lab 2", "p1", ADAS) == (look.by_name, look.room, look.person, look.device)
    assert "Something seemed wrong: sounds from the corner" == look.reason


def test_only_this_login_s_apps_are_shown(own):
    wills = lesson_school.login_of(5)
    shown = opened(own).text

    assert lesson_school.device_of(5) == ADAS
    assert "supertux2" not in shown
    assert "supertux2" in opened(own, login=wills).text


@pytest.mark.parametrize(
    "given", [{}, {"reason": "because"}, {"reason": "other"}, {"reason": "work", "words": "x" * 161}]
)
def test_without_a_real_reason_nothing_opens(own, fresh_house, given):
    answer = own.post(SEAT, data={"login": ADA, **given})

    assert (400, False) == (answer.status_code, USED in answer.text)
    assert [] == seat_looks(fresh_house)


def test_a_reason_holds_ten_minutes_for_one_login_of_one_adult(own, fresh_house):
    opened(own)
    with fresh_house.db.read() as connection:
        staff = seat_looks(fresh_house)[0].staff
        now = datetime.now(UTC)

        def holds(who=staff, login=ADA, at=now):
            return seat_detail.reason_holds(connection, who, ADAS, login, at)

        assert holds()
        assert not holds(at=now + timedelta(minutes=11))
        assert not holds(login=lesson_school.login_of(5))
        assert not holds(who=staff + 1)


def test_where_the_policy_asks_for_no_reason_it_opens_and_is_written_all_the_same(own, fresh_house):
    profile = schools.load_profile("primary-england")
    free = msgspec.structs.replace(profile.settings, lab=LabSettings(detail_needs_reason=False))
    with fresh_house.db.write() as connection:
        publishing.publish(connection, school=profile.school, settings=free, tiers=profile.tiers,
                           profile="primary-england", by="test", now=datetime.now(UTC))  # fmt: skip
    shown = own.get(PAGE).text
    own.get(PAGE)

    assert USED in shown
    assert [("p1", "")] == [(look.person, look.reason) for look in seat_looks(fresh_house)]


def test_the_pupil_s_own_page_tells_who_looked_but_not_why(own, fresh_house):
    opened(own, words="a secret worry")
    with fresh_house.db.read() as connection:
        told = grants.own_records(connection, ADAS, "Lab 2", ADA, datetime.now(UTC)).looked_at

    assert {("Ms Demir", "lab"), ("Ms Demir", "seat")} == {(look.by, look.what) for look in told}
    assert b"worry" not in msgspec.json.encode(told)


def test_somebody_who_is_not_on_the_list_is_told_as_well(own, fresh_house):
    with fresh_house.db.write() as connection:
        connection.execute(update(logins).where(logins.c.login == ADA).values(person=None, os_user="guest"))
    opened(own)
    with fresh_house.db.read() as connection:
        now = datetime.now(UTC)
        told = grants.own_records(connection, ADAS, "Lab 2", ADA, now).looked_at
        others = grants.own_records(connection, ADAS, "Lab 2", lesson_school.login_of(5), now).looked_at

    assert ["lab", "seat"] == sorted(look.what for look in told)
    assert ["lab"] == [look.what for look in others]


@pytest.mark.parametrize("name", [OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR])
def test_r38_nobody_but_the_room_s_own_teacher_opens_a_seat(own, fresh_house, name):
    client = let_in(own, fresh_house, name)
    codes = {client.get(PAGE).status_code, opened(client).status_code}
    codes.add(client.post(f"{SEAT}/thanks", data={"login": ADA, "thanks": "Well done"}).status_code)

    assert {403} == codes
    assert [] == seat_looks(fresh_house)


def test_a_laptop_of_another_room_is_not_found_below_one_s_own(own):
    elsewhere = f"/lab/Lab 2/seat/{school.LAPTOPS['L-011']}"

    assert 404 == own.get(elsewhere).status_code
    assert 404 == own.get("/lab/Lab 2/seat/nothing").status_code


def test_a_seat_where_nobody_sits_says_so(own):
    shown = own.get(f"/lab/Lab 2/seat/{ADAS}?login={'f' * 32}")

    assert 200 == shown.status_code
    assert "Nobody is logged in here" in shown.text


def test_hostile_names_of_apps_are_only_text(own, fresh_house):
    now = datetime.now(UTC) - timedelta(minutes=2)
    with fresh_house.db.write() as connection:
        lesson_school.use(connection, 0, now, school.HOSTILE[:200], 50, 7)
    shown = opened(own).text

    assert "<script>alert" not in shown
    assert "\u202e" not in shown


# -- thanks --------------------------------------------------------------------------------------


def test_r90_thanks_go_to_this_one_login_and_stand_in_no_list(own, fresh_house):
    answer = own.post(f"{SEAT}/thanks", data={"login": ADA, "thanks": "You helped Ben. Thank you!"})
    with fresh_house.db.read() as connection:
        bodies = list(connection.execute(select(media_orders.c.body)).scalars())
        kept = oversight.list_looks(connection)
    said = [each for body in bodies if (each := _message(body)) is not None]

    assert 200 == answer.status_code
    assert [("thanks", "Ms Demir", "You helped Ben. Thank you!", ADA)] == [
        (each.kind, each.by, each.words, each.login) for each in said
    ]
    assert [] == [look for look in kept if look.what == "seat"]
    assert "Sent, not confirmed" in own.get(PAGE).text


def _message(body: Any) -> LabMessage | None:
    try:
        return msgspec.json.decode(body, type=LabMessage)
    except msgspec.ValidationError:
        return None


@pytest.mark.parametrize("words", ["", "   ", "x" * 201])
def test_thanks_without_words_or_with_a_novel_are_not_sent(own, words):
    answer = own.post(f"{SEAT}/thanks", data={"login": ADA, "thanks": words})

    assert 400 == answer.status_code
    assert 'id="thanks-error"' in answer.text


def test_thanks_to_somebody_who_has_left_are_not_sent(own, fresh_house):
    with fresh_house.db.write() as connection:
        connection.execute(update(logins).where(logins.c.login == ADA).values(ended_at=datetime.now(UTC)))

    assert 400 == own.post(f"{SEAT}/thanks", data={"login": ADA, "thanks": "Well done"}).status_code


# -- what was passed on --------------------------------------------------------------------------


def test_r39_whoever_passed_a_pupil_on_opens_no_detail_of_them(own, fresh_house):
    with fresh_house.db.write() as connection:
        staff = connection.exec_driver_sql("SELECT id FROM staff WHERE name = 'l.demir'").scalar_one()
        now = datetime.now(UTC)
        concern_marks.pass_on(
            connection,
            secret=fresh_house.sign_in_key,
            staff=staff,
            by="Ms Demir",
            room="Lab 2",
            since=now - timedelta(hours=1),
            until=now,
            pupil="p1",
            now=now,
        )
    shown = opened(own).text

    assert "You passed this on." in shown
    assert USED not in shown
    assert 1 == shown.count('id="raise-concern"'), "what happens later is passed on from here too"
    assert [] == seat_looks(fresh_house)
    assert USED in opened(own, login=lesson_school.login_of(5)).text
