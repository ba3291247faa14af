"""Which runs of pytest `installer test` makes, and how they are made at once."""

import sys

from installer import checks

EVERYWHERE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0"]
FIRST = {"pytest": [*EVERYWHERE, "-m", "not vm and not wine"]}


def test_all_tests_are_run_one_kind_after_another():
    expected = [
        FIRST,
        {"pytest, Windows in Wine": ["-n", "0", "-m", "wine"]},
        {"pytest, virtual laptop": [*EVERYWHERE, "-m", "vm"]},
    ]

    assert expected == checks.decide_runs([], with_vm=True, short=False)


def test_a_change_is_tried_in_a_virtual_laptop_too_beside_windows():
    expected = [
        FIRST,
        {
            "pytest, virtual laptop": ["-n", "0", "-m", "vm and not thorough"],
            "pytest, Windows in Wine": ["-n", "0", "-m", "wine and not thorough"],
        },
    ]

    assert expected == checks.decide_runs([], with_vm=True, short=True)


def test_without_virtual_laptops_what_remains_is_short():
    expected = [FIRST, {"pytest, Windows in Wine": ["-n", "0", "-m", "wine and not thorough"]}]

    assert expected == checks.decide_runs([], with_vm=False, short=False)


def test_what_pytest_is_told_is_all_that_runs():
    assert [{"pytest": ["tests/house"]}] == checks.decide_runs(["tests/house"], with_vm=True, short=False)


def test_of_two_runs_at_once_each_is_judged_and_its_words_stay_together(capsys):
    program = "import sys; print('said by', sys.argv[1]); sys.exit(sys.argv[1] == 'bad')"
    group = {"aside": ["bad"], "last": ["good"]}

    done = checks.at_once([sys.executable, "-c", program], group, options=[])

    assert [("aside", False, "said by bad"), ("last", True, "said by good")] == [
        (outcome.name, outcome.ok, closing) for outcome, closing in done
    ]
    assert "-- aside\nsaid by bad\n" in capsys.readouterr().out
