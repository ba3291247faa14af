"""One school of officers for each test, and adults who sign in to it with browsers of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server import accounts
from tests.support import real_records
from tests.support.case_school import PASSWORD, CaseSchool, copy_case_school, make_case_school
from tests.support.officers_house import WAIT_MS, Adult
from tests.support.script_page import serving_scripts
from tests.support.serving import served


@pytest.fixture(scope="session")
def officers_template(tmp_path_factory: pytest.TempPathFactory) -> CaseSchool:
    """Four officers with keys that open in browsers, and Edie Moss, who has none yet; closed."""
    made = make_case_school(tmp_path_factory.mktemp("officers") / "data")
    real_records.give_records(made)
    with made.house.db.write() as connection:
        accounts.add_staff(
            connection,
            name="e.moss",
            display_name="Edie Moss",
            roles=frozenset({"safeguarding"}),
            rooms=(),
            password=PASSWORD,
            now=made.now,
        )
    made.house.close()
    return made


@pytest.fixture
def school(officers_template: CaseSchool, tmp_path: Path) -> CaseSchool:
    """A school of one's own; its server closes it."""
    return copy_case_school(officers_template, tmp_path / "cases")


@pytest.fixture
def address(school: CaseSchool) -> Iterator[str]:
    """Where it is served."""
    with served(school.house) as url:
        yield url


@pytest.fixture
def adult(browser: Browser, address: str) -> Iterator[Callable[..., Adult]]:
    """Return a function that signs somebody in; nothing on their pages may have failed at the end."""
    made: list[Adult] = []

    def sign_in(name: str, *, opened: bool = True, path: str = "/reports", **context: Any) -> Adult:
        one = Adult(browser, address, name, **context)
        made.append(one)
        one.passphrase = real_records.PASSPHRASE
        one.go(path)
        if opened:
            one.open_key()
            expect(one.page.get_by_text("Your key is open on this computer")).to_be_visible(timeout=WAIT_MS)
        return one

    yield sign_in
    faults = [fault for one in made for fault in one.faults]
    for one in made:
        one.close()
    assert [] == faults


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A blank page of the scripts' own server, for `script_page.run`."""
    with serving_scripts() as scripts_address:
        context = browser.new_context()
        opened = context.new_page()
        opened.goto(f"{scripts_address}/blank")
        yield opened
        context.close()
