"""A session that dies while a report is on its way: the next one asks what became of it."""

import subprocess

import msgspec
import pytest

from agent.backends.device import Seat
from agent.link import messages as m
from agent.link import pages
from policies.drafts import ReportDraft
from tests.agent.session.test_app import House
from tests.agent.session.test_real_session import Service, patient_device
from tests.support import window_pages

NOTE = "_GATEPOST_TELLING"
DRAFT = ReportDraft(harms=("bullying",), words="They made a group about her.")


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def tell(house, starter):
    house.orders(m.ShowPage(page=window_pages.report()))
    starter.last.answers("send", "send", draft=msgspec.to_builtins(DRAFT))
    house.turn()


def noted(display):
    return subprocess.run(
        ["xprop", "-root", NOTE], env=display.environment(), capture_output=True, text=True, check=True
    ).stdout


def receipt(state):
    return pages.ReceiptPage(school="Hazel Bank", language="en", tier="teen", state=state)


def test_a_note_stands_from_telling_to_the_first_receipt(house, desktop, starter):
    assert not desktop.telling
    tell(house, starter)
    assert desktop.telling
    house.orders(m.ShowPage(page=receipt("sending"), how="open"))

    assert not desktop.telling


@pytest.mark.parametrize("how", ["open", "renew", "renew-or-open"])
@pytest.mark.parametrize("state", ["sending", "sent", "waiting", "refused"])
def test_every_receipt_takes_the_note_away(house, desktop, starter, how, state):
    tell(house, starter)
    house.orders(m.ShowPage(page=receipt(state), how=how))

    assert not desktop.telling


def test_another_page_is_no_receipt(house, desktop, starter):
    tell(house, starter)
    page = pages.PanelPage(school="Hazel Bank", language="en", tier="teen", person="May", online=True)
    house.orders(m.ShowPage(page=page))

    assert desktop.telling


def test_a_session_that_finds_the_note_asks_once_and_keeps_it_until_it_is_answered(house, desktop):
    desktop.telling = True
    house.session._reporting.begin()
    assert [m.CutOff()] == house.heard()
    assert desktop.telling
    house.orders(m.ShowPage(page=receipt("refused")))

    assert not desktop.telling


def test_a_session_that_finds_none_asks_nothing(house):
    house.session._reporting.begin()

    assert [] == house.heard()


@pytest.mark.account
@pytest.mark.display
def test_a_real_session_asks_for_what_the_one_before_it_left(display, demo_account, reachable):
    subprocess.run(
        ["xprop", "-root", "-f", NOTE, "32c", "-set", NOTE, str(demo_account.uid)],
        env=display.environment(),
        check=True,
        timeout=60,
    )
    device = patient_device(reachable)
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    try:
        service.until(m.CutOff)
        service.link.send(m.ShowPage(page=receipt("refused")))
        service.obeyed()

        assert str(demo_account.uid) not in noted(display)
    finally:
        device.kill(service.child)
        service.ended()
        service.link.close()
