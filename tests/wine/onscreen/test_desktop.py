"""The whole desktop of Windows, asked by the class the session uses: covers, keys, apps, notes, tray."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.backends import tray_icon
from agent.backends.desktop import CoverWords, Focus, FrontWords
from agent.backends.desktop_windows import WindowsDesktop
from tests.support.win32.desktop_contract import until

HIDDEN = CoverWords("Çınar Ortaokulu", "Bir sorun var", "Ekranımı yeniden göster")
WORDS = FrontWords("Öne bakın", "“Kitaplar açık”", "Demir Öğretmen", "Çınar Ortaokulu", "Bir sorun var")
WINDOW = """
import os, sys, tkinter
root = tkinter.Tk()
root.title("Gizli başlık")
root.geometry("400x300+50+50")
root.after(50, root.focus_force)
root.protocol("WM_DELETE_WINDOW", lambda: sys.exit(7))
root.after(100, lambda: print("up", os.getpid(), flush=True))
root.mainloop()
"""


@pytest.fixture
def desktop():
    opened = WindowsDesktop()
    yield opened
    opened.close()


@pytest.fixture
def app(tmp_path):
    """A program of somebody else's: started by another, so it counts as no child of ours."""
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {WINDOW!r}]))",
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    up, _, pid = started.stdout.readline().partition(b" ")
    assert up == b"up"
    yield started
    with contextlib.suppress(OSError):
        os.kill(int(pid), 9)
    started.communicate(timeout=60)


def name_of_app():
    return Path(sys.executable).name


def test_nothing_is_lacking_that_wine_has(desktop):
    assert () == desktop.lacking()
    assert desktop.idle_seconds() >= 0.0


def test_the_front_is_covered_and_the_work_is_as_it_was(desktop, app):
    until(lambda: desktop.focused().program == name_of_app())
    covered = desktop.show_front(WORDS)
    kept = desktop.keep_front(())
    desktop.hide_front()

    assert (True, True) == (covered.covered, kept.covered)
    assert not desktop.is_covering


def test_an_app_is_told_by_its_program_and_its_title_is_nowhere(desktop, app):
    found = until(lambda: desktop.focused() if desktop.focused().program else None)

    assert Focus(name_of_app().removesuffix(".exe"), name_of_app()) == found


def test_an_app_is_put_away_and_comes_back(desktop, app):
    name = name_of_app()
    until(lambda: desktop.focused().program == name)
    seen = desktop.put_away("", name)

    assert seen == 1
    assert until(lambda: desktop.put_away("", name) == 0)
    desktop.bring_back("", name)
    assert until(lambda: desktop.focused().program == name)


def test_an_app_that_is_asked_to_end_ends_itself(desktop, app):
    name = name_of_app()
    until(lambda: desktop.focused().program == name)
    desktop.ask_to_end("", name)

    assert 7 == app.wait(60)


def test_the_screen_is_hidden_and_shown_again(desktop):
    held = desktop.prepare_hiding("Ctrl+Alt+H", HIDDEN)
    desktop.hide_screen()
    desktop.keep_hidden(())
    hidden = desktop.is_covering
    desktop.show_screen()

    assert (True, True, False) == (held, hidden, desktop.is_covering)


def test_the_lock_is_never_believed_while_the_desktop_takes_the_input(desktop):
    cover = desktop.check_cover(os.getpid())

    assert not cover.covered
    assert "still takes the input" in cover.problem


def test_a_note_outlives_the_session_that_left_it(desktop):
    desktop.mark_telling(True)
    try:
        another = WindowsDesktop()
        told = another.was_telling()
        another.close()
    finally:
        desktop.mark_telling(False)

    assert (True, False) == (told, desktop.was_telling())


def test_the_tray_icon_stands_and_says_something_else(desktop):
    until(desktop.has_tray)
    icon = tray_icon.open_icon("auto", "Gatepost ı" + "ş" * 300, "Aç", False, lambda: None)
    time.sleep(0.5)
    icon.change("Ms Demir is viewing this lab", True)
    time.sleep(0.5)

    assert icon.is_alive()
