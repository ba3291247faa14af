"""The pages about laptops at three widths, light and dark, in both languages, held against the same list."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from server.state import ServerState
from tests.support import device_school, school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser

L2, L3, L11 = (school.LAPTOPS[name] for name in ("L-002", "L-003", "L-011"))
PAGES: dict[str, tuple[str, str]] = {
    "devices": ("/devices", "t.ashby"),
    "devices-found": ("/devices?group=pilot&sort=name&down=1", "t.ashby"),
    "device-full": (f"/devices/{L3}", "t.ashby"),
    "coverage": ("/devices/coverage", "t.ashby"),
    "places": ("/devices/places", "t.ashby"),
    "self-tests": ("/devices/self-tests", "n.okafor"),
    "self-tests-period": ("/devices/self-tests/period?from=2026-01-01&until=2026-01-31", "n.okafor"),
    "loans": ("/devices/loans", "t.ashby"),
    "loan-out": ("/devices/loans/1", "t.ashby"),
    "loan-asked": ("/devices/loans/2", "n.okafor"),
    "loan-print": ("/devices/loans/1/print", "t.ashby"),
    "loan-new": (f"/devices/loans/new/{L11}", "t.ashby"),
    "data": ("/devices/data", "t.ashby"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """The school with all it knows of its laptops."""
    made = school.make_house(tmp_path_factory.mktemp("devices"), hosts=("127.0.0.1",))
    with made.db.write() as connection:
        device_school.fill(connection, datetime.now(UTC))
    return made


@pytest.fixture(scope="module")
def address(house: ServerState) -> Iterator[str]:
    """Where it is served."""
    with served(house) as url:
        yield url


@pytest.fixture(scope="module")
def cookies(browser: Browser, address: str) -> Callable[[str], list[dict[str, object]]]:
    """Sign each adult in once."""
    return Cookies(browser, address)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_names_its_controls_and_has_one_title(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None], name: str, lang: str
):
    path, who = PAGES[name]
    page = open_page(path, who, lang=lang)

    assert held(page, shoot, f"{name}-{lang}") == {}
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_a_sheet_of_codes_fits_screen_and_paper(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None], lang: str
):
    page = open_page("/devices/enrol", "t.ashby", lang=lang)
    page.fill("#room", "Room 12\nRoom 13")
    page.locator("form.card button").click()
    page.wait_for_selector(".sheet svg.qr")

    expect(page.locator(".sheet")).to_have_count(2)
    assert held(page, shoot, f"enrol-sheet-{lang}") == {}
    page.emulate_media(media="print")

    assert [True, False, False] == [
        page.locator(which).first.is_visible() for which in (".sheet svg.qr", ".subnav", "form.card")
    ]


@pytest.mark.parametrize("action", ["move", "retire"])
def test_a_change_of_many_is_asked_once(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None], action: str
):
    page = open_page("/devices", "t.ashby")
    page.check(f"input[value='{L2}']")
    page.check(f"input[value='{L3}']")
    page.select_option("#action", action)
    page.get_by_role("button", name="Go on…").click()
    page.wait_for_selector("input[name=confirmed]", state="attached")

    expect(page.locator("main")).to_contain_text("L-002, L-003")
    assert held(page, shoot, f"change-{action}-en", in_one_language=True) == {}
