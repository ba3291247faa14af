"""What a teacher does in a lab with a real browser: orders, seats chosen, changes in place, arranging."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from server import accounts, covers, duty_log, lab_book, lab_orders, room_layouts
from server.lab_book import Giver
from server.room_layouts import Place
from server.state import ServerState
from tests.support import lab_room
from tests.support.browsing import WAIT_MS, Cookies
from tests.support.serving import served

pytestmark = pytest.mark.browser
LAB = "/lab/Lab 3"
LIVE = re.compile("Ends when you close|kapatınca")


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """A room of eight."""
    return lab_room.make_room(tmp_path_factory.mktemp("room"), laptops=8)


@pytest.fixture
def address(house: ServerState) -> Iterator[str]:
    """Where it is served."""
    with served(house) as url:
        yield url


@pytest.fixture
def cookies(browser: Browser, address: str) -> Cookies:
    """Sign each adult in once."""
    return Cookies(browser, address)


@pytest.fixture
def opened(open_page: Callable[..., Page], house: ServerState) -> Page:
    """The room, live, with its class at work."""
    page = open_page(LAB, "l.demir")
    expect(page.locator("#watching")).to_have_text(LIVE, timeout=WAIT_MS)
    lab_room.all_say(house, 8)
    expect(page.locator("#seats > .help")).to_contain_text("Ece Tan", timeout=WAIT_MS)
    return page


def given(house: ServerState) -> list[lab_book.Given]:
    with house.db.read() as connection:
        return lab_book.running(connection, lab_room.ROOM, datetime.now(UTC))


def tile(page: Page, seat: int):  # type: ignore[no-untyped-def]
    return page.locator(f'#seats [data-tile="{lab_room.device_of(seat)}"]')


def test_eyes_to_the_front_with_nothing_but_the_keyboard(opened: Page, house: ServerState):
    opened.locator("[data-do=attention]").focus()
    opened.keyboard.press("Enter")
    opened.keyboard.type("Look at the board.")
    opened.keyboard.press("Tab")
    opened.keyboard.type("3")
    opened.keyboard.press("Enter")
    expect(opened.locator("#box-orders .order")).to_contain_text("Look at the board.", timeout=WAIT_MS)
    expect(opened.locator("dialog[open]")).to_have_count(0)  # news may be there before the answer
    (made,) = given(house)

    assert ("attention", True, "Look at the board.") == (made.kind, made.whole_room, made.words)
    assert "attention" == opened.evaluate("document.activeElement.dataset.do")


def test_confirmations_are_counted_and_who_failed_is_named(opened: Page, house: ServerState):
    opened.click("[data-do=attention]")
    opened.click("#do-attention button.main")
    line = opened.locator("#box-orders .order")
    expect(line).to_contain_text("0 of 8 confirmed", timeout=WAIT_MS)
    (made,) = given(house)
    for seat in (1, 2, 3, 4, 6, 7, 8):
        lab_room.says(house, seat, attention=made.order)
    lab_room.says(house, 5, attention_problem="another program holds the screen", help_asked=False)
    expect(line).to_contain_text("7 of 8 confirmed", timeout=WAIT_MS)
    expect(line).to_contain_text("Seat 5, Ece Tan: the laptop could not do it", timeout=WAIT_MS)
    expect(tile(opened, 5).locator(".state")).to_have_text("Not confirmed")
    opened.click("#box-orders form[action$='/end'] button")
    expect(line).to_contain_text("by Ms Demir", timeout=WAIT_MS)

    assert not given(house)[0].holds(datetime.now(UTC))
    assert opened.url.endswith("/lab/Lab%203")


def test_seats_chosen_on_the_map_are_the_ones_that_are_meant(opened: Page, house: ServerState):
    opened.click("#choose")
    for seat in (2, 7):
        tile(opened, seat).locator("[data-pick]").check()
    lab_room.says(house, 2, app="Calc")
    expect(tile(opened, 2)).to_contain_text("Calc", timeout=WAIT_MS)
    expect(opened.locator("#picked")).to_have_text("2 seats chosen")
    opened.click("[data-do=lock]")
    opened.click("#do-lock button.main")
    expect(opened.locator("#box-orders .order")).to_contain_text("seats 2 and 7", timeout=WAIT_MS)

    assert {lab_room.device_of(2), lab_room.device_of(7)} == set(given(house)[0].devices)
    expect(opened.locator("[data-pick]:checked")).to_have_count(0)


def test_a_refusal_is_said_in_the_form_and_keeps_what_was_typed(opened: Page, house: ServerState):
    opened.click("[data-do=message]")
    opened.fill("#message-words", "Save your work.")
    opened.click("#do-message input[value=some]")
    opened.click("#do-message button.main")
    expect(opened.locator("#do-message [data-problem]")).to_have_text("Choose at least one seat.")

    assert "Save your work." == opened.input_value("#message-words")
    assert [] == given(house)


def test_a_change_is_drawn_in_place_and_takes_no_focus(opened: Page, house: ServerState):
    places = "[...document.querySelectorAll('#seats > li')].map((it) => it.getBoundingClientRect().top)"
    before = opened.evaluate(places)
    tile(opened, 4).locator("a").focus()
    lab_room.says(house, 4, app="Calc")
    expect(tile(opened, 4)).to_contain_text("Calc", timeout=WAIT_MS)
    opened.fill("#q", "gul")
    lab_room.says(house, 2, app="Calc")
    expect(tile(opened, 2)).to_contain_text("Calc", timeout=WAIT_MS)

    assert before == opened.evaluate(places)
    assert "gul" == opened.input_value("#q")
    assert "q" == opened.evaluate("document.activeElement.id")
    assert [lab_room.device_of(7)] == opened.evaluate(
        "[...document.querySelectorAll('#seats > li:not([data-dim])')].map((it) => it.dataset.tile)"
    )


def test_ending_what_is_over_already_is_said(opened: Page, house: ServerState):
    opened.click("[data-do=attention]")
    opened.click("#do-attention button.main")
    end = opened.locator("#box-orders form[action$='/end']")
    expect(end).to_be_visible(timeout=WAIT_MS)
    (made,) = given(house)

    def somebody_was_faster(route: Route) -> None:
        with house.db.write() as connection:
            lab_orders.end_attention(
                connection, Giver(2, "Joan Reed"), lab_room.ROOM, made.order, now=datetime.now(UTC)
            )
        route.continue_()

    opened.route("**/end", somebody_was_faster)
    end.locator("button").click()
    expect(opened.locator("#lost-words")).to_contain_text("It has ended meanwhile", timeout=WAIT_MS)

    assert "Joan Reed" == given(house)[0].ended_by


def test_a_refusal_that_is_a_page_of_its_own_is_shown(opened: Page):
    opened.evaluate(
        """() => { const form = document.querySelector("#box-supervision form[data-quick]");
        form.action = form.action.replace(/supervision.*/, "nothing-like-this"); form.requestSubmit() }"""
    )
    opened.wait_for_url("**/nothing-like-this", timeout=WAIT_MS)

    assert opened.locator("h1").count() == 1


def test_two_teachers_in_one_room_know_of_each_other(
    opened: Page, open_page: Callable[..., Page], house: ServerState
):
    second = open_page(LAB, "j.reed")
    expect(opened.locator("#box-here")).to_contain_text("Joan Reed", timeout=WAIT_MS)
    expect(second.locator("#box-here")).to_contain_text("Ms Demir", timeout=WAIT_MS)
    second.click("[data-do=attention]")
    second.click("#do-attention button.main")
    expect(opened.locator("#box-orders .order")).to_contain_text("Joan Reed", timeout=WAIT_MS)
    opened.click("#box-orders form[action$='/end'] button")
    expect(second.locator("#box-orders .order")).to_contain_text("by Ms Demir", timeout=WAIT_MS)

    assert "Ms Demir" == given(house)[0].ended_by


def test_r38_the_projector_page_holds_no_name_also_while_it_changes(
    opened: Page, open_page: Callable[..., Page], house: ServerState
):
    page = open_page(f"{LAB}/projector", "l.demir")
    expect(page.locator("#seats")).to_contain_text("Ready", timeout=WAIT_MS)
    lab_room.says(house, 1, state="locked", app="")
    expect(page.locator('#seats [data-tile="1"]')).to_contain_text("Locked", timeout=WAIT_MS)
    html = page.content()
    streamed = page.evaluate(
        """async (address) => { const it = await fetch(address); const reader = it.body.getReader();
        const words = new TextDecoder(); let heard = "";
        while (!heard.includes("\\n\\n"))
          heard += words.decode((await reader.read()).value, { stream: true });
        await reader.cancel(); return heard }""",
        "/lab/Lab 3/live?view=projector",
    )

    for text in (html, streamed):
        assert not [name for name in lab_room.NAMES if name in text or name.split()[0] in text]
        assert "Writer" not in text
    assert "Ready" in streamed


def test_a_room_is_arranged_by_dragging_and_by_arrow_keys(open_page: Callable[..., Page], house: ServerState):
    page = open_page(f"{LAB}/arrange", "l.demir")
    first = page.locator(f'[data-device="{lab_room.device_of(1)}"]')
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#says")).to_have_text("L3-01: row 2, column 2")
    second = page.locator(f'[data-device="{lab_room.device_of(3)}"]')
    second.drag_to(page.locator('.spot[data-row="3"][data-column="6"]'))
    page.select_option("#front", "bottom")
    page.click("form#arrange .btn.main")
    page.wait_for_url("**/lab/Lab%203")
    with house.db.read() as connection:
        laptops = {lab_room.device_of(seat): f"L3-{seat:02}" for seat in range(1, 9)}
        layout = room_layouts.read_layout(connection, lab_room.ROOM, laptops)
    place = {seat: layout.places[lab_room.device_of(seat)] for seat in (1, 2, 3, 8)}

    assert {1: Place(2, 2), 2: Place(1, 1), 3: Place(3, 6), 8: Place(1, 2)} == place
    assert ("bottom", 1) == (layout.front, layout.number_of(lab_room.device_of(3)))
    assert "row 2" not in page.content()
    front, row = page.locator(".frontdesk").bounding_box(), page.locator("#seats").bounding_box()
    assert front is not None
    assert row is not None
    assert front["y"] > row["y"]


def test_a_room_is_arranged_without_script(
    browser: Browser, address: str, cookies: Cookies, house: ServerState
):
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    context.add_cookies(cookies("l.demir"))  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}{LAB}/arrange")
    page.fill(f'[name="row-{lab_room.device_of(1)}"]', "1")
    page.fill(f'[name="column-{lab_room.device_of(1)}"]', "2")
    page.click("form#arrange .btn.main")
    said = page.locator("#errors").text_content()
    page.fill(f'[name="column-{lab_room.device_of(2)}"]', "1")
    page.click("form#arrange .btn.main")
    page.wait_for_url("**/lab/Lab%203")
    page.click("[data-do=message]")
    page.fill("#message-words", "Save your work.")
    page.click("#do-message button.main")
    page.wait_for_url("**/lab/Lab%203")
    shown = page.locator("#box-messages").text_content()
    context.close()

    assert "Two laptops stand in one place." in str(said)
    assert "Save your work." in str(shown)
    assert "message" == given(house)[0].kind


def test_a_room_of_sixty_with_twenty_away_tells_both(tmp_path: Path, browser: Browser):
    big = lab_room.make_room(tmp_path, laptops=60, off=20)
    with served(big) as address:
        context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        context.add_cookies(Cookies(browser, address)("l.demir"))  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address + LAB)
        expect(page.locator("#watching")).to_have_text(LIVE, timeout=WAIT_MS)
        lab_room.all_say(big, 60, quiet=lambda seat: seat > 40)
        expect(page.locator("#totals")).to_contain_text(re.compile(r"3\d"), timeout=WAIT_MS)
        expect(page.locator("#seats .empty")).to_have_count(22)
        expect(page.locator("#seats > li")).to_have_count(60)
        context.close()


def test_one_pupils_page_keeps_the_room_viewed_and_leaving_it_ends_that(opened: Page, house: ServerState):
    def watchers() -> list[str]:
        return [each.by for each in house.live.watches_of(lab_room.ROOM, datetime.now(UTC))]

    house.live.close_grace_seconds = 0.1
    opened.goto(opened.url + f"/seat/{lab_room.device_of(3)}")
    expect(opened.locator("#viewing")).to_be_visible(timeout=WAIT_MS)
    on_the_page = watchers()
    opened.goto("about:blank")
    until = datetime.now(UTC) + timedelta(milliseconds=WAIT_MS)
    while watchers() and datetime.now(UTC) < until:
        opened.wait_for_timeout(20)

    assert ["Ms Demir"] == on_the_page
    assert [] == watchers()


@pytest.mark.parametrize("view", ["?", "?view=list&"])
def test_what_was_found_stays_found_when_the_room_changes(opened: Page, house: ServerState, view: str):
    opened.goto(opened.url + view + "q=ece")
    expect(opened.locator("#watching")).to_have_text(LIVE, timeout=WAIT_MS)
    lab_room.says(house, 5, app="Calc")
    expect(opened.locator("#seats")).to_contain_text("Calc", timeout=WAIT_MS)
    fits = opened.eval_on_selector_all(
        "#seats > *",
        "all => all.filter(each => !each.hasAttribute('data-dim')).map(each => each.dataset.tile)",
    )

    assert 1 == len(fits), fits
    assert opened.locator("#seats > :not([data-dim])").text_content().count("Ece Tan")


def give_cover(house: ServerState, until: timedelta) -> int:
    """Ms Demir has this room for a while, and no longer as one of her own."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        demir = accounts.find_staff(connection, "l.demir")
        accounts.set_roles(connection, demir.id, demir.roles, ("Lab 2",), by="Neil Okafor", now=now)
        return covers.give_cover(
            connection, demir.id, lab_room.ROOM, from_at=now - timedelta(minutes=1), until=now + until,
            reason="ill", by=duty_log.Giver(None, "Neil Okafor"), now=now,
        )  # fmt: skip


def test_r38_the_page_of_a_cover_that_ended_says_so_and_names_no_pupil(
    open_page: Callable[..., Page], house: ServerState
):
    grant = give_cover(house, timedelta(hours=1))
    page = open_page(LAB, "l.demir")
    expect(page.locator("#watching")).to_have_text(LIVE, timeout=WAIT_MS)
    lab_room.all_say(house, 8)
    expect(page.locator("#seats > .help")).to_contain_text("Ece Tan", timeout=WAIT_MS)
    with house.db.write() as connection:
        covers.end_cover(connection, grant, by=duty_log.Giver(None, "Neil Okafor"), now=datetime.now(UTC))
    expect(page.locator("#over")).to_contain_text("Your cover for Lab 3 ended today", timeout=WAIT_MS)
    shown = page.content()
    page.reload()

    assert [] == [name for name in lab_room.NAMES if name in shown]
    expect(page.locator("h1")).to_have_text("Your cover has ended")


def test_the_page_of_a_viewing_that_ended_names_no_pupil_and_opens_again(opened: Page, house: ServerState):
    for watch in house.live.watches_of(lab_room.ROOM, datetime.now(UTC)):
        house.live.end_watch(lab_room.ROOM, watch.staff)
    expect(opened.locator("#over")).to_be_visible(timeout=WAIT_MS)
    shown = opened.content()
    opened.locator("#over a").click()
    expect(opened.locator("#watching")).to_have_text(LIVE, timeout=WAIT_MS)
    lab_room.all_say(house, 8)

    assert [] == [name for name in lab_room.NAMES if name in shown]
    expect(opened.locator("#seats")).to_contain_text("Ece Tan", timeout=WAIT_MS)
