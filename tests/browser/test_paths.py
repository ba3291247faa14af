"""What a person does: sign in by keyboard, open a lab, watch it change, lose the server, copy a code."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from policies import wire
from server import codes, oversight
from server.live import CLOSE_GRACE_SECONDS
from server.state import ServerState
from tests.support import school
from tests.support.browsing import WAIT_MS
from tests.support.laptop import Laptop
from tests.support.ports import kept_port
from tests.support.serving import served

pytestmark = pytest.mark.browser


def press_until(page: Page, key: str, found: str, most: int = 40) -> None:
    """Press a key until the focus stands on what `found` selects."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("(found) => document.activeElement.matches(found)", found):
            return
    raise AssertionError(f"{most} times {key} never reached {found}")


def test_a_lab_is_opened_with_nothing_but_the_keyboard(open_page: Callable[..., Page]):
    page = open_page("/")
    press_until(page, "Tab", "#name")
    page.keyboard.type("l.demir")
    press_until(page, "Tab", "#password")
    page.keyboard.type(school.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/lab")
    press_until(page, "Tab", ".skip")
    page.keyboard.press("Enter")
    press_until(page, "Tab", 'a[href="/lab/Lab%202"]')
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lab/Lab%202")

    assert "3px" == outline
    expect(page.locator("h1")).to_have_text("Lab 2")


def test_focus_is_visible_on_everything_that_takes_it(open_page: Callable[..., Page]):
    page = open_page("/devices/enrol", "t.ashby")
    hidden = []
    for _ in range(30):
        page.keyboard.press("Tab")
        found = page.evaluate("""() => { const it = document.activeElement; const look = getComputedStyle(it);
            return [it.tagName, it.outerHTML.slice(0, 80), parseFloat(look.outlineWidth),
            look.outlineStyle] }""")
        if found[0] != "BODY" and (found[2] < 3 or found[3] == "none"):
            hidden.append(found)

    assert [] == hidden


def test_what_laptops_say_appears_while_one_watches(
    open_page: Callable[..., Page], house: ServerState, lesson: Callable[[], None]
):
    page = open_page("/lab/Lab 2", "l.demir")
    expect(page.locator("#watching")).to_contain_text("Ends when you close this page", timeout=WAIT_MS)
    lesson()
    tile = page.locator("#seats .seat.help")
    expect(tile).to_contain_text("Ece Tan", timeout=WAIT_MS)
    first_of_ada = page.locator(f'[data-tile="{school.LAPTOPS["L-001"]}"]')
    expect(first_of_ada).to_contain_text("Writer")
    order = page.evaluate("[...document.querySelectorAll('#seats .seat')].map((it) => it.dataset.tile)")
    house.live.take(
        school.LAPTOPS["L-003"],
        school.status((4, "ece", "p4", "locked", "", 1.0, False)),
        datetime.now(UTC),
    )
    expect(page.locator("#seats .state.info")).to_have_text("Locked", timeout=WAIT_MS)
    house.live.take(
        school.LAPTOPS["L-002"],
        school.status((2, "ben", "p2", "active", "Calc", 1.0, True)),
        datetime.now(UTC),
    )
    expect(page.locator("#says")).to_contain_text("Ben Hollis asks for help", timeout=WAIT_MS)

    assert order == page.evaluate(
        "[...document.querySelectorAll('#seats .seat')].map((it) => it.dataset.tile)"
    )
    assert 1 == page.locator("[aria-live]").count()


def test_a_real_laptop_is_told_and_answers_and_is_told_the_end(
    open_page: Callable[..., Page], house: ServerState, address: str
):
    with house.db.write() as connection:
        code = codes.new_code(
            connection, house.ca_der, room="Lab 1", uses=1, hours=1, by="test", now=datetime.now(UTC)
        )
    laptop = Laptop(address, house.folder.tls / "ca.pem")
    laptop.enrol(code.text, "L-100")
    before = laptop.hold()
    page = open_page("/lab/Lab 1", "j.reed")
    expect(page.locator("#seats .seat", has_text="L-100")).to_contain_text("Asked", timeout=WAIT_MS)
    held = laptop.hold(number=99, cursor=before.cursor, wait=10)
    watch = laptop.read(held.orders[-1])
    pupil = wire.LoginStatus(
        login=school.login_id(77), os_user="zoe", person="p9", state="active", app="Scratch", since_seconds=70
    )
    laptop.status(pupil)
    tile = page.locator("#seats .seat", has_text="L-100")
    expect(tile).to_contain_text("Zoe Lamb", timeout=WAIT_MS)
    expect(tile).to_contain_text("Scratch1 min")
    page.click("form[action$='/close'] button")
    page.wait_for_url("**/lab")
    ended = laptop.read(laptop.hold(number=99, cursor=held.cursor, wait=10).orders[-1])

    assert "Joan Reed" == watch.by
    assert timedelta(0) < watch.until - datetime.now(UTC) <= timedelta(minutes=5)
    assert (watch.order, True) == (ended.order, ended.until <= datetime.now(UTC))


def test_stopping_ends_the_page_s_life_too(
    open_page: Callable[..., Page], house: ServerState, shoot: Callable[[Page, str], None]
):
    page = open_page("/lab/Lab 2", "l.demir")
    expect(page.locator("#watching")).to_contain_text("Ends when you close this page", timeout=WAIT_MS)
    staff = next(iter(house.live.watches_of("Lab 2", datetime.now(UTC)))).staff
    house.live.end_watch("Lab 2", staff)
    house.live.wake()

    expect(page.locator("#over")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("#lost")).to_be_hidden()
    shoot(page, "lab-over")


def until(fact: Callable[[], bool], seconds: float = WAIT_MS / 1000) -> bool:
    """Wait for a fact of the server's, which no page shows."""
    paused = threading.Event()
    for _ in range(int(seconds * 20)):
        if fact():
            return True
        paused.wait(0.05)
    return False


def test_a_closed_page_ends_the_viewing_and_a_reload_does_not(
    open_page: Callable[..., Page], house: ServerState
):
    page = open_page("/lab/Lab 1", "j.reed")
    expect(page.locator("#watching")).to_contain_text("Ends when you close this page", timeout=WAIT_MS)
    opened = house.live.watches_of("Lab 1", datetime.now(UTC))
    page.reload()
    expect(page.locator("#watching")).to_contain_text("Ends when you close this page", timeout=WAIT_MS)
    reloaded = house.live.watches_of("Lab 1", datetime.now(UTC))
    house.live.close_grace_seconds = 0.1
    page.close()
    ended = until(lambda: not house.live.watches_of("Lab 1", datetime.now(UTC)))
    house.live.close_grace_seconds = CLOSE_GRACE_SECONDS
    told, _ = house.watches.newer("Lab 1", 1, datetime.now(UTC))

    assert (1, True) == (len(opened), ended)
    assert opened[0].opened_at == reloaded[0].opened_at
    assert told[-1].until <= datetime.now(UTC)


def test_a_refused_sign_in_keeps_what_was_typed(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None]
):
    page = open_page("/sign-in", width=640, theme="dark", lang="tr")
    page.fill("#name", "r.carver")
    page.fill("#password", "not the right one")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    shoot(page, "sign-in-refused")

    assert "r.carver" == page.input_value("#name")
    assert "" == page.input_value("#password")


def test_without_script_the_lab_is_an_honest_snapshot(browser: Browser, address: str, cookies):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    context.add_cookies(cookies("l.demir"))
    page = context.new_page()
    page.goto(f"{address}/lab/Lab 2?lang=en")
    watching = page.locator("#watching").text_content()
    context.close()

    assert watching is not None
    assert re.search(r"Ends at \d\d:\d\d\. This is how it was when the page was opened\.", watching)


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which a server comes back."""
    with kept_port() as kept:
        yield kept


def test_a_lost_server_is_said_and_found_again(
    browser: Browser, tmp_path: Path, port: int, shoot: Callable[[Page, str], None]
):
    house = school.make_house(tmp_path, hosts=("127.0.0.1",))
    context = browser.new_context(ignore_https_errors=True, locale="en-GB")
    page = context.new_page()
    with served(house, port) as address:
        page.goto(f"{address}/sign-in")
        page.fill("#name", "l.demir")
        page.fill("#password", school.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/lab")
        page.goto(f"{address}/lab/Lab 2")
        expect(page.locator("#watching")).to_contain_text("Ends when you close", timeout=WAIT_MS)
    expect(page.locator("#lost")).to_be_visible(timeout=WAIT_MS)
    said = page.locator("#lost-words").text_content()
    shoot(page, "lab-lost")
    again = school.reopen_house(tmp_path)
    with served(again, port):
        expect(page.locator("#lost")).to_be_hidden(timeout=WAIT_MS)
        again.live.take(
            school.LAPTOPS["L-001"],
            school.status((1, "ada", "p1", "active", "Writer", 9.0, False)),
            datetime.now(UTC) + timedelta(seconds=1),
        )
        expect(page.locator("#seats .seat", has_text="Writer")).to_be_visible(timeout=WAIT_MS)
        with again.db.read() as connection:
            seen = [(look.by, look.what) for look in oversight.list_looks(connection)]
    context.close()

    assert said is not None
    assert re.search(r"This page lost the server at \d\d:\d\d:\d\d", said)
    assert ("Ms Demir", "lab") == seen[0]


def test_signing_out_elsewhere_ends_the_live_page(browser: Browser, address: str, house: ServerState):
    context = browser.new_context(ignore_https_errors=True, locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#name", "j.reed")
    page.fill("#password", school.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/lab")
    page.goto(f"{address}/lab/Lab 1")
    expect(page.locator("#watching")).to_contain_text("Ends when you close", timeout=WAIT_MS)
    other = context.new_page()
    other.goto(f"{address}/devices")
    other.goto(f"{address}/lab")
    other.click(".big-screens .linklike")
    other.wait_for_url("**/sign-in?out")
    house.live.wake()
    expect(page.locator("#lost-words")).to_contain_text("You are signed out.", timeout=WAIT_MS)
    context.close()


def test_a_code_is_copied_with_one_press(
    open_page: Callable[..., Page], address: str, shoot: Callable[[Page, str], None]
):
    page = open_page("/devices/enrol", "t.ashby")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.fill("#room", "Lab 5")
    page.click("form.card button.main")
    shoot(page, "enrol-made")
    page.click('[data-copy="line"]')
    expect(page.locator("#copied")).to_have_text("Copied")

    line = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"gatepost-agent enrol {re.escape(address)} \S+", line)


def test_the_browser_reports_no_breach_of_the_content_policy(open_page: Callable[..., Page], address: str):
    page = open_page("/lab", "l.demir")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in ("/lab", "/lab/Lab 2", "/agreements", "/agreements/print"):
        page.goto(address + path)
        expect(page.locator("h1")).to_be_visible()

    assert [] == said


def test_the_register_fits_a_sheet_of_a4(open_page: Callable[..., Page], tmp_path: Path):
    page = open_page("/agreements/print", "n.okafor")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 660, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= 660
    assert page.locator(".post").is_hidden()
    assert page.locator("[data-print]").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
