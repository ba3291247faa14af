"""The officers' pages with a key open: three widths, light and dark, both languages; axe finds nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import real_records
from tests.support.case_school import CaseSchool, make_case_school
from tests.support.looks import held, levels_are_in_order
from tests.support.officers_house import WAIT_MS, Adult
from tests.support.serving import served

pytestmark = pytest.mark.browser
HOSTILE = "\u202e" + "A" * 300 + " שלום <b>x</b> " + "ğ" * 120
PAGES = ("keys", "locked", "inbox", "new", "case", "print", "write", "sealed")


@pytest.fixture(scope="module")
def served_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CaseSchool, str]]:
    """One school for all looks: cases of every kind, one of them worked on."""
    school = make_case_school(tmp_path_factory.mktemp("looks") / "data")
    real_records.give_records(school)
    now = datetime.now(UTC)
    for words, more in (
        (
            "They made a group about Mia.",
            {"harms": ("bullying",), "addresses": ("https://a.invalid/" + "x" * 300,)},
        ),
        ("Someone wants to meet me.", {"harms": ("contact",), "urgency": "danger"}),
        (HOSTILE, {"harms": ("sexual-image",), "talk_to": HOSTILE[:100], "naming": "unnamed"}),
    ):
        school.send(words, at=now - timedelta(minutes=40), **more)
    with served(school.house) as url:
        yield school, url


@pytest.fixture(scope="module")
def lead(browser: Browser, served_school: tuple[CaseSchool, str]) -> Iterator[Adult]:
    one = Adult(browser, served_school[1], "r.carver")
    one.passphrase = real_records.PASSPHRASE
    yield one
    one.close()
    assert [] == one.faults


def show(lead: Adult, name: str) -> Page:
    """Bring the lead to a page; the heading says that it is there."""
    page = lead.page
    if name in ("keys", "locked", "write"):
        lead.go({"keys": "/reports/keys", "locked": "/reports", "write": "/reports/write"}[name])
        ready = {"keys": "table", "locked": "#passphrase", "write": "#who-reads p"}[name]
        page.wait_for_selector(ready, timeout=WAIT_MS)
        return page
    lead.go("/reports")
    page.fill("#passphrase", lead.passphrase)
    page.keyboard.press("Enter")
    page.wait_for_selector("#q-tag", timeout=WAIT_MS)
    expect(page.locator("#passphrase")).to_have_count(0, timeout=WAIT_MS)
    if name == "inbox":
        return page
    number = {"new": "-003", "sealed": "-003"}.get(name, "-001")
    page.locator("#cases a", has_text=number).first.click()
    page.wait_for_selector("#note", timeout=WAIT_MS)
    if name == "sealed":
        page.reload()
        page.wait_for_selector("#passphrase", timeout=WAIT_MS)
    if name in ("case", "print"):
        for act in ("act-close", "act-custody", "act-imagery"):
            page.locator(f"#{act} > summary").click()
    if name == "print":
        page.locator("#case-head a.btn").click()
        page.wait_for_selector("#paper", timeout=WAIT_MS)
    return page


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_an_officer_s_page_fits_and_names_its_controls(lead: Adult, shoot, name: str, lang: str):  # type: ignore[no-untyped-def]
    lead.context.add_cookies([{"name": "gatepost_language", "value": lang, "url": lead.address}])
    page = show(lead, name)
    faults = held(page, shoot, f"reports-{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")
