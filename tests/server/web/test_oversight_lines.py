"""Oversight lists looks, supervision, orders in rooms, duties and refusals; pages lose no line."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from server import accounts, covers, lab_actions, oversight, refusals, supervising
from server.app import make_app
from server.covers import Cover
from server.duty_log import Giver
from server.oversight import LookEntry
from server.state import ServerState
from server.supervising import Adult
from server.web import labels, oversight_lines
from server.web.oversight import read_filter
from server.web.oversight_lines import KINDS, NEVER, SOURCES, Known, Line
from server.web.words import Words
from tests.support import school
from tests.support.signed_in import let_in

TEACHER, OTHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
WORDS = Words("en")
KNOWN = Known(WORDS, labels.bind(WORDS), {"p1": "Ada Yıldız"}, {}, {})


@pytest.fixture(scope="module")
def opened(house: ServerState) -> Iterator[Callable[..., TestClient[Any]]]:
    """Return a function that lets somebody in to a school in which something was done."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        with house.db.write() as connection:
            demir, reed = (accounts.find_staff(connection, name) for name in (TEACHER, OTHER))
            adult = Adult(demir.id, demir.display_name)
            supervising.check_in(connection, adult, school.ROOM, now=now)
            covers.give_cover(
                connection,
                reed.id,
                school.ROOM,
                from_at=now,
                until=now + timedelta(hours=1),
                reason="Ms Demir is at a conference",
                by=Giver(None, "Neil Okafor"),
                now=now,
            )
            lab_actions.write(
                connection,
                at=now,
                staff=demir.id,
                by=demir.display_name,
                room=school.ROOM,
                what="attention",
                words=school.HOSTILE[:300],
                until=now + timedelta(minutes=5),
            )
            refusals.note_refusal(connection, reed.id, reed.display_name, school.ROOM, now)
            oversight.write_look(
                connection, at=now, staff=reed.id, by=reed.display_name, what="lab", room=school.ROOM
            )
        yield lambda name, lang="en": let_in(client, house, name, lang)


def kinds_in(html: str) -> set[str]:
    return set(re.findall(r'<tr data-line="([a-z]+)">', html))


@pytest.mark.parametrize("kind", ["supervision", "orders", "duties", "refused", "labs"])
def test_each_kind_can_be_read_alone(opened, kind):
    shown = kinds_in(opened(HEAD).get(f"/oversight?kind={kind}&lang=en").text)

    assert {"looks" if kind == "labs" else kind} == shown


def test_everything_stands_together_with_its_reason(opened):
    shown = opened(LEAD).get("/oversight?lang=en").text

    assert {"looks", "supervision", "orders", "duties", "refused"} <= kinds_in(shown)
    assert "Supervision: checked in" in shown
    assert "Ms Demir is at a conference" in shown
    assert "as cover: Ms Demir is at a conference" in shown
    assert "Not their room: refused" in shown
    assert "<script>alert" not in shown


def test_a_name_finds_what_they_did_and_what_they_were_given(opened):
    shown = opened(HEAD).get("/oversight?by=Joan+Reed&lang=en").text

    assert {"looks", "duties", "refused"} == kinds_in(shown)


def test_the_page_is_said_in_turkish_too(opened):
    shown = opened(HEAD, "tr").get("/oversight?lang=tr").text

    assert "Supervision: " not in shown
    assert "Eyes to the front" not in shown


def test_only_the_lead_and_the_head_read_it(opened):
    said = {opened(name).get("/oversight").status_code for name in (TEACHER, TECHNICIAN, GOVERNOR)}

    assert {403} == said


def test_a_look_in_a_covered_room_says_why_they_were_there_and_a_later_one_does_not():
    cover = Cover(
        1, 7, "Joan Reed", "Lab 2", NOW, NOW + timedelta(hours=1), "ill", NOW, "Neil Okafor", None, ""
    )
    known = KNOWN._replace(covers={("Joan Reed", "Lab 2"): [cover]})
    during = LookEntry(1, NOW, "Joan Reed", "lab", "Lab 2", "", "")

    assert "as cover: ill" == oversight_lines.say_look(during, known).details
    assert "" == oversight_lines.say_look(during._replace(at=cover.until), known).details


def test_a_look_at_one_pupil_shows_its_reason():
    look = LookEntry(1, NOW, "Ms Demir", "seat", "Lab 2", "p1", "", "she asked for help twice")

    line = oversight_lines.say_look(look, KNOWN)

    assert ("Ada Yıldız", "she asked for help twice") == (line.person, line.details)


@given(
    st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(0, 50)), max_size=40),
    st.integers(1, 7),
)
def test_turning_pages_shows_every_line_once(said, rows):
    numbers = dict.fromkeys(SOURCES, 0)
    lines = []
    for source, minutes in sorted(said, key=lambda each: each[1]):
        numbers[source] += 1
        lines.append(Line(source, numbers[source], NOW + timedelta(minutes=minutes), "Ms Demir", ""))
    lines.sort(key=lambda line: (line.at, line.source, line.id), reverse=True)
    seen, before = [], None
    while True:
        left = [line for line in lines if before is None or line.id < before[SOURCES.index(line.source)]]
        page, after = oversight_lines.cut_page(left, before, rows)
        seen += page
        if not after:
            break
        before = read_filter({"before": after}).before

    assert lines == seen


@given(st.dictionaries(st.sampled_from(["by", "room", "kind", "before"]), st.text(max_size=60)))
def test_any_address_asks_for_something_that_makes_sense(query):
    wanted = read_filter(query)

    assert wanted.kind in ("", *KINDS)
    assert wanted.before is None or len(SOURCES) == len(wanted.before)


def test_a_page_that_ends_before_everything_is_empty():
    before = tuple([0] * len(SOURCES))

    assert ([], "") == oversight_lines.cut_page([], before, 5)
    assert NEVER > 10**13
