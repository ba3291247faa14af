"""*Something's wrong* on a bare X server: by keyboard alone, by pictures alone, hidden at any moment."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agent.link import pages
from policies.drafts import ReportDraft
from tests.agent.window.test_real_windows import painted
from tests.support import window_looks, window_pages
from tests.support.report_keys import keys_to

pytestmark = pytest.mark.display
TEEN = window_pages.report()
Open = Callable[..., Any]


def last_said(window: Any, event: str) -> pages.WindowAnswer:
    """Return the first answer of this kind; drafts on the way are passed over."""
    while (answer := window.next_answer()) is not None:
        if answer.event == event:
            return answer
    raise AssertionError(f"no {event}")


def tap(window: Any, across: float, down: float) -> None:
    """Click at a place of the screen, given in parts of its width and height."""
    width, height = window.display.size
    window.display.run("xdotool", "mousemove", str(round(width * across)), str(round(height * down)))
    window.display.run("xdotool", "click", "1")


def tap_on(window: Any, across: float, down: float) -> None:
    """Click there, and wait for the next screen."""
    window.rest()
    before = window_looks.picture(window.display)
    tap(window, across, down)
    window.shows_other(before)


def test_a_whole_report_can_be_made_by_keyboard_alone(open_window: Open) -> None:
    window = open_window(TEEN)
    assert painted(window)
    window.keys(*keys_to(TEEN, 0, "value", "bullying"), "space")
    window.keys(*keys_to(TEEN, 0, "data-to-screen", "1", after=("value", "bullying")), "Return")
    window.keys(*keys_to(TEEN, 1, "data-write", "words"), "S", "h", "e", "space", "c", "r", "i", "e", "s")
    window.keys(*keys_to(TEEN, 1, "data-to-screen", "2", after=("data-write", "words")), "Return")
    window.keys(*keys_to(TEEN, 2, "data-send", None), "Return")
    sent = last_said(window, "send")

    assert ReportDraft(harms=("bullying",), words="She cries") == sent.draft


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["web", "plain"])
def test_a_report_with_nothing_picked_or_written_is_taken(
    open_window: Open, arguments: tuple[str, ...]
) -> None:
    window = open_window(TEEN, *arguments)
    assert painted(window, "plain" if arguments else "web")
    if arguments:
        for _screen in range(3):  # backwards: the other language, then the three buttons
            window.keys("shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "Return")
    else:
        for screen, mark in (
            (0, ("data-to-screen", "1")),
            (1, ("data-to-screen", "2")),
            (2, ("data-send", None)),
        ):
            window.keys(*keys_to(TEEN, screen, *mark), "Return")
    sent = last_said(window, "send")

    assert (("other",), "") == (sent.draft.harms, sent.draft.words)


def test_the_youngest_tell_with_two_taps_on_pictures(open_window: Open) -> None:
    window = open_window(window_pages.report("early"))
    assert painted(window)
    tap_on(window, 0.5, 0.35)  # the picture in the middle of the first row: someone was unkind
    tap(window, 0.7, 0.4)  # the picture at the right: my friend
    sent = last_said(window, "send")

    assert (("bullying",), "pupil", "friend", "", True) == (
        sent.draft.harms,
        sent.draft.subject,
        sent.draft.whom,
        sent.draft.words,
        sent.draft.by_pictures,
    )


def test_one_tap_tells_that_the_laptop_is_odd_and_another_one_calls_an_adult(open_window: Open) -> None:
    window = open_window(window_pages.report("early"))
    assert painted(window)
    tap(window, 0.3, 0.93)  # a grown-up, please
    help_ = last_said(window, "help")
    window.rest()
    tap(window, 0.5, 0.65)  # the picture in the middle of the second row: the laptop
    told = last_said(window, "done")

    assert ("help", "problem", "other") == (help_.choice, told.choice, told.problem)


def test_the_window_becomes_the_receipt_and_stays_the_same_window(open_window: Open) -> None:
    window = open_window(window_pages.report("early"))
    assert painted(window)
    tap_on(window, 0.5, 0.35)
    tap(window, 0.7, 0.4)
    last_said(window, "send")
    window.send(window_pages.receipt("early", state="sending"))
    window.send(window_pages.receipt("early", state="sent"))

    assert "close" == window.leave().choice
    assert 0 == window.end()


def test_in_danger_two_keys_tell_the_school(open_window: Open) -> None:
    window = open_window(TEEN)
    assert painted(window)
    window.keys(*keys_to(TEEN, 0, "data-to-screen", "3"), "Return")
    window.keys(*keys_to(TEEN, 3, "data-send", "danger"), "Return")

    assert "danger" == last_said(window, "send").draft.urgency


def test_hiding_hands_over_what_stands_there_and_the_window_stays_until_it_is_closed(
    open_window: Open,
) -> None:
    window = open_window(TEEN)
    assert painted(window)
    there = keys_to(TEEN, 0, "value", "hate")
    window.keys(*there, "space")
    window.keys(*["shift+Tab"] * (len(there) + 2), "Return")  # before the heading: two languages, and Hide
    hidden = last_said(window, "hide")

    assert ("hate",) == hidden.draft.harms
    assert window.process.poll() is None


def test_a_draft_offered_again_stands_where_it_stood(open_window: Open) -> None:
    draft = ReportDraft(harms=("hate", "other"), words="satır\n\u200fشكرا", subject="head", naming="unnamed")
    page = msgspec.structs.replace(TEEN, draft=draft)
    window = open_window(page)
    assert painted(window)
    window.keys(*keys_to(page, 1, "data-to-screen", "2"), "Return")
    window.keys(*keys_to(page, 2, "data-send", None), "Return")

    assert draft == last_said(window, "send").draft


def test_escape_throws_nothing_away_and_leaving_keeps_nothing(open_window: Open) -> None:
    window = open_window(TEEN)
    assert painted(window)
    window.keys(*keys_to(TEEN, 0, "value", "hate"), "space", "Escape")
    kept = window.next_answer()
    window.keys(*keys_to(TEEN, 0, "data-choice", "close", after=("value", "hate")), "Return")
    left = last_said(window, "done")

    assert ("draft", "close", None) == (kept.event, left.choice, left.draft)


def test_the_technician_is_told_plainly_and_nobody_else(open_window: Open) -> None:
    window = open_window(TEEN)
    assert painted(window)
    window.keys(*keys_to(TEEN, 0, "data-to-screen", "4"), "Return")
    window.keys(*keys_to(TEEN, 4, "data-write", "problem_words"), "o", "d", "d")
    window.keys(*keys_to(TEEN, 4, "data-problem", None, after=("data-write", "problem_words")), "Return")
    told = last_said(window, "done")

    assert ("problem", "other", "odd", None) == (told.choice, told.problem, told.reason, told.draft)
