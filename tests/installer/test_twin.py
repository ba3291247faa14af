"""The twin knows where the buttons of the real window are: a real window is read and answered with it."""

import json
import subprocess
import sys

import msgspec
import pytest

from installer import processes
from installer.displays import SIZE
from installer.tour import morning
from installer.tour.hands import Hands
from installer.tour.twin import Twin
from tests.support import window_pages

WINDOW = "import sys; from agent.window.app import main; sys.exit(main([]))"


@pytest.mark.display
@pytest.mark.browser
@pytest.mark.parametrize(
    ("tier", "language"), [("early", "tr"), ("junior", "en"), ("teen", "tr"), ("adult", "en")]
)
def test_a_person_with_a_mouse_reads_every_page_and_accepts(display, browser, tmp_path, tier, language):
    page = window_pages.gate(tier, language)
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=display.environment(),
    ) as window:
        window.stdin.write(msgspec.json.encode(page) + b"\n")
        window.stdin.flush()
        try:
            painted = json.loads(window.stdout.readline())
            hands = Hands(display)
            processes.wait_for(
                "the whole screen", lambda: any(each[4:] == SIZE for each in hands.windows()), 60
            )
            twin = Twin(browser, hands, page, place=(0, 0, *SIZE), bare=True, theme="")
            morning.read_and_accept(hands, twin, tmp_path, least_seconds=0)
            processes.wait_for("the window ends", lambda: window.poll() is not None, 60)
            said = json.loads(window.stdout.readline())
        finally:
            display.screenshot(tmp_path / "end.png")
            window.kill()

    assert "painted" == painted["event"]
    assert ("accepted", language, len(page.agreement.texts[0].sections)) == (
        said["choice"],
        said["language"],
        said["pages_shown"],
    )
