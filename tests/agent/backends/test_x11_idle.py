"""A display without an idle clock of its own: times are noted, and nothing else."""

import os
import subprocess
import time

import pytest

from agent.backends.desktop_linux import X11Desktop
from agent.backends.x11_idle import TimesOnly

pytestmark = pytest.mark.display


@pytest.fixture
def poor_display(monkeypatch, tmp_path):
    """An X server that lacks MIT-SCREEN-SAVER."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-ac", "-extension", "MIT-SCREEN-SAVER"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as said:
        monkeypatch.setenv("DISPLAY", f":{said.readline().strip()}")
    monkeypatch.setenv("XAUTHORITY", str(tmp_path / "none"))
    yield
    server.terminate()
    server.wait()


# pynput's own threads complain about the end of the display they listened to.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_times_alone_tell_how_long_nobody_was_there(poor_display, eventually):
    desktop = X11Desktop()
    eventually(lambda: desktop.idle_seconds() > 0.5)
    began = time.monotonic()

    def somebody_moved():
        subprocess.run(["xdotool", "mousemove_relative", "5", "5"], check=True)
        return desktop.idle_seconds() < time.monotonic() - began

    eventually(somebody_moved)

    found, alive = type(desktop._idle), desktop._idle.is_alive()
    desktop.close()

    assert (TimesOnly, True) == (found, alive)


def test_what_was_pressed_is_never_kept():
    clock = TimesOnly.__new__(TimesOnly)
    clock._last = 0.0
    clock._note("s", "e", "c", "r", "e", "t")

    assert {"_last"} == set(vars(clock))
    assert isinstance(clock._last, float)
