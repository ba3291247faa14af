"""The slices `desktop` and `desktop_pump` hold their contract on Windows' own calls."""

import subprocess
import sys

import pytest
import win32con
import win32gui

from agent.backends.win32api import desktop
from agent.backends.win32api.desktop_pump import DesktopPump
from agent.backends.windows_desktop_slices import Board
from tests.support.win32.desktop_contract import DesktopContract, until


class TestRealDesktop(DesktopContract):
    @pytest.fixture
    def calls(self):
        return desktop

    @pytest.fixture
    def open_pump(self):
        return DesktopPump


def test_a_second_program_cannot_have_the_same_key():
    first = DesktopPump(lambda _event: None)
    second = DesktopPump(lambda _event: None)
    try:
        first.hold_key(3, ord("J"))
        with pytest.raises(Exception) as caught:
            second.hold_key(3, ord("J"))
    finally:
        first.stop()
        second.stop()

    assert 1409 == caught.value.code


HOSTILE = """
import sys, win32con, win32gui
what, window = sys.argv[1], int(sys.argv[2])
if what == "see-through":
    style = win32gui.GetWindowLong(window, win32con.GWL_EXSTYLE)
    win32gui.SetWindowLong(window, win32con.GWL_EXSTYLE, style | win32con.WS_EX_LAYERED)
elif what == "child":
    shown = win32con.WS_CHILD | win32con.WS_VISIBLE
    game = win32gui.CreateWindowEx(0, "STATIC", "game", shown, 0, 0, 300, 200, window, 0, 0, None)
    print(game, flush=True)
    win32gui.PumpMessages()
elif what == "close":
    win32gui.PostMessage(window, win32con.WM_CLOSE, 0, 0)
"""
"""Another program of the same login, which may do all this to a window of ours."""


def another_program(what, window):
    subprocess.run([sys.executable, "-c", HOSTILE, what, str(window)], check=True, timeout=60)


@pytest.fixture
def cover():
    pump = DesktopPump(lambda _event: None)
    pump.put_up("front", [Board(screen, 0x0C4A3C, ()) for screen in desktop.monitors()])
    yield pump
    pump.stop()


def test_a_cover_made_see_through_by_another_program_is_whole_again(cover):
    another_program("see-through", cover.windows_of("front")[0])
    undone = cover.mend("front")
    now = cover.windows_of("front")[0]

    assert undone
    assert not win32gui.GetWindowLong(now, win32con.GWL_EXSTYLE) & win32con.WS_EX_LAYERED
    assert not cover.mend("front")


def test_what_another_program_shows_in_the_cover_goes(cover):
    window = cover.windows_of("front")[0]
    started = subprocess.Popen(
        [sys.executable, "-c", HOSTILE, "child", str(window)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    try:
        game = int(started.stdout.readline())
        seen = win32gui.IsWindowVisible(game)
        undone = cover.mend("front")
        gone = until(lambda: not win32gui.IsWindowVisible(game))
    finally:
        started.kill()
        started.communicate()

    assert (True, True, True) == (bool(seen), undone, gone)


def test_no_message_of_another_program_closes_a_cover_or_ends_its_thread(cover):
    window = cover.windows_of("front")[0]
    for target in (window, cover._listener):
        another_program("close", target)
    cover.mend("front")

    assert win32gui.IsWindowVisible(cover.windows_of("front")[0])
    assert win32gui.IsWindow(cover._listener)
