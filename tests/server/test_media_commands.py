"""The command line answers for sticks as the page does."""

import json
import signal
from datetime import timedelta

import pytest

from server import publishing, state
from server.__main__ import main
from tests.support import media_school

ASK, DATA = "a" * 32, "b" * 32


@pytest.fixture
def run(here, capsys):
    """Run one command on the open school; return its exit code and what it wrote."""

    def command(*words):
        code = main(["--data", str(here.folder.path), *words])
        out, err = capsys.readouterr()
        return code, out, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def laptop(here, enrolled, run):
    """A laptop on which one person asks for a plain stick and for pupil data on an encrypted one."""
    assert 0 == run("policy", "set", "usb.mode=approve_then_scan", "--reason", "agreed")[0]
    device, now = enrolled().device, state.utc_now()
    plain = media_school.plugged(now, 1, "may", "p-1", product=media_school.NASTY)
    coded = media_school.plugged(now, 2, "may", "p-1", encryption="luks")
    told = [plain, media_school.asked(plain, ASK, "My slides")]
    told += [coded, media_school.asked(coded, DATA, pupil_data=True)]
    with here.db.write() as connection:
        media_school.tell(connection, device, told, now)
    return device


def listed(run):
    return json.loads(run("media", "list", "--json")[1])


def test_requests_are_listed_for_people_and_programs(run, laptop):
    code, out, _ = run("media", "list")

    assert 0 == code
    assert ASK in out
    assert "\x1b" not in out
    assert {ASK, DATA} == {each["request"] for each in listed(run)["waiting"]}


def test_a_yes_from_the_shell_holds_and_can_be_ended(run, laptop):
    made = json.loads(run("media", "approve", laptop, ASK, "--hours", "2", "--json")[1])

    assert [made["id"]] == [each["id"] for each in listed(run)["approvals"]]
    assert "p-1" == made["terms"]["person"]
    assert 0 == run("media", "revoke", made["id"])[0]
    assert [] == listed(run)["approvals"]
    assert 1 == run("media", "revoke", made["id"])[0]


def test_a_no_from_the_shell_is_final(run, laptop):
    assert 0 == run("media", "deny", laptop, ASK, "--reason", "Monday")[0]

    code, _, err = run("media", "approve", laptop, ASK)
    assert (1, True) == (code, "answered already" in err)


def test_the_shell_cannot_give_the_heads_yes(run, laptop):
    out = run("media", "approve", laptop, DATA)[1]

    assert "the head has to say yes too" in out
    assert "half" == listed(run)["approvals"][0]["state"]


@pytest.mark.parametrize(("words", "said"), [
    (["approve", "f" * 16, ASK], "no such request"),
    (["approve", "LAPTOP", ASK, "--hours", "0"], "one hour or more"),
    (["approve", "LAPTOP", ASK, "--hours", "1e99"], "no length of time"),
    (["approve", "LAPTOP", ASK, "--hours", "nan"], "no length of time"),
    (["approve", "LAPTOP", ASK, "--hours", "400"], "longer than the policy allows"),
    (["revoke", "0" * 16], "no such approval"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(run, laptop, words, said):
    code, _, err = run("media", *[laptop if word == "LAPTOP" else word for word in words])

    assert (1, True) == (code, said in err)


def test_under_forbid_the_shell_cannot_say_yes(run, here, laptop):
    run("policy", "set", "usb.mode=forbid", "--reason", "agreed")
    with here.db.read() as connection:
        assert "forbid" == publishing.usb_settings(connection).mode

    assert 1 == run("media", "approve", laptop, ASK)[0]


# ---- sticks allowed ahead of time ----

SERIAL = "0019E06B9C850001"


def test_r25_a_school_stick_is_allowed_and_ended_from_the_shell(run, laptop):
    code, out, _ = run("media", "standing", "add", SERIAL, "--days", "60", "--note", "Camera", "--json")
    made = json.loads(out)
    assert (0, "live", True) == (code, made["state"], made["standing"])
    assert "Camera" in run("media", "standing", "list")[1]
    assert 0 == run("media", "revoke", made["id"])[0]

    assert [] == json.loads(run("media", "standing", "list", "--json")[1])


def test_r28_the_shell_alone_lets_no_pupil_data_out(run, laptop):
    code, out, _ = run("media", "standing", "add", SERIAL, "--write")

    assert (0, True) == (code, "the head has to say yes too" in out)


def test_a_list_of_sticks_is_tried_by_the_shell_and_then_given(run, laptop, tmp_path):
    file = tmp_path / "sticks.csv"
    file.write_text(run("media", "history", "--csv")[1])
    head, *rows = file.read_text().removeprefix("\ufeff").splitlines()
    until = (state.utc_now() + timedelta(days=30)).date().isoformat()
    at = head.split(",").index("until")
    filled = [",".join([*row.split(",")[:at], until, *row.split(",")[at + 1 :]]) for row in rows]
    file.write_text("\n".join([head, *filled]) + "\n")
    code, out, _ = run("media", "standing", "import", str(file), "--dry-run", "--json")
    assert (0, False, 2) == (code, json.loads(out)["kept"], json.loads(out)["given"])
    code, out, _ = run("media", "standing", "import", str(file), "--json")
    assert (0, True, 2) == (code, json.loads(out)["kept"], len(json.loads(out)["given"]))
    again = json.loads(run("media", "standing", "import", str(file), "--json")[1])

    assert 2 == again["same"]


def test_a_list_with_a_wrong_line_says_which_and_gives_nothing(run, laptop, tmp_path):
    file = tmp_path / "sticks.csv"
    file.write_text(f"serial,until\n{SERIAL},2020-01-01\nunseen,tomorrow\n")
    code, out, _ = run("media", "standing", "import", str(file))

    assert (1, True, True) == (code, "line 2: " in out, "line 3: " in out)
    assert [] == json.loads(run("media", "standing", "list", "--json")[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody-has-it",), "no laptop has met this stick"),
        ((SERIAL, "--person", "x"), "nobody on the list"),
        ((SERIAL, "--days", "300"), "longer than the policy allows"),
    ],
)
def test_a_stick_that_cannot_stand_is_refused_with_a_sentence(run, laptop, words, said):
    code, _, err = run("media", "standing", "add", *words)

    assert (1, True) == (code, said in err)
