"""Keys as people make them: head, lead and deputy in three browsers, a list, a lost passphrase, a leaver."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from policies import officers as lists
from server import officer_lists
from server.state import ServerState
from tests.support import officers_house
from tests.support.officers_house import WAIT_MS, Adult, sign_list
from tests.support.serving import served

pytestmark = [pytest.mark.browser]


@pytest.fixture
def house(tmp_path) -> ServerState:  # type: ignore[no-untyped-def]
    return officers_house.make(tmp_path)


@pytest.fixture
def address(house: ServerState) -> Iterator[str]:
    with served(house) as url:
        yield url


def test_three_officers_make_keys_and_the_head_signs_the_list(
    browser: Browser, address: str, house: ServerState
):
    head, lead, deputy = (Adult(browser, address, name) for name in ("n.okafor", "r.carver", "d.bell"))
    page = head.go("/reports/keys")
    expect(page.get_by_role("heading", name="Reporting is not on yet")).to_be_visible(timeout=WAIT_MS)
    head.make_key(with_sheet=True)
    prints = [lead.make_key(), deputy.make_key()]
    page = head.go("/reports/keys")
    for fingerprint in prints:
        expect(page.locator(".officers")).to_contain_text(fingerprint, timeout=WAIT_MS)
    expect(page.locator("#sign-says")).to_contain_text("compared by voice")
    sign_list(head, {"Daniel Bell": "deputy"})
    with house.db.read() as connection:
        newest = officer_lists.newest(connection)

    assert newest is not None
    assert 1 == lists.read_officers(newest.signed).seq
    places = {one.name: one.role for one in newest.listed.officers}
    assert places == {
        "Ruth Carver": "lead",
        "Daniel Bell": "deputy",
        "Neil Okafor": "head",
        "Recovery sheet": "recovery",
    }
    expect(page.get_by_role("heading", name="Everything is there.")).to_be_visible(timeout=WAIT_MS)
    assert [] == [*head.faults, *lead.faults, *deputy.faults]
