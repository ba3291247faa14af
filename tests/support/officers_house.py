"""A school where officers make keys in their browsers: three officers, a governor, and reports to open."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from server import accounts
from server.state import ServerState
from tests.support import school
from tests.support.browsing import WAIT_MS, sign_in

OFFICERS = {"d.bell": ("Daniel Bell", frozenset({"safeguarding"}), (), "en")}


def make(folder: Path) -> ServerState:
    """Return the invented school with a deputy; nobody has a key yet."""
    house = school.make_house(folder, hosts=("127.0.0.1",))
    with house.db.write() as connection:
        for name, (shown, roles, rooms, language) in OFFICERS.items():
            accounts.add_staff(
                connection, name=name, display_name=shown, roles=roles, rooms=rooms,
                password=school.PASSWORD, language=language, now=datetime.now(UTC),
            )  # fmt: skip
    return house


class Adult:
    """Somebody with a browser of their own, signed in."""

    def __init__(self, browser: Browser, address: str, name: str, **context: Any) -> None:
        shown = context.pop("viewport", {"width": 1280, "height": 900})
        self.context: BrowserContext = browser.new_context(
            ignore_https_errors=True, viewport=shown, reduced_motion="reduce", **context
        )
        self.context.add_cookies([{"name": "gatepost_language", "value": "en", "url": address}])
        self.page: Page = self.context.new_page()
        self.address = address
        self.passphrase = ""
        self.sheet = ""
        self.faults: list[str] = []
        self.page.on("pageerror", lambda problem: self.faults.append(str(problem)))
        self.page.on("console", self._hear)
        self.page.on("response", self._check)
        sign_in(self.page, address, name)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.faults.append(said.text)

    def _check(self, got: Response) -> None:
        """Note a failed answer; 409 is a rule that said no, which a page has to say in words."""
        if got.status >= 400 and got.status != 409:
            self.faults.append(f"{got.status} {got.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def make_key(self, *, with_sheet: bool = False) -> str:
        """Go through the ceremony as a person does; gives the fingerprint to be read by voice."""
        page = self.go("/reports/keys")
        page.get_by_role("button", name="Make my key").click(timeout=WAIT_MS)
        return self.finish_key(with_sheet=with_sheet)

    def finish_key(self, *, with_sheet: bool = False) -> str:
        page = self.page
        self.passphrase = page.locator("#made").inner_text(timeout=WAIT_MS)
        page.get_by_role("button", name="I have written it down").click()
        page.fill("#typed", self.passphrase.lower().replace("-", " "))
        page.get_by_role("button", name="Check it").click()
        if with_sheet:
            self.sheet = " ".join(page.locator(".groups li").all_inner_texts())
            page.get_by_role("button", name="I have it on paper").click()
            page.fill("#typed", self.sheet.lower())
            page.get_by_role("button", name="Check the sheet").click()
        expect(page.get_by_role("heading", name="Your key is made")).to_be_visible(timeout=WAIT_MS)
        fingerprint = page.locator(".secret").inner_text()
        page.get_by_role("button", name="Go on").click()
        return fingerprint

    def open_key(self, label: str = "Open for one hour", box: str = "#passphrase") -> None:
        self.page.fill(box, self.passphrase)
        self.page.get_by_role("button", name=label).click()

    def close(self) -> None:
        self.context.close()


def sign_list(head: Adult, places: dict[str, str]) -> None:
    """Let the head compare everybody's letters and sign the list; `places` names deputies and others."""
    page = head.go("/reports/keys")
    page.wait_for_selector("#sign-says", timeout=WAIT_MS)  # `all` below waits for nothing
    for box in page.get_by_label("read me these letters by voice").all():
        box.check()
    for name, place in places.items():
        page.get_by_label(f"{name} is on the list as").select_option(place)
    page.get_by_role("button", name="Sign the list").click()
    head.open_key("Open my key and sign", "#sign-passphrase")
    done = "The list is signed. Laptops take it with their next policy."
    expect(page.locator("#says")).to_have_text(done, timeout=WAIT_MS)


def decoded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the list that the server publishes."""
    found: dict[str, Any] = json.loads(base64.b64decode(answer["list"]))
    return found
