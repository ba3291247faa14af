"""A member of staff in a real browser."""

from playwright.sync_api import Browser, Page

from tests.support import school

WAIT_MS = 60_000
"""For what comes within a second on a machine that is not busy: only a fault lasts so long."""


def sign_in(page: Page, address: str, name: str) -> None:
    """Sign this adult in at the school's server; the page they are led to stands there afterwards."""
    page.goto(f"{address}/sign-in")
    page.fill("#name", name)
    page.fill("#password", school.PASSWORD)
    page.click("button.main")
    page.wait_for_url(lambda url: "/sign-in" not in url)


class Cookies:
    """Each adult's cookies, from one signing in: many wrong doors later they are still signed in."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._kept: dict[str, list[dict[str, object]]] = {}

    def __call__(self, name: str) -> list[dict[str, object]]:
        """Return the cookies of this adult."""
        if name not in self._kept:
            page = self._browser.new_page(ignore_https_errors=True)
            sign_in(page, self._address, name)
            self._kept[name] = [dict(cookie) for cookie in page.context.cookies()]
            page.context.close()
        return self._kept[name]
