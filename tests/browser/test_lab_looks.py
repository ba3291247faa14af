"""The lab as map, list, for the projector and being arranged: every width, light, dark, both languages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from server import lab_orders
from server.lab_book import Giver
from server.state import ServerState
from tests.support import lab_room
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser

PAGES = {
    "map": "/lab/Lab 3",
    "list": "/lab/Lab 3?view=list",
    "found": "/lab/Lab 3?q=an",
    "projector": "/lab/Lab 3/projector",
    "arrange": "/lab/Lab 3/arrange",
    "attention": "/lab/Lab 3?do=attention",
    "message": "/lab/Lab 3?do=message",
    "pause": "/lab/Lab 3?do=pause",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """A room of thirty, an order that one seat did not answer, and a message."""
    made = lab_room.make_room(tmp_path_factory.mktemp("room"))
    giver = Giver(1, "Ms Demir")
    now = datetime.now(UTC)
    with made.db.write() as connection:
        lab_orders.begin_attention(connection, giver, lab_room.ROOM, minutes=15, words="Look up.", now=now)
        lab_orders.send_message(connection, giver, lab_room.ROOM, words="Save your work.", now=now)
    return made


@pytest.fixture(scope="module")
def address(house: ServerState) -> Iterator[str]:
    """Where it is served."""
    with served(house) as url:
        yield url


@pytest.fixture(scope="module")
def cookies(browser: Browser, address: str) -> Cookies:
    """Sign each adult in once."""
    return Cookies(browser, address)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_lab_fits_names_its_controls_and_has_one_title(
    open_page: Callable[..., Page],
    house: ServerState,
    shoot: Callable[[Page, str], None],
    name: str,
    lang: str,
):
    page = open_page(PAGES[name], "l.demir", lang=lang)
    if name not in ("arrange", "projector"):
        lab_room.all_say(house)
        page.wait_for_selector("[data-state=help]", state="attached")
    faults = held(page, shoot, f"room-{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")
