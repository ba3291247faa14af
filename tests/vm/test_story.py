"""One school day on one laptop, nothing pretended: logind, real windows, a stick, the school's own page."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from installer import places
from tests.support.virus_signatures import write_signatures
from tests.vm.gate import Gate
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DESKTOP, GATE
from tests.vm.usb import sticks
from tests.vm.usb.desk import Desk

DAY = (
    "login-started", "agreement-answered", "media-plugged", "media-requested", "media-scanned",
    "media-released", "screen-locked", "screen-unlocked", "login-ended",
)  # fmt: skip
"""What the server must have been told of it, in this order."""
USB_DEFAULT = "/sys/module/usbcore/parameters/authorized_default"
ALLOW = "form[action$='/allow'] button.main"
IDLE = ("lock.idle_after_seconds=30", "lock.countdown_seconds=10")


@pytest.fixture
def technician(browser: Browser, schoolyard: Schoolyard) -> Iterator[Page]:
    """A technician, signed in at the school's server in a browser."""
    one = schoolyard.school.sign_in_of("technician")
    context = browser.new_context(ignore_https_errors=True, locale="en-GB")
    page = context.new_page()
    page.goto(f"{schoolyard.school.address}/sign-in")
    page.locator("input[autocomplete=username]").fill(one.username)
    page.locator("input[type=password]").fill(one.password)
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    context.close()


def fresh_scanner(laptop: Machine, share: Path) -> None:
    """Give the laptop signatures of this hour."""
    write_signatures(share / "signatures", time.time() - 3600)
    laptop.sh(f"cp {laptop.mount_share()}/signatures/* /var/lib/clamav/; chmod a+r /var/lib/clamav/*")


def test_a_school_day(
    enrolled: Machine,
    schoolyard: Schoolyard,
    browser: Browser,
    technician: Page,
    share: Path,
    tmp_path: Path,
) -> None:
    fresh_scanner(enrolled, share)
    desk = Desk(enrolled, schoolyard)
    seat = desk.seat
    with schoolyard.policy('usb.mode="approve_then_scan"'):
        enrolled.wait_until(f"test 0 = $(cat {USB_DEFAULT})")

        # She logs in, reads, accepts.
        seat.log_in()
        seat.wait_has(GATE)
        seat.wait_painted()
        Gate(browser, seat, schoolyard, "teen", "en").accept()
        seat.wait_has(DESKTOP)
        login = schoolyard.wait_for("agreement-answered", os_user="may")["login"]
        seat.wait_has_not(GATE)

        # She plugs her stick and asks; the technician says yes on the school's page.
        plugged = desk.plug(sticks.fat32(tmp_path / "stick"), "HOLIDAYS")
        request = desk.ask(plugged)
        seat.picture("story-asked")
        refused_before = enrolled.run("cat /media/gatepost-*/*/essay.txt", user="may").status
        technician.goto(f"{schoolyard.school.address}/media")
        technician.screenshot(path=str(places.build_dir() / "vm" / "story-media.png"), full_page=True)
        technician.locator(ALLOW).click()
        technician.locator(ALLOW).wait_for(state="detached")
        released = desk.wait_released(plugged)
        seat.picture("story-released")
        read = enrolled.sh("cat /media/gatepost-*/*/essay.txt", user="may")

        # She walks away: the screen locks, logind knows, her password opens it again.
        with schoolyard.policy(*IDLE):
            schoolyard.wait_for("screen-locked", login=login, reason="idle")
            enrolled.wait_until(f"loginctl show-session {seat.session()} | grep -qx LockedHint=yes")
            seat.wait_painted()
            seat.picture("story-locked")
            seat.unlock("pass for may")
            schoolyard.wait_for("screen-unlocked", login=login)
            enrolled.wait_until(f"loginctl show-session {seat.session()} | grep -qx LockedHint=no")

        # She signs out.
        enrolled.sh("DISPLAY=:0 openbox --exit", user="may")
        seat.wait_gone()
        ended = schoolyard.wait_for("login-ended", login=login)
        shut = schoolyard.wait_for("media-shut", plug=plugged["plug"])

    of_the_day = [each for each in schoolyard.school.records(*DAY) if _belongs(each, login, plugged["plug"])]

    assert refused_before
    assert request["plug"] == released["plug"]
    assert sticks.SECRET.decode() == read
    assert "signed-out" == ended["reason"]
    assert shut["at"] >= released["at"]
    assert list(DAY) == [each["type"] for each in of_the_day]


def _belongs(record: dict[str, object], login: str, plug: str) -> bool:
    return login == record.get("login") or plug == record.get("plug")
