"""*Eyes to the front* by a real session of a real account: at once, help above it, and a lock beneath."""

import time

import msgspec
import pytest

from agent.backends.front_keys import GRACE_SECONDS
from agent.link import messages as m
from policies.drafts import ReportDraft
from tests.agent.session.test_real_hiding import Desk, front, is_painted
from tests.support import window_pages
from tests.support.report_keys import keys_to

pytestmark = [pytest.mark.account, pytest.mark.display]
POST = bytes((0x3C, 0x4A, 0x0C))


@pytest.fixture
def desk(display, demo_account, reachable):
    desk = Desk(display, demo_account, reachable)
    yield desk
    desk.close()


def attention(desk, order="a1"):
    """Order it; return what the session says."""
    page = msgspec.structs.replace(window_pages.attention(), order=order)
    desk.service.link.send(m.ShowAttention(page=page))
    return desk.service.until(m.AttentionSeen, lambda said: said.order == order)


def colours(row):
    return {row[at : at + 3] for at in range(0, len(row) - 3, 4)}


def is_green(desk):
    """Say whether the top of the screen is the cover's from edge to edge."""
    return colours(desk.screen.strip(y=2, height=1)) == {POST}


def test_it_covers_a_working_desktop_at_once_and_leaves_it_as_it_was(desk):
    desk.work()
    for number in range(5):
        seen = attention(desk, f"a{number}")
        green = is_green(desk)
        desk.service.link.send(m.HideAttention(order=f"a{number}"))
        desk.until(lambda: not is_green(desk) and front(desk) == "xterm")

        assert (True, True) == (seen.covered, green)


def test_who_needs_help_tells_it_above_the_cover_and_the_cover_is_still_there(desk):
    desk.work()
    attention(desk)
    seen = time.monotonic()
    desk.until(lambda: time.monotonic() > seen + GRACE_SECONDS)
    desk.keys("a", "alt+F4", "Tab", "Return")
    asked = desk.service.until(m.Asked)
    page = window_pages.report(place="attention")
    desk.show(page)
    desk.until(lambda: is_painted(desk))
    desk.keys(*keys_to(page, 0, "value", "bullying"), "space")
    desk.keys(*keys_to(page, 0, "data-to-screen", "3", after=("value", "bullying")), "Return")
    desk.keys(*keys_to(page, 3, "data-send", "danger"), "Return")
    written = desk.service.until(m.ReportWritten)
    desk.show(window_pages.receipt(state="sent"))
    desk.leave()
    desk.until(lambda: is_green(desk) and front(desk) in ("", "Gatepost"))
    desk.service.link.send(m.HideAttention(order="a1"))
    desk.until(lambda: not is_green(desk))

    assert m.Asked(what="report", place="attention") == asked
    assert (ReportDraft(harms=("bullying",), urgency="danger"), "attention") == (written.draft, written.place)
    assert all(process.poll() is None for process in desk.started)


def test_a_window_that_comes_later_never_stays_above_it(desk):
    desk.work()
    attention(desk)
    windows = len(desk.display.run("xdotool", "search", "--class", "xterm").split())
    desk.started.append(desk.run_program("xterm", "-maximized", "-bg", "blue"))
    desk.until(lambda: len(desk.display.run("xdotool", "search", "--class", "xterm").split()) > windows)
    desk.until(lambda: is_green(desk))
    seen = [is_green(desk) for _look in range(20)]

    assert [True] * 20 == seen
