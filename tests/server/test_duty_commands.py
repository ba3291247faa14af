"""`gatepost-server staff rooms` and `cover` as a technician types them."""

import json

import pytest

from server.__main__ import main


@pytest.fixture
def run(tmp_path, capsys):
    folder = tmp_path / "school"
    made = ["--data", str(folder), "init", "--profile", "primary-england", "--host", "gatepost.test"]

    assert 0 == main([*made, "--port", "8443"])

    def command(*words):
        capsys.readouterr()
        code = main(["--data", str(folder), "staff", *map(str, words)])
        return code, *capsys.readouterr()

    for name, shown, room in (("l.demir", "Ms Demir", "Lab 2"), ("j.reed", "Joan Reed", "Lab 1")):
        added = command(
            "add", "--name", name, "--display-name", shown, "--role", "teacher", "--room", room, "--invite"
        )

        assert 0 == added[0]

    return command


def test_a_lesson_is_set_shown_and_taken_back(run):
    code, said, _ = run("rooms", "l.demir", "Lab 2", "--lesson", "mon,wed 09:00-10:00")
    shown = json.loads(run("--json", "rooms", "l.demir")[1])
    freed = run("rooms", "l.demir", "Lab 2", "--any-time")[1]

    assert (0, True) == (code, "mon,wed 09:00-10:00" in said)
    assert {"Lab 2": ["mon,wed 09:00-10:00"]} == shown
    assert "at any time" in freed


@pytest.mark.parametrize(
    "words",
    [
        ("Lab 1", "--lesson", "mon 09:00-10:00"),
        ("Lab 2", "--lesson", "someday"),
        ("Lab 2", "--lesson", "mon 10:00-09:00"),
        ("Lab 2", "--lesson", "mon 09:00-10:00", "--any-time"),
        ("--any-time",),
    ],
)
def test_lessons_that_make_no_sense_are_refused_in_a_sentence(run, words):
    code, said, problem = run("rooms", "l.demir", *words)

    assert (1, "", True) == (code, said, bool(problem.strip()))


def test_a_cover_is_given_listed_and_ended(run):
    code, said, _ = run("--json", "cover", "l.demir", "Lab 1", "--hours", "2", "--reason", "Joan Reed is ill")
    grant = json.loads(said)["cover"]
    listed = run("covers")[1]
    ended = run("cover-end", grant)

    assert (0, True) == (code, "Joan Reed is ill" in listed)
    assert (0, "Ms Demir covers Lab 1 no longer\n") == ended[:2]
    assert [] == json.loads(run("--json", "covers")[1])


@pytest.mark.parametrize(
    "words",
    [
        ("Lab 1", "--reason", "ill"),
        ("Lab 1", "--hours", "2", "--until", "2099-01-01T09:00", "--reason", "ill"),
        ("Lab 1", "--until", "yesterday", "--reason", "ill"),
        ("Lab 1", "--until", "2001-01-01T09:00", "--reason", "ill"),
        ("Lab 77", "--hours", "2", "--reason", "ill"),
        ("Lab 1", "--hours", "2", "--reason", "i"),
    ],
)
def test_covers_that_make_no_sense_are_refused_in_a_sentence(run, words):
    code, said, problem = run("cover", "l.demir", *words)

    assert (1, "", True) == (code, said, bool(problem.strip()))
