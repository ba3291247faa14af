"""The pages of the media desk and the app register at every width, light and dark, in both languages."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page

from server.state import ServerState
from tests.support import desk_school
from tests.support.looks import held, levels_are_in_order

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, str]] = {
    "media-found": ("/media/found", "t.ashby"),
    "media-narrowed": ("/media/history?what=harmful&from=2026-01-01&room=Lab+2", "t.ashby"),
    "media-nothing": ("/media/history?q=nothing-is-like-that", "j.reed"),
    "media-standing": (f"/media/standing/new?serial={desk_school.ADA_STICK}", "t.ashby"),
    "media-standing-begin": ("/media/standing/new", "t.ashby"),
    "media-standing-unseen": ("/media/standing/new?serial=unseen", "t.ashby"),
    "media-list": ("/media/standing/list", "t.ashby"),
    "media-approvals-head": ("/media/approvals", "n.okafor"),
    "media-approvals-full": ("/media/approvals", "t.ashby"),
    "apps": ("/apps", "t.ashby"),
    "apps-teacher": ("/apps", "l.demir"),
    "apps-found": ("/apps?q=tux", "n.okafor"),
    "app": ("/apps/1", "t.ashby"),
    "app-hostile": ("/apps/4", "n.okafor"),
    "app-read": ("/apps/2", "l.demir"),
    "app-new": ("/apps/new?app=StrangeGame&program=game.x86_64", "t.ashby"),
    "apps-list": ("/apps/list", "n.okafor"),
}


@pytest.fixture(scope="module")
def desk(house: ServerState) -> None:
    """Fill the school once."""
    desk_school.fill(house)


def hold_against_everything(page: Page, name: str, shoot: Callable[[Page, str], None]) -> None:
    faults = held(page, shoot, name)

    assert {} == faults
    assert levels_are_in_order(page)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_desk_fits_and_names_its_controls(
    desk: None,
    open_page: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    name: str,
    lang: str,
):
    path, who = PAGES[name]
    page = open_page(path, who, lang=lang)

    assert lang == page.get_attribute("html", "lang")
    hold_against_everything(page, f"desk-{name}-{lang}", shoot)


@pytest.mark.parametrize(
    ("kind", "path", "content"),
    [
        ("sticks-wrong", "/media/standing/list", "serial,until\nx,2020-01-01\n,2027-01-01\n"),
        ("sticks-right", "/media/standing/list", f"serial,until,person\n{desk_school.ADA_STICK},DAY,p1\n"),
        ("sticks-none", "/media/standing/list", "not,a,list\n"),
        ("apps-wrong", "/apps/list", "name,names,decision\nGood,good,open\n,x,open\nOdd,o,perhaps\n"),
        ("apps-right", "/apps/list", "name,names,decision\nGood,good,open\n"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "tr"])
def test_what_a_list_would_do_is_told(
    desk: None,
    open_page: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    kind: str,
    path: str,
    content: str,
    lang: str,
):

    content = content.replace("DAY", (date.today() + timedelta(days=30)).isoformat())
    page = open_page(path, "t.ashby", lang=lang)
    page.set_input_files("#list", {"name": "list.csv", "mimeType": "text/csv", "buffer": content.encode()})
    page.locator("form:has(#list) button").click()
    page.wait_for_selector("main [role=status], main [role=alert]")

    hold_against_everything(page, f"desk-{kind}-{lang}", shoot)
