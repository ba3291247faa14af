"""What a teacher orders from a room is given once, refused in words, and never loses what was typed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from policies.lab_settings import HoursSettings
from server import assigning, lab_actions, lab_book, publishing
from server.state import ServerState
from tests.support import school

Opened = Callable[..., TestClient[Any]]
A1, A2 = school.LAPTOPS["L-001"], school.LAPTOPS["L-002"]


@pytest.fixture
def teacher(opened: Opened, laptops_house: ServerState) -> TestClient[Any]:
    """Ms Demir with her own room."""
    return opened("l.demir")


def token(client: TestClient[Any], room: str = "Lab 2") -> str:
    return client.get(f"/lab/{room}").text.split('name="_csrf_token" value="')[1].split('"')[0]


def order(client: TestClient[Any], path: str, script: bool = False, room: str = "Lab 2", **data: Any) -> Any:
    headers = {"Accept": "application/json"} if script else {}
    data = {"_csrf_token": token(client), **data}
    return client.post(f"/lab/{room}/{path}", data=data, headers=headers, follow_redirects=False)


def given(house: ServerState) -> list[lab_book.Given]:
    with house.db.read() as connection:
        return lab_book.running(connection, "Lab 2", datetime.now(UTC))


def test_eyes_to_the_front_is_given_to_the_whole_room_and_stands_on_the_page(
    teacher: TestClient[Any], laptops_house: ServerState
):
    answer = order(teacher, "attention", words="Look at the board.", minutes="5", whom="all")
    (made,) = given(laptops_house)
    page = teacher.get("/lab/Lab 2").text

    assert (303, "/lab/Lab%202") == (answer.status_code, answer.headers["location"])
    assert ("attention", True, "Look at the board.", "Ms Demir") == (
        made.kind, made.whole_room, made.words, made.by
    )  # fmt: skip
    assert f'data-order="{made.order}"' in page
    assert "Look at the board." in page


def test_only_the_chosen_seats_are_meant(teacher: TestClient[Any], laptops_house: ServerState):
    order(teacher, "lock", whom="some", device=[A1, A2])
    (made,) = given(laptops_house)

    assert ("lock", False, {A1, A2}) == (made.kind, made.whole_room, set(made.devices))


def test_either_of_two_teachers_ends_it(opened: Opened, laptops_house: ServerState):
    teacher = opened("l.demir")
    order(teacher, "attention", minutes="5", whom="all")
    (made,) = given(laptops_house)
    order(teacher, f"attention/{made.order}/extend", minutes="9")
    (longer,) = given(laptops_house)
    order(teacher, f"attention/{made.order}/end")
    (ended,) = given(laptops_house)

    assert made.until < longer.until
    assert "Ms Demir" == ended.ended_by


@pytest.mark.parametrize(("path", "data", "said"), [
    ("message", {"words": "   ", "whom": "all"}, "Write a sentence."),
    ("message", {"words": "a" * 301, "whom": "all"}, "Write at most 300 letters."),
    ("attention", {"minutes": "0", "whom": "all"}, "Choose for how many minutes, at least 1."),
    ("attention", {"minutes": "-5", "whom": "all"}, "Choose for how many minutes, at least 1."),
    ("attention", {"minutes": "٣", "whom": "all"}, "Choose for how many minutes, at least 1."),
    ("lock", {"whom": "some"}, "Choose at least one seat."),
    ("lock", {"whom": "some", "device": [school.LAPTOPS["L-011"]]}, "no longer in this room"),
    ("lock", {"whom": "some", "device": ["<script>"]}, "no longer in this room"),
    ("pause", {"minutes": "10", "device": ""}, "no longer in this room"),
])  # fmt: skip
@pytest.mark.parametrize("script", [True, False])
def test_a_refusal_says_what_to_do_and_nothing_is_ordered(
    teacher: TestClient[Any],
    laptops_house: ServerState,
    path: str,
    data: dict[str, Any],
    said: str,
    script: bool,
):
    answer = order(teacher, path, script, **data)

    assert 422 == answer.status_code
    assert said in (answer.json()["problem"] if script else answer.text)
    assert [] == given(laptops_house)


def test_without_script_what_was_typed_stays_in_the_open_form(teacher: TestClient[Any]):
    words = "b" * 301
    page = order(teacher, "message", words=words, whom="some", device=[A2]).text
    form = re.search(r'<dialog class="act" id="do-message".*? open>.*?</dialog>', page, re.DOTALL)

    assert form is not None
    assert words in form.group()
    assert f'value="{A2}" checked' in form.group()
    assert 1 == page.count('<p class="error" role="alert" data-problem>')


@pytest.mark.parametrize("kind", ["attention", "lock", "unlock", "message", "pause"])
def test_every_form_stands_open_without_script(teacher: TestClient[Any], kind: str):
    page = teacher.get(f"/lab/Lab 2?do={kind}").text

    assert 1 == len(re.findall(r"<dialog [^>]* open>", page))
    assert re.search(rf'<dialog class="act" id="do-{kind}"[^>]* open>', page)


def test_r38_a_teacher_orders_nothing_in_another_room(teacher: TestClient[Any], laptops_house: ServerState):
    answer = order(teacher, "lock", room="Lab 1", whom="all")
    with laptops_house.db.read() as connection:
        written = lab_actions.list_actions(connection, room="Lab 1")

    assert (403, []) == (answer.status_code, written)


def test_an_order_of_this_room_is_not_ended_from_another(opened: Opened, laptops_house: ServerState):
    order(opened("l.demir"), "attention", minutes="5", whom="all")
    (made,) = given(laptops_house)
    other = opened("j.reed")
    data = {"_csrf_token": token(other, "Lab 1")}
    path = f"/lab/Lab 1/attention/{made.order}/end"
    answer = other.post(path, data=data, headers={"Accept": "application/json"}, follow_redirects=False)

    assert 422 == answer.status_code
    assert given(laptops_house)[0].holds(datetime.now(UTC))


def test_who_did_what_is_written_down(teacher: TestClient[Any], laptops_house: ServerState):
    order(teacher, "message", words="Save your work.", whom="all")
    with laptops_house.db.read() as connection:
        written = lab_actions.list_actions(connection, room="Lab 2")

    assert [("message", "Ms Demir")] == [(each.what, each.by) for each in written]


def test_r18_a_pause_is_capped_stands_on_the_page_and_can_be_ended(
    teacher: TestClient[Any], laptops_house: ServerState
):
    order(teacher, "pause", device=A1, minutes="500")
    (made,) = given(laptops_house)
    page = teacher.get("/lab/Lab 2").text
    order(teacher, f"pause/{made.order}/end")
    (ended,) = given(laptops_house)

    assert (45 * 60, (A1,)) == ((made.until - made.given_at).total_seconds(), made.devices)
    assert f'action="/lab/Lab%202/pause/{made.order}/end"' in page
    assert "The idle lock pauses</b> · seat 1," in page
    assert not ended.holds(datetime.now(UTC))


@pytest.mark.parametrize(("session", "said"), [
    ("club", "Nobody supervises this room now."), ("closed", "The room is closed now"),
])  # fmt: skip
def test_r18_a_pause_is_refused_in_unsupervised_time(
    teacher: TestClient[Any], laptops_house: ServerState, session: str, said: str
):
    with laptops_house.db.write() as connection:
        newest = publishing.current(connection)
        assert newest is not None
        hours = HoursSettings(session=session)  # type: ignore[arg-type]
        publishing.publish(
            connection,
            school=newest.body.school,
            settings=msgspec.structs.replace(newest.body.settings, hours=hours),
            tiers=tuple(each.tier for each in newest.body.agreements),
            profile="primary-england",
            by="test",
            now=datetime.now(UTC),
        )
        assigning.refresh(connection, datetime.now(UTC))
    answer = order(teacher, "pause", True, device=A1, minutes="5")

    assert 422 == answer.status_code
    assert said in answer.json()["problem"]
    assert [] == given(laptops_house)
