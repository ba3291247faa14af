"""Each of the five example schools is installed by command, and goes out as a folder that says the same."""

import signal
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from policies import resolving, schools, tree_files
from policies.settings import SettingsRefused
from policies.tree import Placement, PolicyTree
from policies.variants import settings_at
from server.__main__ import main

MODES = {
    "early-years-turkiye": "approve_then_scan",
    "primary-england": "approve_then_scan",
    "primary-nursery-england": "forbid",
    "primary-turkiye": "approve_then_scan",
    "secondary-turkiye": "approve_then_scan",
}
"""REQUIREMENTS, "Five example configurations", and its default for policies that are silent."""


@pytest.fixture
def run(tmp_path, capsys):
    """Run one command on a new data folder; return its exit code and what it wrote."""

    def command(*words):
        code = main(["--data", str(tmp_path / "data"), *words])
        out, err = capsys.readouterr()
        return code, out, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", MODES)
def test_an_example_school_is_installed_by_command_and_goes_out_as_a_folder(run, tmp_path, name):
    folder = str(tmp_path / "settings")
    assert 0 == run("init", "--profile", name)[0]
    assert 0 == run("policy", "export", folder)[0]
    assert (0, True) == (run("policy", "check", folder)[0], run("policy", "diff", folder)[0] == 0)
    tree = tree_files.read_folder(tmp_path / "settings")
    profile = schools.load_profile(name)

    assert (profile.settings, profile.school, profile.tiers) == (tree.settings, tree.school, tree.tiers)
    assert MODES[name] == tree.settings.usb.mode
    assert name == tree.profile
    times = sorted(tree_files.school_times(profile.when), key=str)
    assert times == sorted(tree.layers, key=str)


def test_r26_the_school_that_forbids_sticks_opens_none_and_asks_nobody(run):
    run("init", "--profile", "primary-nursery-england")
    code, _, err = run("media", "standing", "add", "0019E06B9C85")

    assert (1, True) == (code, "keeps every stick shut" in err)


STRICTER = """
[[when]]
tiers = ["junior"]
starts = "15:30"
[when.settings.hours]
session = "club"

"""
AT = {
    "Monday, in a lesson": (datetime(2026, 9, 14, 10, 0), "lesson"),
    "Tuesday, after school": (datetime(2026, 9, 15, 15, 40), "club"),
    "Tuesday night": (datetime(2026, 9, 15, 22, 0), "closed"),
    "Wednesday before school": (datetime(2026, 9, 16, 7, 0), "closed"),
    "Saturday noon": (datetime(2026, 9, 19, 12, 0), "closed"),
}


@pytest.mark.parametrize("name", ["primary-england", "primary-nursery-england"])
@pytest.mark.parametrize("moment", AT)
def test_r19_an_example_school_keeps_hours_for_pupils_and_none_for_adults(name, moment):
    profile = schools.load_profile(name)
    layers = tree_files.school_times(profile.when)
    tree = PolicyTree(
        school=profile.school, tiers=profile.tiers, settings=profile.settings, layers=layers, profile=name
    )
    resolving.check_tree(tree)
    held = resolving.Resolver(tree).resolve(Placement("0" * 16))
    at, session = AT[moment]

    assert session == settings_at(held.settings, held.variants, "junior", at).hours.session
    assert "lesson" == settings_at(held.settings, held.variants, "adult", at).hours.session


def test_a_demo_keeps_no_hours_it_is_tried_at_any_time_of_day(run, tmp_path):
    assert 0 == run("init", "--profile", "primary-england", "--port", "0", "--demo")[0]
    assert 0 == run("policy", "export", str(tmp_path / "settings"))[0]

    assert () == tree_files.read_folder(tmp_path / "settings").layers


def test_a_school_file_published_later_brings_its_times_and_leaves_every_room_alone(run, tmp_path):
    run("init", "--profile", "primary-turkiye")
    reason = ("--reason", "a trial")
    assert 0 == run("policy", "set", "lock.idle_after_seconds=120", "--room", "Lab 1", *reason)[0]
    run("policy", "export", str(tmp_path / "before"))
    file = tmp_path / "school.toml"
    profile = Path(str(schools._profiles() / "primary-turkiye.toml")).read_text()
    file.write_text(profile.replace("[[people]]", STRICTER + "[[people]]", 1))
    code, out, err = run("policy", "publish", "--school", str(file), *reason)
    assert 0 == code, out + err
    run("policy", "export", str(tmp_path / "after"))
    before, after = (tree_files.read_folder(tmp_path / each).layers for each in ("before", "after"))

    assert {"room": 1, "school": 1} == Counter(layer.scope for layer in after)
    assert set(map(str, before)) < set(map(str, after))


def test_r24_and_r22_the_examples_have_app_lists_with_a_day_on_which_they_are_looked_at_again():
    for name in MODES:
        apps = schools.load_profile(name).settings.apps

        assert apps.rules
        assert apps.review_on is not None


def test_a_wrong_time_in_an_example_is_refused_with_its_place():
    with pytest.raises(SettingsRefused, match="when, number 1: "):
        tree_files.school_times(({"starts": "25:00", "settings": {}},))
    with pytest.raises(SettingsRefused, match="there is no such setting"):
        tree_files.school_times(({"settings": {"hours": {"sesion": "club"}}},))


def test_the_five_are_the_ones_the_product_has():
    assert set(MODES) == set(schools.profile_names())
