"""The demo's own decisions."""

from pathlib import Path

import pytest

from installer import arguments, demo, laptop
from installer.errors import InstallerError
from installer.school import pupils_of
from policies import schools


def test_the_real_hook_is_used_with_only_its_three_places_changed():
    told = {"GATEPOST_AGENT": "/x/a", "GATEPOST_CONFIG": "/x/c", "GATEPOST_FALLBACK": "/x/f"}
    real = laptop.HOOK.read_text()
    changed = [
        line
        for old, line in zip(real.splitlines(), laptop.decide_hook(real, told).splitlines(), strict=True)
        if old != line
    ]

    assert ["GATEPOST_AGENT=/x/a", "GATEPOST_CONFIG=/x/c", "GATEPOST_FALLBACK=/x/f"] == changed


def test_a_hook_without_its_places_is_refused():
    with pytest.raises(InstallerError, match="GATEPOST_AGENT"):
        laptop.decide_hook("exit 0\n", {"GATEPOST_AGENT": "/x"})


@pytest.mark.parametrize("name", schools.profile_names())
def test_every_profile_has_two_pupils_for_the_tour(name):
    assert len(pupils_of(schools.load_profile(name))) >= 2


def test_a_language_that_the_school_does_not_offer_is_refused_at_once():
    with pytest.raises(InstallerError, match="only in: en"):
        pupils_of(schools.load_profile("primary-nursery-england"), "tr")


def test_every_profile_can_be_asked_for_and_no_other(capsys):
    assert sorted(schools.profile_names()) == arguments.profile_names()
    with pytest.raises(SystemExit):
        arguments.parse(["run", "--profile", "nonsense"])

    assert "primary-england" in capsys.readouterr().err


def test_a_screen_that_nobody_sees_is_told_with_its_key():
    words = demo.decide_screen_words(":7", Path("/a folder/client.xauth"))

    assert "DISPLAY=:7 XAUTHORITY='/a folder/client.xauth' import -window root screen.png" in words
    assert "DISPLAY=:7 XAUTHORITY='/a folder/client.xauth' xdotool key Tab" in words
