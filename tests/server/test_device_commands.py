"""`gatepost-server devices`, `loans` and `code` do what the pages about laptops do."""

import json
from datetime import timedelta

import pytest

from server import state
from server.__main__ import main
from tests.support import device_school, school

L3 = school.LAPTOPS["L-003"]
DAY_NEAR, DAY_FAR = (f"{state.utc_now() + timedelta(days=days):%Y-%m-%d}" for days in (50, 1200))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The folder of a school that knows its laptops, closed."""
    made = school.make_house(tmp_path_factory.mktemp("template"))
    with made.db.write() as connection:
        device_school.fill(connection, state.utc_now())
    made.db.close()
    return made.folder.path


@pytest.fixture
def run(template, tmp_path, capsys):
    """Run one command on a school of one's own; return its exit code and what it said, read as JSON."""
    house = school.copy_house(template, tmp_path / "data")
    house.db.close()

    def command(*words, code=0):
        done = main(["--data", str(tmp_path / "data"), "--json", *words])
        out, err = capsys.readouterr()

        assert code == done, err
        return json.loads(out) if out else err

    return command


def test_laptops_are_found_by_room_group_state_and_words(run):
    def found(*words):
        return [laptop["hostname"] for laptop in run("devices", "list", *words)]

    assert ["L-001", "L-002", "L-003", "L-009", "L-010"] == found("--room", "Lab 2")
    assert ["L-001", "L-002"] == found("--group", "pilot")
    assert ["L-003"] == found("--state", "test-failed")
    assert ["L-003"] == found("--find", "br13-40219")
    assert [] == found("--site", "Annexe")


def test_a_misspelt_state_is_refused_and_is_not_an_empty_list(run):
    said = run("devices", "list", "--state", "silnt", code=2)

    assert "silent" in said


@pytest.mark.parametrize(
    ("time", "words"), [("1d", "1 day"), ("2d", "2 days"), ("1h", "1 hour"), ("90m", "90 minutes")]
)
def test_a_time_is_said_as_it_was_typed(template, tmp_path, capsys, time, words):
    school.copy_house(template, tmp_path / "data").db.close()
    main(["--data", str(tmp_path / "data"), "devices", "silent-after", time])

    assert f"a laptop counts as silent after {words}\n" == capsys.readouterr().out


def test_a_hostile_host_name_does_not_move_the_cursor(template, tmp_path, capsys):
    school.copy_house(template, tmp_path / "data").db.close()
    main(["--data", str(tmp_path / "data"), "devices", "list"])

    assert "\x1b[2J" not in capsys.readouterr().out


def test_one_laptop_is_shown_by_name_or_id(run):
    by_name, by_id = run("devices", "show", "L-003"), run("devices", "show", L3)

    assert by_name == by_id
    assert ("BR13-40219", "off") == (by_id["serial"], by_id["disk"])
    assert "failed" in {tile["why"] for tile in by_id["health"]}
    assert "Hinge is loose; ordered one." in json.dumps(by_id["notes"])


def test_moving_grouping_and_retiring_say_how_many(run):
    assert {"moved": 2, "room": "Lab 9"} == run("devices", "move", "Lab 9", "L-001", "L-002")
    assert {"changed": 3, "group": "new"} == run("devices", "group", "new", "--room", "Lab 2")
    assert {"changed": 1, "group": "pilot"} == run("devices", "group", "pilot", "L-001", "--take-out")
    assert {"retired": 1, "kept_for_evidence": 0} == run("devices", "retire", "L-010", "--reason", "sold")
    places = run("devices", "places")

    assert {"new": 2, "on-loan": 1, "pilot": 1} == {g["name"]: g["laptops"] for g in places["groups"]}


def test_a_stranger_is_refused_and_nobody_is_changed(run):
    assert "no laptop" in run("devices", "move", "Lab 9", "L-001", "nobody", code=1)
    assert [] == run("devices", "list", "--room", "Lab 9")


def test_r83_self_tests_are_asked_for_and_read_failing_first(run):
    asked = run("devices", "self-test", "L-001", "--room", "Lab 1")
    results = run("devices", "self-test", "--results")

    assert 2 == len(asked["orders"])
    assert ("L-003", ["lock"]) == (results[0]["hostname"], results[0]["failed"])
    assert "name laptops" in run("devices", "self-test", code=1)


def test_r41_coverage_lists_what_is_silent_wrong_and_missing(run, tmp_path):
    found = run("devices", "coverage")
    sheet = tmp_path / "assets.csv"
    sheet.write_text("Serial;Name\nBR13-40217;L-1\nZZ-1;L-77\n;L-78\n", encoding="utf-16")
    read = run("devices", "expected", str(sheet), "--complete")
    after = run("devices", "coverage")

    whys = {(each["why"], each["hostname"][:5]) for each in found["wrong"]}

    assert {("never", "L-010"), ("rejected", "L-003")} <= whys
    assert {"BR13-40388", "=cmd|' /C calc'!A0"} == {one["serial"] for one in found["missing"]}
    assert (2, 1, 2, [4]) == (
        read["expected"], read["new"], read["forgotten"], [each["line"] for each in read["problems"]],
    )  # fmt: skip
    assert ["ZZ-1"] == [one["serial"] for one in after["missing"]]


@pytest.mark.parametrize(("time", "minutes"), [("15m", 15), ("4h", 240), ("2d", 2880)])
def test_when_a_laptop_is_silent_is_set_from_the_shell(run, time, minutes):
    assert {"minutes": minutes} == run("devices", "silent-after", time)
    assert {"minutes": minutes} == run("devices", "silent-after")


@pytest.mark.parametrize("time", ["0m", "5", "1w", "-3d", "999d"])
def test_a_time_that_is_none_changes_nothing(run, time):
    before = run("devices", "silent-after")
    run("devices", "silent-after", "--", time, code=1)

    assert before == run("devices", "silent-after")


def test_codes_for_several_rooms_at_once_and_back(run):
    made = run("code", "new", "--room", "Room 12", "--room", "Room 13", "--room", "Room 12", "--uses", "30")
    run("code", "revoke", str(made[0]["id"]))
    listed = {code["room"]: code["open"] for code in run("code", "list")}

    assert ["Room 12", "Room 13"] == [code["room"] for code in made]
    assert len({code["code"] for code in made}) == 2
    assert "Room 12" not in listed
    assert listed["Room 13"]
    assert "visible" in run("code", "new", "--room", "a/b", code=1)


def test_r73_the_shell_lists_overdue_loans_and_agrees_to_none(run, tmp_path):
    overdue = run("loans", "list", "--overdue")
    running = run("loans", "list")

    assert [("L-009", "out")] == [(loan["hostname"], loan["state"]) for loan in overdue]
    assert [("L-009", "out"), ("L-002", "asked")] == [(one["hostname"], one["state"]) for one in running]
    assert "No such command" in run("loans", "head", "2", code=2)


def test_r72_a_loan_is_written_recalled_and_closed_from_the_shell(run):
    made = run(
        "loans", "ask", "L-001", "--borrower", "Joan Reed", "--due", DAY_FAR, "--check-in", "14", code=1
    )
    written = run("loans", "ask", "L-001", "--borrower", "Joan Reed", "--due", DAY_NEAR)
    run("loans", "recall", "1", "--note", "needed for exams")
    run("loans", "returned", "1", "--note", "a scratch")
    shown = run("loans", "show", "1")

    assert "longer than a loan" in made
    assert 3 == written["loan"]
    assert ("returned", "a scratch") == (shown["state"], shown["entries"][-1]["words"])
    assert "serial" in run("loans", "ask", "L-010", "--borrower", "X", "--due", DAY_NEAR, code=1)
