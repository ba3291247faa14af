"""Twenty laptops, real services in networks of their own, ask at once: nothing is lost, nothing crosses."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from agent.backends.clamd import program
from policies.settings import AgreementSettings
from server import codes, media, media_answers, people, publishing
from server.media_answers import Adult, Yes
from tests.support import school, twenty_laptops
from tests.support.virus_signatures import write_signatures

LAPTOPS = 20
SECONDS = 300
BY = Adult("Tom Ashby", frozenset({"technician"}), id=3)
LIFE = [
    "media-plugged", "media-requested", "media-decided", "media-seen", "media-scanned", "media-released",
]  # fmt: skip
MAKES_IT_RUN = "sudo python3 installer test"


def need_all():
    """Skip with the command that makes it run where something is missing."""
    if os.geteuid() != 0:
        pytest.skip(f"networks of their own need root; run: {MAKES_IT_RUN}")
    for name in ("ip", "clamd"):
        if shutil.which(name) is None and program(name) is None:
            pytest.skip(f"no {name} here; run: {MAKES_IT_RUN}")
    probe = "import ctypes,sys; sys.exit(ctypes.CDLL(None).unshare(0x40000000) != 0)"
    if subprocess.run([sys.executable, "-c", probe], check=False).returncode:
        pytest.skip("this kernel or container gives no networks of their own")


def make_school(folder):
    """Return a school whose server and twenty sticks stand in `folder`, and an enrolment code for all."""
    house = school.make_house(folder / "server", hosts=(twenty_laptops.SERVER,))
    numbers = range(1, LAPTOPS + 1)
    with house.db.write() as connection:
        now = publishing.current(connection)
        publishing.publish(
            connection,
            school=now.body.school,
            settings=msgspec.structs.replace(
                now.body.settings, agreement=AgreementSettings(read_at_least_seconds=0)
            ),
            tiers=("junior",),
            profile="p",
            by="test",
            now=datetime.now(UTC),
        )
        cast = [
            people.Person(
                os_user=f"pupil{n}",
                person=f"p-{n}",
                display_name=f"Pupil {n}",
                tier="junior",
                room=school.ROOM,
            )
            for n in numbers
        ]
        people.replace_people(connection, cast)
        code = codes.new_code(
            connection, house.certificate.ca_der, room=school.ROOM, uses=LAPTOPS, hours=1, by="t.ashby",
            now=datetime.now(UTC),
        ).text  # fmt: skip
    write_signatures(folder / "signatures", time.time() - 3600)
    for number in numbers:
        stick = folder / str(number) / "stick"
        stick.mkdir(parents=True)
        for file in range(number):
            (stick / f"{file}.txt").write_text(f"{number} {file}")
    for path in (*folder.parents, folder):
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o055)  # the scanner has an account of its own
    return house, code


def own_terms(number, now):
    """Return what laptop number so-and-so is given, unlike every other."""
    return Yes(until=now + timedelta(minutes=60 + number), access="write" if number % 2 else "read")


def say_yes_to_all(house, stopped):
    """Answer every request as it comes, each with its own terms; return the terms by the asker's number."""
    given = {}
    while len(given) < LAPTOPS and not stopped.wait(0.1):
        now = datetime.now(UTC)
        with house.db.read() as connection:
            waiting = media.list_waiting(connection, now)
        for asked in waiting:
            if not asked.plug.os_user.startswith("pupil"):
                continue
            number = int(asked.plug.os_user.removeprefix("pupil"))
            yes = own_terms(number, now)
            with house.db.write() as connection:
                media_answers.approve(connection, school.USB, asked.device, asked.request, BY, yes, now)
            given[number] = (asked.device, asked.request, yes)
    return given


def play(folder, code):
    command = [sys.executable, "-I", twenty_laptops.__file__, str(folder), code, str(LAPTOPS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        timer = threading.Timer(SECONDS, running.kill)
        timer.start()
        said = [json.loads(line) for line in running.stdout]
        timer.cancel()
    return said


@pytest.mark.timeout(400)
def test_twenty_laptops_in_networks_of_their_own_ask_at_once_and_each_gets_its_own(tmp_path):
    need_all()
    house, code = make_school(tmp_path)
    stopped, given = threading.Event(), {}
    technician = threading.Thread(target=lambda: given.update(say_yes_to_all(house, stopped)))
    technician.start()
    said = play(tmp_path, code)
    stopped.set()
    technician.join(60)
    laptops = {each["number"]: each for each in said if "number" in each}
    print([each for each in said if "number" not in each])

    assert [] == [each["problem"] for each in said if "problem" in each]
    assert set(range(1, LAPTOPS + 1)) == set(laptops) == set(given)
    assert not technician.is_alive()
    assert LAPTOPS == len({each["device"] for each in laptops.values()})
    for number, laptop in laptops.items():
        device, request, yes = given[number]
        assert device == laptop["device"]
        assert ("open", number) == (laptop["state"], laptop["files"])
        assert yes.until == datetime.fromisoformat(laptop["until"])
        assert yes.access == laptop["access"]
        assert [[f"/media/gatepost-{1000 + number}/USB-1", [1000 + number, yes.access == "write"]]] == laptop[
            "mounted"
        ]
        check_records(house, number, laptop, request, yes)
    house.db.close()


def check_records(house, number, laptop, request, yes):
    """Every record of this laptop is on the server once, in order, and is its own."""
    told = "SELECT stream, seq, type, body FROM records WHERE device = :device ORDER BY stream, seq"
    with house.db.read() as connection:
        rows = connection.execute(text(told), {"device": laptop["device"]}).all()
        approvals = [
            each
            for each in media.list_approvals(connection, datetime.now(UTC))
            if each.device == laptop["device"]
        ]
    for stream in {row.stream for row in rows}:
        numbers = [row.seq for row in rows if row.stream == stream]
        assert list(range(1, len(numbers) + 1)) == numbers
    records = {row.type: json.loads(row.body) for row in rows}
    assert LIFE == [row.type for row in rows if row.type.startswith("media-")]
    (approval,) = approvals
    assert (request, f"p-{number}") == (approval.request, approval.person)
    assert {laptop["plug"]} == {records[kind]["plug"] for kind in LIFE}
    assert (f"SERIAL{number}", f"p-{number}") == (
        records["media-plugged"]["serial"],
        records["media-plugged"]["person"],
    )
    assert (request, f"reason {number}") == (
        records["media-requested"]["request"],
        records["media-requested"]["reason"],
    )
    assert ("clean", number, number) == tuple(
        records["media-scanned"][field] for field in ("outcome", "files", "scanned")
    )
    assert (approval.id, yes.access) == (
        records["media-released"]["order"],
        records["media-released"]["access"],
    )
    assert approval.id == records["media-decided"]["order"]
