"""The head's queue: whose acceptance waits, who may countersign it, and that nothing is signed twice (R8)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from server import publishing
from server.app import make_app
from server.individual_tables import countersigns
from server.state import ServerState
from tests.support import school
from tests.support.individual_school import Browser, add_acceptance, add_adults

TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
Browse = Callable[[str], Browser]


@pytest.fixture
def here(template: Path, tmp_path: Path) -> Iterator[ServerState]:
    house = school.copy_house(template, tmp_path / "house")
    yield house
    house.close()


@pytest.fixture
def as_(here: ServerState) -> Iterator[Browse]:
    with TestClient(make_app(here), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        yield lambda name: Browser(client, here, name)


@pytest.fixture
def adults(here: ServerState) -> ServerState:
    """Four adults of the list; all but the last have accepted today."""
    with here.db.write() as connection:
        add_adults(connection)
    return here


def keys_in(page: str) -> dict[str, str]:
    """Return the keys that can be ticked, by the name beside each."""
    found = re.findall(r'name="lines"[^>]*value="([^"]+)"[^>]*><span>(?:<bdi[^>]*>)?([^<]+)', page)
    return {name: key for key, name in found}


def test_r8_an_adults_acceptance_is_pending_until_the_head_countersigns(adults: ServerState, as_: Browse):
    head = as_(HEAD)
    page = head.get("/countersign").text
    keys = keys_in(page)
    assert {"Ms Demir", "Tom Ashby"} == set(keys)
    sent = {"lines": list(keys.values())}
    titles = {f"title-{key}": "Class teacher" for key in keys.values()}
    assert 400 == head.post("/countersign", **sent).status_code
    assert 200 == head.post("/countersign", **sent, **titles).status_code

    with adults.db.read() as connection:
        rows = list(connection.execute(countersigns.select()))
    assert {("s2", "head", "Class teacher"), ("s3", "head", "Class teacher")} == {
        (row.person, row.office, row.job_title) for row in rows
    }
    printed = head.get("/countersign/print").text
    assert "Neil Okafor (Head)" in re.sub(r"<[^>]+>", "", printed)
    assert 400 == head.post("/countersign", **sent, **titles).status_code


def test_r8_the_heads_own_is_countersigned_by_the_lead_and_by_nobody_themselves(
    adults: ServerState, as_: Browse
):
    lead = as_(LEAD)
    keys = keys_in(lead.get("/countersign").text)
    assert {"Neil Okafor"} == set(keys)
    (key,) = keys.values()
    own = {"lines": [key], f"title-{key}": "Head teacher"}
    assert 400 == as_(HEAD).post("/countersign", **own).status_code
    assert 200 == as_(LEAD).post("/countersign", **own).status_code

    with adults.db.read() as connection:
        (row,) = connection.execute(countersigns.select())
    assert ("s1", "safeguarding", "Ruth Carver") == (row.person, row.office, row.by_name)


def test_r8_a_new_version_or_year_is_pending_anew_and_an_older_signature_stays(
    adults: ServerState, as_: Browse
):
    head = as_(HEAD)
    keys = keys_in(head.get("/countersign").text)
    head.post("/countersign", lines=[keys["Ms Demir"]], **{f"title-{keys['Ms Demir']}": "Teacher"})
    with adults.db.write() as connection:
        add_acceptance(connection, "demir", "s2", 9100)

    page = head.get("/countersign").text
    assert "Ms Demir" in keys_in(page)
    assert 'value="Teacher"' in page


def test_r8_where_the_policy_asks_for_it_the_heads_pages_say_how_many_wait(adults: ServerState, as_: Browse):
    now = datetime.now(UTC)
    with adults.db.write() as connection:
        published = publishing.current(connection)
        assert published is not None
        changed = msgspec.structs.replace(
            published.body.settings,
            agreement=msgspec.structs.replace(published.body.settings.agreement, staff_countersigned=True),
        )
        publishing.publish(
            connection, school=published.body.school, settings=changed,
            tiers=tuple(each.tier for each in published.body.agreements), profile=published.profile,
            by="test", now=now,
        )  # fmt: skip

    assert '<span class="num"> (2)</span>' in as_(HEAD).get("/agreements").text
    assert '<span class="num"> (1)</span>' in as_(LEAD).get("/agreements").text


@pytest.mark.parametrize("key", ["", "x", "00:vital:99", "a:b:c", "00:vital:" + "9" * 30])
def test_r8_a_key_that_is_none_signs_nothing(adults: ServerState, as_: Browse, key: str):
    assert 400 == as_(HEAD).post("/countersign", lines=[key], **{f"title-{key}": "Teacher"}).status_code
