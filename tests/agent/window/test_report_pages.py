"""What stands in the report's windows: every kind of harm, the way to help, and no blame."""

import re
from html.parser import HTMLParser
from typing import get_args

import msgspec
import pytest

from agent.link import pages
from agent.link.report_speech import report_lines, what_cards
from agent.window import markup, render
from agent.window.outline import choices_of
from agent.words import Say
from policies.drafts import Harm
from policies.settings import LANGUAGES, TIERS
from tests.agent.window.test_render import NOW
from tests.support import window_pages

READING_TIERS = [tier for tier in TIERS if tier != "early"]
BLAME = re.compile(r"\b(fault|offence|violat\w*|punish\w*|forbidden|suspicious|suspect\w*|incident)\b", re.I)


class Shown(HTMLParser):
    """The words of a page, and its marks."""

    def __init__(self, page: pages.AnyPage, **how: object) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.marks: list[dict[str, str | None]] = []
        self.feed(str(render.body(page, NOW)))

    def handle_starttag(self, tag, attrs):
        self.marks.append({"tag": tag, **dict(attrs)})

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def with_mark(self, name):
        return [each for each in self.marks if name in each]


@pytest.mark.parametrize("tier", READING_TIERS)
def test_every_kind_of_harm_has_simple_words(tier) -> None:
    shown = Shown(window_pages.report(tier))
    offered = {each["value"] for each in shown.with_mark("data-pick") if each["data-pick"] == "harms"}

    assert set(get_args(Harm)) == offered


@pytest.mark.parametrize("tier", READING_TIERS)
def test_a_private_picture_comes_with_the_advice_to_leave_it_alone(tier) -> None:
    shown = Shown(window_pages.report(tier))
    stops = [each for each in shown.with_mark("data-when") if each["data-when"] == "harms:sexual-image"]

    assert 2 * len(LANGUAGES) == len(stops)
    assert "Do not show, send or save the picture" in shown.text


@pytest.mark.parametrize("make", [window_pages.report, window_pages.receipt, window_pages.replies])
@pytest.mark.parametrize("tier", TIERS)
def test_nothing_reads_as_blame(make, tier) -> None:
    assert None is BLAME.search(Shown(make(tier)).text)


def test_the_way_to_ceop_stands_only_where_the_school_uses_it() -> None:
    with_it, without = Shown(window_pages.report()), Shown(window_pages.report(ceop=False))

    assert (True, False) == ("ceop.police.uk" in with_it.text, "ceop.police.uk" in without.text)


@pytest.mark.parametrize("tier", TIERS)
def test_leaving_without_telling_is_on_every_screen(tier) -> None:
    shown = Shown(window_pages.report(tier))
    screens = {(each["data-language"], each["data-screen"]) for each in shown.with_mark("data-block")}
    leaving = [each for each in shown.with_mark("data-choice") if each["data-choice"] == "close"]

    assert len(screens) == len(leaving)


@pytest.mark.parametrize("tier", TIERS)
def test_hiding_the_screen_is_on_every_screen_of_a_report(tier) -> None:
    shown = Shown(window_pages.report(tier))

    assert len(shown.with_mark("data-block")) == len(shown.with_mark("data-hide"))


def test_in_danger_the_schools_emergency_numbers_come_before_everybody_else() -> None:
    shown = Shown(window_pages.report())
    text = shown.text[shown.text.index("Get help now") :]

    assert text.index("000") < text.index("Ms Demir")


def test_the_youngest_choose_by_pictures_that_are_drawn_and_can_be_heard() -> None:
    page = window_pages.report("early")
    shown = Shown(page)
    pictures = {card.picture for card in what_cards("en")}
    fields = [each for each in shown.marks if each["tag"] in ("input", "textarea")]

    assert pictures <= {path.stem for path in (markup.PAGES / "pictures").glob("*.svg")}
    assert [] == fields
    assert set(report_lines("en")) >= {card.words for card in what_cards("en")}


@pytest.mark.parametrize("state", ["sending", "sent", "waiting", "refused"])
@pytest.mark.parametrize("tier", TIERS)
def test_only_a_receipt_that_the_server_confirmed_says_it_has_arrived(state, tier) -> None:
    text = Shown(window_pages.receipt(tier, state=state)).text
    arrived = "It has arrived" in text or "You told. That was right." in text

    assert (state == "sent") == arrived


@pytest.mark.parametrize("state", ["waiting", "refused"])
@pytest.mark.parametrize("tier", TIERS)
def test_what_has_not_gone_says_to_tell_an_adult_now(state, tier) -> None:
    text = Shown(window_pages.receipt(tier, state=state)).text

    assert "tell an adult now" in text or "Go to a grown-up now." in text


@pytest.mark.parametrize("kind", ["gate", "panel", "notice"])
@pytest.mark.parametrize("tier", TIERS)
def test_the_way_to_a_report_stands_wherever_reports_are_on_and_nowhere_else(kind, tier) -> None:
    page = window_pages.KINDS[kind](tier)
    ways = [
        [each for each in Shown(each_page).with_mark("data-choice") if each["data-choice"] == "report"]
        for each_page in (page, msgspec.structs.replace(page, reports=True))
    ]

    assert [0, True] == [len(ways[0]), len(ways[1]) > 0]
    for grown, expected in ((page, False), (msgspec.structs.replace(page, reports=True), True)):
        plain = [choice for _words, choice in choices_of(grown, Say("en", tier))]
        assert expected == ("report" in plain)


def test_answers_are_counted_quietly_in_the_panel_and_only_when_there_are_some() -> None:
    none, two = (Shown(window_pages.panel(reports=True, replies=count)) for count in (0, 2))

    assert "An adult answered you" not in none.text
    assert "An adult answered you" in two.text
    assert "2 answers" in two.text


def test_words_of_a_reply_are_shown_as_they_are_and_never_obeyed() -> None:
    reply = pages.Reply(
        at="2026-11-24T09:30:00+00:00", by="<b>Mr Bell</b>", words="<script>x()</script> \u202eabc"
    )
    markup_ = str(render.body(window_pages.replies(replies=(reply,)), NOW))

    assert "<script>" not in markup_
    assert "&lt;script&gt;" in markup_
    assert "\u202e" not in markup_
