"""Apps that are asked for and parents' consents: every width, light and dark, both languages, by keyboard."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from policies import records
from policies.lab_settings import AppRule, AppsSettings
from server import app_asks, assigning, consents, projections, publishing
from server.ask_tables import app_asks as table
from server.state import ServerState
from tests.support import school
from tests.support.browsing import WAIT_MS
from tests.support.looks import held, levels_are_in_order

pytestmark = pytest.mark.browser

RULES = (AppRule(app="Zoom", lesson="ask", consent=True), AppRule(app="Minecraft", lesson="ask"))
PAGES: dict[str, tuple[str, str]] = {
    "asks": (f"/lab/{school.ROOM}/asks", "l.demir"),
    "asks-none": ("/lab/Lab 1/asks", "j.reed"),
    "consents": ("/people/consents", "t.ashby"),
    "person": ("/people/p1", "t.ashby"),
    "apps": ("/apps", "t.ashby"),
}


def tell(house: ServerState, number: int, laptop: str, said: records.AnyRecord) -> None:
    received_ms = int(datetime.now(UTC).timestamp() * 1000)
    with house.db.write() as connection:
        plain = connection.connection.dbapi_connection
        assert isinstance(plain, sqlite3.Connection)
        projections.project(plain, school.LAPTOPS[laptop], "vital", 90_000 + number, [said], received_ms)


def ask(house: ServerState, number: int, laptop: str, who: tuple[str, str], app: str, words: str) -> None:
    said = records.AppAsked(
        at=datetime.now(UTC),
        login=f"{number:032x}",
        os_user=who[0],
        person=who[1],
        app=app,
        program="x",
        words=words,
    )
    tell(house, number, laptop, said)


@pytest.fixture(scope="module")
def asked(house: ServerState) -> None:
    """Let pupils have asked, one of them been answered, and parents have consented; hostile names too."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        current = publishing.current(connection)
        assert current is not None
        lists = AppsSettings(rules=RULES, review_on=now.date())
        publishing.publish(
            connection,
            school=current.body.school,
            settings=msgspec.structs.replace(current.body.settings, apps=lists),
            tiers=tuple(each.tier for each in current.body.agreements),
            profile="primary-england",
            by="test",
            now=now,
        )
        assigning.refresh(connection, now)
        consents.give(
            connection, ["p1", "p3"], "Zoom", on=now.date(), how="paper", by="Tom Ashby", staff=None, now=now
        )
    ask(house, 1, "L-001", ("ada", "p1"), "Minecraft", "We build the castle of our history lesson")
    ask(house, 2, "L-002", ("ben", "p2"), school.HOSTILE[:200], school.HOSTILE[:200])
    ask(house, 3, "L-003", ("cem", "p3"), "Zoom", "")
    with house.db.read() as connection:
        last = app_asks.list_asks(connection, rooms=[school.ROOM], now=datetime.now(UTC))[-1]
    with house.db.write() as connection:
        app_asks.answer(
            connection,
            last.id,
            room=school.ROOM,
            allowed=True,
            minutes=60,
            by="Ms Demir",
            staff=None,
            now=datetime.now(UTC),
        )


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_asked_apps_fits_and_names_its_controls(
    asked: None,
    open_page: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    name: str,
    lang: str,
):
    path, who = PAGES[name]
    page = open_page(path, who, lang=lang)
    faults = held(page, shoot, f"ask-{name}-{lang}")

    assert lang == page.get_attribute("html", "lang")
    assert {} == faults
    assert levels_are_in_order(page)


def test_r24_a_teacher_says_no_by_keyboard_alone(
    asked: None, house: ServerState, open_page: Callable[..., Page]
):
    ask(house, 9, "L-009", ("ece", "p4"), "Scratch", "")
    page = open_page(f"/lab/{school.ROOM}/asks", "l.demir")
    mine = page.locator("[data-state=waiting]", has_text="Ece Tan")
    mine.get_by_role("button", name="Not this time").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Ms Demir said no to Ece Tan: Scratch.").wait_for()

    with house.db.read() as connection:
        found = app_asks.list_asks(connection, rooms=[school.ROOM], now=datetime.now(UTC))
    assert [(False, "Ms Demir")] == [(e.allowed, e.answered_by) for e in found if e.app == "Scratch"]


def test_r24_a_question_comes_onto_the_open_map_and_its_answer_is_confirmed_there(
    house: ServerState, open_page: Callable[..., Page]
):
    page = open_page(f"/lab/{school.ROOM}", "l.demir")
    page.wait_for_selector("#lab[data-live]")
    page.evaluate("window.kept = true")
    ask(house, 21, "L-010", ("will", "p6"), "Krita", "my poster")
    mine = page.locator("#box-asks .ask", has_text="Will Ashe")
    mine.get_by_text("Will Ashe asks to use Krita.").wait_for(timeout=WAIT_MS)
    mine.get_by_role("button", name="Yes, for").click()
    mine.get_by_text("not confirmed").wait_for(timeout=WAIT_MS)
    with house.db.read() as connection:
        found = app_asks.list_asks(connection, rooms=[school.ROOM], now=datetime.now(UTC))
        order = connection.execute(
            select(table.c.order_id).where(table.c.id == next(e.id for e in found if e.app == "Krita"))
        ).scalar_one()
    tell(house, 22, "L-010", records.OrderDone(at=datetime.now(UTC), order=order, outcome="done"))
    mine.get_by_text(re.compile("^Confirmed")).wait_for(timeout=WAIT_MS)

    assert page.evaluate("window.kept")
