"""Who of the demo's adults holds which key, and what the tour hears of notices."""

import urllib.request

import pytest

from installer import officers
from installer.school import SignIn
from installer.tour.listening import listening
from policies import schools


def adults(profile: str) -> list[SignIn]:
    return [
        SignIn(each.username, "secret", each.name, tuple(each.roles))
        for each in schools.load_profile(profile).staff
    ]


@pytest.mark.parametrize("profile", schools.profile_names())
def test_every_example_school_can_switch_reporting_on(profile: str):
    places = officers.decide_places(adults(profile))

    assert {"lead", "deputy", "head", "alternate"} == set(places.values())
    assert 1 == list(places.values()).count("lead")


@pytest.mark.parametrize("profile", schools.profile_names())
def test_every_example_school_has_helplines_for_pupils_and_adults_and_a_number_for_danger(profile: str):
    loaded = schools.load_profile(profile)
    lines = loaded.settings.report.helplines
    shown = {tier for line in lines for tier in line.tiers if not line.emergency}

    assert any(line.emergency for line in lines)
    assert set(loaded.tiers) <= shown
    assert loaded.settings.report.helplines_checked
    assert "helplines" in loaded.must_supply


def test_a_teacher_or_technician_holds_no_key():
    assert {} == officers.decide_places([SignIn("t", "x", "T", ("teacher", "technician"))])


def test_what_is_told_is_heard():
    heard: list[str] = []
    with listening(heard) as address:
        url = address.replace("json://", "http://")
        with urllib.request.urlopen(urllib.request.Request(url, b'{"message": "m"}'), timeout=60) as answer:
            status = answer.status

    assert (200, ['{"message": "m"}']) == (status, heard)
