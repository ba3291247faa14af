"""The command line: what a school is set up with, and the server it starts."""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import requests

from server.__main__ import main
from server.settings import Config, is_loopback, laptop_address
from tests.support.laptop import Laptop

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, capsys):
    """Run one command in this process; return its exit code and what it wrote."""

    def command(*words):
        code = main(["--data", str(tmp_path / "data"), *words])
        out, err = capsys.readouterr()
        return code, out, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def demo(run):
    code, out, _ = run("init", "--profile", "primary-england", "--port", "0", "--demo", "--json")
    assert 0 == code
    return json.loads(out)


def test_init_says_once_who_signs_in_with_what(demo, run):
    staff = json.loads(run("staff", "list", "--json")[1])

    assert {line["username"] for line in demo["staff"]} == {account["name"] for account in staff}
    assert all(len(line["password"]) >= 16 for line in demo["staff"])


def test_init_twice_is_refused(demo, run):
    code, _, err = run("init", "--profile", "primary-england")

    assert 1 == code
    assert "set up already" in err


def test_an_unknown_profile_names_those_there_are_and_leaves_nothing(run):
    code, _, err = run("init", "--profile", "nowhere")

    assert 1 == code
    assert "primary-england" in err
    assert 0 == run("init", "--profile", "primary-england")[0]


def test_a_command_before_init_says_so(run):
    code, _, err = run("staff", "list")

    assert 1 == code
    assert "init" in err


def test_an_account_is_added_once_and_removed(demo, run):
    words = ("staff", "add", "--name", "o.kaya", "--display-name", "Ozan Kaya", "--role", "head")

    assert [0, 1] == [run(*words)[0], run(*words)[0]]
    assert 0 == run("staff", "passwd", "o.kaya")[0]
    assert 0 == run("staff", "remove", "o.kaya")[0]
    assert "o.kaya" not in run("staff", "list")[1]


def test_people_go_out_and_in_again(demo, run, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(run("people", "export")[1])

    assert 0 == run("people", "import", str(file))[0]
    assert file.read_text() == run("people", "export")[1]
    assert 1 == run("people", "import", str(tmp_path / "missing.csv"))[0]


def test_a_policy_is_changed_from_the_shell(demo, run):
    code, out, _ = run("policy", "set", "lock.idle_after_seconds=77", "--reason", "agreed", "--json")

    told = json.loads(out)
    assert (0, "applied", 2) == (code, told["state"], told["number"])
    assert "lock.idle_after_seconds = 77" in run("policy", "show")[1]
    assert 1 == run("policy", "set", "lock.nothing=1", "--reason", "x")[0]
    assert 1 == run("policy", "publish", "--profile", "secondary-turkiye")[0]
    assert 4 == run("policy", "publish", "--profile", "secondary-turkiye", "--risk", "a move")[0]


def test_codes_and_laptops_are_listed(demo, run):
    code = json.loads(run("code", "new", "--room", "Lab 1", "--uses", "3", "--json")[1])["code"]

    assert code.startswith("GP-")
    assert code not in run("code", "list")[1]
    assert 0 == run("devices", "list")[0]
    assert 1 == run("devices", "retire", "0" * 16)[0]


@pytest.mark.parametrize("words", [(), ("staff",), ("nothing",), ("code", "new"), ("init",)])
def test_wrong_usage_exits_with_two(run, words):
    code, out, err = run(*words)

    assert (2, "") == (code, out)
    assert "Usage: gatepost-server" in err


def test_the_server_runs_takes_a_laptop_in_and_stops_cleanly(demo, run, tmp_path):
    data = str(tmp_path / "data")
    start = [sys.executable, "-m", "server", "--data", data, "run", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        start, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as server:
        try:
            address = server.stdout.readline().split()[-1]
            second = subprocess.run(start, capture_output=True, text=True, cwd=ROOT, timeout=120)
            code = json.loads(run("code", "new", "--room", "Lab 1", "--json")[1])["code"]
            ca = Path(data) / "tls" / "ca.pem"
            laptop = Laptop(address, ca)
            laptop.enrol(code)
            listed = json.loads(run("devices", "list", "--json")[1])
            health = requests.get(f"{address}/healthz", verify=str(ca), timeout=60).text
            laptop.http.close()
        finally:
            server.send_signal(signal.SIGTERM)
            stopped = server.wait(60)

    assert 0 == stopped
    assert "ok" == health
    assert [laptop.device] == [device["id"] for device in listed]
    assert 1 == second.returncode
    assert "already runs" in second.stderr


def test_a_setting_that_does_not_exist_names_those_that_do(demo, run):
    code, _, err = run("policy", "set", "lock.idle=60", "--reason", "a try")

    assert 1 == code
    assert "There is no setting lock.idle; lock has: idle_after_seconds, " in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lock.idle_after_seconds=1", "lock.idle_after_seconds: at least 30 is needed."),
        ("lock.idle_after_seconds=9999", "lock.idle_after_seconds: at most 3600 is possible."),
        ("lock.idle_after_seconds=soon", "lock.idle_after_seconds: a whole number is needed."),
    ],
)
def test_a_value_out_of_range_is_refused_in_words(demo, run, change, said):
    assert (1, "", f"gatepost-server: {said}\n") == run("policy", "set", change, "--reason", "a try")


def test_a_setting_that_is_so_already_changes_nothing(demo, run):
    words = ("policy", "set", "lock.idle_after_seconds=240", "--reason", "agreed")

    assert "policy 2 is published" in run(*words)[1]
    assert (0, "Nothing changed; policy 2 stays.\n", "") == run(*words)


@pytest.mark.parametrize(
    ("hosts", "seen", "address"),
    [
        (("gate.school.example",), "localhost:9443", "https://gate.school.example:9443"),
        (("gate.school.example",), "", "https://gate.school.example:8443"),
        ((), "gate.school.example", "https://gate.school.example"),
        ((), "", "https://localhost:8443"),
        (("::1",), "", "https://[::1]:8443"),
    ],
)
def test_laptops_are_given_the_configured_host(hosts, seen, address):
    assert address == laptop_address(Config(profile="x", hosts=hosts), seen)


def test_an_address_that_only_this_machine_reaches_is_known_as_such():
    loopback = ["https://localhost:1", "https://127.0.0.2:1", "https://[::1]:1", "https://a.localhost"]

    assert [True] * 4 == [is_loopback(address) for address in loopback]
    assert not is_loopback("https://gate.school.example")


def test_a_code_of_a_server_that_laptops_cannot_reach_says_so(demo, run):
    out = run("code", "new", "--room", "Lab 3")[1]

    assert "gatepost-agent enrol https://localhost " in out
    assert "only this machine reaches https://localhost: put the name" in out


def test_the_version_is_said(run):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert (0, f"gatepost-server {version}\n", "") == run("--version")
