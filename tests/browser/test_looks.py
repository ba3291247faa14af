"""Every page at three widths, light and dark, in both languages: axe finds nothing, nothing sticks out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support import media_school, school
from tests.support.looks import held, levels_are_in_order

pytestmark = pytest.mark.browser

L3 = school.LAPTOPS["L-003"]
PAGES: dict[str, tuple[str, str]] = {
    "sign-in": ("/sign-in", ""),
    "labs": ("/lab", "l.demir"),
    "lab": ("/lab/Lab 2", "l.demir"),
    "devices": ("/devices", "t.ashby"),
    "enrol": ("/devices/enrol", "t.ashby"),
    "device": (f"/devices/{L3}", "t.ashby"),
    "retire": (f"/devices/{L3}/retire", "t.ashby"),
    "media": ("/media", "t.ashby"),
    "media-teacher": ("/media", "j.reed"),
    "media-request": (f"/media/request/{school.LAPTOPS['L-001']}/{media_school.ADA}", "t.ashby"),
    "media-history": ("/media/history", "n.okafor"),
    "media-approvals": ("/media/approvals", "t.ashby"),
    "device-usb": (f"/devices/{school.LAPTOPS['L-002']}", "t.ashby"),
    "register": ("/agreements", "n.okafor"),
    "register-due": ("/agreements?answer=due", "n.okafor"),
    "register-print": ("/agreements/print", "n.okafor"),
    "oversight": ("/oversight", "n.okafor"),
    "staff": ("/staff", "n.okafor"),
    "staff-one": ("/staff/j.reed", "n.okafor"),
    "account": ("/account", "t.ashby"),
    "account-password": ("/account/password", "t.ashby"),
    "second-step": ("/account/second-step", "t.ashby"),
    "break-glass": ("/staff/break-glass", "n.okafor"),
    "invitation-over": ("/invitation/used", ""),
    "start": ("/", "g.hall"),
    "not-found": ("/nothing-here", "g.hall"),
}


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_names_its_controls_and_has_one_title(
    open_page: Callable[..., Page],
    lesson: Callable[[], None],
    shoot: Callable[[Page, str], None],
    name: str,
    lang: str,
):
    path, who = PAGES[name]
    page = open_page(path, who, lang=lang)
    if name == "lab":
        lesson()
        page.wait_for_selector("#seats .state.help")
    faults = held(page, shoot, f"{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")
