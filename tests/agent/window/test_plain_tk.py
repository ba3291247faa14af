"""The plain window in Tk: the same words and decisions as the other plain one, by keyboard alone."""

import subprocess
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agent.link import pages
from agent.window.talk import Said, decide_answer
from agent.window.tk_parts import decide_columns
from policies.agreements import text_hash
from policies.drafts import ReportDraft
from policies.settings import LANGUAGES
from tests.support import window_pages

pytest.importorskip("tkinter", reason="sudo apt-get install python3-tk makes this run")
TK = ("--plain", "--toolkit", "tk")
Open = Callable[..., Any]
EVERY_PAGE = [
    window_pages.gate,
    window_pages.countdown,
    window_pages.panel,
    window_pages.rules,
    window_pages.record,
    window_pages.stick,
    window_pages.report,
    window_pages.receipt,
    window_pages.replies,
    window_pages.attention,
    window_pages.message,
    window_pages.thanks,
    window_pages.app,
]


def painted(window: Any) -> bool:
    answer = window.next_answer()
    return answer is not None and (answer.event, answer.kind) == ("painted", "plain")


def press(window: Any, *names: str) -> None:
    """Press keys so slowly that each page is drawn anew in between, on a busy machine too."""
    command = ["xdotool", "key", "--delay", "500", *names]
    subprocess.run(command, env=window.environment, check=True, timeout=120)


def after_drafts(window: Any) -> pages.WindowAnswer | None:
    while (answer := window.next_answer()) is not None and answer.event == "draft":
        pass
    return answer


@pytest.mark.display
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", EVERY_PAGE, ids=lambda make: make.__name__)
def test_every_page_is_painted_in_both_languages(open_window: Open, make: Any, language: str) -> None:
    assert painted(open_window(make("teen", language), *TK))


@pytest.mark.display
def test_r1_the_gate_is_accepted_once_every_page_was_seen_to_its_end(open_window: Open) -> None:
    page = window_pages.gate("teen")
    window = open_window(page, *TK)
    assert painted(window)
    sections = page.agreement.texts[0].sections
    press(window, "End")
    window.rest()
    for _turn in sections[1:]:
        # backwards from the words: the three answers, the page before, the next page
        window.turn("Tab", "Return")
        press(window, "End")
        window.rest()
    press(window, "Tab", "Tab", "space")
    answer = window.next_answer()

    assert answer is not None
    assert ("done", "accepted", len(sections)) == (answer.event, answer.choice, answer.pages_shown)
    assert text_hash(page.agreement.texts[0]) == answer.text_hash


@pytest.mark.display
def test_r1_before_that_only_help_and_signing_out_can_be_pressed(open_window: Open) -> None:
    window = open_window(window_pages.gate("teen"), *TK)
    assert painted(window)
    press(window, "Tab", "Tab", "space")  # past the next page: where accept stands, help has the keyboard
    answer = window.next_answer()

    assert answer is not None
    assert "help" == answer.event


@pytest.mark.display
def test_no_key_closes_the_gate(open_window: Open) -> None:
    window = open_window(window_pages.gate("teen"), *TK)
    assert painted(window)
    press(window, "Escape", "alt+F4", "ctrl+w", "ctrl+q")

    assert window.process.poll() is None


@pytest.mark.display
def test_escape_closes_what_is_no_question(open_window: Open) -> None:
    window = open_window(window_pages.panel("teen"), *TK)
    assert painted(window)
    press(window, "Escape")
    answer = window.next_answer()

    assert answer is not None
    assert ("done", "close") == (answer.event, answer.choice)


@pytest.mark.display
def test_any_key_says_that_somebody_is_here(open_window: Open) -> None:
    window = open_window(window_pages.countdown("teen"), *TK)
    assert painted(window)
    press(window, "a")
    answer = window.next_answer()

    assert answer is not None
    assert "here" == answer.choice


@pytest.mark.display
def test_a_window_that_comes_up_beneath_the_pointer_is_nobody_here(open_window: Open) -> None:
    window = open_window(window_pages.countdown("teen"), *TK)
    assert painted(window)
    quiet = window.next_answer(seconds=1.0)
    subprocess.run(
        ["xdotool", "mousemove_relative", "7", "5"], env=window.environment, check=True, timeout=60
    )
    moved = window.next_answer()

    assert quiet is None
    assert moved is not None
    assert "here" == moved.choice


@pytest.mark.display
def test_r42_a_whole_report_can_be_made_by_keyboard_alone(open_window: Open) -> None:
    window = open_window(window_pages.report(), *TK)
    assert painted(window)
    press(window, "Tab", "Tab", "Tab", "space")  # the way to hide, the first answer, the second one
    for backwards in (7, 4, 4):  # past the answers, the words and the other language, to the three buttons
        window.rest()
        press(window, *["shift+Tab"] * backwards, "Return")
    sent = after_drafts(window)

    assert sent is not None
    assert "send" == sent.event
    assert ReportDraft(harms=("bullying",)) == sent.draft


@pytest.mark.display
def test_r43_hiding_the_screen_tells_with_what_was_written(open_window: Open) -> None:
    window = open_window(window_pages.report(), *TK)
    assert painted(window)
    press(window, "Tab", "space")
    answer = after_drafts(window)

    assert answer is not None
    assert ("hide", "hide") == (answer.event, answer.choice)
    assert answer.draft is not None


@pytest.mark.parametrize("toolkit", ["tk", "gtk"])
@pytest.mark.display
def test_the_password_of_a_stick_is_typed_and_handed_over(open_window: Open, toolkit: str) -> None:
    window = open_window(window_pages.stick("teen", state="locked"), "--plain", "--toolkit", toolkit)
    assert painted(window)
    press(window, "g", "1", "Tab", "Return")
    answer = window.next_answer()

    assert answer is not None
    assert ("stick", "unlock", "g1") == (answer.event, answer.choice, answer.passphrase)


@pytest.mark.parametrize("toolkit", ["tk", "gtk"])
@pytest.mark.display
def test_what_a_stick_is_needed_for_is_told_and_the_window_stays(open_window: Open, toolkit: str) -> None:
    page = window_pages.stick("teen", state="shut")
    window = open_window(page, "--plain", "--toolkit", toolkit)
    assert painted(window)
    press(window, "o", "d", "e", "v", "Tab", "Return")
    answer = window.next_answer()
    window.send(msgspec.structs.replace(page, state="asked"))
    press(window, "F13", "Escape")
    closed = window.next_answer()

    assert answer is not None
    assert closed is not None
    assert ("ask", "odev") == (answer.choice, answer.reason)
    assert "done" == closed.event


@pytest.mark.display
def test_the_window_goes_when_the_session_closes_its_end(open_window: Open) -> None:
    window = open_window(window_pages.panel("teen"), *TK)
    assert painted(window)
    window.process.stdin.close()

    assert 0 == window.process.wait(60)


@pytest.mark.display
def test_a_report_becomes_its_receipt(open_window: Open) -> None:
    window = open_window(window_pages.report(), *TK)
    assert painted(window)
    window.send(window_pages.receipt())
    answer = window.leave()

    assert ("done", "close") == (answer.event, answer.choice)


@pytest.mark.parametrize(
    ("count", "most", "width", "columns"),
    [
        (3, 4, 1366, 3),
        (4, 4, 1366, 4),
        (4, 4, 600, 2),
        (4, 4, 100, 1),
        (7, 1, 400, 1),
        (5, 4, 1366, 3),
        (0, 4, 9, 1),
    ],
)
def test_buttons_stand_in_full_rows(count: int, most: int, width: int, columns: int) -> None:
    assert columns == decide_columns(count, most, width, 190)


def test_a_password_is_not_said_by_any_other_button() -> None:
    page = window_pages.stick("teen", state="locked")
    answer = decide_answer(page, Said(do="cancel", passphrase="g1"), "plain")

    assert answer is not None
    assert "" == answer.passphrase


@pytest.mark.display
def test_a_check_that_goes_on_leaves_the_keyboard_where_it_was(open_window: Open) -> None:
    page = window_pages.stick("teen", state="checking", files=3, of_files=90)
    window = open_window(page, *TK)
    assert painted(window)
    press(window, "Tab")
    window.send(msgspec.structs.replace(page, files=40))
    press(window, "F13", "Return")  # the first means nothing: it gives the page time
    answer = window.next_answer()

    assert answer is not None
    assert "cancel" == answer.choice
