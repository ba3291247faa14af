"""A pupil who is not let in, on a real bare display: the page says so, and one can still tell (R16)."""

import subprocess
import time

import msgspec
import pytest

from agent.backends.device import Seat
from agent.backends.device_linux import LinuxDevice
from agent.link import messages as m
from agent.paths import Config
from tests.agent.session.test_real_session import PAINT_SECONDS, Service
from tests.support import window_pages
from tests.support.report_keys import keys_to

pytestmark = [pytest.mark.account, pytest.mark.display]
LIMITED = msgspec.structs.replace(
    window_pages.notice(kind="restricted", reports=True), until="2031-12-01T08:00:00+00:00"
)
REPORT = window_pages.report(place="attention")


@pytest.fixture
def service(reachable, demo_account, display):
    device = LinuxDevice(Config(run_dir=str(reachable / "gatepost")), reachable / "agent.toml")
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    yield service
    device.kill(service.child)
    service.ended()
    service.link.close()


def press(display, *keys):
    subprocess.run(
        ["xdotool", "key", "--delay", "200", *keys],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **display.environment()},
        check=True,
        timeout=60,
    )


def picture(display):
    """Return the screen's pixels."""
    return subprocess.run(
        ["import", "-silent", "-window", "root", "-depth", "8", "rgb:-"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **display.environment()},
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,
    ).stdout


def wait_drawn(display, before=b""):
    """Wait until the screen shows a drawn page, another than `before`, and shows it still a moment later."""
    until, last = time.monotonic() + PAINT_SECONDS, b""
    while time.monotonic() < until:
        now = picture(display)
        drawn = len({now[at : at + 3] for at in range(0, len(now), 3 * 53)}) > 8
        if drawn and now == last and now != before:
            return now
        last = now
        time.sleep(0.4)
    raise AssertionError("no page was drawn")


def wait_covered(service):
    """Wait until one of the session's windows covers the bare screen."""
    until = time.monotonic() + PAINT_SECONDS
    while time.monotonic() < until:
        for window in service.windows():
            service.link.send(m.CheckCover(locker_pid=window))
            if service.until(m.Covered).covered:
                return window
    raise AssertionError("nothing covered the screen")


def asked_by(service, display, *keys):
    """Press until the window takes it: it may be painted and not have the keyboard yet."""
    for _ in range(6):
        press(display, *keys)
        try:
            return service.until(m.Asked, seconds=4.0)
        except AssertionError:
            continue
    raise AssertionError("the window took no key")


def test_r16_a_limited_pupil_tells_what_is_wrong_from_the_page_that_refuses(service, display):
    service.until(m.Connected)
    service.link.send(m.GateOver(opens=False, page=LIMITED))
    wait_covered(service)
    notice = wait_drawn(display)
    said = asked_by(service, display, "Tab", "Return")
    assert ("report", "attention") == (said.what, said.place)

    service.link.send(m.ShowPage(page=REPORT))
    wait_covered(service)
    wait_drawn(display, notice)
    written = send_report(service, display)

    assert (("bullying",), "sad") == (written.draft.harms, written.draft.words)


def send_report(service, display):
    press(display, *keys_to(REPORT, 0, "value", "bullying"), "space")
    press(display, *keys_to(REPORT, 0, "data-to-screen", "1", after=("value", "bullying")), "Return")
    press(display, *keys_to(REPORT, 1, "data-write", "words"), "s", "a", "d")
    press(display, *keys_to(REPORT, 1, "data-to-screen", "2", after=("data-write", "words")), "Return")
    press(display, *keys_to(REPORT, 2, "data-send", None), "Return")
    return service.until(m.ReportWritten)


def test_r10_r11_every_page_that_refuses_is_painted_with_the_way_to_tell(service, display):
    service.until(m.Connected)
    page = window_pages.notice("junior", "tr", kind="meeting", reports=True)
    service.link.send(m.GateOver(opens=False, page=page))
    wait_covered(service)
    wait_drawn(display)

    assert "report" == asked_by(service, display, "Tab", "Return").what
