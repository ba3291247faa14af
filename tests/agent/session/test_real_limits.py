"""A pupil who is not let in, on a real bare display: the page says so, and one can still tell (R16)."""

import msgspec
import pytest

from agent.backends.device import Seat
from agent.link import messages as m
from tests.agent.session.test_real_session import Service, eventually, patient_device
from tests.support import window_looks, window_pages
from tests.support.report_keys import keys_to

pytestmark = [pytest.mark.account, pytest.mark.display]
LIMITED = msgspec.structs.replace(
    window_pages.notice(kind="restricted", reports=True), until="2031-12-01T08:00:00+00:00"
)
REPORT = window_pages.report(place="attention")


@pytest.fixture
def service(reachable, demo_account, display):
    device = patient_device(reachable)
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    yield service
    device.kill(service.child)
    service.ended()
    service.link.close()


def press(display, *keys):
    window_looks.press(display, *keys)


def wait_covered(service):
    """Wait until one of the session's windows covers the bare screen."""

    def covers(window):
        service.link.send(m.CheckCover(locker_pid=window))
        return service.until(m.Covered, lambda said: said.locker_pid == window).covered

    eventually(lambda: any(covers(window) for window in service.windows()))


def wait_ready(display, title):
    """Wait until the window of this title has the keyboard, and its page is drawn and rests."""
    eventually(lambda: window_looks.stands(display, title))


def asked_by(service, display, *keys):
    """Press keys in the window that has the keyboard; return what the session asks for."""
    press(display, *keys)
    return service.until(m.Asked)


def test_r16_a_limited_pupil_tells_what_is_wrong_from_the_page_that_refuses(service, display):
    service.until(m.Connected)
    service.link.send(m.GateOver(opens=False, page=LIMITED))
    wait_covered(service)
    wait_ready(display, "Gatepost")
    said = asked_by(service, display, "Tab", "Return")
    assert ("report", "attention") == (said.what, said.place)

    service.link.send(m.ShowPage(page=REPORT))
    wait_covered(service)
    wait_ready(display, "Something’s wrong")
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
    wait_ready(display, "Gatepost")

    assert "report" == asked_by(service, display, "Tab", "Return").what
