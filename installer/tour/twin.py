"""Where the buttons of a window are: its twin, the same page in a browser of the same size.

The agent's windows are sealed: nothing outside may ask them what they show. So the tour draws the same
page from the same code beside it, asks the twin where a button is, and clicks the real one there. The
twin is clicked too, so that it stays on the same screen of the same language.
"""

from datetime import datetime

from playwright.sync_api import Browser, Page

from agent.link.pages import AnyPage
from agent.window.render import Theme, render
from installer.tour.hands import Hands

END_PAUSE_MS = 400


class Twin:
    """The twin of one window, placed at (x, y) on the laptop's screen."""

    def __init__(
        self, browser: Browser, hands: Hands, page: AnyPage, *, place: tuple[int, int, int, int], bare: bool,
        theme: Theme,
    ) -> None:  # fmt: skip
        self._hands = hands
        self._x, self._y, width, height = place
        self._page: Page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
        )
        self._page.set_content(render(page, datetime.now().astimezone(), bare=bare, theme=theme))

    def click(self, selector: str) -> None:
        """Click the visible element with this selector in the real window, and in the twin."""
        found = self._page.locator(f"[data-block]:not([hidden]) {selector}:visible").first
        found.scroll_into_view_if_needed()
        box = found.bounding_box()
        assert box is not None, selector
        self._hands.click(
            round(self._x + box["x"] + box["width"] / 2), round(self._y + box["y"] + box["height"] / 2)
        )
        found.dispatch_event("click")  # as it stands: also a button that says it is not ready yet

    def has(self, selector: str) -> bool:
        """Say whether such an element is visible now."""
        return self._page.locator(f"[data-block]:not([hidden]) {selector}:visible").count() > 0

    def at_last_screen(self) -> bool:
        """Say whether the page shown is the last one."""
        return bool(
            self._page.evaluate(
                """() => {
                    const here = document.querySelector("[data-block]:not([hidden])");
                    const mine = [...document.querySelectorAll("[data-block]")]
                        .filter(each => each.dataset.language === here.dataset.language);
                    return mine.indexOf(here) === mine.length - 1;
                }"""
            )
        )

    def to_end(self) -> None:
        """Scroll both to the end of the page, where there is more than fits."""
        if self._page.evaluate("document.documentElement.scrollHeight > window.innerHeight + 4"):
            self._hands.keys("End")
            self._page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
            self._page.wait_for_timeout(END_PAUSE_MS)

    def to_screen(self, number: int) -> None:
        """Press the button that leads to another screen of the same window."""
        self.to_end()
        self.click(f"[data-to-screen='{number}']")

    def wait(self, milliseconds: int) -> None:
        """Give the reader's eyes this long."""
        self._page.wait_for_timeout(milliseconds)

    def close(self) -> None:
        """Forget the twin; the real window stays."""
        self._page.close()
