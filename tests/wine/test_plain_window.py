"""The plain window on Windows Python: real windows on a display, real keys, every kind of page."""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agent.link import pages
from agent.window.app import EXIT_NO_WEB
from installer.displays import Display
from installer.processes import wait_for
from installer.wine_rig import Rig
from policies.agreements import text_hash
from tests.agent.window.test_plain_tk import EVERY_PAGE
from tests.support import window_looks, window_pages
from tests.wine.conftest import lend, screen_of
from tests.wine.windows import Windows

START_SECONDS = 60.0
KEY_SECONDS = 60.0


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    opened = Display(tmp_path_factory.mktemp("display"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def windows(rig: Rig, display: Display, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    """A Windows whose desktop begins on that display."""
    yield from lend(rig, tmp_path_factory.mktemp("windows") / "prefix", screen_of(display))


class Shown:
    """One `agent window --plain` of Windows Python, and its two ends."""

    def __init__(self, windows: Windows, display: Display, page: pages.AnyPage) -> None:
        self._display = display
        self.process = windows.start(
            *("-m", "agent", "window", "--plain"),
            environ=screen_of(display),
            stdin=subprocess.PIPE,
        )
        self._rest = b""
        self.send(page)

    def send(self, page: pages.AnyPage) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(page) + b"\n")
        self.process.stdin.flush()

    def answer(self, seconds: float = START_SECONDS) -> dict[str, Any]:
        """Return the next line it says."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert more, f"the window said nothing more: {self._rest!r}"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return dict(json.loads(line))

    def keys(self, *names: str) -> None:
        """Press keys, and wait until what they change is drawn and rests."""
        window_looks.press(self._display, *names)
        wait_for("a page that rests", lambda: window_looks.rests(self._display), KEY_SECONDS)

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None  # else whoever ends it later would flush what is closed
        return self.process.wait(START_SECONDS)

    def keys_until_answered(self, name: str) -> dict[str, Any]:
        """Press one key again and again until it has an answer: nothing tells when a page has changed."""
        for _second in range(round(KEY_SECONDS)):
            self.keys(name)
            assert self.process.stdout is not None
            ready, _, _ = select.select([self.process.stdout], [], [], 1.0)
            if ready:
                break
        return self.answer(KEY_SECONDS)


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("make", EVERY_PAGE, ids=lambda make: make.__name__)
def test_every_page_is_painted_on_windows(
    windows: Windows, display: Display, make: Any, language: str
) -> None:
    shown = Shown(windows, display, make("teen", language))
    answer = shown.answer()

    assert ("painted", "plain") == (answer["event"], answer["kind"])
    assert 0 == shown.close()


def test_r1_the_gate_is_read_and_accepted_by_keyboard_on_windows(windows: Windows, display: Display) -> None:
    page = window_pages.gate("teen", "tr")
    shown = Shown(windows, display, page)
    assert "painted" == shown.answer()["event"]
    sections = page.agreement.texts[0].sections
    shown.keys("End")
    for _turn in sections[1:]:
        shown.keys("Tab", "Return")
        shown.keys("End")
    shown.keys("Tab", "Tab", "space")
    answer = shown.answer(KEY_SECONDS)
    text = next(each for each in page.agreement.texts if each.language == "tr")

    assert ("done", "accepted", len(sections)) == (answer["event"], answer["choice"], answer["pages_shown"])
    assert text_hash(text) == answer["text_hash"]
    assert 0 == shown.process.wait(START_SECONDS)


def test_r1_no_key_closes_the_gate_on_windows(windows: Windows, display: Display) -> None:
    shown = Shown(windows, display, window_pages.gate("teen"))
    assert "painted" == shown.answer()["event"]
    shown.keys("Escape", "alt+F4", "ctrl+w")

    assert shown.process.poll() is None
    assert 0 == shown.close()


def test_r42_a_whole_report_is_made_by_keyboard_on_windows(windows: Windows, display: Display) -> None:
    shown = Shown(windows, display, window_pages.report())
    assert "painted" == shown.answer()["event"]
    shown.keys("Tab", "Tab", "Tab", "space")
    for backwards in (7, 4, 4):  # past the answers, the words and the other language, to the three buttons
        shown.keys(*["shift+Tab"] * backwards, "Return")
    answer = shown.answer(KEY_SECONDS)
    while answer["event"] == "draft":
        answer = shown.answer(KEY_SECONDS)

    assert "send" == answer["event"]
    assert ["bullying"] == answer["draft"]["harms"]
    assert 0 == shown.close()


def test_the_report_becomes_its_receipt_on_windows(windows: Windows, display: Display) -> None:
    shown = Shown(windows, display, window_pages.report("teen", "tr"))
    assert "painted" == shown.answer()["event"]
    shown.send(window_pages.receipt("teen", "tr"))

    assert "close" == shown.keys_until_answered("Escape")["choice"]
    assert 0 == shown.close()


def test_without_webview2_the_web_window_ends_with_its_reason_and_crashes_nothing(windows: Windows) -> None:
    page = msgspec.json.encode(window_pages.panel()) + b"\n"
    done = windows.run("-m", "agent", "window", said=page, check=False)

    assert EXIT_NO_WEB == done.returncode
    assert "not installed" in json.loads(done.stderr.strip().splitlines()[-1])["problem"]
