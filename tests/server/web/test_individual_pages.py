"""Pages about one person alone: set, read by the few, lifted; lessons for a class; the head's queue."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server import grants
from server.app import make_app
from server.individual import arranging, inducting, resigning, restricting
from server.state import ServerState
from server.web import arrangement_pages, people_view
from tests.support import school
from tests.support.individual_school import SUPPORT, Browser, add_support

TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
WHY = "Reads slowly; agreed with the family"
Browse = Callable[[str], "Browser"]


@pytest.fixture
def here(template: Path, tmp_path: Path) -> Iterator[ServerState]:
    house = school.copy_house(template, tmp_path / "house")
    add_support(house)
    yield house
    house.close()


@pytest.fixture
def as_(here: ServerState) -> Iterator[Browse]:
    with TestClient(make_app(here), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        yield lambda name: Browser(client, here, name)


def today() -> date:
    return datetime.now(UTC).astimezone().date()


def arrangement(**changes: str) -> dict[str, str]:
    until = (today() + timedelta(days=30)).isoformat()
    return {"tier": "", "language": "tr", "scale": "150", "answer": "30", "idle": "15", "reads": "yes",
            "until": until, "reason": WHY, **changes}  # fmt: skip


def limit(**changes: Any) -> dict[str, Any]:
    until = (today() + timedelta(days=3)).isoformat()
    return {"scope": "all", "until": until, "reason": "Gamed through every lesson", **changes}


# ---- arrangements (R5) ----


@pytest.mark.parametrize("name", [SUPPORT, LEAD, HEAD])
def test_r5_learning_support_lead_and_head_set_an_arrangement_and_read_why(
    here: ServerState, as_: Browse, name: str
):
    browser = as_(name)
    assert 303 == browser.post("/people/p1/arrangement", **arrangement()).status_code

    text = browser.get("/people/p1/arrangement").text
    assert WHY in text
    assert "Letters of 150%" in text
    assert "Ada" in browser.get("/arrangements").text
    with here.db.read() as connection:
        facts = grants.facts_of(connection, "p1", datetime.now(UTC))
    assert (900, 1800, 150, True) == (
        facts.arrangement.idle_after_seconds,
        facts.arrangement.answer_within_seconds,
        facts.arrangement.text_scale_percent,
        facts.arrangement.reads_aloud,
    )


@pytest.mark.parametrize("name", [TEACHER, TECHNICIAN, GOVERNOR])
def test_r5_nobody_else_opens_the_reason(as_: Browse, name: str):
    as_(LEAD).post("/people/p1/arrangement", **arrangement())
    browser = as_(name)

    assert 403 == browser.get("/people/p1/arrangement").status_code
    assert 403 == browser.get("/arrangements").status_code
    assert 403 == browser.post("/people/p1/arrangement", **arrangement()).status_code


def test_r5_a_teacher_sees_that_it_works_and_not_why(here: ServerState, as_: Browse):
    as_(LEAD).post("/people/p1/arrangement", **arrangement())
    text = as_(TEACHER).get("/people/p1").text

    assert "Letters of 150%" in text
    assert WHY not in text
    assert "Letters of 150%" not in as_(TECHNICIAN).get("/people/p1").text


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"until": ""}, {"until": "2001-01-01"}, {"idle": "0"}, {"idle": "x"}, {"scale": "999"},
     {"language": "", "scale": "100", "answer": "", "idle": "", "reads": ""}, {"reason": "\u202e" * 30},
     {"answer": "99999"}],
)  # fmt: skip
def test_r5_a_form_that_makes_no_sense_is_shown_again_with_what_was_typed(
    here: ServerState, as_: Browse, changes: dict[str, str]
):
    answer = as_(LEAD).post("/people/p1/arrangement", **arrangement(**changes))

    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    with here.db.read() as connection:
        assert [] == arranging.history(connection, "p1")


def test_r5_an_arrangement_ends_with_a_reason(here: ServerState, as_: Browse):
    browser = as_(LEAD)
    browser.post("/people/p1/arrangement", **arrangement())
    assert 400 == browser.post("/people/p1/arrangement/end", why="").status_code
    assert 303 == browser.post("/people/p1/arrangement/end", why="Not needed any more").status_code

    with here.db.read() as connection:
        assert arranging.current_of(connection, "p1", today()) is None
    assert 400 == browser.post("/people/p1/arrangement/end", why="Once more, please").status_code


# ---- limits (R16) ----


def test_r16_the_lead_sets_a_limit_with_hours_and_it_is_listed_without_its_reason(
    here: ServerState, as_: Browse
):
    browser = as_(LEAD)
    sent = limit(scope="hours", days=["mon", "fri"], starts="09:00", ends="15:00")
    assert 303 == browser.post("/people/p1/limit", **sent).status_code

    assert "Only Monday and Friday 09:00–15:00" in browser.get("/limits").text
    assert "Gamed" in browser.get("/people/p1/limit").text
    seen = as_(TEACHER).get("/limits").text
    assert "Ada" in seen
    assert "Gamed" not in seen
    assert "Ada" not in as_(OTHER_TEACHER).get("/limits").text
    with here.db.read() as connection:
        (held,) = restricting.in_force(connection, datetime.now(UTC))
    local = held.until.astimezone()
    assert (today() + timedelta(days=4), 0) == (local.date(), local.hour)


@pytest.mark.parametrize("name", [TEACHER, TECHNICIAN, GOVERNOR, SUPPORT])
def test_r16_a_limit_is_set_by_the_lead_or_the_head_alone(as_: Browse, name: str):
    browser = as_(name)

    assert 403 == browser.get("/people/p1/limit").status_code
    assert 403 == browser.post("/people/p1/limit", **limit()).status_code
    assert 403 == browser.post("/people/p1/limit/1/lift", why="Be kind").status_code


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"until": ""}, {"until": "2001-01-01"}, {"until": "9999-12-31"},
     {"scope": "hours"}, {"scope": "hours", "days": ["mon"], "starts": "15:00", "ends": "09:00"},
     {"scope": "hours", "days": ["mon"], "starts": "9", "ends": ""}],
)  # fmt: skip
def test_r16_a_limit_without_an_end_a_reason_or_hours_is_refused(
    here: ServerState, as_: Browse, changes: dict[str, Any]
):
    answer = as_(HEAD).post("/people/p1/limit", **limit(**changes))

    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    with here.db.read() as connection:
        assert [] == restricting.in_force(connection, datetime.now(UTC))


def test_r16_a_technician_sees_that_signing_in_is_limited_and_no_more(as_: Browse):
    sent = limit(scope="hours", days=["mon", "fri"], starts="09:00", ends="15:00")
    as_(LEAD).post("/people/p1/limit", **sent)
    as_(LEAD).post("/people/p2/meeting", reason="Something serious was written")
    browser = as_(TECHNICIAN)
    hours, meeting = browser.get("/people/p1").text, browser.get("/people/p2").text
    teacher = as_(TEACHER).get("/people/p1").text

    assert "Limited" in hours
    assert "Limited" in meeting
    assert "09:00" not in hours
    assert "Not let in before a meeting" not in meeting
    assert "Only Monday and Friday 09:00–15:00" in teacher


def test_r16_a_limit_is_lifted_once(here: ServerState, as_: Browse):
    browser = as_(HEAD)
    browser.post("/people/p1/limit", **limit())
    with here.db.read() as connection:
        (held,) = restricting.in_force(connection, datetime.now(UTC))
    assert 303 == browser.post(f"/people/p1/limit/{held.id}/lift", why="They talked").status_code

    assert 400 == browser.post(f"/people/p1/limit/{held.id}/lift", why="They talked").status_code
    assert "Ended by" in browser.get("/people/p1/limit").text


# ---- meetings (R10) ----


def test_r10_the_lead_asks_the_teacher_records_and_only_then_the_gate_may_ask(here: ServerState, as_: Browse):
    lead = as_(LEAD)
    assert 303 == lead.post("/people/p1/meeting", reason="Sent a hurtful picture").status_code
    with here.db.read() as connection:
        assert grants.facts_of(connection, "p1", datetime.now(UTC)).waits_for_meeting
    teacher = as_(TEACHER)
    page = teacher.get("/people/p1/meeting").text
    assert "hurtful" not in page
    sent = {"met_on": today().isoformat(), "met_with": "Ada and her father"}
    assert 403 == as_(OTHER_TEACHER).post("/people/p1/meeting/held", **sent).status_code
    assert 400 == as_(TEACHER).post("/people/p1/meeting/held", **{**sent, "met_with": ""}).status_code
    assert 303 == as_(TEACHER).post("/people/p1/meeting/held", **sent).status_code

    with here.db.read() as connection:
        facts = grants.facts_of(connection, "p1", datetime.now(UTC))
    assert not facts.waits_for_meeting
    assert facts.accept_after is not None
    assert "Ada and her father" in as_(LEAD).get("/people/p1/meeting").text


@pytest.mark.parametrize("name", [TEACHER, TECHNICIAN, GOVERNOR, SUPPORT])
def test_r10_only_lead_and_head_ask_for_a_meeting_or_take_it_back(as_: Browse, name: str):
    as_(LEAD).post("/people/p1/meeting", reason="Sent a hurtful picture")
    browser = as_(name)

    assert 403 == browser.post("/people/p2/meeting", reason="I do not like them").status_code
    assert 403 == browser.post("/people/p1/meeting/withdraw", why="I like them").status_code


def test_r10_a_demand_is_taken_back_with_a_reason(here: ServerState, as_: Browse):
    browser = as_(HEAD)
    browser.post("/people/p1/meeting", reason="Sent a hurtful picture")
    assert 400 == browser.post("/people/p1/meeting/withdraw", why="").status_code
    assert 303 == browser.post("/people/p1/meeting/withdraw", why="It was Ben").status_code

    with here.db.read() as connection:
        assert resigning.accept_after(connection, "p1") is None


# ---- lessons (R11) ----


def test_r11_a_teacher_records_the_lesson_for_the_own_class_and_nobody_elses(here: ServerState, as_: Browse):
    browser = as_(TEACHER)
    page = browser.get("/lessons?room=Lab 1").text
    assert "Zoe" not in page
    sent = {"room": "Lab 2", "held_on": today().isoformat(), "act": "record"}
    assert 200 == browser.post("/lessons", **sent, pupils=["p1", "p2", "p9"]).status_code
    assert 400 == browser.post("/lessons", **{**sent, "room": "Lab 1"}, pupils=["p9"]).status_code

    with here.db.read() as connection:
        assert {"p1", "p2"} == set(inducting.dates(connection))


def test_r11_the_date_is_taken_away_again(here: ServerState, as_: Browse):
    browser = as_(LEAD)
    sent = {"room": "Lab 2", "held_on": today().isoformat(), "pupils": ["p1"]}
    browser.post("/lessons", **sent, act="record")
    assert 200 == browser.post("/lessons", **sent, act="remove").status_code

    with here.db.read() as connection:
        assert {} == inducting.dates(connection)


@pytest.mark.parametrize("changes", [{"held_on": ""}, {"held_on": "2999-01-01"}, {"pupils": []}])
def test_r11_a_day_that_cannot_be_or_nobody_chosen_is_refused(
    here: ServerState, as_: Browse, changes: dict[str, Any]
):
    sent = {"room": "Lab 2", "held_on": today().isoformat(), "pupils": ["p1"], "act": "record", **changes}

    assert 400 == as_(LEAD).post("/lessons", **sent).status_code


def test_r11_one_pupils_lesson_from_their_page(here: ServerState, as_: Browse):
    assert 403 == as_(OTHER_TEACHER).post("/people/p1/lesson", held_on=today().isoformat()).status_code
    assert 303 == as_(TEACHER).post("/people/p1/lesson", held_on=today().isoformat()).status_code

    with here.db.read() as connection:
        assert today() == inducting.date_of(connection, "p1")


# ---- all of it ----


def test_a_look_at_a_persons_reasons_is_written_down(here: ServerState, as_: Browse):
    as_(LEAD).get("/people/p1/arrangement")

    assert "Ada" in as_(HEAD).get("/oversight").text


def test_a_person_who_is_not_there_is_not_found(as_: Browse):
    browser = as_(LEAD)

    for what in ("arrangement", "limit", "meeting"):
        assert 404 == browser.get(f"/people/nobody/{what}").status_code


def test_an_address_of_one_person_names_nobody_else_even_with_a_slash_in_the_id():
    assert "/people/a~sb/limit" == arrangement_pages.address_of("a/b", "limit")
    assert "/people/a~~sb/limit" == arrangement_pages.address_of("a~sb", "limit")
    assert "a~sb" == people_view.id_of("a~~sb")
