"""The pages about laptops: the list, one laptop, coverage, and who opens them."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from server import coverage, groups, loans
from server.state import ServerState
from server.web.device_labels import LABELS
from server.web.device_view import KINDS
from tests.benchmarks import device_list as many
from tests.support import device_school, school
from tests.support.device_pages import (
    L1,
    L2,
    L3,
    L9,
    L10,
    L11,
    Open,
    listed,
    send,
    texts,
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [L11, L1, L2, L3, L9, L10]),
        ("q=l-00", [L1, L2, L3, L9]),
        ("q=BR13-40218", [L2]),
        ("room=Lab+1", [L11]),
        ("group=pilot", [L1, L2]),
        ("site=Upper+school", [L1, L2, L3, L9, L10]),
        ("state=overdue", [L9]),
        ("state=test-failed", [L3]),
        ("state=silent", [L11]),
        ("state=never", [L10]),
        ("sort=name&down=1", [L10, L9, L3, L2, L1, L11]),
        ("sort=seen", [L10, L11, L9]),
        ("page=99", [L11, L1, L2, L3, L9, L10]),
        ("page=x&sort=nothing&state=&room=", [L11, L1, L2, L3, L9, L10]),
        ("q=%00%ff", []),
    ],
)
def test_the_list_is_narrowed_and_ordered_by_its_address(opened: Open, query: str, found: list[str]):
    assert found == listed(opened("t.ashby").get(f"/devices?{query}").text)[: len(found) or None]


def test_a_long_list_comes_in_pages_that_keep_its_filters(laptops_house: ServerState, opened: Open):
    many.fill(laptops_house, 250)
    client = opened("t.ashby")
    first = client.get("/devices?group=pilot&q=L-0&sort=name").text
    page = client.get("/devices?sort=name&page=2").text

    assert 27 == len(listed(first))
    assert 100 == len(listed(page))
    assert "Page 2 of 3" in page
    assert 'href="/devices?sort=name&amp;page=3"' in page


def test_a_column_is_sorted_by_a_link_and_says_so(opened: Open):
    html = opened("t.ashby").get("/devices?sort=name&q=L").text

    assert '<th scope="col" aria-sort="ascending"><a href="/devices?q=L&amp;sort=name&amp;down=1' in html


def test_the_list_as_a_file_holds_the_found_ones_and_runs_nothing(opened: Open, laptops_house: ServerState):
    with laptops_house.db.write() as connection:
        groups.move_many(connection, [L10], "=1+1", datetime.now(UTC))
    answer = opened("t.ashby").get("/devices/laptops.csv?q=L-0")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))

    assert answer.headers["content-disposition"].startswith("attachment")
    assert [L10, L1, L2, L3, L9] == [row["id"] for row in rows]
    assert "'=1+1" == rows[0]["room"]
    assert ("BR13-40219", "off", "1") == tuple(
        rows[3][key] for key in ("serial", "disk_encryption", "self_test_failed")
    )


def test_r77_disk_encryption_is_reported_on_list_and_page(opened: Open):
    client = opened("t.ashby")
    page = texts(client.get(f"/devices/{L3}").text)
    listed = texts(client.get("/devices?state=healthy").text)

    assert "Disk encryption: Look at it" in listed
    assert "Covered" in listed.split("Last seen", 1)[1], "beside what is not right it is not called healthy"
    assert "Disk encryption Not right The disk is not encrypted." in page


def test_r41_coverage_names_who_is_silent_wrong_never_heard_and_missing(opened: Open):
    html = opened("t.ashby").get("/devices/coverage").text
    parts = {part: texts(body) for part, body in re.findall(r'<section class="stack" id="(\w+)">(.*?)</section>', html, re.S)}  # fmt: skip  # noqa: E501

    assert {"silent", "never", "rejected", "pending", "missing"} == set(parts)
    assert "L-010" in parts["never"]
    assert "L-003" in parts["rejected"]
    assert "unknown field usb" in parts["rejected"]
    assert "L-088" in parts["missing"]
    assert "BR13-40217" not in parts["missing"]


def test_the_missing_ones_as_a_file_run_nothing(opened: Open):
    text = opened("t.ashby").get("/devices/coverage/missing.csv").text

    assert "'=cmd|' /C calc'!A0" in text
    assert not re.search(r"(^|,)[=+@]", text, re.M)


@pytest.mark.parametrize(
    "path", ["/devices/loans/99", "/devices/loans/1/burn", "/devices/self-tests/signed/9"]
)
def test_what_is_not_there_is_not_found(opened: Open, path: str):
    client = opened("t.ashby")
    answer = send(client, path) if path.endswith("burn") else client.get(path)

    assert 404 == answer.status_code


@pytest.mark.parametrize("name", ["l.demir", "r.carver", "g.hall"])
@pytest.mark.parametrize(
    "path", ["/devices/coverage", "/devices/loans/1", "/devices/laptops.csv", f"/devices/{L1}"]
)
def test_nobody_else_opens_a_page_about_laptops(opened: Open, name: str, path: str):
    assert 403 == opened(name).get(path).status_code


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_no_page_holds_a_hostile_name_as_anything_but_text(
    opened: Open, laptops_house: ServerState, lang: str
):
    hostile = school.HOSTILE[:180]
    now = datetime.now(UTC)
    with laptops_house.db.write() as connection:
        connection.exec_driver_sql("UPDATE inventory SET maker = ?, serial = ?", (hostile, hostile))
        connection.exec_driver_sql("UPDATE devices SET hostname = ?", (hostile,))
        groups.add_to_group(connection, [L1], "<script>alert(1)<", now)
        device_school.add_test(connection, L1, {"gate": "failed"}, {"gate": hostile}, now, seq=2)
    client = opened("t.ashby", lang)
    for path in (
        "/devices", f"/devices/{L1}", "/devices/coverage", "/devices/places", "/devices/self-tests",
        "/devices/loans", "/devices/loans/1", "/devices/loans/1/print", f"/devices/loans/new/{L1}",
    ):  # fmt: skip
        html = client.get(path).text

        assert "<script>alert" not in html, path
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", html), path


def test_every_code_has_words():
    assert set(KINDS) == set(LABELS["device-state"])
    assert set(coverage.NEEDS_SOMEBODY) <= set(KINDS)
    assert set(loans.REFUSED) == set(LABELS["loan-refused"])
