"""The window of one app: what it says and offers, in every state, tier and language."""

import itertools
from datetime import UTC, datetime

import pytest

from agent.link import pages
from agent.window import app_ask, outline
from agent.window.render import render
from agent.window.talk import Said, decide_answer
from agent.words import Say
from policies.settings import LANGUAGES, TIERS

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
STATES = ("ask", "waiting", "allowed", "denied", "closed", "consent")
ALL = list(itertools.product(STATES, TIERS, LANGUAGES))


def page(state="ask", tier="teen", language="en", **more):
    values = {"school": "Hazel Bank", "app": "Zoom", "program": "zoom", "by": "Ms Demir"} | more
    return pages.AppPage(language=language, tier=tier, state=state, **values)


@pytest.mark.parametrize(("state", "tier", "language"), ALL)
@pytest.mark.parametrize("reports", [True, False])
def test_the_way_to_help_stands_in_every_state(state, tier, language, reports):
    shown = page(state, tier, language, reports=reports)
    choices = [choice for _label, choice in outline.choices_of(shown, Say(language, tier))]

    assert "close" in choices
    assert {"help", "report"} & set(choices)


@pytest.mark.parametrize(("state", "tier", "language"), ALL)
def test_the_plain_window_says_the_same_as_the_drawn_one(state, tier, language):
    shown = page(state, tier, language)
    words = app_ask.words_for(shown, Say(language, tier))
    (sheet,) = outline.sheets_of(shown, Say(language, tier), NOW)
    plain = " ".join(block.words for block in sheet.blocks)
    drawn = render(shown, NOW)

    assert words.title in plain
    assert words.said in plain
    assert words.state in drawn


def test_who_answered_is_named():
    assert "Ms Demir" in app_ask.words_for(page("denied"), Say("en", "teen")).said
    assert "Ms Demir" in app_ask.words_for(page("allowed"), Say("en", "teen")).said


@pytest.mark.parametrize("tier", TIERS)
def test_no_sentence_scolds(tier):
    said = " ".join(render(page(state, tier), NOW).lower() for state in STATES)

    assert not any(word in said for word in ("forbidden", "blocked", "violation", "not allowed to"))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnp.exe", "a" * 200, ""])
def test_a_name_is_a_name_whatever_it_is(name):
    drawn = render(page(app=name, program=""), NOW)

    assert "<script>alert(1)" not in drawn
    assert "\u202e" not in drawn


def test_the_window_stays_when_asked_and_says_what_it_is_for():
    answer = decide_answer(page(), Said(do="ask", reason="to call my group" + "x" * 400))

    assert ("app", "ask", 200) == (answer.event, answer.choice, len(answer.reason))


@pytest.mark.parametrize("do", ["accepted", "send", "unlock", "finish", "open"])
def test_what_is_no_button_of_it_is_no_answer(do):
    assert decide_answer(page(), Said(do=do)) is None
