"""What the pages' script does, in a real browser engine whose message port is ours."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from agent.link import pages
from agent.window import render
from policies.agreements import text_hash
from policies.settings import LANGUAGES, TIERS
from tests.support import window_pages

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 24, 10, 45, tzinfo=UTC)
PORT = """
window.told = [];
window.webkit = { messageHandlers: { gatepost: { postMessage: (m) => window.told.push(JSON.parse(m)) } } };
"""
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
AXE_FINDINGS = """() => axe.run().then((found) => found.violations.map(
    (each) => [each.id, ...each.nodes.map((node) => node.html.slice(0, 100))].join(" ")))"""
OUR_CLOCK = """() => {
  window.held = [];
  window.setTimeout = (act, after) => { window.held.push([act, after]); };
}"""
PASS = "(most) => window.held.filter(([, after]) => after <= most).forEach(([act]) => act())"
"""Let so many milliseconds pass: those of this machine say nothing about a hand."""
DOUBLE_CLICK = 500
"""So far apart may its halves be, on Windows as it comes."""
Show = Callable[..., Tab]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Show a page at a size; any complaint of the browser's (a refused script, an error) fails the test."""
    complaints: list[str] = []
    opened: list[Tab] = []

    def open_page(page: pages.AnyPage, width: int = 1280, height: int = 800) -> Tab:
        path = tmp_path / f"{len(opened)}.html"
        path.write_text(render.render(page, NOW), encoding="utf-8")
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.on("console", lambda said: complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.add_init_script(PORT)
        tab.goto(path.as_uri())
        until(tab, "window.told.some((each) => each.do === 'painted')")
        opened.append(tab)
        return tab

    yield open_page
    for tab in opened:
        tab.close()

    assert [] == complaints


def shown(selector: str) -> str:
    return f"[data-block]:not([hidden]) {selector}"


def told(tab: Tab, do: str) -> list[dict[str, object]]:
    return tab.evaluate("(what) => window.told.filter((each) => each.do === what)", do)  # type: ignore[no-any-return]


def accept_is_open(tab: Tab) -> bool:
    return tab.locator(shown("[data-answer=accepted]")).get_attribute("aria-disabled") is None


def until(tab: Tab, fact: str) -> None:
    """Wait for a fact on the page; Playwright's own waiting would need an `eval` that our policy forbids."""
    for _ in range(1500):
        if tab.evaluate(fact):
            return
        tab.wait_for_timeout(20)
    raise AssertionError(fact)


def go_to(tab: Tab, screen: int) -> None:
    tab.locator(shown(f".answers [data-to-screen='{screen}']")).click()
    until(tab, f"document.querySelector('[data-block]:not([hidden])').dataset.screen === '{screen}'")


def read_to_the_end(tab: Tab) -> None:
    """Scroll to the end and wait until the page counts as seen."""
    tab.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    until(tab, "document.querySelector('[data-block]:not([hidden])').classList.contains('seen')")


def test_accept_opens_only_when_every_page_was_seen_to_its_end(show: Show) -> None:
    page = window_pages.gate("teen")
    last = len(page.agreement.texts[0].sections) - 1
    tab = show(page, 1024, 600)
    for screen in range(1, last + 1):
        assert not accept_is_open(tab)

        tab.locator(shown("[data-answer=accepted]")).dispatch_event("click")
        read_to_the_end(tab)
        go_to(tab, screen)
    read_to_the_end(tab)
    until(
        tab,
        "document.querySelector('[data-block]:not([hidden]) [data-answer=accepted]:not([aria-disabled])')",
    )
    early = told(tab, "accepted")
    tab.locator(shown("[data-answer=accepted]")).click()
    said = told(tab, "accepted")

    assert [] == early
    assert [list(range(last + 1))] == [sorted(each["sections"]) for each in said]  # type: ignore[call-overload]
    assert text_hash(page.agreement.texts[0]) == said[0]["hash"]


def test_a_double_click_on_next_does_not_accept_what_comes_under_the_pointer(show: Show) -> None:
    tab = show(window_pages.gate("early"), 1366, 768)
    read_to_the_end(tab)
    place = tab.locator(shown(".answers [data-to-screen='1']")).bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    tab.evaluate(OUR_CLOCK)
    tab.mouse.click(*middle)
    until(tab, "window.held.length > 0")
    tab.evaluate(PASS, DOUBLE_CLICK)
    tab.mouse.click(*middle)
    under = tab.evaluate("document.querySelector('[data-block]:not([hidden])').dataset.screen")
    early = told(tab, "accepted")
    tab.evaluate(PASS, 2 * DOUBLE_CLICK)
    until(
        tab,
        "document.querySelector('[data-block]:not([hidden]) [data-answer=accepted]:not([aria-disabled])')",
    )

    assert ("1", []) == (under, early)


def test_a_page_that_goes_on_below_says_so_and_does_not_count(show: Show) -> None:
    tab = show(window_pages.gate("teen"), 1024, 600)
    go_to(tab, 1)
    go_to(tab, 2)
    tab.wait_for_selector(shown("[data-why=scroll]:not([hidden])"))
    before = tab.locator(shown("[data-toc='2'].seen")).count()
    tab.keyboard.press("End")
    tab.wait_for_selector(shown("[data-toc='2'].seen"))

    assert 0 == before


def test_a_page_whose_end_was_passed_by_is_named_on_the_last_one_and_the_greyed_button_leads_there(
    show: Show,
) -> None:
    tab = show(window_pages.gate("teen"), 1024, 600)
    last = len(window_pages.gate("teen").agreement.texts[0].sections) - 1
    for screen in range(1, last + 1):
        if screen != 3:  # the third page is left as it opens
            read_to_the_end(tab)
        go_to(tab, screen)
    read_to_the_end(tab)
    tab.wait_for_selector(shown("[data-why=missed]:not([hidden])"))
    said = tab.locator(shown("[data-why=missed]")).inner_text()
    tab.locator(shown("[data-answer=accepted]")).click(force=True)
    there = tab.get_attribute("[data-block]:not([hidden])", "data-screen")

    assert ("Page 3 was not seen to its end. Go back to it.", "2") == (said, there)
    assert [] == told(tab, "accepted")


def test_the_other_language_keeps_the_place_wants_its_own_reading_and_forgets_nothing(show: Show) -> None:
    tab = show(window_pages.gate("junior"))
    last = len(window_pages.gate("junior").agreement.texts[0].sections) - 1
    for screen in range(1, last + 1):
        read_to_the_end(tab)
        go_to(tab, screen)
    read_to_the_end(tab)
    tab.locator(shown("[data-to-language=tr]")).click()
    there = tab.locator("[data-block]:not([hidden])")
    place = (there.get_attribute("lang"), there.get_attribute("data-screen"), accept_is_open(tab))
    document = tab.evaluate("document.documentElement.lang")
    tab.locator(shown("[data-to-language=en]")).click()

    assert ("tr", str(last), False) == place
    assert "tr" == document
    assert accept_is_open(tab)


def test_each_new_page_begins_at_its_heading(show: Show) -> None:
    tab = show(window_pages.gate("adult"))
    first = tab.evaluate("document.activeElement.tagName")
    go_to(tab, 1)

    assert ["H1", "H1"] == [first, tab.evaluate("document.activeElement.tagName")]
    assert 0 == tab.evaluate("window.scrollY")


def test_r5_reading_begins_by_itself_on_every_screen_only_where_it_is_arranged(show: Show) -> None:
    plain = window_pages.gate("junior", "tr")
    quiet = show(plain)
    arranged = show(msgspec.structs.replace(plain, reads_at_once=True))
    until(arranged, "window.told.some((each) => each.do === 'read')")
    go_to(arranged, 1)
    until(arranged, "window.told.filter((each) => each.do === 'read').length === 2")
    no_voice = show(msgspec.structs.replace(plain, reads_at_once=True, read_aloud=False))

    assert [] == told(quiet, "read")
    assert [] == told(no_voice, "read")
    assert not accept_is_open(arranged)


def test_reading_aloud_frames_each_line_in_turn_and_can_be_stopped(show: Show) -> None:
    tab = show(window_pages.gate("early"))
    lines = tab.locator(shown("[data-line]")).count()
    tab.locator(shown("[data-read=all]")).click()
    framed = [tab.locator(".being-read").inner_text()]
    tab.evaluate("window.gatepost.said(true)")
    framed.append(tab.locator(".being-read").inner_text())
    tab.locator(shown("[data-read=stop]")).click()
    stopped = tab.locator(".being-read").count()
    for _ in range(3):
        tab.evaluate("window.gatepost.said(true)")

    assert 2 == len(set(framed))
    assert [0, 1] == [each["line"] for each in told(tab, "read")]
    assert (0, 1) == (stopped, len(told(tab, "hush")))
    assert lines > 4


def test_without_sound_it_says_so_calmly_and_stops_trying(show: Show) -> None:
    tab = show(window_pages.gate("early", "tr"))
    tab.locator(shown("[data-read=one]")).first.click()
    tab.evaluate("window.gatepost.said(false)")

    assert tab.locator(shown("[data-silent]")).is_visible()
    assert 0 == tab.locator(".being-read").count()
    assert 1 == len(told(tab, "read"))


def test_help_is_heard_at_once_and_the_new_words_keep_place_and_focus(show: Show) -> None:
    page = window_pages.gate("junior")
    tab = show(page)
    go_to(tab, 1)
    tab.locator(shown("[data-answer=help]")).click()
    asking = tab.locator(shown("[data-help=asking]")).is_visible()
    markup = render.body(msgspec.structs.replace(page, help_asked=True), NOW)
    tab.evaluate("(markup) => window.gatepost.replace(markup)", markup)

    assert asking
    assert 1 == len(told(tab, "help"))
    assert "1" == tab.locator("[data-block]:not([hidden])").get_attribute("data-screen")
    assert "help" == tab.evaluate("document.activeElement.dataset.answer")
    assert "The school has your call for help." in tab.locator(shown(".note.ok")).inner_text()


def test_a_changed_text_has_to_be_read_again(show: Show) -> None:
    page = window_pages.gate("early")
    tab = show(page)
    read_to_the_end(tab)
    go_to(tab, 1)
    read_to_the_end(tab)
    tab.wait_for_selector(shown("[data-answer=accepted]:not([aria-disabled])"))
    english = msgspec.structs.replace(page.agreement.texts[0], intro="Look again, please.")
    agreement = msgspec.structs.replace(page.agreement, version=2, texts=(english,))
    markup = render.body(msgspec.structs.replace(page, agreement=agreement), NOW)
    tab.evaluate("(markup) => window.gatepost.replace(markup)", markup)

    assert not accept_is_open(tab)


def test_the_countdown_counts_down_and_any_key_answers(show: Show) -> None:
    tab = show(window_pages.countdown(seconds=10), 400, 460)
    until(tab, "Number(document.querySelector('[data-digits]').textContent) < 10")
    focused = tab.evaluate("document.activeElement.dataset.choice")
    announced = tab.locator("[data-at='10']").get_attribute("hidden")
    tab.keyboard.press("a")

    assert ("here", None) == (focused, announced)
    assert len(told(tab, "here")) >= 1


def test_escape_closes_what_may_be_closed_and_never_the_gate(show: Show) -> None:
    closed = []
    for kind in ("gate", "panel", "rules", "record", "notice"):
        tab = show(window_pages.KINDS[kind]())
        tab.keyboard.press("Escape")
        closed += [kind] * len(told(tab, "close"))

    assert ["panel", "rules", "record", "notice"] == closed


@pytest.mark.parametrize("kind", ["gate", "rules", "record"])
def test_nothing_needs_scrolling_sideways_and_every_answer_can_be_reached(show: Show, kind: str) -> None:
    too_wide, hidden = [], []
    for tier in TIERS:
        tab = show(window_pages.KINDS[kind](tier, LANGUAGES[len(tier) % 2]))
        last = "[data-answer=declined]" if kind == "gate" else "[data-choice=close]"
        for width, height in ((1366, 768), (1024, 600), (640, 400), (360, 640)):
            tab.set_viewport_size({"width": width, "height": height})
            if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                too_wide.append((tier, width))
            tab.locator(shown(last)).scroll_into_view_if_needed()
            if not tab.locator(shown(last)).is_visible():
                hidden.append((tier, width))
        tab.close()

    assert ([], []) == (too_wide, hidden)


def test_on_a_small_screen_the_answers_never_cover_the_text(show: Show) -> None:
    tab = show(window_pages.gate("teen"), 640, 400)
    position = tab.evaluate(
        "getComputedStyle(document.querySelector('[data-block]:not([hidden]) .answers')).position"
    )

    assert "static" == position


@pytest.mark.parametrize("tier", TIERS)
def test_the_three_answers_have_one_size_fill_and_line(show: Show, tier: str) -> None:
    tab = show(window_pages.gate(tier))  # type: ignore[arg-type]
    if tier == "early":
        go_to(tab, 1)
    tab.emulate_media(reduced_motion="reduce")
    tab.mouse.move(1, 1)
    read_to_the_end(tab)
    looks = tab.evaluate(
        """Array.from(document.querySelectorAll('[data-block]:not([hidden]) .three .btn')).map((each) => {
        const box = each.getBoundingClientRect(), look = getComputedStyle(each);
        return [Math.round(box.width), Math.round(box.height), look.fontSize, look.borderWidth].join(' ');
        })"""
    )
    quiet = tab.evaluate(
        """Array.from(document.querySelectorAll('[data-block]:not([hidden]) .three .btn'))
        .filter((each) => !each.hasAttribute('aria-disabled'))
        .map((each) => getComputedStyle(each).backgroundColor)"""
    )

    assert 3 == len(looks)
    assert 1 == len(set(looks))
    assert 1 == len(set(quiet))


@pytest.mark.parametrize("kind", [*window_pages.KINDS, "early"])
def test_axe_finds_nothing_in_any_window_large_or_small_light_or_dark(show: Show, kind: str) -> None:
    page = window_pages.gate("early", "tr") if kind == "early" else window_pages.KINDS[kind]("teen", "tr")
    tab = show(page)
    found = []
    for width, scheme in ((1280, "light"), (360, "dark")):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        tab.evaluate(AXE)
        found += [(width, each) for each in tab.evaluate(AXE_FINDINGS)]

    assert [] == found
