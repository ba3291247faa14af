"""Pages about settings at three widths, light and dark, in both languages: axe finds nothing."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support import policy_school, school
from tests.support.browsing import Cookies
from tests.support.looks import held, levels_are_in_order
from tests.support.policy_school import Made
from tests.support.serving import served

pytestmark = pytest.mark.browser
LAB = "where=room:Lab%202"
PAGES: dict[str, tuple[str, str]] = {
    "policies": ("/policies", "n.okafor"),
    "policies-technician": ("/policies", "t.ashby"),
    "history": ("/policies/history", "t.ashby"),
    "revision": ("/policies/revisions/2", "t.ashby"),
    "revision-now": ("/policies/revisions/4", "t.ashby"),
    "setting": (f"/policies/setting?name=lock.idle_after_seconds&{LAB}", "t.ashby"),
    "change-school": ("/policies/change", "t.ashby"),
    "change-room": (f"/policies/change?{LAB}", "t.ashby"),
    "change-mornings": (f"/policies/change?{LAB}&tier=teen&day=mon&starts=08:00&ends=12:00", "t.ashby"),
    "school": ("/policies/school", "t.ashby"),
    "bring": ("/policies/files/bring", "t.ashby"),
    "proposal-waiting-own": ("/policies/proposals/{waiting}", "t.ashby"),
    "proposal-waiting": ("/policies/proposals/{waiting}", "n.okafor"),
    "proposal-ready": ("/policies/proposals/{ready}", "t.ashby"),
    "proposal-outdated": ("/policies/proposals/{outdated}", "t.ashby"),
    "proposal-clash": ("/policies/proposals/{clash}", "t.ashby"),
    "proposal-refused": ("/policies/proposals/{refused}", "t.ashby"),
    "proposal-applied": ("/policies/proposals/{applied}", "r.carver"),
    "rollout": ("/policies/rollouts/{rollout}", "t.ashby"),
    "laptop": (f"/devices/{school.LAPTOPS['L-003']}/settings", "t.ashby"),
    "review": ("/policies/review", "g.hall"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Made]]:
    house, numbers = policy_school.make(tmp_path_factory.mktemp("policies"), hosts=("127.0.0.1",))
    with served(house) as address:
        yield address, numbers


@pytest.fixture(scope="module")
def signed(browser: Browser, made: tuple[str, Made]) -> Cookies:
    return Cookies(browser, made[0])


@pytest.fixture
def open_here(browser: Browser, made: tuple[str, Made], signed: Cookies) -> Iterator[Callable[..., Page]]:
    """Open a page of this school as one of the cast."""
    contexts = []

    def open_it(path: str, who: str, lang: str = "en", *, scripts: bool = True) -> Page:
        address, numbers = made
        context = browser.new_context(
            ignore_https_errors=True,
            locale="tr-TR" if lang == "tr" else "en-GB",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        language = {"name": "gatepost_language", "value": lang, "url": address}
        context.add_cookies([*signed(who), language])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(address + path.format(**vars(numbers)))
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_settings_fits_and_names_its_controls(
    open_here: Callable[..., Page], shoot: Callable[[Page, str], None], name: str, lang: str
):
    path, who = PAGES[name]
    page = open_here(path, who, lang)
    faults = held(page, shoot, f"policy-{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")
