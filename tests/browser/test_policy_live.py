"""Settings changed in a real browser: with script, without, by keyboard; a rollout that shows itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from server import assigning, policy_store, rollouts
from server.rollout_machine import Plan, Ring
from server.state import ServerState
from server.tables import devices
from tests.support import policy_school, school
from tests.support.browsing import WAIT_MS, sign_in
from tests.support.looks import AXE, faults_of
from tests.support.serving import served

pytestmark = pytest.mark.browser
LAB = "/policies/change?where=room%3ALab+2"
LOCK = "#lock-idle_after_seconds"


@pytest.fixture
def own_house(tmp_path: Path) -> ServerState:
    return school.make_house(tmp_path, hosts=("127.0.0.1",))


@pytest.fixture
def open_as(browser: Browser, own_house: ServerState) -> Iterator[Callable[..., tuple[Page, str]]]:
    """Sign one of the cast in at a browser of their own."""
    contexts = []
    with served(own_house) as address:

        def open_it(name: str, *, scripts: bool = True) -> tuple[Page, str]:
            context = browser.new_context(
                ignore_https_errors=True, locale="en-GB", java_script_enabled=scripts, reduced_motion="reduce"
            )
            contexts.append(context)
            language = {"name": "gatepost_language", "value": "en", "url": address}
            context.add_cookies([language])  # type: ignore[list-item]
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            sign_in(page, address, name)
            return page, address

        yield open_it
        for context in contexts:
            context.close()


def number_of(house: ServerState) -> int:
    with house.db.read() as connection:
        newest = policy_store.newest_number(connection)
    assert newest is not None
    return newest[0]


def test_what_will_change_is_shown_while_typing(open_as):
    page, address = open_as("t.ashby")
    page.goto(address + LAB)
    page.fill(LOCK, "10")
    preview = page.locator('[data-part="preview"]')
    expect(preview).to_contain_text("Lab 2: Lock after 5 minutes 10 minutes", timeout=WAIT_MS)
    expect(preview).to_contain_text("Weakens protection")
    expect(preview).to_contain_text("5 laptops")

    assert "10" == page.input_value(LOCK)
    page.evaluate(AXE)
    assert {} == faults_of(page, 1280)


def test_a_lock_time_is_changed_without_script_and_approved_by_a_second_adult(open_as, own_house):
    page, address = open_as("t.ashby", scripts=False)
    page.goto(address + LAB)
    page.fill(LOCK, "10")
    page.get_by_role("button", name="Show what will change").click()
    expect(page.locator(".diff")).to_contain_text("10 minutes")
    page.get_by_role("button", name="Propose this change").click()
    expect(page.get_by_role("alert")).to_contain_text("Write why")
    assert "10" == page.input_value(LOCK)
    page.fill("#reason", "Long experiments")
    page.fill("#risk", "The teacher is there")
    page.get_by_role("button", name="Propose this change").click()
    expect(page.locator("main")).to_contain_text("You cannot approve your own change.")
    proposal = page.url

    head, _ = open_as("n.okafor", scripts=False)
    head.goto(f"{proposal}?lang=en")
    head.get_by_role("button", name="Approve the change").click()
    expect(head.locator("main")).to_contain_text("It became settings 2")
    assert 2 == number_of(own_house)


def test_a_setting_is_changed_by_keyboard_alone(open_as, own_house):
    page, address = open_as("t.ashby")
    page.goto(address + LAB)
    tabs_to(page, "lock.idle_after_seconds")
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    tabs_to(page, "reason")
    page.keyboard.type("The corridor is loud")
    tabs_to(page, "act", "send")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/proposals/*")

    assert "solid" == outline
    expect(page.locator("main")).to_contain_text("It weakens nothing")


def tabs_to(page: Page, name: str, value: str = "") -> None:
    """Press Tab until a control of this name has the focus."""
    for _ in range(140):
        page.keyboard.press("Tab")
        found = page.evaluate("[document.activeElement.name, document.activeElement.value]")
        if found[0] == name and (not value or found[1] == value):
            return
    raise AssertionError(f"Tab never came to {name}")


def test_a_mistake_takes_the_focus_and_leads_to_its_field(open_as):
    page, address = open_as("t.ashby")
    page.goto(address + LAB)
    page.fill(LOCK, "ten")
    page.fill("#reason", "x")
    page.get_by_role("button", name="Propose this change").click()
    expect(page.locator("#errors")).to_be_focused()
    page.locator("#errors a").first.click()

    assert "lock-idle_after_seconds" == page.evaluate("location.hash.slice(1)")
    page.evaluate(AXE)
    assert {} == faults_of(page, 1280)


def test_a_rollout_shows_who_confirmed_by_itself(open_as, own_house):
    with own_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), policy_school.room("Lab 2", 240))
        first = Ring(kind="devices", devices=(school.LAPTOPS["L-001"], school.LAPTOPS["L-002"]))
        policy_school.save(connection, tree, plan=Plan(rings=(first,), rejected_percent=100))
        running = rollouts.under_way(connection)
    assert running is not None
    own_house.notice_changes()
    page, address = open_as("t.ashby")
    page.goto(f"{address}/policies/rollouts/{running.number}")
    expect(page.locator(".rings")).to_contain_text("0 of 2 confirmed")
    page.get_by_role("button", name="Pause").focus()
    with own_house.db.write() as connection:
        given = assigning.get(connection, school.LAPTOPS["L-001"])
        assert given is not None
        connection.execute(
            update(devices)
            .where(devices.c.id == school.LAPTOPS["L-001"])
            .values(applied_number=given.number, applied_at=datetime.now(UTC))
        )

    expect(page.locator(".rings")).to_contain_text("1 of 2 confirmed", timeout=WAIT_MS)
    expect(page.locator("#rollout-told")).to_contain_text("laptops confirmed")
    assert "Pause" == page.evaluate("document.activeElement.textContent")
