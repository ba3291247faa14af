"""Every page at three widths, light and dark, in both languages: axe finds nothing, nothing sticks out."""

from collections.abc import Callable
from importlib import resources
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.support import media_school, school

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
    "start": ("/", "g.hall"),
    "not-found": ("/nothing-here", "g.hall"),
}
UNNAMED = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
  .filter((it) => it.offsetParent !== null && !it.hidden)
  .filter((it) => !(it.textContent.trim() || it.getAttribute('aria-label') ||
                    (it.labels && it.labels.length && it.labels[0].textContent.trim())))
  .map((it) => it.outerHTML)"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, .btn, select, input:not([type=hidden])')]
  .filter((it) => it.offsetParent !== null && !it.closest('.choice, .pick') && !it.classList.contains('slim'))
  .filter((it) => it.getBoundingClientRect().height < 39.5)
  .map((it) => it.outerHTML)"""
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
AXE_FINDINGS = """() => axe.run().then((found) => found.violations.map(
  (it) => [it.id, it.nodes.map((node) => node.html.slice(0, 200))]))"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3')].map((it) => Number(it.tagName[1]))"""


VARIANTS = ((1280, "light"), (1280, "dark"), (640, "dark"), (360, "light"))


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
        page.wait_for_selector(".seat .state.help")
    page.evaluate(AXE)
    faults: dict[str, object] = {}
    for width, theme in VARIANTS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        shoot(page, f"{name}-{lang}-{width}-{theme}")
        for fault, found in (
            ("axe", page.evaluate(AXE_FINDINGS)),
            ("sideways", max(0, page.evaluate("document.documentElement.scrollWidth") - width)),
            ("unnamed", page.evaluate(UNNAMED)),
            ("small", page.evaluate(SMALL_TARGETS)),
        ):
            if found:
                faults[f"{fault} {width} {theme}"] = found
    levels = page.evaluate(HEADINGS)

    assert {} == faults
    assert 1 == levels.count(1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert lang == page.get_attribute("html", "lang")
