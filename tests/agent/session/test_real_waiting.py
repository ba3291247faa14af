"""A pupil who waits for an adult on a bare display: help is there, and the gate comes by itself (R19)."""

import pytest

from agent.backends.device import Seat
from agent.link import messages as m
from tests.agent.session.test_real_limits import asked_by, wait_covered, wait_ready
from tests.agent.session.test_real_session import Service, patient_device
from tests.support import window_pages

pytestmark = [pytest.mark.account, pytest.mark.display]


@pytest.fixture
def service(reachable, demo_account, display):
    device = patient_device(reachable)
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    yield service
    device.kill(service.child)
    service.ended()
    service.link.close()


def test_r19_the_window_that_waits_takes_a_call_for_help_and_gives_way_to_the_gate(service, display):
    service.until(m.Connected)
    page = window_pages.notice("junior", "tr", kind="unsupervised", reports=True)
    service.link.send(m.GateOver(opens=False, page=page))
    wait_covered(service)
    wait_ready(display, "Gatepost")
    said = asked_by(service, display, "Tab", "Tab", "Return")
    assert ("help", "attention") == (said.what, said.place)

    gate = window_pages.gate("junior", "en", reports=True)
    service.link.send(m.ShowGate(page=gate))
    shown = service.until(m.GateShown)
    wait_ready(display, gate.agreement.texts[0].title)

    assert "web" == shown.kind
