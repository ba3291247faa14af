"""Limits, meetings and countersignatures from a shell: ids, never names or reasons."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from policies.windows import Window
from server import people
from server.__main__ import main
from server.individual import resigning, restricting
from server.people import Person
from tests.support.individual_school import RUTH
from tests.support.started import MAY

REASON = "Agreed with her family on Monday."
LESSONS = Window(days=("mon", "tue"), starts="09:00", ends="15:00")


@pytest.fixture
def run(here, capsys):
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def command(*words):
        code = main(["--data", str(here.folder.path), *words])
        return code, capsys.readouterr().out

    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("word", ["restrictions", "resign", "countersign"])
def test_r16_the_shell_says_who_by_id_alone_and_never_why(here, run, word):
    now = datetime.now(UTC)
    with here.db.write() as connection:
        restricting.restrict(
            connection,
            "p-1",
            until=now + timedelta(days=3),
            only_in=LESSONS,
            reason=REASON,
            by=RUTH,
            now=now,
        )
        resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=now)
        tom = Person(os_user="tom", person="p-3", display_name="Tom Ashby", tier="adult")
        people.replace_people(connection, [MAY, tom])
    code, out = run(word, "list")
    data = json.loads(run(word, "list", "--json")[1])

    assert 0 == code
    who = "p-3" if word == "countersign" else "p-1"
    assert who in out
    assert who in json.dumps(data)
    assert not any(said in out + json.dumps(data) for said in ("May", "Tom", "Ruth", "Agreed"))


def test_r8_only_what_waits_is_shown_for_a_reminder(here, run):
    with here.db.write() as connection:
        tom = Person(os_user="tom", person="p-3", display_name="Tom Ashby", tier="adult")
        people.replace_people(connection, [MAY, tom])

    assert "p-3" not in run("countersign", "list", "--waiting")[1]
    assert "do not ask" in run("countersign", "list")[1]
