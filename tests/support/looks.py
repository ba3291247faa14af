"""What every page is held against: axe, named controls, targets, nothing sideways, headings in order."""

from collections.abc import Callable
from importlib import resources
from itertools import pairwise

from playwright.sync_api import Page

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
BEGIN_AXE = """() => {
  window.axeFound = null;
  axe.run().then((found) => {
    window.axeFound = found.violations.map((it) => [it.id, it.nodes.map((node) => node.html.slice(0, 200))]);
  });
}"""
AXE_MS = 90_000
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3')].map((it) => Number(it.tagName[1]))"""


VARIANTS = ((1280, "light"), (1280, "dark"), (640, "dark"), (360, "light"))
WITH_AXE = {"en": ((1280, "light"), (640, "dark")), "tr": ((1280, "dark"), (360, "light"))}
"""axe takes most of the time and does not read: each variant is put before it in one of the two languages."""


def axe_findings(page: Page) -> object:
    """Return what axe finds; TimeoutError where a page no longer answers (`evaluate` would wait for ever)."""
    page.evaluate(BEGIN_AXE)
    page.wait_for_function("() => window.axeFound !== null", timeout=AXE_MS)
    return page.evaluate("() => window.axeFound")


def faults_of(page: Page, width: int, *, axe: bool = True) -> dict[str, object]:
    """Return what is wrong with a page as it stands, by kind; axe has to be loaded (`page.evaluate(AXE)`)."""
    found: dict[str, object] = {
        "axe": axe_findings(page) if axe else [],
        "sideways": max(0, page.evaluate("document.documentElement.scrollWidth") - width),
        "unnamed": page.evaluate(UNNAMED),
        "small": page.evaluate(SMALL_TARGETS),
    }
    return {kind: fault for kind, fault in found.items() if fault}


def held(
    page: Page,
    shoot: Callable[[Page, str], None] = lambda _page, _name: None,
    name: str = "",
    *,
    in_one_language: bool = False,
) -> dict[str, object]:
    """
    Return what is wrong with a page at every width and theme; pictures are kept under this name.

    `in_one_language`: the page is held up in no other, so axe looks at every variant here.
    """
    page.wait_for_load_state()  # a link that was followed last may still be on its way
    page.evaluate(AXE)
    language = page.get_attribute("html", "lang") or ""
    faults: dict[str, object] = {}
    for width, theme in VARIANTS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        shoot(page, f"{name}-{width}-{theme}")
        axe = in_one_language or (width, theme) in WITH_AXE[language]
        found = faults_of(page, width, axe=axe)
        faults |= {f"{kind} {width} {theme}": fault for kind, fault in found.items()}
    return faults


def levels_are_in_order(page: Page) -> bool:
    """Say whether there is one title and no heading skips a level."""
    levels = page.evaluate(HEADINGS)
    return levels.count(1) == 1 and all(after - before <= 1 for before, after in pairwise(levels))
