"""The page Media while it is open: it shows by itself what laptops tell, and keeps what was chosen."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server import media_answers
from server.media_answers import Adult, Yes
from server.state import ServerState
from tests.support import media_school, school
from tests.support.browsing import WAIT_MS, sign_in
from tests.support.serving import served

TOM = Adult("Tom Ashby", frozenset({"technician"}), id=3)


@pytest.fixture
def own_house(tmp_path: Path) -> ServerState:
    return school.make_house(tmp_path, hosts=("127.0.0.1",))


@pytest.fixture
def page(browser: Browser, own_house: ServerState) -> Iterator[Page]:
    """Tom has the page open."""
    with served(own_house) as address:
        context = browser.new_context(ignore_https_errors=True, locale="en-GB")
        page = context.new_page()
        sign_in(page, address, "t.ashby")
        page.goto(f"{address}/media")
        yield page
        context.close()


def ask_anew(house: ServerState, number: int = 70) -> None:
    """Let somebody else ask for a stick."""
    now = datetime.now(UTC)
    plug = media_school.plugged(now, number, "ece", "p4")
    with house.db.write() as connection:
        told = [plug, media_school.asked(plug, f"{number:032x}", "The map for geography")]
        media_school.tell(connection, school.LAPTOPS["L-003"], told, now)


def test_who_asks_appears_by_itself_and_what_was_chosen_stays(page: Page, own_house: ServerState) -> None:
    card = page.locator("article", has_text="Ada Yıldız")
    hour = card.locator('input[value="hour"]')
    hour.check(force=True)
    hour.focus()
    ask_anew(own_house)
    expect(page.locator("article", has_text="The map for geography")).to_be_visible(timeout=WAIT_MS)

    assert hour.is_checked()
    assert "hour" == page.evaluate("document.activeElement.value")
    assert "5 people are waiting" == page.locator("#media-count").inner_text()


def test_what_another_adult_has_answered_goes_by_itself(page: Page, own_house: ServerState) -> None:
    expect(page.locator("article", has_text="Ada Yıldız")).to_be_visible()
    now = datetime.now(UTC)
    with own_house.db.write() as connection:
        yes = Yes(until=now + timedelta(hours=1))
        media_answers.approve(
            connection, school.USB, school.LAPTOPS["L-001"], media_school.ADA, TOM, yes, now
        )
    expect(page.locator("article", has_text="Ada Yıldız")).to_have_count(0, timeout=WAIT_MS)


def test_who_is_signed_out_elsewhere_is_told_so(page: Page, own_house: ServerState) -> None:
    expect(page.locator("#media-over")).to_be_hidden()
    page.evaluate("fetch('/sign-out', {method: 'POST', body: new URLSearchParams({_csrf_token:"
                  " document.querySelector('[name=_csrf_token]').value})})")  # fmt: skip

    expect(page.locator("#media-over")).to_be_visible(timeout=WAIT_MS)


def test_without_script_the_page_is_what_it_was(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/media", "t.ashby")

    assert 4 == page.locator("article").count()
    assert page.locator("#media-lost").is_hidden()
