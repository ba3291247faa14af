"""The X11 door on a real display."""

import inspect
import os
import signal
import subprocess
import sys
import time

import pytest

from agent.backends import desktop_linux, x11_programs, x11_windows
from agent.backends.desktop import DesktopGone, Focus
from agent.backends.desktop_linux import X11Desktop
from agent.errors import DeviceFailed
from installer.errors import InstallerError

pytestmark = pytest.mark.display

WINDOW = """
import sys
from Xlib import X, display
d = display.Display()
x, y, w, h = map(int, sys.argv[1:5])
root = d.screen().root
window = root.create_window(
    x, y, w, h, 0, d.screen().root_depth, override_redirect=1, background_pixel=0xaa0000
)
window.set_wm_class("inner", "Painted")
window.map()
d.sync()
print("up", flush=True)
while True:
    d.next_event()
"""


MANAGED = (
    WINDOW.replace("map(int, sys.argv[1:5])", "0, 0, 200, 100")
    .replace("override_redirect=1", "override_redirect=0")
    .replace("Painted", "Panel")
)


def active_window(x11):
    """Return the id of the window in front."""
    return x11.run("xprop", "-root", "_NET_ACTIVE_WINDOW").split()[-1]


def brought_to_front(x11, name):
    """Ask the window manager for a window, as a taskbar does; say whether it is in front now."""
    subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--class", name, "windowactivate"],
        env=x11.environment(),
        check=False,
        capture_output=True,
    )
    try:
        return name in x11.run("xprop", "-id", active_window(x11), "WM_CLASS")
    except InstallerError:
        return False  # no window is in front, or it went between two questions


@pytest.fixture
def window(x11, tmp_path):
    """Map a window from a process of its own."""
    started = []

    def make(x, y, width, height):
        process = subprocess.Popen(
            [sys.executable, "-c", WINDOW, *map(str, (x, y, width, height))],
            env=x11.environment(),
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"up\n"
        return process

    yield make
    for process in started:
        process.kill()
        process.communicate()


HUGE = """
import os, sys
from Xlib import X, Xatom, display
d = display.Display()
root = d.screen().root
window = root.create_window(0, 0, 100, 100, 0, X.CopyFromParent)
long = [b"A" * 200_000] * 5
pieces = [b"inner\\0", *long] if sys.argv[1] == "class" else [*long, b"\\0B\\0"]
for piece in pieces:
    window.change_property(Xatom.WM_CLASS, Xatom.STRING, 8, piece, X.PropModeAppend)
window.map()
root.change_property(d.intern_atom("_NET_ACTIVE_WINDOW"), Xatom.WINDOW, 32, [window.id])
d.sync()
print(os.getpid(), flush=True)
while True:
    d.next_event()
"""


@pytest.mark.parametrize(("which", "length"), [("class", 120), ("inner", 0)])
def test_a_name_of_a_megabyte_is_cut_where_it_is_read(x11, desktop, which, length):
    # Not a child of ours: such a window would be taken for our own.
    command = ["setsid", "--fork", sys.executable, "-c", HUGE, which]
    with subprocess.Popen(command, env=x11.environment(), stdout=subprocess.PIPE) as starter:
        pid = int(starter.stdout.readline())
        try:
            found = desktop.focused()
        finally:
            os.kill(pid, signal.SIGKILL)

    assert length == len(found.app)
    assert found.program.startswith("python")


def test_a_display_that_cannot_be_opened_is_said_so(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":64999")

    with pytest.raises(DeviceFailed):
        X11Desktop()


def test_input_makes_the_idle_clock_start_again(x11, desktop, eventually):
    eventually(lambda: desktop.idle_seconds() > 0.4)
    started = time.monotonic()
    x11.run("xdotool", "mousemove", "100", "100", "mousemove", "200", "200")
    idle = desktop.idle_seconds()

    assert idle <= time.monotonic() - started


def test_a_bare_display_lacks_nothing_we_need(desktop):
    assert () == desktop.lacking()


def test_without_a_window_manager_nothing_is_in_front(desktop):
    assert Focus() == desktop.focused()


def test_the_app_in_front_is_told_by_class_and_program(managed, desktop, start, eventually):
    start("xterm")
    eventually(lambda: desktop.focused() == Focus("XTerm", "xterm"))

    assert "focus" in desktop.take_changes()


def test_a_window_of_our_own_is_no_app_in_front(x11, managed, desktop, start, eventually):
    start("xterm")
    eventually(lambda: desktop.focused() == Focus("XTerm", "xterm"))
    start(sys.executable, "-c", MANAGED)
    eventually(lambda: brought_to_front(x11, "Panel"))

    assert Focus() == desktop.focused()


def test_a_process_of_ours_that_hides_its_program_is_still_ours(monkeypatch):
    """The windows are not dumpable, so their own user may not read which program they run."""

    def refused(self, other):
        raise PermissionError

    monkeypatch.setattr(x11_programs.Path, "samefile", refused)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        found = (x11_programs.is_our_window(child.pid), x11_programs.is_our_window(1))
    finally:
        child.communicate(b"\n")

    assert (True, False) == found


def test_a_window_over_everything_covers_the_screen(x11, desktop, window):
    locker = window(0, 0, *x11.size)

    assert desktop.check_cover(locker.pid).covered


def test_a_window_over_the_locker_uncovers_it(x11, desktop, window):
    locker = window(0, 0, *x11.size)
    window(10, 10, 50, 50)

    assert "a window lies above the locker" == desktop.check_cover(locker.pid).problem


def test_a_strangers_covering_window_is_not_the_lockers(x11, desktop, window):
    window(0, 0, *x11.size)
    idle = window(-5, -5, 1, 1)

    assert not desktop.check_cover(idle.pid).covered


def test_a_dead_locker_covers_nothing(x11, desktop, window):
    locker = window(0, 0, *x11.size)
    locker.kill()
    locker.wait()

    assert "the locker is not running" == desktop.check_cover(locker.pid).problem


def test_the_gate_comes_above_an_intruder(x11, desktop, window, eventually):
    desktop.guard_front(True)
    gate = window(0, 0, *x11.size)
    window(0, 0, *x11.size)
    eventually(lambda: "windows" in desktop.take_changes())
    before = desktop.check_cover(gate.pid).covered

    assert desktop.keep_in_front(gate.pid)
    assert (False, True) == (before, desktop.check_cover(gate.pid).covered)


def test_the_gate_gets_the_keyboard(x11, desktop, window):
    gate = window(0, 0, *x11.size)
    desktop.keep_in_front(gate.pid)

    assert gate.pid == desktop._focus_pid()


def test_a_program_that_suspends_the_screen_saver_inhibits(desktop, start, eventually):
    before = desktop.inhibited()
    start("/usr/bin/python3", "-c", SUSPEND)
    desktop._inhibited = (-99.0, False)
    eventually(lambda: desktop._ask_inhibited())

    assert not before


SUSPEND = """
import ctypes, time
x, xss = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXss.so.1")
x.XOpenDisplay.restype = ctypes.c_void_p
d = ctypes.c_void_p(x.XOpenDisplay(None))
xss.XScreenSaverSuspend(d, 1)
x.XSync(d, 0)
time.sleep(60)
"""


def test_the_end_of_the_display_is_the_end_of_the_login(x11, desktop):
    x11.close()

    with pytest.raises(DesktopGone):
        desktop.idle_seconds()


def test_a_panel_is_noticed(managed, desktop, start, eventually, tmp_path):
    before = desktop.has_tray()
    (tmp_path / "tint2rc").write_text("panel_items = S\npanel_size = 100% 30\n")
    start("tint2", "-c", str(tmp_path / "tint2rc"))
    eventually(desktop.has_tray)

    assert not before


def test_nothing_of_a_title_is_ever_asked_for():
    source = "".join(map(inspect.getsource, (desktop_linux, x11_windows, x11_programs)))

    assert not any(name in source for name in ("WM_NAME", "get_wm_name", "get_wm_icon_name"))


def test_a_client_that_is_gone_while_it_is_asked_about_is_a_race_and_no_end(desktop):
    with pytest.raises(x11_windows.RACE):
        desktop._x.res_query_client_resources(0x7FE00000)


def test_a_note_that_a_report_is_on_its_way_outlives_who_left_it(x11):
    first = X11Desktop()
    assert not first.was_telling()
    first.mark_telling(True)
    first.close()
    second = X11Desktop()
    assert second.was_telling()
    second.mark_telling(False)

    assert not second.was_telling()
    second.close()


def test_a_note_of_somebody_else_is_none_of_ours(x11):
    x11.run("xprop", "-root", "-f", "_GATEPOST_TELLING", "32c", "-set", "_GATEPOST_TELLING", "65000")
    desktop = X11Desktop()

    assert not desktop.was_telling()
    desktop.close()
