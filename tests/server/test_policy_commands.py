"""Settings as code from the shell: export, check, diff, apply, rollback, rollouts; exit codes for a CI."""

import json
import signal
from datetime import UTC, datetime

import pytest

from server import policy_saying, proposing, rollouts, state
from server.__main__ import main
from server.policy_commands import changed_layer, changed_settings
from tests.support.policy_desk import HALE
from tests.support.pretend_fleet import Fleet
from tests.support.started import fill_school, make_folder


@pytest.fixture
def here(tmp_path):
    opened = state.open_state(make_folder(tmp_path))
    fill_school(opened)
    yield opened
    opened.db.close()


@pytest.fixture
def run(here, capsys):
    """Run one command on the school; return exit code, answer and errors."""

    def command(*words):
        capsys.readouterr()
        code = main(["--data", str(here.folder.path), *words])
        return code, *capsys.readouterr()

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def exported(run, tmp_path):
    """The school's settings as files."""
    folder = tmp_path / "settings"
    assert 0 == run("policy", "export", str(folder))[0]
    return folder


def laptops(here, count=2, room="Lab 1", group=""):
    with here.db.write() as connection:
        fleet = Fleet(connection)
        return [fleet.enrol(datetime.now(UTC), room, group) for _ in range(count)]


def edit(folder, before, after, file="school.toml"):
    path = folder / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def room_file(folder, name, text):
    (folder / "rooms").mkdir(exist_ok=True)
    (folder / "rooms" / f"{name}.toml").write_text(text)


def current(here):
    with here.db.read() as connection:
        return proposing.must_have_settings(connection)


def test_what_was_exported_is_good_and_differs_in_nothing(run, exported):
    assert 0 == run("policy", "check", str(exported))[0]
    assert 0 == run("policy", "check", "--alone", str(exported))[0]
    assert 0 == run("policy", "diff", str(exported))[0]
    assert "Nothing changed" in run("policy", "apply", str(exported), "--reason", "none")[1]


def test_a_room_file_shows_in_words_whom_it_affects_and_is_applied(here, run, exported):
    laptops(here)
    room_file(exported, "Lab 1", "[settings.lock]\nidle_after_seconds = 120\n")
    code, out, _ = run("policy", "diff", str(exported))
    told = json.loads(run("policy", "diff", str(exported), "--json")[1])
    applied = run("policy", "apply", str(exported), "--reason", "the corridor")

    assert 3 == code
    assert "Lab 1" in out
    assert "2 laptops get other settings" in out
    assert (True, False, 2) == (told["differs"], told["weakens"], told["affected"])
    assert 0 == applied[0]
    assert 0 == run("policy", "diff", str(exported))[0]
    assert "120" in run("policy", "show", "--room", "Lab 1", "lock.idle_after_seconds")[1].splitlines()[0]


def test_r82_a_weakening_from_the_shell_is_only_proposed(here, run, exported):
    edit(exported, "idle_after_seconds = 300", "idle_after_seconds = 900")
    without = run("policy", "apply", str(exported), "--reason", "longer")
    code, out, _ = run("policy", "apply", str(exported), "--reason", "longer", "--risk", "never alone")
    told = json.loads(run("policy", "waiting", "--json")[1])

    assert 1 == without[0]
    assert "--risk" in without[2]
    assert 4 == code
    assert "waits until a head or safeguarding lead approves it" in out
    assert 300 == current(here).tree.settings.lock.idle_after_seconds
    assert [(1, "waiting", True)] == [(each["proposal"], each["state"], each["weakens"]) for each in told]
    assert 1 == run("policy", "rollout", "start", "1")[0]
    assert 2 == run("policy", "approve", "1")[0]


def test_the_value_that_holds_is_told_from_the_one_it_stands_above(here, run):
    laptops(here)
    run("policy", "set", "lock.idle_after_seconds=120", "--room", "Lab 1", "--reason", "x")
    said = run("policy", "show", "--room", "Lab 1", "lock.idle_after_seconds")[1].splitlines()

    assert ["120   (room Lab 1)", "   instead of 300   (school)"] == said


def test_a_proposed_change_is_taken_back_from_the_shell(run):
    run("policy", "set", "lock.idle_after_seconds=900", "--reason", "x", "--risk", "y")

    assert 0 == run("policy", "withdraw", "1")[0]
    assert "no change waits" in run("policy", "waiting")[1]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rooms/Lab 1.toml", "[settings.lock]\nidle_after_seconds = 1\n"),
        ("rooms/Lab 1.toml", "[settings.lock]\nnothing = 1\n"),
        ("rooms/Lab 1.toml", "not toml"),
        ("romos/Lab 1.toml", "[settings.lock]\nidle_after_seconds = 100\n"),
        ("rooms/Lab 1.toml", "[settings.report]\nenabled = true\n"),
    ],
)
def test_files_that_no_laptop_could_take_are_refused_and_change_nothing(here, run, exported, file, text):
    path = exported / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    before = current(here).number
    answers = [
        run("policy", *words)
        for words in (
            ("check", str(exported)),
            ("check", "--alone", str(exported)),
            ("diff", str(exported)),
            ("apply", str(exported), "--reason", "x"),
        )
    ]

    assert [1] * 4 == [code for code, _, _ in answers]
    assert all(len(err) > 40 for _, _, err in answers)
    assert before == current(here).number


def test_a_folder_that_is_not_there_says_how_to_make_it(run, tmp_path):
    code, _, err = run("policy", "diff", str(tmp_path / "none"))

    assert (1, True) == (code, "policy export" in err)


def test_files_made_of_older_settings_are_refused_with_who_saved_since(run, exported):
    run("policy", "set", "lock.idle_after_seconds=120", "--reason", "meanwhile")
    code, _, err = run("policy", "apply", str(exported), "--reason", "x", "--base", "1")

    assert 1 == code
    assert "command line saved policy 2" in err


def test_nested_settings_are_set_by_their_whole_name(here, run):
    code, _, _ = run("policy", "set", "usb.scan.most_file_bytes=500000000", "--reason", "slow sticks")

    assert (0, 500_000_000) == (code, current(here).tree.settings.usb.scan.most_file_bytes)


def test_one_setting_is_set_for_a_room_and_taken_out_again(here, run):
    laptops(here)
    first = run("policy", "set", "lock.idle_after_seconds=60", "--room", "Lab 1", "--reason", "corridor")
    origins = json.loads(run("policy", "show", "--room", "Lab 1", "lock.idle_after_seconds", "--json")[1])
    again = run(
        "policy", "set", "--unset", "lock.idle_after_seconds", "--room", "Lab 1",
        "--reason", "x", "--risk", "y",
    )  # fmt: skip

    assert 0 == first[0]
    assert [("room", 60), ("school", 300)] == [(each["scope"], each["value"]) for each in origins]
    assert 4 == again[0]


def test_who_where_and_why_is_in_the_log(run):
    run("policy", "set", "lock.idle_after_seconds=120", "--reason", "exam week")

    assert "exam week" in run("policy", "log")[1]
    assert ["exam week", ""] == [each["reason"] for each in json.loads(run("policy", "log", "--json")[1])]


def test_rings_are_named_in_order_and_steered_from_the_shell(here, run):
    laptops(here, 1, group="pilot")
    laptops(here, 1, room="Lab 2")
    started = run(
        "policy", "set", "lock.idle_after_seconds=120", "--reason", "x", "--ring", "group:pilot", "--by-hand"
    )  # fmt: skip
    first = json.loads(run("policy", "rollout", "status", "--json")[1])
    moved = run("policy", "rollout", "next")
    second = json.loads(run("policy", "rollout", "status", "--json")[1])

    assert [0, 0] == [started[0], moved[0]]
    assert ["open", "waiting"] == [ring["state"] for ring in first["rings"]]
    assert ["open", "open"] == [ring["state"] for ring in second["rings"]]
    assert 0 == run("policy", "rollout", "status")[0]
    assert 0 == run("policy", "rollout", "list")[0]
    assert [0, 0] == [run("policy", "rollout", word)[0] for word in ("pause", "stop")]
    assert 300 == current(here).tree.settings.lock.idle_after_seconds
    assert 1 == run("policy", "rollout", "stop")[0]


@pytest.mark.parametrize("ring", ["pilot", "crowd:pilot", "room:", ""])
def test_a_ring_that_is_none_is_wrong_usage(run, ring):
    assert 2 == run("policy", "set", "lock.idle_after_seconds=120", "--reason", "x", "--ring", ring)[0]


def test_a_ring_without_laptops_is_refused_by_name(here, run):
    code, _, err = run(
        "policy", "set", "lock.idle_after_seconds=120", "--reason", "x", "--ring", "room:Attic"
    )  # fmt: skip

    assert (1, True) == (code, "room Attic" in err)
    assert 1 == current(here).number


def test_rollback_stops_what_is_under_way_and_else_is_a_change_like_any_other(here, run):
    run("policy", "set", "lock.idle_after_seconds=120", "--reason", "x")
    stopped = json.loads(run("policy", "rollback", "--json")[1])
    after = current(here).tree.settings.lock.idle_after_seconds
    run("policy", "set", "lock.idle_after_seconds=120", "--reason", "x")
    with here.db.write() as connection:
        rollouts.overtake(connection, datetime.now(UTC))
    later = run("policy", "rollback", "--reason", "too soon", "--risk", "as before")

    assert ("stopped", 300) == (stopped["state"], after)
    assert 4 == later[0]


def test_waiting_for_laptops_says_how_many_confirmed_and_fails_if_not_all_do(here, run):
    laptops(here)
    code, out, said = run(
        "policy", "set", "lock.idle_after_seconds=120", "--reason", "x", "--wait", "--wait-seconds", "0.3"
    )  # fmt: skip
    with here.db.read() as connection:
        late = policy_saying.hostnames(connection).values()

    assert (1, True) == (code, "0 of 2 laptops confirmed" in out)
    assert all(name in said for name in late), said


def test_waiting_ends_when_the_last_laptop_confirms(here, run):
    laptops(here)
    run("policy", "set", "lock.idle_after_seconds=120", "--reason", "x")
    with here.db.write() as connection:
        fleet = Fleet(connection)
        for device in fleet.active():
            fleet.confirm(device, datetime.now(UTC))
    told = json.loads(run("policy", "rollout", "status", "--wait", "--json")[1])

    assert (2, 2) == (told["confirmed"], told["of"])


def test_a_change_that_was_approved_on_the_page_is_applied_by_it(here, run):
    run("policy", "set", "lock.idle_after_seconds=900", "--reason", "x", "--risk", "y")
    with here.db.write() as connection:
        proposing.approve(connection, 1, by=HALE, now=datetime.now(UTC))

    assert "900" in run("policy", "show", "lock.idle_after_seconds")[1]


@pytest.mark.parametrize("change", ["lock", "lock.idle=1", "nothing.here=1", "=", "a.b", "usb.scan=1"])
def test_a_setting_that_is_none_is_refused(here, change):
    tree = current(here).tree
    for make in (
        lambda: changed_settings(tree.settings, [change]),
        lambda: changed_layer(tree, "room", "Lab 1", (), [change]),
    ):
        with pytest.raises(proposing.SettingsRefused):
            make()
