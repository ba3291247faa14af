"""The command line says how cases and keys stand, and never a word of them."""

import json
import signal
from datetime import timedelta

import pytest

from policies.settings import ReportSettings
from server import escalating, notices
from server.__main__ import main
from tests.support.sinks import hook_sink


@pytest.fixture
def run(school, capsys):
    """Run one command on the open school; return its exit code and what it wrote."""

    def command(*words):
        code = main(["--data", str(school.house.folder.path), *words])
        out, err = capsys.readouterr()
        return code, out, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_status_counts_and_tells_nothing(school, run):
    school.send("the lighthouse sings at noon")
    code, out, _ = run("reports", "status")
    as_json = json.loads(run("reports", "status", "--json")[1])

    assert 0 == code
    assert "cases: 1 new, 0 open, 0 closed" in out
    assert [] == [
        word for word in ("lighthouse", "contact", "Lab 2", "Ada", "L-001") if word in out + str(as_json)
    ]
    assert 0 == as_json["nobody_can_open"]


def test_status_says_that_notices_wait_for_a_file_that_can_be_read(school, run):
    assert "" == json.loads(run("reports", "status", "--json")[1])["notices_problem"]
    notices.path_of(school.house.folder).write_text("[to\n")
    school.send()
    with school.house.db.write() as connection:
        escalating.run(connection, school.now, ReportSettings(enabled=True), None)
    _, out, _ = run("reports", "status")

    assert "nobody is told: 1 notice(s) wait until this file is corrected" in out
    assert "notices.toml" in out


def test_status_says_when_nobody_is_left_who_can_open_a_case(school, run):
    school.send()
    for name in ("r.carver", "d.amos"):
        school.replace_key(name)
    school.publish_list()

    assert "recovery sheet" in run("reports", "status")[1]


def test_escalations_are_numbers_and_times(school, run):
    assert "nothing waits too long" in run("reports", "escalations")[1]
    school.send("the lighthouse sings at noon", at=school.now - timedelta(days=3))
    with school.house.db.write() as connection:
        escalating.run(connection, school.now, ReportSettings(enabled=True), frozenset())
    out = run("reports", "escalations")[1]

    assert f"{(school.now - timedelta(days=3)).astimezone().year}-001" in out
    assert "head" in out
    assert "lighthouse" not in out


def test_keys_show_places_and_ceremonies(school, run):
    school.replace_key("d.amos")
    out = run("reports", "keys")[1]

    assert "lost-passphrase" in out
    assert "alternate" in out


def test_a_notice_is_set_tested_shown_and_removed(school, run):
    with hook_sink() as (port, bodies):
        assert 0 == run("notices", "set", "r.carver", f"json://lead:open-sesame@127.0.0.1:{port}/")[0]
        assert 0 == run("notices", "test", "r.carver")[0]
    shown = run("notices", "list")[1]

    assert 1 == len(bodies)
    assert "r.carver" in shown
    assert "open-sesame" not in shown
    assert 0 == run("notices", "remove", "r.carver")[0]
    assert "nobody is told" in run("notices", "list")[1]


def test_a_teacher_is_told_nothing_and_a_wrong_address_is_explained(school, run):
    assert (1, "no safeguarding lead") == _refusal(run("notices", "set", "j.reed", "json://127.0.0.1/"))
    assert (1, "begins with one of") == _refusal(run("notices", "set", "r.carver", "slack://a/b/c"))
    assert (1, "first say where") == _refusal(run("notices", "test", "r.carver"))


def _refusal(done):
    code, _, err = done
    known = ("no safeguarding lead", "begins with one of", "first say where")
    return code, next((words for words in known if words in err), err)
