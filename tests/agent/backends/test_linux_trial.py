"""Windows and the locker really tried, where no person looks."""

import os
import shutil

import msgspec
import pytest

from agent.backends import linux_trial
from agent.backends.device_linux import LinuxDevice
from agent.backends.linux_locker import Locker
from agent.errors import DeviceFailed
from agent.paths import Config
from tests.support import window_pages


@pytest.fixture
def device(reachable):
    return LinuxDevice(Config(run_dir=str(reachable / "gatepost")), reachable / "agent.toml")


@pytest.fixture
def page():
    return msgspec.json.encode(window_pages.gate())


@pytest.mark.parametrize("plain", [False, True])
def test_r83_the_gate_is_painted_on_a_display_that_nobody_sees(device, page, plain, reachable):
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb here; run: apt install xvfb")

    assert "screen" == device.try_window(page, plain=plain)
    assert [] == list((reachable / "gatepost" / "trials").iterdir())


@pytest.mark.parametrize("plain", [False, True])
def test_without_a_display_the_gate_is_loaded_and_drawn(page, plain, reachable):
    assert "drawn" == linux_trial.try_window(page, reachable / "t", plain=plain, programs="/nonexistent")


@pytest.mark.parametrize("programs", ["/nonexistent", linux_trial.PROGRAMS])
def test_r83_a_page_that_cannot_be_shown_says_so(programs, reachable):
    with pytest.raises(DeviceFailed, match="no page"):
        linux_trial.try_window(b'{"type": "nonsense"}', reachable / "t", plain=True, programs=programs)


def test_r83_the_installed_locker_starts_and_its_picture_is_painted(device, reachable):
    (reachable / "gatepost").mkdir(mode=0o755)
    before = os.umask(0o077)  # the service's own
    try:
        device.try_locker()
    finally:
        os.umask(before)

    assert 0o755 == (reachable / "gatepost" / "trials").stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("locker", "words"),
    [
        (None, "no screen locker"),
        (Locker("logind", "loginctl"), "cannot be confirmed"),
        (Locker("i3lock", "/bin/false"), "i3lock ended with 1"),
        (Locker("i3lock", "/nonexistent/i3lock"), "i3lock ended with"),
    ],
)
def test_a_locker_that_is_missing_or_broken_is_told(locker, words, reachable):
    with pytest.raises(DeviceFailed, match=words):
        linux_trial.try_locker(locker, reachable / "t")


def test_the_cookie_is_never_written_through_what_lies_there_already(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("of root's")
    (tmp_path / "cookie").symlink_to(victim)
    screen = linux_trial._screen("/bin/false", linux_trial._nobody(), tmp_path)

    with pytest.raises(DeviceFailed, match="no room"), screen:
        pytest.fail("a display came up")
    assert "of root's" == victim.read_text()
