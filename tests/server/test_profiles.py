"""Each of the five example schools is installed by command, and goes out as a folder that says the same."""

import signal

import pytest

from policies import schools, tree_files
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


def test_r26_the_school_that_forbids_sticks_opens_none_and_asks_nobody(run):
    run("init", "--profile", "primary-nursery-england")
    code, _, err = run("media", "standing", "add", "0019E06B9C85")

    assert (1, True) == (code, "keeps every stick shut" in err)


def test_the_five_are_the_ones_the_product_has():
    assert set(MODES) == set(schools.profile_names())
