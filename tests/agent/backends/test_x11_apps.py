"""Apps put away on a real display with a real window manager, brought back, and asked to end."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.backends import x11_apps, x11_programs
from agent.backends.desktop import Focus
from agent.backends.x11_hide import managed_windows
from tests.agent.backends.test_desktop_linux import MANAGED, WINDOW

pytestmark = pytest.mark.display

TERMINAL = Focus("XTerm", "xterm")

STUBBORN = WINDOW.replace("override_redirect=1", "override_redirect=0").replace(
    """while True:
    d.next_event()
""",
    """window.change_attributes(event_mask=X.StructureNotifyMask)
while True:
    if d.next_event().type == X.UnmapNotify:
        window.map()
        d.sync()
""",
)
"""A program that shows itself again whenever it is put away."""


@pytest.fixture
def foreign(x11, tmp_path):
    """Run a script as a program that is none of ours: an interpreter of its own."""
    program = tmp_path / "game"
    shutil.copy(Path("/proc/self/exe").readlink(), program)
    program.chmod(0o755)
    started = []

    def run(script, *arguments):
        paths = os.pathsep.join(each for each in sys.path if each)
        environment = {**x11.environment(), "PYTHONHOME": sys.base_prefix, "PYTHONPATH": paths}
        process = subprocess.Popen(
            [str(program), "-c", script, *map(str, arguments)], env=environment, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"up\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def is_seen(x11, name):
    return bool(seen_windows(x11, name))


def seen_windows(x11, name):
    """Return the numbers of the windows of this class that can be seen."""
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--class", name],
        env=x11.environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    return found.stdout.split()


@pytest.fixture
def terminal(x11, desktop, managed, start, eventually):
    """A terminal is in front."""
    process = start("xterm")
    eventually(lambda: desktop.focused() == TERMINAL)
    return process


def test_an_app_put_away_is_gone_from_the_screen_and_lives_on(x11, desktop, terminal, eventually):
    seen = desktop.put_away(*TERMINAL)
    eventually(lambda: not is_seen(x11, "XTerm"))

    assert 1 == seen
    assert 0 == desktop.put_away(*TERMINAL)
    assert terminal.poll() is None
    eventually(lambda: desktop.focused() == Focus())


def test_what_was_allowed_comes_back_to_the_front(x11, desktop, terminal, eventually):
    desktop.put_away(*TERMINAL)
    eventually(lambda: not is_seen(x11, "XTerm"))
    desktop.bring_back(*TERMINAL)
    eventually(lambda: desktop.focused() == TERMINAL)

    assert is_seen(x11, "XTerm")


def test_only_the_app_that_is_meant_goes(x11, desktop, terminal, eventually):
    assert 0 == desktop.put_away("XTerm", "other")
    assert 0 == desktop.put_away("Other", "xterm")
    assert 0 == desktop.put_away("", "")
    assert is_seen(x11, "XTerm")


def test_one_that_shows_itself_again_is_put_away_again(x11, desktop, managed, foreign, eventually):
    foreign(STUBBORN, 10, 10, 200, 100)
    eventually(lambda: is_seen(x11, "Painted"))
    tries = []

    def put_away():
        tries.append(desktop.put_away("Painted", "game"))
        return len(tries) > 3

    eventually(put_away)

    assert max(tries) == 1


def test_a_game_that_draws_past_the_window_manager_goes_too_and_comes_back(
    x11, desktop, managed, foreign, eventually
):
    foreign(WINDOW, 0, 0, *x11.size)
    eventually(lambda: is_seen(x11, "Painted"))
    seen = desktop.put_away("Painted", "game")
    eventually(lambda: not is_seen(x11, "Painted"))
    desktop.bring_back("Painted", "game")
    eventually(lambda: is_seen(x11, "Painted"))

    assert 1 == seen


def test_no_window_of_ours_is_ever_put_away(x11, desktop, managed, start, eventually):
    start(sys.executable, "-c", MANAGED)
    eventually(lambda: is_seen(x11, "Panel"))
    program = Path("/proc/self/exe").readlink().name

    assert 0 == desktop.put_away("Panel", program)
    assert is_seen(x11, "Panel")


def test_an_app_is_asked_to_end_and_ends_by_itself(desktop, terminal, eventually):
    desktop.ask_to_end(*TERMINAL)

    eventually(lambda: terminal.poll() is not None)


def test_one_that_no_window_manager_put_away_is_asked_to_end_too(x11, desktop, terminal, eventually):
    desktop.put_away(*TERMINAL)
    eventually(lambda: not is_seen(x11, "XTerm"))
    desktop.bring_back(*TERMINAL)
    eventually(lambda: is_seen(x11, "XTerm"))
    (number,) = [
        each for each in managed_windows(desktop._x, desktop._root) if desktop._is_of(each, *TERMINAL)
    ]
    desktop._asked_away.add(number)  # a window manager that is too busy, or there is none
    desktop.put_away(*TERMINAL)
    eventually(lambda: not managed_windows(desktop._x, desktop._root))
    desktop.ask_to_end(*TERMINAL)

    eventually(lambda: terminal.poll() is not None)


SHELL = MANAGED.replace(
    "window.map()",
    "kind = d.get_atom('_NET_WM_WINDOW_TYPE')\n"
    "window.change_property(kind, 4, 32, [d.get_atom('_NET_WM_WINDOW_TYPE_DOCK')])\n"
    "window.map()",
)


def test_the_desktop_and_its_panels_are_never_put_away_nor_ended(x11, desktop, managed, foreign, eventually):
    panel = foreign(SHELL)
    eventually(lambda: is_seen(x11, "Panel"))
    seen = desktop.put_away("Panel", "game")
    desktop.ask_to_end("Panel", "game")

    assert 0 == seen
    assert is_seen(x11, "Panel")
    assert panel.poll() is None


DIALOG = """
import sys
from Xlib import X, Xatom, display
d = display.Display()
root = d.screen().root
def make(x, w):
    window = root.create_window(x, 10, w, 100, 0, d.screen().root_depth, background_pixel=0xaa)
    window.set_wm_class("inner", "Writer")
    return window
main, ask = make(10, 300), make(50, 150)
main.map()
ask.set_wm_transient_for(main)
ask.map()
d.sync()
print("up", flush=True)
while True:
    d.next_event()
"""


def test_whoever_is_asked_whether_to_save_can_answer(x11, desktop, managed, foreign, eventually):
    foreign(DIALOG)
    eventually(lambda: len(seen_windows(x11, "Writer")) == 2)
    spared = desktop.put_away("Writer", "game", spare_dialogs=True)
    still = len(seen_windows(x11, "Writer"))
    desktop.put_away("Writer", "game")
    eventually(lambda: desktop.put_away("Writer", "game") == 0)

    assert (1, 2) == (spared, still)


def test_nothing_of_a_title_is_asked_for_here_either():
    source = inspect.getsource(x11_apps) + inspect.getsource(x11_programs)

    assert not any(name in source for name in ("WM_NAME", "get_wm_name", "get_wm_icon_name"))
