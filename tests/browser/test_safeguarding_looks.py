"""Pages of governors and all staff: axe finds nothing at three widths, light and dark; the pack on paper."""

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from server.case_tables import cases
from server.state import ServerState
from server.tables import people
from tests.support import doors_school
from tests.support.browsing import Cookies
from tests.support.case_school import CaseSchool
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, str]] = {
    "governors": ("/governors", "g.frost"),
    "governors-lead": ("/governors", "r.carver"),
    "governors-pack": ("/governors/pack", "g.frost"),
    "governors-exact": ("/governors/exact", "r.carver"),
    "concerns": ("/concerns", "l.demir"),
    "complaints": ("/complaints", ""),
    "problems": ("/problems", "t.ashby"),
    "reporting": ("/reporting", "n.okafor"),
    "oversight-cases": ("/oversight", "n.okafor"),
    "device-evidence": ("/devices/{device}", "t.ashby"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CaseSchool:
    """A year with reports in it, and a laptop kept for evidence."""
    here = doors_school.make(tmp_path_factory.mktemp("looks"), hosts=("127.0.0.1",))
    before = datetime.now(UTC) - timedelta(days=62)
    for number in range(40):
        here.send(f"Report {number}", harms=(("contact",), ("conduct",), ("content",))[number % 3])
    with here.house.db.write() as connection:
        connection.execute(
            update(cases).values(
                opened_at=before, acknowledged_at=before + timedelta(minutes=9), year="8B", harm="bullying"
            )
        )
    doors_school.keep_for_evidence(here)
    return here


@pytest.fixture(scope="module")
def house(made: CaseSchool) -> ServerState:
    return made.house


@pytest.fixture(scope="module")
def address(house: ServerState) -> Iterator[str]:
    with served(house) as url:
        yield url


@pytest.fixture(scope="module")
def cookies(browser: Browser, address: str) -> Callable[[str], list[dict[str, object]]]:
    return Cookies(browser, address)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_names_its_controls_and_has_one_title(
    open_page: Callable[..., Page], shoot: Callable[[Page, str], None], made: CaseSchool, name: str, lang: str
):
    path, who = PAGES[name]
    page = open_page(path.format(device=made.laptop.device), who, lang=lang)
    faults = held(page, shoot, f"{name}-{lang}")

    assert {} == faults
    assert levels_are_in_order(page)
    assert lang == page.get_attribute("html", "lang")


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_the_pack_goes_on_paper_with_its_figures_and_nobody_s_name(
    open_page: Callable[..., Page], made: CaseSchool, tmp_path: Path, lang: str
):
    page = open_page("/governors/pack", "g.frost", lang=lang)
    target = tmp_path / "pack.pdf"
    page.pdf(path=target, prefer_css_page_size=True, print_background=True)
    done = subprocess.run(["pdftotext", "-layout", target, "-"], capture_output=True, text=True, check=True)
    text = done.stdout
    measured, entered = ("Measured", "Entered by hand") if lang == "en" else ("Ölçüldü", "Elle girildi")
    with made.house.db.read() as connection:
        names = [row.display_name for row in connection.execute(people.select())]
        numbers = [f"{row.opened_year}-{row.serial:03}" for row in connection.execute(cases.select())]

    assert 2 <= len(text.split("\f")) - 1 <= 6
    assert text.count(measured) >= 5
    assert text.count(entered) >= 2
    assert not [name for name in [*names, *numbers, made.laptop.device] if name in text]
    assert not re.search(r"(?:  )[1-4](?= *$|   )", text, re.M), "a small count stands in a table"
