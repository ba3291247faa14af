"""The demo's officers make their keys as people do: on the real pages, each in a browser window of their own.

What they would write on paper, passphrases and the recovery sheet, is kept with the demo's other invented
passwords and shown to whoever tries it. No real school's keys are ever made here.
"""

import json
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Error, Page

from installer import processes
from installer.school import School, SignIn

WAIT_SECONDS = 30


class Officer(NamedTuple):
    """One adult who holds a key, with what stands on their paper."""

    username: str
    name: str
    place: str
    """lead, deputy, head or alternate: on the signed list."""
    passphrase: str
    sheet: str
    """The 14 groups of the recovery sheet; only whoever made the school's key has them."""


def decide_places(sign_ins: list[SignIn]) -> dict[str, str]:
    """Return by sign-in name who stands where on the list; the first safeguarding lead is the lead. Pure."""
    places: dict[str, str] = {}
    for adult in sign_ins:
        if "safeguarding" in adult.roles:
            places[adult.username] = "deputy" if "lead" in places.values() else "lead"
        elif "head" in adult.roles:
            places[adult.username] = "head"
        elif "governor" in adult.roles:
            places[adult.username] = "alternate"
    return places


def made(school: School) -> list[Officer]:
    """Return the officers whose keys were made before; empty if none were."""
    path = school.folder / "officers.json"
    if not path.exists():
        return []
    return [Officer(**each) for each in json.loads(path.read_text())]


def make(school: School, browser: Browser, **context: object) -> list[Officer]:
    """Let every officer make a key, the head the school's key and the sheet; sign the list; switch on."""
    places = decide_places(school.sign_ins())
    # The head first: the school's key is made in the head's browser.
    order = sorted(school.sign_ins(), key=lambda adult: places.get(adult.username) != "head")
    found: list[Officer] = []
    for adult in order:
        if adult.username not in places:
            continue
        with_sheet = not found
        with browser.new_context(**context) as window:  # type: ignore[arg-type]
            page = sign_in(window, school, adult)
            passphrase, sheet = _make_key(page, school, with_sheet=with_sheet)
        found.append(Officer(adult.username, adult.name, places[adult.username], passphrase, sheet))
    with browser.new_context(**context) as window:  # type: ignore[arg-type]
        head = next(adult for adult in order if adult.username == found[0].username)
        page = sign_in(window, school, head)
        _sign_list(page, school, found)
        page.goto(f"{school.address}/reporting")
        page.locator("form[action='/reporting/switch'] button.main").click()
        page.locator("form[action='/reporting/switch'] button.stop").wait_for(state="attached")
    path = school.folder / "officers.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps([officer._asdict() for officer in found], indent=2))
    return found


def sign_in(window: BrowserContext, school: School, adult: SignIn) -> Page:
    """Return a page of this adult, signed in."""
    page = window.new_page()
    page.set_default_timeout(WAIT_SECONDS * 1000)
    page.goto(f"{school.address}/sign-in")
    page.locator("#name").fill(adult.username)
    page.locator("#password").fill(adult.password)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def _open(page: Page, address: str) -> None:
    """Go there. Whoever has just signed in may be on the way there already, and that comes first."""
    try:
        page.goto(address)
    except Error:
        page.wait_for_url(address)


def _make_key(page: Page, school: School, *, with_sheet: bool) -> tuple[str, str]:
    """Go through the ceremony; return passphrase and sheet."""
    _open(page, f"{school.address}/reports/keys")
    page.locator("#view button.main").first.click()
    passphrase = page.locator("#made").inner_text()
    page.locator("#ceremony button.main").click()
    page.locator("#typed").fill(passphrase)
    page.locator("#ceremony form button.main").click()
    sheet = ""
    if with_sheet:
        page.locator("#sheet").wait_for()
        sheet = " ".join(page.locator("#sheet .groups li").all_inner_texts())
        page.locator("#ceremony button.main").click()
        page.locator("#typed").fill(sheet)
        page.locator("#ceremony form button.main").click()
    page.locator("#ceremony .note.ok").wait_for()
    page.locator("#ceremony button.main").click()
    page.locator("#title").wait_for()
    return passphrase, sheet


def _sign_list(page: Page, school: School, found: list[Officer]) -> None:
    """Tick that everybody's letters were compared, say who stands where, and sign with the school's key."""
    _open(page, f"{school.address}/reports/keys")
    page.locator(".officers > li").nth(len(found) - 1).wait_for()
    for officer in found:
        line = page.locator(".officers > li", has_text=officer.name)
        for box in line.locator("input[type=checkbox]").all():
            box.check()
        line.locator("select").select_option(officer.place)
    page.locator("button[aria-describedby=sign-says]").click()
    page.locator("#sign-passphrase").fill(found[0].passphrase)
    page.locator("#sign-passphrase").press("Enter")
    processes.wait_for(
        "the list is signed", lambda: school.rows("SELECT seq FROM officers_lists"), WAIT_SECONDS
    )
