"""R25: the tour’s pretended stick: asked for in the agent’s own words, allowed at the desk, and confirmed."""

from datetime import timedelta

import pytest

from installer.errors import InstallerError
from installer.tour.pretend_stick import HOSTNAME, PretendStick
from policies.schools import DemoPerson
from policies.settings import UsbSettings
from server import codes, media, media_answers, media_modes, state
from server.media_answers import Adult, Yes
from server.state import open_state
from tests.support.apart import served_apart
from tests.support.started import fill_school, make_folder

MAY = DemoPerson(os_user="may", person="p-1", display_name="May Okafor", tier="junior", language="en")
NURI = Adult("Nuri Tan", frozenset({"technician"}), id=None)


@pytest.fixture
def house(tmp_path):
    opened = open_state(make_folder(tmp_path))
    fill_school(opened)
    yield opened
    opened.close()


def test_r25_a_stick_is_asked_for_allowed_and_confirmed_over_the_network(house):
    now = state.utc_now()
    with house.db.write() as connection:
        code = codes.new_code(connection, house.ca_der, room="Lab 1", by="test", now=now).text
    with served_apart(house) as address:
        mode = UsbSettings(mode="approve_then_scan").mode
        stick = PretendStick(address, code, MAY, mode)
        stick.ask("My history slides")
        with house.db.read() as connection:
            (asked,) = media.list_waiting(connection, now + timedelta(seconds=1))
        assert (HOSTNAME, "May Okafor", "My history slides") == (
            asked.plug.hostname, asked.plug.display_name, asked.reason,
        )  # fmt: skip
        with pytest.raises(InstallerError):
            stick.hears_approval(0.1)
        with house.db.write() as connection:
            usb = media_modes.usb_of(connection, stick.device)
            yes = Yes(until=now + timedelta(hours=1))
            made = media_answers.approve(connection, usb, stick.device, stick.request, NURI, yes, now)
        heard = stick.hears_approval(20.0)
        stick.confirm(heard)
        stick.close()

    assert (made.id, "read") == (heard.order, heard.terms.access)
    with house.db.read() as connection:
        assert 1 == media.get_approval(connection, made.id).confirmed
        (plug,) = media.list_plugs(connection)
    assert ("checking", True) == (plug.state, plug.gone_at is not None)
