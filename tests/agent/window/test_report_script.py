"""What the report's script does, in a real browser engine: the same answers in every language and screen."""

import msgspec
import pytest

from agent.link import pages
from agent.window import render
from agent.window.report_aside import DANGER, PROBLEM
from policies.drafts import ReportDraft
from policies.settings import TIERS
from tests.agent.window.test_script import AXE, AXE_FINDINGS, NOW, PORT, Show, show, shown, told, until
from tests.support import window_pages

pytestmark = pytest.mark.browser
TEEN = window_pages.report()
__all__ = ["PORT", "show"]


def go(tab, screen):
    tab.evaluate(f"window.gatepost.go({screen})")


def picked(tab, do="draft"):
    until(tab, f"window.told.some((each) => each.do === '{do}')")
    return told(tab, do)[-1]["picked"]


def test_answers_are_the_same_in_both_languages(show: Show) -> None:
    tab = show(TEEN)
    tab.check(shown("[value=hate]"))
    go(tab, 1)
    tab.fill(shown("textarea"), "Sie weint.\nشكرا")
    tab.click(shown("[data-to-language=tr]"))
    words = tab.input_value(shown("textarea"))
    go(tab, 0)

    assert "Sie weint.\nشكرا" == words
    assert tab.is_checked(shown("[value=hate]"))


def test_the_advice_about_a_private_picture_comes_with_the_pick_and_goes_with_it(show: Show) -> None:
    tab = show(TEEN)
    advice = tab.locator(shown("[data-when='harms:sexual-image']"))
    before = advice.is_visible()
    tab.check(shown("[value=sexual-image]"))
    then = advice.is_visible()
    tab.uncheck(shown("[value=sexual-image]"))

    assert (False, True, False) == (before, then, advice.is_visible())


def test_names_are_asked_only_about_adults_of_the_school(show: Show) -> None:
    tab = show(TEEN)
    names = tab.locator(shown("[data-when='subject:staff']"))
    before = names.is_visible()
    tab.check(shown("[value=staff]"))
    tab.check(shown(f"[value='{window_pages.READERS[1].id}']"))

    assert (False, True) == (before, names.is_visible())
    until(tab, "window.told.some((each) => each.picked && each.picked.readers.length === 1)")


def test_who_reads_it_follows_what_python_says(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 2)
    first = tab.locator(shown("[data-reader]:visible")).all_inner_texts()
    tab.evaluate(f"window.gatepost.readers(['{window_pages.READERS[2].id}'])")
    then = tab.locator(shown("[data-reader]:visible")).all_inner_texts()
    tab.evaluate("window.gatepost.readers([])")

    assert ["Ms Carver", "Mr Bell"] == [words.split(",")[0] for words in first]
    assert ["Mrs Achebe"] == [words.split(",")[0] for words in then]
    assert tab.locator(shown("[data-nobody]")).is_visible()


def test_letters_are_counted_only_when_few_are_left(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 1)
    left = tab.locator(shown("[data-left]"))
    tab.fill(shown("textarea"), "a" * 100)
    early = left.is_visible()
    tab.fill(shown("textarea"), "a" * 3990)

    assert (False, "10 letters left") == (early, left.inner_text())


def test_ten_addresses_can_be_written_and_no_more(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 1)
    more = tab.locator(shown("[data-more-addresses]"))
    for number in range(10):
        tab.locator(shown("[data-write=addresses]:visible")).last.fill(f"{number}.example")
        if more.is_visible():
            more.click()

    assert not more.is_visible()
    until(tab, "window.told.some((each) => each.picked && each.picked.addresses.length === 10)")


def test_a_name_typed_beside_somebody_else_picks_it(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 1)
    tab.fill(shown("[data-write=talk_other]"), "Mr Kaya")

    assert ("other", "Mr Kaya") == (picked(tab)["talk_to"], picked(tab)["talk_other"])


def test_sending_twice_sends_once_and_a_silent_service_is_said(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 2)
    tab.clock.install()
    tab.click(shown("[data-send]"))
    tab.dispatch_event(
        shown("[data-send]"), "click"
    )  # at once, as a finger does, without Playwright's patience
    once = len(told(tab, "send"))
    tab.clock.fast_forward(11_000)
    note = tab.locator(shown("[data-stuck]"))
    note.wait_for(state="visible")

    assert 1 == once
    assert "tell an adult now" in note.inner_text()


def test_the_receipt_takes_the_window_and_nothing_of_the_report_is_left(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 1)
    tab.fill(shown("textarea"), "secret words")
    receipt = window_pages.receipt(state="sending")
    tab.evaluate(
        "([markup, kind]) => window.gatepost.replace(markup, kind)",
        [str(render.body(receipt, NOW)), "receipt"],
    )
    tab.keyboard.press("Escape")

    assert "It is on its way" == tab.inner_text(shown("h1"))
    assert 0 == tab.locator("textarea").count()
    assert 1 == len(told(tab, "close"))


def test_back_from_danger_leads_to_where_one_was(show: Show) -> None:
    tab = show(TEEN)
    go(tab, 1)
    go(tab, DANGER)
    tab.click(shown("[data-back]"))

    assert "Tell us, if you want to" == tab.inner_text(shown("h1"))


def test_a_draft_opens_where_words_were_written(show: Show) -> None:
    draft = ReportDraft(harms=("hate",), words="They <b>said</b> \u202e it", talk_to="Mr Kaya")
    tab = show(msgspec.structs.replace(TEEN, draft=draft))

    assert draft.words == tab.input_value(shown("textarea"))
    assert "Mr Kaya" == tab.input_value(shown("[data-write=talk_other]"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tier", TIERS)
def test_no_screen_of_a_report_has_what_axe_objects_to(show: Show, tier, theme) -> None:
    tab = show(window_pages.report(tier, "tr"))
    tab.emulate_media(color_scheme=theme)
    tab.evaluate(AXE)
    found = []
    for screen in range(2 if tier == "early" else PROBLEM + 1):
        go(tab, screen)
        for value in ("staff", "sexual-image"):
            for each in tab.locator(shown(f"input[value={value}]")).all():
                each.check()
        until(tab, "document.getAnimations().length === 0")  # colours of a press fade
        found += tab.evaluate(AXE_FINDINGS)

    assert [] == found


@pytest.mark.parametrize("state", ["sending", "sent", "waiting", "refused"])
@pytest.mark.parametrize("tier", ["early", "teen"])
def test_no_receipt_has_what_axe_objects_to(show: Show, tier, state) -> None:
    tab = show(window_pages.receipt(tier, "en", state=state, urgent=True))
    tab.evaluate(AXE)

    assert [] == tab.evaluate(AXE_FINDINGS)


@pytest.mark.parametrize(
    ("width", "height"), [(1366, 768), (1024, 600), (683, 384)], ids=["usual", "small", "200%"]
)
@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_wider_than_the_window_or_covered_by_its_bar(show: Show, tier, width, height) -> None:
    tab = show(window_pages.report(tier, "tr"), width, height)
    for screen in range(2 if tier == "early" else PROBLEM + 1):
        go(tab, screen)
        wide = tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        stuck = tab.evaluate(
            """() => { const bar = document.querySelector("[data-block]:not([hidden]) .answers");
            return getComputedStyle(bar).position === "sticky" && bar.offsetHeight > innerHeight * 0.35; }"""
        )

        assert (False, False) == (wide, stuck), screen


def test_the_pages_given_to_the_window_are_known() -> None:
    assert {"report", "receipt", "replies"} <= {
        render.kind_of(make()) for make in window_pages.KINDS.values()
    }
    assert isinstance(window_pages.report(), pages.ReportPage)


def test_the_second_half_of_a_double_click_leaves_nothing_and_sends_nothing(show: Show) -> None:
    tab = show(TEEN)
    place = tab.locator(shown(f"[data-to-screen='{DANGER}']")).bounding_box()
    assert place is not None
    tab.mouse.dblclick(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    until(tab, f"window.gatepost.state.screen === {DANGER}")

    assert [] == [each["do"] for each in tab.evaluate("window.told") if each["do"] in ("close", "send")]


def test_a_second_click_elsewhere_is_a_click(show: Show) -> None:
    tab = show(TEEN)
    tab.click(shown(f"[data-to-screen='{DANGER}']"))
    tab.click(shown("[data-send=danger]"))

    until(tab, "window.told.some((each) => each.do === 'send')")
