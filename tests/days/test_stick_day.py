"""A stick from plug to open: real service, real server and its real page; kernel and scanner invented."""

from datetime import UTC, datetime

import pytest
import requests

from agent.link import messages as m
from server import media
from tests.support import school
from tests.support.apart import served_apart as served
from tests.support.day import Day, Running, log_in, wait_for
from tests.support.fake_usb import clean_scan
from tests.support.stick_laptop import FakeScanner


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


class Technician:
    """Tom Ashby in a browser without script."""

    def __init__(self, day, address):
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(day.house.folder.tls / "ca.pem")
        self.http.headers["Sec-Fetch-Site"] = "same-origin"
        self.address = address
        given = {"name": "t.ashby", "password": school.PASSWORD}
        self.http.post(f"{address}/sign-in", data=given, timeout=60).raise_for_status()

    def page(self, path):
        answer = self.http.get(self.address + path, timeout=60)
        answer.raise_for_status()
        return answer.text

    def press(self, path, **fields):
        token = self.page("/media").split('name="_csrf_token" value="')[1].split('"')[0]
        data = {"_csrf_token": token, **fields}
        return self.http.post(self.address + path, data=data, timeout=60, allow_redirects=False).status_code


class served_day:
    """The server served, the laptop enrolled and running, the technician signed in."""

    def __init__(self, day):
        self.day = day

    def __enter__(self):
        self.serving = served(self.day.house)
        address = self.serving.__enter__()
        self.day.enrol(address)
        scanner = FakeScanner(lambda: datetime.now(UTC))
        self.running = Running(self.day.config, self.day.device, scanner)
        return self.running, Technician(self.day, address)

    def __exit__(self, *problem):
        self.running.stop()
        return self.serving.__exit__(*problem)


def newest_page(day):
    shown = day.desktop.heard(m.ShowStick)
    return shown[-1].page if shown else None


def plug(day):
    with day.house.db.read() as connection:
        return next(iter(media.list_plugs(connection, device=day.device_id)), None)


def plug_state(day, state):
    return lambda: (found := plug(day)) is not None and found.state == state


def test_a_stick_is_asked_for_on_a_laptop_allowed_on_the_page_checked_and_opened(day):
    day.device.plugs.script = clean_scan()
    with served_day(day) as (running, technician):
        log_in(day, running)
        day.device.plugs.plug()
        page = wait_for(lambda: newest_page(day), "the stick's window")
        assert ("shut", False) == (page.state, day.device.plugs.is_open())
        day.desktop.say(m.StickAsked(plug=page.plug, what="ask", reason="My history slides"))

        wait_for(plug_state(day, "asked"), "the request on the server")
        assert "My history slides" in technician.page("/media")
        with day.house.db.read() as connection:
            waiting = media.list_waiting(connection, datetime.now(UTC))
        asked = next(each for each in waiting if each.device == day.device_id)
        allow = f"/media/request/{asked.device}/{asked.request}/allow"
        assert 303 == technician.press(allow, until="hour")
        wait_for(plug_state(day, "open"), "the open stick on the server")

        assert "open" == wait_for(lambda: newest_page(day).state == "open" and "open", "the window")
        assert {"/media/gatepost-1001/USB-1": (1001, False)} == day.device.plugs.mounted
        approvals = wait_for(
            lambda: "laptop has it" in technician.page("/media/approvals"), "the confirmation"
        )
        assert approvals
        with day.house.db.read() as connection:
            (held,) = media.list_approvals(connection, datetime.now(UTC))
        assert 303 == technician.press(f"/media/approvals/{held.id}/revoke")
        wait_for(lambda: plug(day).reason == "revoked", "the end on the server")

        assert {} == day.device.plugs.mounted
        assert not day.device.plugs.is_open()
    kinds = [kind for kind in day.kinds() if kind.startswith("media-")]
    assert [
        "media-plugged", "media-requested", "media-decided", "media-seen", "media-scanned",
        "media-released", "media-shut",
    ] == kinds[:7]  # fmt: skip


def test_a_no_on_the_page_is_read_on_the_laptop(day):
    with served_day(day) as (running, technician):
        log_in(day, running)
        day.device.plugs.plug()
        page = wait_for(lambda: newest_page(day), "the stick's window")
        day.desktop.say(m.StickAsked(plug=page.plug, what="ask"))
        wait_for(plug_state(day, "asked"), "the request on the server")
        with day.house.db.read() as connection:
            waiting = media.list_waiting(connection, datetime.now(UTC))
        asked = next(each for each in waiting if each.device == day.device_id)
        deny = f"/media/request/{asked.device}/{asked.request}/deny"
        assert 303 == technician.press(deny, reason="Bring it on Monday")
        wait_for(lambda: plug(day).reason == "denied", "the answer came back")

        wait_for(lambda: "Bring it on Monday" in str(newest_page(day)), "the answer in the window")

    assert not day.device.plugs.is_open()
