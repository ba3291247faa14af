"""A class accepts together at the server; the real service opens for whoever was there, asks the others."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.link import client
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from server import class_lists, classes, people
from server.individual.common import By
from tests.agent.fakes import Account
from tests.support.apart import served_apart as served
from tests.support.day import ROOM, Day, Running, wait_for

TOM = By(1, "Ms Demir", frozenset({"teacher"}))
CLASS = ("ada1", "ben1", "cem1", "dara1")


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    made.device.accounts = {
        1001 + n: Account(1001 + n, 1001 + n, name, f"/home/{name}") for n, name in enumerate(CLASS)
    }
    with made.house.db.write() as connection:
        listed = people.list_people(connection)
        children = [
            people.Person(
                os_user=name, person=f"p-{name}", display_name=name, tier="early", room=ROOM, year="1A"
            )
            for name in CLASS
        ]
        people.replace_people(connection, [*listed, *children])
    yield made
    made.close()


def accept_in_class(day, names):
    """Let these children answer in class, and their teacher confirm it."""
    now = datetime.now(UTC)
    with day.house.db.write() as connection:
        class_lists.give_pictures(connection, ROOM, "1A", now)
        number = classes.begin(connection, lab=ROOM, room=ROOM, year="1A", language="en", by=TOM, now=now)
        here = [f"p-{name}" for name in names]
        classes.say_here(connection, number, here, by=TOM, now=now)
        for child in class_lists.children_of(connection, ROOM, "1A", now):
            if child.person in here:
                classes.answer(connection, number, child.picture.code, "accepted", now)
        classes.witness(connection, number, by=TOM, now=now + timedelta(seconds=1))


def come(day, running, at):
    """Let a child of the class log in; return their shell and what the hook is answered."""
    answers = []
    uid = 1001 + at
    shell = day.device.run(uid)
    hook = day.device.run(uid, parent=shell)

    class Caller:
        def send(self, message):
            answers.append(message)

        def close(self):
            pass

    said = m.HookHello(display=f":{5 + at}", xauthority="/x")
    running.service.loop.put(facts.PublicSaid(Caller(), Peer(hook.pid, uid), said))
    return shell, answers


def opened(answers):
    return m.HookAnswer(opens=True) in answers


def test_r4_three_of_four_accepted_in_class_and_the_fourth_meets_the_gate(day):
    with served(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device)
        try:
            wait_for(lambda: client.ask_status(day.config.socket).policy_number, "the policy")
            accept_in_class(day, CLASS[:3])
            for at in range(3):
                shell, answers = come(day, running, at)
                wait_for(lambda answers=answers: opened(answers), "the open desktop")
                gates = day.desktop.heard(m.ShowGate)
                ends = day.kinds().count("login-ended")
                day.device.exit(shell)
                wait_for(lambda ends=ends: day.kinds().count("login-ended") > ends, "the end of the login")
                assert [] == gates

            _, answers = come(day, running, 3)
            page = wait_for(lambda: day.desktop.heard(m.ShowGate), "the gate")[0].page
            assert ("early", False) == (page.tier, opened(answers))

            accept_in_class(day, CLASS[3:])
            wait_for(lambda: opened(answers), "the gate that opens by itself")
        finally:
            running.stop()
