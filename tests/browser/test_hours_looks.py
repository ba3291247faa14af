"""Hours, app lists and what a teacher may do, in the form of the settings: to be read, filled in and sent."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import policy_school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser
DAYS = "&".join(f"day={day}" for day in ("mon", "tue", "wed", "thu", "fri"))
CLUB = f"/policies/change?where=room:Lab%202&{DAYS}&starts=15:30&ends=17:00"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    house, _numbers = policy_school.make(tmp_path_factory.mktemp("hours"), hosts=("127.0.0.1",))
    with served(house) as url:
        yield url


@pytest.fixture
def open_here(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    contexts = []
    signed = Cookies(browser, address)

    def open_it(path: str, lang: str = "en", *, scripts: bool = True) -> Page:
        context = browser.new_context(
            ignore_https_errors=True,
            locale="tr-TR" if lang == "tr" else "en-GB",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        language = {"name": "gatepost_language", "value": lang, "url": address}
        context.add_cookies([*signed("t.ashby"), language])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_r19_the_hours_and_lists_of_a_room_fit_and_name_their_controls(
    open_here: Callable[..., Page], shoot: Callable[[Page, str], None], lang: str
):
    page = open_here(CLUB, lang)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    faults = held(page, shoot, f"hours-{lang}")

    assert levels_are_in_order(page)
    assert {} == faults


def test_r19_a_technician_makes_a_club_of_an_afternoon_without_a_script(open_here: Callable[..., Page]):
    page = open_here(CLUB, scripts=False)
    page.check("input[name='hours.session'][value='club']")
    page.fill("[name='reason']", "Chess and robots after school")
    page.click("button[name=act][value=send]")
    page.wait_for_url("**/policies/proposals/**")
    said = page.inner_text("main")

    assert "Lab 2, Mon–Fri, 15:30–17:00" in said
    assert "a club, open while an adult is checked in" in said
    assert "Weakens protection" not in said


def test_r22_one_game_for_the_club_and_not_for_the_lesson(open_here: Callable[..., Page]):
    page = open_here("/policies/change?where=room:Lab%202")
    page.evaluate("document.querySelector('#at-apps-rules').closest('details').open = true")
    page.fill("[name='apps.rules:3:app']", "minetest")
    page.select_option("[name='apps.rules:3:lesson']", "notify")
    page.fill("[name='apps.rules:4:app']", "jitsi")
    page.select_option("[name='apps.rules:4:lesson']", "ask")
    page.select_option("[name='apps.rules:4:club']", "ask")
    page.check("[name='apps.rules:4:consent']")
    page.fill("[name='reason']", "Leisure is for the club")
    page.fill("[name='risk']", "A game distracts; the teacher sees it")
    page.click("button[name=act][value=send]")
    page.wait_for_url("**/policies/proposals/**")
    said = page.inner_text("main")

    assert "minetest (in lessons: opens, and the teacher sees it; in clubs: opens)" in said
    assert "jitsi (in lessons: waits for a teacher’s yes; in clubs: waits for" in said
    assert "with a parent’s consent)" in said


def test_an_app_that_stands_there_twice_is_said_beside_the_list_and_nothing_is_lost(
    open_here: Callable[..., Page],
):
    page = open_here("/policies/change?where=room:Lab%202")
    page.evaluate("document.querySelector('#at-apps-rules').closest('details').open = true")
    page.fill("[name='apps.rules:3:app']", "ZOOM")
    page.fill("[name='reason']", "By mistake")
    page.click("button[name=act][value=send]")
    page.wait_for_selector("#apps-rules-error")

    expect(page.locator("#apps-rules-error")).to_contain_text("One app stands there twice")
    assert "ZOOM" == page.input_value("[name='apps.rules:3:app']")
