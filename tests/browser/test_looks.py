"""Every page at three widths, light and dark, in both languages: nothing sticks out, nothing is unnamed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support import school

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
    "register": ("/agreements", "n.okafor"),
    "register-due": ("/agreements?answer=due", "n.okafor"),
    "register-print": ("/agreements/print", "n.okafor"),
    "oversight": ("/oversight", "n.okafor"),
    "staff": ("/staff", "n.okafor"),
    "staff-one": ("/staff/j.reed", "n.okafor"),
    "start": ("/", "g.hall"),
    "not-found": ("/nothing-here", "g.hall"),
}
UNNAMED = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
  .filter((it) => it.offsetParent !== null && !it.hidden)
  .filter((it) => !(it.textContent.trim() || it.getAttribute('aria-label') ||
                    (it.labels && it.labels.length && it.labels[0].textContent.trim())))
  .map((it) => it.outerHTML)"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, .btn, select, input:not([type=hidden]), nav li a')]
  .filter((it) => it.offsetParent !== null && !it.closest('.choice') && !it.classList.contains('slim'))
  .filter((it) => it.getBoundingClientRect().height < 39.5)
  .map((it) => it.outerHTML)"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3')].map((it) => Number(it.tagName[1]))"""


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (640, "dark"), (360, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_names_its_controls_and_has_one_title(
    open_page: Callable[..., Page],
    lesson: Callable[[], None],
    shoot: Callable[[Page, str], None],
    name: str,
    width: int,
    theme: str,
    lang: str,
):
    path, who = PAGES[name]
    page = open_page(path, who, width=width, theme=theme, lang=lang)
    if name == "lab":
        lesson()
        page.wait_for_selector(".seat .state.help")
    shoot(page, f"{name}-{lang}-{width}-{theme}")
    levels = page.evaluate(HEADINGS)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == page.evaluate(UNNAMED)
    assert [] == page.evaluate(SMALL_TARGETS)
    assert 1 == levels.count(1)
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert lang == page.get_attribute("html", "lang")
