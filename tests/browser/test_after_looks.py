"""One pupil's detail and the lesson that is over, looked at: three widths, both themes, both languages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server import concern_marks
from tests.support import lesson_school, school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser
TEACHER, HEAD = "l.demir", "n.okafor"
Open = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def noon() -> Iterator[None]:
    """Whenever the tests run."""
    with lesson_school.around_noon():
        yield


@pytest.fixture(scope="module")
def lesson_address(noon: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A school of its own in which a lesson is over and something was passed on."""
    house = school.make_house(tmp_path_factory.mktemp("after"), hosts=("127.0.0.1",))
    now = datetime.now(UTC)
    with house.db.write() as connection:
        since = lesson_school.fill(connection, now)
        staff = connection.exec_driver_sql("SELECT id FROM staff WHERE name = 'l.demir'").scalar_one()
        concern_marks.pass_on(
            connection, secret=house.sign_in_key, staff=staff, by="Ms Demir", room="Lab 2", since=since,
            until=now, pupil="p3", now=now,
        )  # fmt: skip
    with served(house) as url:
        yield url


@pytest.fixture(scope="module")
def lesson_cookies(browser: Browser, lesson_address: str) -> Cookies:
    """Each adult signs in once."""
    return Cookies(browser, lesson_address)


@pytest.fixture
def look_at(browser: Browser, lesson_address: str, lesson_cookies: Cookies) -> Iterator[Open]:
    """Open a page as one of the cast, in one language."""
    contexts: list[BrowserContext] = []

    def open_it(path: str, name: str, lang: str) -> Page:
        context = browser.new_context(ignore_https_errors=True, reduced_motion="reduce")
        contexts.append(context)
        language = {"name": "gatepost_language", "value": lang, "url": lesson_address}
        context.add_cookies([*lesson_cookies(name), language])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{lesson_address}{path}")
        return page

    yield open_it
    for context in contexts:
        context.close()


def check(page: Page) -> None:
    faults = held(page)

    assert {} == faults
    assert levels_are_in_order(page)


def seat_of(place: int) -> str:
    return f"/lab/Lab 2/seat/{lesson_school.device_of(place)}?login={lesson_school.login_of(place)}"


@pytest.mark.parametrize(("lang", "place"), [("en", 0), ("tr", 1)])
def test_one_pupil_s_detail_asks_refuses_and_opens(look_at: Open, lang: str, place: int):
    page = look_at(seat_of(place), TEACHER, lang)
    check(page)
    page.locator("#reason-form button.main").click()
    expect(page.locator("#errors")).to_be_focused()
    check(page)
    page.locator("#reason-odd").focus()
    page.keyboard.press("Space")
    page.locator("#reason-form button.main").press("Enter")
    expect(page.locator("#used")).to_be_visible()

    check(page)


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_the_lesson_that_is_over_opens_whole(look_at: Open, lang: str):
    page = look_at("/lab/Lab 2/after", TEACHER, lang)
    for detail in page.locator("main details").all():
        detail.evaluate("(it) => { it.open = true; }")
    check(page)
    page.select_option("#app", "firefox")
    page.locator("#reason-rules").check(force=True)
    page.locator("#by-name button").click()
    expect(page.locator("#named-box")).to_be_visible()

    check(page)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (seat_of(2), TEACHER),
        ("/lab/Lab 2/after?day=2020-01-01&from=09:00&to=10:00", TEACHER),
        ("/lab/Lab 2/seat/" + school.LAPTOPS["L-010"], TEACHER),
        ("/oversight/passed-on", HEAD),
        (f"/reports/activity?device={lesson_school.device_of(3)}&login={lesson_school.login_of(3)}", HEAD),
    ],
)
def test_what_is_passed_on_or_empty_or_asked_fits_as_well(look_at: Open, path: str, name: str, lang: str):
    check(look_at(path, name, lang))


def test_twice_the_size_of_letters_keeps_every_answer_in_reach(look_at: Open):
    page = look_at(seat_of(4), TEACHER, "tr")
    page.set_viewport_size({"width": 640, "height": 400})
    for name in ("#reason-form button.main", "#thanks-box button", "#raise-concern"):
        page.locator(name).scroll_into_view_if_needed()
        box = page.locator(name).bounding_box()

        assert box is not None
        assert (0 <= box["x"], box["x"] + box["width"] <= 640) == (True, True)


def test_the_pages_need_no_script(browser: Browser, lesson_address: str, lesson_cookies: Cookies):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    context.add_cookies(lesson_cookies(TEACHER))  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{lesson_address}{seat_of(6)}")
    page.locator("#reason-work").check(force=True)
    page.locator("#reason-form button.main").click()
    expect(page.locator("#used")).to_be_visible()
    page.goto(f"{lesson_address}/lab/Lab 2/after")
    plots = page.locator("svg.plot").count()
    context.close()

    assert 2 == plots
