"""The document each page becomes: whole, escaped, self-contained, in the reader's language."""

import base64
import hashlib
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from agent.link import pages
from agent.window import markup, render
from agent.window.outline import sheets_of
from agent.words import Say
from policies.settings import LANGUAGES, TIERS
from tests.support import window_pages

NOW = datetime(2026, 11, 24, 10, 45, tzinfo=UTC)
VOID = {"meta", "br", "hr", "input"}
HOSTILE = "<script>alert(1)</script>\x00\x1b[2J\x85‮nimda\"'&<b>" + "A" * 500


class Reading(HTMLParser):
    """Collects what a test asks about, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def read(page: pages.AnyPage) -> Reading:
    reading = Reading()
    reading.feed(render.render(page, NOW))
    reading.close()
    return reading


ALL = [
    pytest.param(make(tier, language), id=f"{kind}-{tier}-{language}")
    for kind, make in window_pages.KINDS.items()
    for tier in TIERS
    for language in LANGUAGES
]


@pytest.mark.parametrize("page", ALL)
def test_every_page_is_whole_and_loads_nothing_from_outside(page: pages.AnyPage) -> None:
    reading = read(page)

    assert [] == reading.open
    assert not [each for each in reading.elements if each[0] in ("link", "img", "iframe", "object", "form")]
    assert not [each for each in reading.elements if {"style", "src", "onclick"} & set(each[1])]
    assert page.tier == reading.elements[0][1]["data-tier"]


@pytest.mark.parametrize("page", ALL)
def test_every_id_stands_once_and_every_description_exists(page: pages.AnyPage) -> None:
    marks = [each for _, each in read(page).elements]
    ids = [each["id"] for each in marks if "id" in each]

    assert len(ids) == len(set(ids))
    assert {each["aria-describedby"] for each in marks if each.get("aria-describedby")} <= set(ids)


def test_style_and_script_are_exactly_those_the_policy_names() -> None:
    document = render.render(window_pages.gate(), NOW)
    for element in ("style", "script"):
        inlined = re.findall(rf"<{element}>(.*?)</{element}>", document, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inlined[0].encode()).digest()).decode()

        assert 1 == len(inlined)
        assert f"{element}-src &#x27;sha256-{digest}&#x27;" in document


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gate_shows_every_word_that_is_hashed(language: str) -> None:
    for tier in TIERS:
        page = window_pages.gate(tier)
        shown = " ".join(read(page).words)
        text = next(each for each in page.agreement.texts if each.language == language)
        said = [text.title, text.intro]
        for section in text.sections:
            said += [sentence.text for sentence in section.sentences]
            said += [sentence.why for sentence in section.sentences]
            said += [section.for_adults] if tier == "early" else [*section.kept, *section.never_kept]

        assert [] == [words for words in said if words not in shown]


def test_the_three_answers_look_alike_and_none_is_filled() -> None:
    buttons = [each for _, each in read(window_pages.gate("adult")).elements if "data-answer" in each]

    assert {"btn"} == {each["class"] for each in buttons}
    assert {"accepted", "help", "declined"} == {each["data-answer"] for each in buttons}


def test_the_youngest_see_at_most_two_screens_and_everybody_else_one_per_section() -> None:
    for tier in TIERS:
        page = window_pages.gate(tier)
        screens = {each["data-screen"] for _, each in read(page).elements if "data-block" in each}
        expected = min(2, len(page.agreement.texts[0].sections)) if tier == "early" else None

        assert (expected or len(page.agreement.texts[0].sections)) == len(screens)


def test_every_picture_an_agreement_names_is_drawn() -> None:
    page = window_pages.gate("early")
    names = {s.picture for t in page.agreement.texts for c in t.sections for s in c.sentences}

    assert names <= {path.stem for path in (markup.PAGES / "pictures").glob("*.svg")}


@pytest.mark.parametrize("kind", window_pages.KINDS)
def test_hostile_words_are_shown_and_never_obeyed(kind: str) -> None:
    page = window_pages.KINDS[kind]("teen", "en")
    changes: dict[str, object] = {"school": HOSTILE}
    if hasattr(page, "person"):
        changes["person"] = HOSTILE
    if isinstance(page, pages.RecordPage):
        changes["entries"] = (
            pages.Entry(at=HOSTILE, kind="app-used", detail=HOSTILE),
            pages.Entry(at="2026-11-24T10:00:00+00:00", kind=HOSTILE, detail=HOSTILE, seconds=1e300),
        )
        changes["looks"] = (pages.LookEntry(at=HOSTILE, by=HOSTILE, what=HOSTILE),)
    if isinstance(page, pages.StickPage):
        changes |= {"state": "stays-shut", "reason": "harmful", "harmful": HOSTILE, "label": HOSTILE}
    if isinstance(page, pages.AppPage):
        changes |= {"app": HOSTILE, "program": HOSTILE}
    if isinstance(page, pages.MessagePage | pages.AttentionPage):
        changes |= {"by": HOSTILE, "words": HOSTILE}
    reading = read(msgspec.structs.replace(page, **changes))
    shown = "".join(reading.words)

    assert 1 == len([each for each in reading.elements if each[0] == "script"])
    assert ("<script>alert(1)</script>" in shown) == (kind != "countdown")  # it names nobody
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_names_stand_apart_from_the_direction_of_the_words_around_them() -> None:
    reading = read(window_pages.panel())

    assert len([each for each in reading.elements if each[0] == "bdi"]) >= 2


def test_the_page_says_at_once_that_help_was_asked_for_and_who_else_can_be_asked() -> None:
    page = msgspec.structs.replace(window_pages.gate("junior"), help_asked=True)
    shown = " ".join(read(page).words)

    assert "The school has your call for help. If nobody comes soon, go to an adult." in shown
    assert "Ms Demir" in shown


def test_at_the_early_gate_the_answer_to_help_is_one_line_above_the_pictures() -> None:
    page = msgspec.structs.replace(window_pages.gate("early"), help_asked=True)
    (notes,) = re.findall(r'<div class="note ok".*?</div></div>', render.body(page, NOW))[:1]

    assert 1 == notes.count("<p>")
    assert "<ul" not in notes


def test_the_rules_accepted_do_not_ask_to_be_read_before_an_answer() -> None:
    page = window_pages.rules("junior")
    say = Say("en", "junior")
    plain = " ".join(block.words for sheet in sheets_of(page, say, NOW) for block in sheet.blocks)

    assert "before you answer" not in " ".join(read(page).words) + plain


@pytest.mark.parametrize(
    ("days", "looked", "period", "answer"),
    [
        (7, True, "and from your other logins on this laptop today.", "In the last 7 days:"),
        (7, False, "and from your other logins on this laptop today.", "Nobody in the last 7 days."),
        (0, True, "Earlier logins are not shown here.", "Since you signed in:"),
        (0, False, "Earlier logins are not shown here.", "Nobody since you signed in."),
    ],
)
def test_the_record_says_of_what_time_it_is(days: int, looked: bool, period: str, answer: str) -> None:
    page = msgspec.structs.replace(window_pages.record(), looks_days=days)
    page = page if looked else msgspec.structs.replace(page, looks=())
    plain = " ".join(block.words for sheet in sheets_of(page, Say("en"), NOW) for block in sheet.blocks)

    for shown in (" ".join(read(page).words), plain):
        assert period in shown
        assert answer in shown


def test_offline_the_record_claims_nothing_about_who_looked() -> None:
    shown = " ".join(read(window_pages.record(online=False)).words)

    assert "Nobody since" not in shown
    assert "Nobody in" not in shown
    assert "This can be asked only with a connection to the school." in shown
