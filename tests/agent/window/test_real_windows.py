"""The windows themselves, on a bare X server as at the gate: shown, driven by keyboard, not dismissed."""

import subprocess
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agent.backends.own_process import agent_command
from agent.link import pages
from policies.agreements import text_hash
from policies.settings import TIERS, Tier
from tests.support import managers, window_looks, window_pages

pytestmark = pytest.mark.display
JUNIOR = window_pages.gate("junior")
SECTIONS = len(JUNIOR.agreement.texts[0].sections)
HELP = ("Tab", "Tab", "Tab", "Return")
"""The keys to the way to help, from the gate's first heading."""

Open = Callable[..., Any]


def painted(window: Any, kind: str = "web") -> bool:
    answer = window.next_answer()
    return answer is not None and (answer.event, answer.kind) == ("painted", kind)


@pytest.mark.parametrize("kind", window_pages.KINDS)
@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["web", "plain"])
def test_every_kind_of_window_is_painted_and_closes_when_told(
    open_window: Open, kind: str, arguments: tuple[str, ...]
) -> None:
    window = open_window(window_pages.KINDS[kind]("teen", "tr"), *arguments)
    shown = painted(window, "plain" if arguments else "web")
    window.send({"close": True})

    assert shown
    assert window.next_answer() is None
    assert window.end() == 0


@pytest.mark.parametrize("tier", TIERS)
def test_every_tiers_gate_is_painted(open_window: Open, tier: Tier) -> None:
    assert painted(open_window(window_pages.gate(tier, "en")))


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["web", "plain"])
def test_r5_a_gate_with_letters_twice_as_large_is_painted_and_can_be_answered(
    open_window: Open, arguments: tuple[str, ...]
) -> None:
    large = msgspec.structs.replace(window_pages.gate("adult", "en"), text_scale=200, reads_at_once=True)
    window = open_window(large, *arguments)
    assert painted(window, "plain" if arguments else "web")
    window.send(msgspec.structs.replace(large, help_asked=True))
    window.send({"close": True})

    assert window.next_answer() is None
    assert window.end() == 0


def test_the_gate_covers_the_whole_screen(open_window: Open, bare_display: Any) -> None:
    window = open_window(JUNIOR)
    assert painted(window)
    found = subprocess.run(
        [
            "xdotool",
            "search",
            "--onlyvisible",
            "--name",
            JUNIOR.agreement.texts[0].title,
            "getwindowgeometry",
        ],
        env=window.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    width, height = bare_display.size

    assert f"Geometry: {width}x{height}" in found
    assert "Position: 0,0" in found


def test_accept_too_early_leads_to_the_next_page_and_accepts_only_after_the_last(open_window: Open) -> None:
    window = open_window(JUNIOR)
    assert painted(window)
    window.rest()
    window.turn("Tab", "Tab", "Return")  # first page: Next page, then I accept, which leads on
    for _ in range(SECTIONS - 2):
        window.turn("Tab", "Tab", "Return")  # Page before, Next page
    window.keys("Tab", "Tab", "Return")  # Page before, I accept
    answer = window.next_answer()

    assert (
        pages.WindowAnswer(
            event="done",
            choice="accepted",
            language="en",
            text_hash=text_hash(JUNIOR.agreement.texts[0]),
            pages_shown=SECTIONS,
        )
        == answer
    )
    assert window.end() == 0


def test_help_keeps_the_window_and_signing_out_ends_it(open_window: Open) -> None:
    window = open_window(JUNIOR)
    assert painted(window)
    window.keys(*HELP)
    helped = window.next_answer()
    window.send(msgspec.structs.replace(JUNIOR, help_asked=True))
    window.keys("Tab", "Return")
    declined = window.next_answer()

    assert ("help", "help") == (helped.event, helped.choice)
    assert ("done", "declined", 1) == (declined.event, declined.choice, declined.pages_shown)


def test_no_key_closes_the_gate_and_killing_it_gives_no_answer(open_window: Open) -> None:
    window = open_window(JUNIOR)
    assert painted(window)
    window.keys("Escape", "alt+F4", "ctrl+w", "ctrl+q", "ctrl+r", "F5", "F11", "F12", "alt+Left", "ctrl+p")
    window.keys(*HELP)
    said = window.next_answer()
    alive = window.process.poll() is None
    window.process.kill()

    assert ("help", True) == (said.event, alive)
    assert window.next_answer() is None


def test_the_gate_refuses_to_be_closed_by_a_window_manager(open_window: Open, bare_display: Any) -> None:
    manager = managers.start_manager(bare_display)
    try:
        window = open_window(JUNIOR)
        assert painted(window)
        assert JUNIOR.agreement.texts[0].title == window_looks.in_front(bare_display)
        window.keys("alt+F4", "alt+F4", "alt+F4", *HELP)
        said = window.next_answer()
        alive = window.process.poll() is None

        assert ("help", True) == (said.event, alive)
    finally:
        managers.end(manager)


def test_any_key_answers_the_countdown_and_escape_closes_a_notice(open_window: Open) -> None:
    countdown = open_window(window_pages.countdown())
    assert painted(countdown)
    countdown.keys("space")
    here = countdown.next_answer()
    countdown.end()
    notice = open_window(window_pages.notice())
    assert painted(notice)
    notice.keys("Escape")
    closed = notice.next_answer()

    assert ("done", "here") == (here.event, here.choice)
    assert ("done", "close") == (closed.event, closed.choice)


def test_the_first_thing_on_the_panel_is_help(open_window: Open) -> None:
    window = open_window(window_pages.panel())
    assert painted(window)
    window.keys("Tab", "Return")
    answer = window.next_answer()

    assert ("done", "help") == (answer.event, answer.choice)


def test_the_plain_gate_asks_the_same_in_the_same_order(open_window: Open) -> None:
    window = open_window(JUNIOR, "--plain")
    assert painted(window, "plain")
    window.turn("Tab", "Return")  # Next page; I accept cannot be reached before the last
    for _ in range(SECTIONS - 2):
        window.keys("End")
        window.rest()
        window.turn("Tab", "Tab", "Return")
    window.keys("End")
    window.rest()
    window.keys("Tab", "Tab", "Return")
    answer = window.next_answer()

    assert ("accepted", "plain", SECTIONS) == (answer.choice, answer.kind, answer.pages_shown)
    assert text_hash(JUNIOR.agreement.texts[0]) == answer.text_hash


def test_without_a_display_each_kind_says_so_with_its_own_exit_code() -> None:
    for arguments, code in (((), 3), (("--plain",), 4)):
        finished = subprocess.run(
            agent_command("window", *arguments),
            input=msgspec.json.encode(JUNIOR) + b"\n",
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            timeout=60,
            check=False,
        )

        assert code == finished.returncode
        assert "problem" in msgspec.json.decode(finished.stderr.splitlines()[-1])
