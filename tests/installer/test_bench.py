"""The benchmarks' frame: what counts as a result, and what a broken one says."""

import json

import pytest

from installer import bench
from installer.errors import InstallerError

GOOD = {"name": "gate", "figures": {"seconds": {"median": 1.0}}, "reach": {"seconds": 1.3}, "ok": True}


def test_there_are_the_eight_benchmarks():
    assert ["footprint", "gate", "ingest", "lab", "lock", "push", "report", "usb"] == bench.names()


def test_the_result_is_the_last_line_whatever_was_said_before():
    said = "a library's chatter\n" + json.dumps(GOOD) + "\n"

    assert bench.decide_result("gate", said, 0) == GOOD


@pytest.mark.parametrize("said", ["", "nothing", "[1]", '{"name": "gate", "ok": true}'])
def test_a_benchmark_without_a_result_is_not_ok(said: str):
    result = bench.decide_result("gate", said, 1)

    assert (False, "gate") == (result["ok"], result["name"])
    assert result["problem"]


def test_a_benchmark_that_fails_after_a_good_line_is_not_ok():
    assert bench.decide_result("gate", json.dumps(GOOD), 3)["ok"] is False


def test_options_follow_the_names():
    assert (["gate", "lock"], ["--minutes", "2"]) == bench.split(["gate", "lock", "--minutes", "2"])


def test_an_unknown_benchmark_is_refused_with_the_names_there_are():
    with pytest.raises(InstallerError, match="footprint, gate, ingest, lab, lock, push, report, usb"):
        bench.run(["gaet"])
