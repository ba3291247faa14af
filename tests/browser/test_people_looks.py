"""The pages about people at three widths, light and dark, in both languages, held against the same list."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from server.state import ServerState
from tests.support import people_school, school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.rosters import write_csv
from tests.support.serving import served

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, str]] = {
    "people": ("/people", "t.ashby"),
    "people-left": ("/people?state=left", "n.okafor"),
    "person": ("/people/p5", "r.carver"),
    "person-correct": ("/people/p1/correct", "t.ashby"),
    "person-gone": ("/people/p20/correct", "t.ashby"),
    "person-export": ("/people/p1/export", "n.okafor"),
    "person-login": (f"/people/p5/login/{school.LAPTOPS['L-009']}/{school.login_id(5)}", "r.carver"),
    "people-new": ("/people/new", "t.ashby"),
    "people-orphans": ("/people/orphans", "t.ashby"),
    "people-access": ("/people/access", "n.okafor"),
    "people-access-pupils": ("/people/access?whom=pupils", "n.okafor"),
    "parents": ("/people/parents?which=all", "t.ashby"),
    "parents-copy": ("/people/parents/copy/junior", "t.ashby"),
    "import": ("/people/import", "t.ashby"),
    "import-diff": ("/people/import/1", "t.ashby"),
    "import-rules": ("/people/import/1/rules", "t.ashby"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """The school with what pages about people show, and an import that waits."""
    made = school.make_house(tmp_path_factory.mktemp("people"), hosts=("127.0.0.1",))
    with made.db.write() as connection:
        people_school.fill(connection, datetime.now(UTC))
        people_school.put_waiting(connection, datetime.now(UTC))
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


def test_a_list_is_brought_with_a_real_browser(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None]
):
    page = open_page("/people/import", "t.ashby")
    rows = [("Nr", "Pupil"), ("p1", "Ada Yıldız"), ("p77", "Ivy Newcomer")]
    content = write_csv(rows).encode("utf-16")
    page.set_input_files("#list", {"name": "pupils.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url("**/rules")

    assert held(page, shoot, "import-columns-en", in_one_language=True) == {}

    page.select_option("#column-person", "Nr")
    page.select_option("#column-display_name", "Pupil")
    page.select_option("#other_tier", "junior")
    page.uncheck("input[name=whole]")
    page.get_by_role("button", name="Read it so").click()
    page.wait_for_selector("text=Ivy Newcomer")
    page.get_by_role("button", name="Make the list so").click()
    page.wait_for_url("**/people/import?done=*")

    assert "1 joined" in page.inner_text("main")


def test_a_register_goes_on_paper_without_its_buttons(open_page: Callable[..., Page]):
    page = open_page("/people/access", "n.okafor")
    page.emulate_media(media="print")

    assert [True, False, False] == [
        page.locator(which).first.is_visible() for which in ("table", ".subnav", "button[data-print]")
    ]
