"""Where everybody begins, and what a governor finds. Who opens what: test_every_route.py."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.support import school

TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST


@pytest.mark.parametrize(("name", "first"), [
    (TEACHER, "/lab"), (TECHNICIAN, "/devices"), (LEAD, "/reports"), (HEAD, "/reports"),
    (GOVERNOR, "/governors"), ("", "/sign-in"),
])  # fmt: skip
def test_the_start_leads_to_the_first_room(as_name: Callable[..., TestClient[Any]], name: str, first: str):
    assert first == as_name(name).get("/", follow_redirects=False).headers["location"]


def test_a_governor_finds_totals_and_no_person(as_name: Callable[..., TestClient[Any]]):
    text = as_name(GOVERNOR).get("/").text

    assert "Nobody can be found in these figures." in text
    assert not any(shown in text for _, _, shown in school.PUPILS)


def test_the_live_channel_is_as_shut_as_its_page(as_name: Callable[..., TestClient[Any]]):
    for name in set(school.CAST) - {TEACHER}:
        assert 403 == as_name(name).get("/lab/Lab 2/live").status_code
    assert 401 == as_name("").get("/lab/Lab 2/live", follow_redirects=False).status_code
