"""The pages about one person at three widths, light and dark, in both languages; set by keyboard."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from server.individual import restricting
from server.state import ServerState
from tests.support import individual_school, school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, str]] = {
    "arrangements": ("/arrangements?q=a", "r.carver"),
    "arrangement": ("/people/p1/arrangement", individual_school.SUPPORT),
    "limits": ("/limits", "n.okafor"),
    "limits-teacher": ("/limits", "l.demir"),
    "limit": ("/people/p2/limit", "n.okafor"),
    "meeting": ("/people/p3/meeting", "r.carver"),
    "meeting-teacher": ("/people/p3/meeting", "l.demir"),
    "meeting-none": ("/people/p4/meeting", "r.carver"),
    "lessons": ("/lessons", "l.demir"),
    "countersign": ("/countersign", "n.okafor"),
    "countersign-print": ("/countersign/print", "n.okafor"),
    "person-alone": ("/people/p2", "r.carver"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """The school with one of everything that is set for one person."""
    made = school.make_house(tmp_path_factory.mktemp("individual"), hosts=("127.0.0.1",))
    individual_school.fill(made)
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
    faults = held(page, shoot, f"{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)


def test_r16_a_limit_is_set_by_keyboard_alone_and_a_wrong_one_says_what_to_do(
    open_page: Callable[..., Page], house: ServerState
):
    page = open_page("/people/p5/limit", "r.carver")
    page.focus("#reason")
    page.keyboard.type("Agreed with her family on Monday")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#errors")).to_be_focused()
    assert "Agreed with her family on Monday" == page.input_value("#reason")
    day = datetime.now(UTC).astimezone().date() + timedelta(days=2)
    page.focus("#until")
    page.keyboard.type(day.strftime("%m%d%Y"))
    page.focus("#reason")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action$='/lift']")
    with house.db.read() as connection:
        held = [each for each in restricting.limits_of(connection, "p5") if each.holds(datetime.now(UTC))]
    assert ["Agreed with her family on Monday"] == [each.reason for each in held]
