"""What people and the system run: clear words, JSON on request, and exit codes that mean something."""

import json
import threading

import pytest

from agent.backends.config_file import load_config
from agent.errors import ConfigProblem
from agent.link.messages import CapabilityTold, StatusTold
from agent.paths import Config, governs, is_safe_owner
from agent.service import commands, doctor


def write_config(folder, text="", mode=0o644):
    path = folder / "agent.toml"
    path.write_text(f'state_dir = "{folder / "state"}"\nrun_dir = "{folder / "run"}"\n{text}')
    path.chmod(mode)
    return path


def test_a_configuration_others_can_write_is_not_obeyed(tmp_path):
    with pytest.raises(ConfigProblem, match="chmod go-w"):
        load_config(write_config(tmp_path, mode=0o666))


@pytest.mark.parametrize("text", ["spy = true", 'locker = "none"', "journal_megabytes = 0", "a = ["])
def test_a_configuration_that_is_not_understood_is_refused(tmp_path, text):
    with pytest.raises(ConfigProblem):
        load_config(write_config(tmp_path, text))


def test_a_named_configuration_must_exist(tmp_path):
    with pytest.raises(ConfigProblem, match="does not exist"):
        load_config(tmp_path / "none.toml")


def test_only_roots_or_our_own_file_is_safe():
    assert is_safe_owner(0o644, 0, 1000)
    assert is_safe_owner(0o600, 1000, 1000)
    assert not is_safe_owner(0o644, 1001, 1000)


@pytest.mark.parametrize(
    ("govern", "name", "uid", "expected"),
    [
        (None, "may", 1001, True),
        (None, "root", 0, False),
        (None, "daemon", 2, False),
        (None, "nobody", 65534, False),
        (("may",), "may", 1001, True),
        (("may",), "sam", 1002, False),
        (("root",), "root", 0, False),
    ],
)
def test_who_is_governed(govern, name, uid, expected):
    assert expected == governs(Config(govern=govern), name, uid)


def test_status_without_a_service_says_so(tmp_path, capsys):
    status = commands.main(["--config", str(write_config(tmp_path)), "status", "--json"])

    said = json.loads(capsys.readouterr().out)
    assert (1, False) == (status, said["running"])


def test_doctor_without_a_service_still_looks(tmp_path, capsys):
    status = commands.main(["doctor", "--json", "--config", str(write_config(tmp_path))])

    said = json.loads(capsys.readouterr().out)["capabilities"]
    assert 1 == status
    assert ("broken", "broken") == (said["service"]["state"], said["enrolment"]["state"])
    assert "lock" in said
    assert all(
        each["remedy"] for each in said.values() if each["state"] != "works" and each is said["service"]
    )


def test_the_hook_lets_nobody_in_without_a_trusted_configuration(tmp_path, capsys):
    status = commands.main(["hook", "--config", str(write_config(tmp_path, mode=0o666)), "--display", ":5"])

    assert status == 1
    assert "chmod" in capsys.readouterr().err


def test_the_hook_lets_nobody_in_with_a_display_that_is_none(tmp_path):
    assert commands.main(["hook", "--config", str(write_config(tmp_path)), "--display", "x;y"]) == 1


def test_a_wrong_command_line_is_explained(capsys):
    with pytest.raises(SystemExit):
        commands.main(["frobnicate"])

    assert "doctor" in capsys.readouterr().err


def told(**changes):
    values = {
        "version": "1",
        "device": "ab",
        "server": "https://x",
        "connection": "online",
        "policy_number": 1,
        "capabilities": {"lock": CapabilityTold(state="works")},
    }
    return StatusTold(**(values | changes))


def state_of(findings, name):
    return next(each.told.state for each in findings if each.name == name)


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        ({}, "server", "works"),
        ({"connection": "unreachable"}, "server", "lacking"),
        ({"connection": "refused", "connection_problem": "retired"}, "server", "broken"),
        ({"policy_number": 0}, "policy", "broken"),
        ({"policy_problem": "unknown field"}, "policy", "broken"),
        ({"journal_problem": "torn"}, "journal", "broken"),
        ({"clock_off_seconds": 4000.0}, "clock", "broken"),
        ({"device": "", "connection": "not-enrolled"}, "enrolment", "broken"),
    ],
)
def test_doctor_names_what_is_wrong(changes, name, expected):
    found = doctor.findings_of(told(**changes))

    assert expected == state_of(found, name)
    assert all(each.told.remedy for each in found if each.told.state == "broken")


def test_a_running_service_answers_status_and_doctor(make_laptop, tmp_path, capsys):
    laptop = make_laptop()
    path = write_config(tmp_path)
    done = threading.Event()

    def hear():
        while not done.is_set():
            laptop.service.ears.hear(0.02)
            laptop.service.loop.step()

    thread = threading.Thread(target=hear)
    thread.start()
    try:
        status = commands.main(["status", "--json", "--config", str(path)])
        said = json.loads(capsys.readouterr().out)
        words = commands.main(["status", "--config", str(path)])
        shown = capsys.readouterr().out
    finally:
        done.set()
        thread.join(30)

    assert (0, 0) == (status, words)
    assert (True, True, 1) == (said["running"], said["enrolled"], said["policy_number"])
    assert "Waiting" in shown


def test_an_unreachable_server_is_said_in_words():
    shown = "\n".join(
        doctor.status_lines(told(connection="unreachable", waiting_records=7, unsent_reports=2))
    )

    assert "does not answer" in shown
    assert "7 records" in shown
    assert "2 reports have not reached the server" in shown
