"""Accepting as a class in a real browser (R4): how pages look, and a class played from begin to confirm."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server import class_hands, class_lists, classes
from server.individual.common import By
from server.state import ServerState
from tests.support import class_school, school
from tests.support.browsing import Cookies, sign_in
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser
TEACHER = "l.demir"
HERE = [f"e{number}" for number in range(6)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """The school with two classes of the youngest in Lab 2."""
    made = school.make_house(tmp_path_factory.mktemp("class"), hosts=("127.0.0.1",))
    with made.db.write() as connection:
        class_school.fill(connection, datetime.now(UTC) - timedelta(days=2), hostile=True)
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


def sit(house: ServerState, language: str = "en", *, ends: bool = False) -> tuple[int, str]:
    """Let a class hear the text and some of them answer; return the sitting and its tablet's link."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        staff = connection.exec_driver_sql("SELECT id FROM staff WHERE name = 'l.demir'").scalar_one()
        by = By(staff, "Ms Demir", frozenset({"teacher"}))
        class_lists.give_pictures(connection, school.ROOM, "1A", now)
        number = classes.begin(
            connection, lab=school.ROOM, room=school.ROOM, year="1A", language=language, by=by, now=now,  # type: ignore[arg-type]
        )  # fmt: skip
        classes.say_here(connection, number, [*HERE, "e91"], by=by, now=now)
        children = class_lists.children_of(connection, school.ROOM, "1A", now)
        pictures = {each.person: each.picture.code for each in children}
        for person, given in (("e0", "accepted"), ("e1", "accepted"), ("e2", "declined"), ("e3", "help")):
            classes.answer(connection, number, pictures[person], given, now)
        token = "" if ends else class_hands.hand_round(connection, number, by=by, now=now)
        if ends:
            classes.witness(connection, number, by=by, now=now)
    return number, f"/class/{token}"


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_every_page_of_the_adult_fits_and_names_its_controls(
    house: ServerState, open_page: Callable[..., Page], shoot: Callable[[Page, str], None], lang: str
):
    open_one, _ = sit(house, lang)
    with house.db.write() as connection:
        class_hands.take_back(connection, open_one, now=datetime.now(UTC))
    ended, _ = sit(house, lang, ends=True)
    faults = {}
    for name, path in {
        "class-choose": "/lab/Lab 2/class",
        "class-read": f"/lab/Lab 2/class/{open_one}?step=read",
        "class-here": f"/lab/Lab 2/class/{open_one}?step=here",
        "class-tablet": f"/lab/Lab 2/class/{open_one}?step=tablet",
        "class-witness": f"/lab/Lab 2/class/{open_one}?step=witness",
        "class-over": f"/lab/Lab 2/class/{ended}",
        "class-pictures": f"/lab/Lab 2/class/{open_one}/pictures",
    }.items():
        page = open_page(path, TEACHER, lang=lang)
        faults[name] = held(page, shoot, f"{name}-{lang}")
        assert levels_are_in_order(page), name

    assert {} == {name: fault for name, fault in faults.items() if fault}


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_every_page_of_the_tablet_fits_and_names_its_controls(
    house: ServerState, open_page: Callable[..., Page], shoot: Callable[[Page, str], None], lang: str
):
    _, link = sit(house, lang)
    faults = {}
    page = open_page(link)
    faults["all"] = held(page, shoot, f"class-tablet-all-{lang}")
    fresh = page.locator(".tappic:not(.done)").first.get_attribute("href")
    answered = page.locator(".tappic.done").first.get_attribute("href")
    for name, path in {"one": fresh, "answered": answered}.items():
        page = open_page(path)
        faults[name] = held(page, shoot, f"class-tablet-{name}-{lang}")
    page = open_page(link)
    page.click("#all-done")
    faults["sure"] = held(page, shoot, f"class-tablet-sure-{lang}")
    page.click("#give-back-now")
    faults["back"] = held(page, shoot, f"class-tablet-back-{lang}")
    page = open_page(link, lang=lang)
    faults["closed"] = held(page, shoot, f"class-tablet-closed-{lang}")

    assert {} == {name: fault for name, fault in faults.items() if fault}


@pytest.fixture
def tablet(browser: Browser, address: str) -> Iterator[Page]:
    """A tablet that is touched, with the teacher signed in."""
    context: BrowserContext = browser.new_context(
        ignore_https_errors=True, has_touch=True, viewport={"width": 1024, "height": 768}, locale="en-GB"
    )
    page = context.new_page()
    sign_in(page, address, TEACHER)
    yield page
    context.close()


def test_r4_a_class_accepts_by_touch_and_its_teacher_confirms(tablet: Page, address: str):
    tablet.goto(f"{address}/lab/Lab 2/class")
    tablet.locator("[data-begin]").first.tap()
    tablet.get_by_role("link", name="Everybody has heard it").tap()
    for name in class_school.NAMES[:3]:
        tablet.get_by_text(name, exact=True).tap()
    tablet.locator("[data-here]").tap()
    tablet.locator("[data-hand=here]").tap()
    tablet.wait_for_selector("#pictures")
    expect(tablet.locator(".tappic")).to_have_count(3)
    for at in range(3):
        tablet.locator(".tappic").nth(at).tap()
        tablet.locator("#answer-yes").tap()
    tablet.locator("#all-done").tap()
    tablet.locator("#to-confirm").tap()
    tablet.fill("#name", TEACHER)
    tablet.fill("#password", school.PASSWORD)
    tablet.locator("button.main").tap()
    tablet.locator("#saw").check()
    tablet.locator("#witness").tap()
    tablet.wait_for_selector("[data-step=over]")

    expect(tablet.locator("main")).to_contain_text("Confirmed by Ms Demir.")


def test_r4_the_tablet_is_answered_by_keyboard_alone(house: ServerState, open_page: Callable[..., Page]):
    number, link = sit(house)
    page = open_page(link)
    page.locator(".tappic:not(.done)").first.focus()
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer-yes")
    page.locator("#answer-yes").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#pictures")
    with house.db.read() as connection:
        standing = classes.standing_of(connection, number)

    assert "3px" == ring
    assert 3 == standing.counts["accepted"]


def test_r4_it_works_without_script(browser: Browser, house: ServerState, address: str):
    _, link = sit(house)
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + link)
    page.locator(".tappic:not(.done)").first.click()
    page.click("#answer-no")
    said = page.inner_text(".saidnow")
    context.close()

    assert "Said not now" in said


def test_where_a_voice_is_on_the_device_each_sentence_can_be_heard(
    house: ServerState, open_page: Callable[..., Page], address: str
):
    number, _ = sit(house)
    with house.db.write() as connection:
        class_hands.take_back(connection, number, now=datetime.now(UTC))
    page = open_page(f"/lab/Lab 2/class/{number}?step=read", TEACHER)
    quiet = page.locator("[data-no-voice]").is_visible()
    page.add_init_script(
        "window.spoken = [];"
        "const voices = [{lang: 'en-GB', localService: false}, {lang: 'en_GB', localService: true}];"
        "Object.defineProperty(window, 'SpeechSynthesisUtterance',"
        " {value: class { constructor(t) { this.text = t; } }});"
        "Object.defineProperty(window, 'speechSynthesis', {value: {getVoices: () => voices, cancel() {},"
        " addEventListener() {}, speak(it) { window.spoken.push([it.text, it.voice.localService]);"
        " setTimeout(() => it.onend(), 1); }}});"
    )
    page.reload()
    page.locator("[data-say-one]").first.click()
    page.wait_for_function("() => window.spoken.length === 1 && !document.querySelector('.being-read')")
    one = page.evaluate("window.spoken")
    page.click("[data-say-all]")
    page.wait_for_function("() => window.spoken.length > 8")

    assert quiet
    assert [["I use the laptop with my teacher.", True]] == one
    assert not page.locator("[data-no-voice]").is_visible()
