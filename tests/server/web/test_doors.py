"""Every page × everybody: who may open what, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from server.web import doors
from tests.support import media_school, school

L1, OTHER = school.LAPTOPS["L-001"], school.LAPTOPS["L-011"]
TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
STAFF = {TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD}
ALLOWED: dict[str, set[str]] = {
    "/lab": {TEACHER, OTHER_TEACHER},
    "/lab/Lab 2": {TEACHER},
    "/lab/Lab 1": {OTHER_TEACHER},
    "/lab/Nowhere": set(),
    "/devices": {TECHNICIAN, HEAD},
    "/devices/enrol": {TECHNICIAN, HEAD},
    f"/devices/{L1}": {TECHNICIAN, HEAD},
    f"/devices/{OTHER}": {TECHNICIAN, HEAD},
    f"/devices/{L1}/retire": {TECHNICIAN, HEAD},
    "/media": {TEACHER, OTHER_TEACHER, TECHNICIAN, HEAD},
    "/media/approvals": {TEACHER, OTHER_TEACHER, TECHNICIAN, HEAD},
    "/media/history": {TEACHER, OTHER_TEACHER, TECHNICIAN, HEAD},
    f"/media/request/{L1}/{media_school.ADA}": {TEACHER, TECHNICIAN, HEAD},
    f"/media/request/{OTHER}/{media_school.ZOE}": {OTHER_TEACHER, TECHNICIAN, HEAD},
    "/agreements": STAFF,
    "/agreements/print": STAFF,
    "/agreements/register.csv": STAFF,
    "/oversight": {LEAD, HEAD},
    "/staff": {TECHNICIAN, HEAD},
    "/staff/j.reed": {TECHNICIAN, HEAD},
    "/staff/t.ashby": {HEAD},
    "/staff/r.carver": {HEAD},
    "/staff/n.okafor": set(),
}
"""Written by hand, not read from the code: two tables have to agree."""
CHANGES = {
    "/lab/Lab 2/close": {TEACHER},
    f"/help/{L1}/{school.login_id(1)}/went": {TEACHER, OTHER_TEACHER, LEAD, HEAD},
    f"/devices/{L1}/retire": {TECHNICIAN, HEAD},
    "/devices/enrol": {TECHNICIAN, HEAD},
    "/devices/enrol/999/withdraw": {TECHNICIAN, HEAD},
    f"/media/request/{L1}/{media_school.ADA}/allow": {TEACHER, TECHNICIAN, HEAD},
    f"/media/request/{L1}/{media_school.ADA}/deny": {TEACHER, TECHNICIAN, HEAD},
    "/media/approvals/0000000000000000/head": {TEACHER, OTHER_TEACHER, TECHNICIAN, HEAD},
    "/media/approvals/0000000000000000/revoke": {TEACHER, OTHER_TEACHER, TECHNICIAN, HEAD},
    f"/media/found/{L1}/1/seen": {TEACHER, TECHNICIAN, HEAD},
    "/staff": {TECHNICIAN, HEAD},
    "/staff/j.reed": {TECHNICIAN, HEAD},
    "/staff/j.reed/password": {TECHNICIAN, HEAD},
    "/staff/j.reed/remove": {TECHNICIAN, HEAD},
    "/staff/r.carver/password": {HEAD},
    "/staff/r.carver/remove": {HEAD},
}


@pytest.mark.parametrize("name", [*school.CAST, ""])
@pytest.mark.parametrize("path", ALLOWED)
def test_a_page_opens_to_whom_the_table_says(as_name: Callable[..., TestClient[Any]], path: str, name: str):
    answer = as_name(name).get(path, follow_redirects=False)

    expected = 303 if not name else (200 if name in ALLOWED[path] else 403)
    assert expected == answer.status_code
    if not name:
        assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path, may in CHANGES.items() for name in (*school.CAST, "") if name not in may],
)
def test_nothing_changes_for_whom_it_is_not_open(
    as_name: Callable[..., TestClient[Any]], path: str, name: str
):
    client = as_name(name)
    token = ""
    if name:
        page = client.get("/", follow_redirects=True).text
        token = page.split('name="_csrf_token" value="')[1].split('"')[0]

    answer = client.post(path, data={"_csrf_token": token}, follow_redirects=False)

    assert (403 if name else 303) == answer.status_code


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_without_the_forms_token_is_refused(as_name: Callable[..., TestClient[Any]], path: str):
    for name in CHANGES[path]:
        answer = as_name(name).post(path, data={"_csrf_token": "guessed"}, follow_redirects=False)

        assert 403 == answer.status_code


@pytest.mark.parametrize(("name", "first"), [
    (TEACHER, "/lab"), (TECHNICIAN, "/devices"), (LEAD, "/agreements"), (HEAD, "/devices"), ("", "/sign-in"),
])  # fmt: skip
def test_the_start_leads_to_the_first_room(as_name: Callable[..., TestClient[Any]], name: str, first: str):
    assert first == as_name(name).get("/", follow_redirects=False).headers["location"]


def test_a_governor_finds_a_sentence_and_no_person(as_name: Callable[..., TestClient[Any]]):
    text = as_name(GOVERNOR).get("/").text

    assert "No room here is open to you yet" in text
    assert not any(shown in text for _, _, shown in school.PUPILS)


def test_the_live_channel_is_as_shut_as_its_page(as_name: Callable[..., TestClient[Any]]):
    for name in set(school.CAST) - {TEACHER}:
        assert 403 == as_name(name).get("/lab/Lab 2/live").status_code
    assert 401 == as_name("").get("/lab/Lab 2/live", follow_redirects=False).status_code


def viewer(*roles: str) -> doors.Viewer:
    return doors.Viewer(1, "Somebody", frozenset(roles), frozenset())


@pytest.mark.parametrize(("roles", "wanted", "held", "may"), [
    (["technician"], {"teacher"}, set(), True),
    (["technician"], {"head"}, set(), False),
    (["technician"], {"teacher", "safeguarding"}, set(), False),
    (["technician"], {"teacher"}, {"head"}, False),
    (["head"], {"safeguarding", "head"}, {"technician"}, True),
    (["head"], {"governor"}, set(), True),
    (["teacher"], {"teacher"}, set(), False),
    (["safeguarding"], {"teacher"}, set(), False),
])  # fmt: skip
def test_nobody_grants_more_than_their_office_allows(roles, wanted, held, may):
    assert may == doors.may_grant(viewer(*roles), frozenset(wanted), frozenset(held))
