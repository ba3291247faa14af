"""An app that asks first, by a real session of a real account: put away, asked for, brought back, ended."""

import subprocess

import msgspec
import pytest

from agent.link import messages as m
from agent.link import pages
from tests.agent.session.test_real_hiding import Desk, front, is_painted
from tests.support import window_looks, window_pages

pytestmark = [pytest.mark.account, pytest.mark.display]
TERMINAL = ("XTerm", "xterm")


@pytest.fixture
def desk(display, demo_account, reachable):
    desk = Desk(display, demo_account, reachable)
    yield desk
    desk.close()


def sense(desk):
    """Have the session tell which app is in front; wait until it says the terminal."""
    # A terminal that comes when the session looks already: it hears of changes at once, else now and then.
    desk.started[1].kill()
    desk.started[1].wait()
    desk.until(lambda: not is_seen(desk))
    desk.service.until(m.Connected)
    words = pages.TrayWords(title="Gatepost", open_panel="Open")
    desk.service.link.send(m.Work(language="en", sense_apps=True, texts=words))
    desk.service.obeyed()
    desk.started[1] = desk.run_program("xterm")
    return desk.service.until(m.Focused, lambda said: said.app)


def is_asked(desk):
    """Say whether the app's window has the keyboard, is drawn and rests."""
    return window_looks.stands(desk.display, "Apps")


def is_seen(desk):
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--class", "XTerm"],
        env=desk.display.environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    return bool(found.stdout.strip())


def test_r24_an_app_is_put_away_asked_for_with_words_and_brought_back(desk):
    seen = sense(desk)
    desk.service.link.send(m.PutAway(app=seen.app, program=seen.program, closes=False, again_seconds=1.0))
    gone = desk.service.until(m.Focused, lambda said: said.app != seen.app)
    desk.show(window_pages.app(app=seen.app, program=seen.program, words=""))
    desk.until(lambda: is_asked(desk))
    desk.keys("Tab")
    desk.display.run("xdotool", "type", "--delay", "60", "my essay")
    desk.keys("Return")
    wanted = desk.service.until(m.AppWanted)
    page = window_pages.app(app=seen.app, program=seen.program, state="allowed")
    desk.show(page, how="renew-or-open")
    desk.service.link.send(m.BringBack(app=seen.app, program=seen.program))
    desk.until(lambda: is_seen(desk))

    assert TERMINAL == (seen.app, seen.program)
    assert ("", "") == (gone.app, gone.program)
    assert m.AppWanted(app="XTerm", program="xterm", what="ask", words="my essay") == wanted
    assert all(process.poll() is None for process in desk.started)


def test_r21_an_app_that_is_not_used_here_is_asked_to_end_after_the_sentence(desk):
    seen = sense(desk)
    desk.service.link.send(m.PutAway(app=seen.app, program=seen.program, closes=True, again_seconds=1.0))
    desk.show(window_pages.app(app=seen.app, program=seen.program, state="closed"))
    desk.until(lambda: is_asked(desk) and not is_seen(desk))
    desk.until(lambda: desk.started[1].poll() is not None)

    assert 0 == desk.started[1].returncode, "it was asked, not killed"


def test_the_window_of_an_app_never_takes_the_place_of_a_report(desk):
    seen = sense(desk)
    desk.show(window_pages.report())
    desk.until(lambda: is_painted(desk))
    desk.show(window_pages.app(app=seen.app, program=seen.program))
    desk.until(lambda: is_asked(desk))
    found = desk.display.run("xdotool", "search", "--onlyvisible", "--name", "wrong|Apps").split()

    assert 2 <= len(found)


def test_a_page_that_changes_keeps_its_window(desk):
    seen = sense(desk)
    first = window_pages.app(app=seen.app, program=seen.program)
    desk.show(first)
    desk.until(lambda: is_asked(desk))
    windows = desk.service.windows()
    desk.show(msgspec.structs.replace(first, state="waiting"), how="renew-or-open")
    desk.service.obeyed()
    kept = desk.service.windows()
    desk.keys("Escape")
    desk.until(lambda: front(desk) != "Apps")

    assert 1 == len(windows)
    assert windows == kept
