"""A club over the real server: it opens when a teacher checks in and closes when they leave (R18, R19)."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
import pytest
import requests
import urllib3

from agent.link import client
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from agent.service.exchange import HOLD_SECONDS
from policies.tree import Layer
from server import access, accounts, assigning, changes, policy_store
from server.policy_store import Author
from server.sessions import open_session
from tests.support.apart import served_apart
from tests.support.day import ROOM, Day, Running, accept, hello, wait_for

HEAD = Author(None, "Grace Hale", frozenset({"head"}))
CLUB = Layer(
    scope="room",
    name=ROOM,
    change={"hours.session": "club", "hours.lapse_warn_seconds": 2, "lab.pause_longest_minutes": 30},
)


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    now = datetime.now(UTC)
    with made.house.db.write() as connection:
        tree = msgspec.structs.replace(policy_store.current_tree(connection).tree, layers=(CLUB,))
        policy_store.add_revision(connection, tree, by=HEAD, now=now, reason="a club", kind="applied")
        assigning.refresh(connection, now)
        changes.bump(connection, changes.POLICY)
    yield made
    made.close()


class Teacher:
    """Ms Demir at the lab's page, without a script."""

    def __init__(self, day, address):
        urllib3.disable_warnings()
        with day.house.db.write() as connection:
            staff = accounts.find_staff(connection, "l.demir")
            token = open_session(connection, staff.id, datetime.now(UTC))
        self.address, self.lab = address, f"{address}/lab/{quote(ROOM)}"
        self.how = {"verify": False, "timeout": 60, "cookies": {access.COOKIE: token}}

    def does(self, what, **fields):
        page = requests.get(f"{self.lab}/supervision", **self.how)
        assert 200 == page.status_code
        (token, *_) = re.findall(r'name="_csrf_token" value="([^"]+)"', page.text)
        answer = requests.post(
            f"{self.lab}/{what}",
            data={"_csrf_token": token, **fields},
            headers={"Origin": self.address, "Sec-Fetch-Site": "same-origin"},
            **self.how,
        )
        assert 200 == answer.status_code, answer.text[:2000]


def arrive(day, running):
    """May stands at the gate; returns the hook's answers."""
    wait_for(lambda: client.ask_status(day.config.socket).policy_number, "the policy")
    _shell, hook, caller, answers = hello(day)
    said = m.HookHello(display=":5", xauthority="/x")
    running.service.loop.put(facts.PublicSaid(caller, Peer(hook.pid, 1001), said))
    return answers


def notices(day):
    pages = [each.page for each in day.desktop.heard(m.GateOver) + day.desktop.heard(m.ShowPage)]
    return [page.kind for page in pages if page is not None and hasattr(page, "kind")]


def test_r18_r19_r20_a_club_from_the_closed_gate_to_the_lapse_over_the_real_server(day):
    with served_apart(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device, hold_seconds=HOLD_SECONDS)
        teacher = Teacher(day, address)
        try:
            answers = arrive(day, running)
            wait_for(lambda: "unsupervised" in notices(day), "the gate that waits")
            assert [] == day.desktop.heard(m.ShowGate)

            teacher.does("supervision/in", minutes=60)
            wait_for(lambda: day.desktop.heard(m.ShowGate), "the gate that opens by itself")
            accept(day, running)
            wait_for(lambda: m.HookAnswer(opens=True) in answers, "the open desktop")
            day.desktop.say(m.Asked(what="panel"))
            panels = wait_for(lambda: [e.page for e in day.desktop.heard(m.ShowPage)], "the panel")
            assert "Ms Demir supervises this room." == panels[-1].supervised

            teacher.does("pause", device=day.device_id, minutes=20)
            wait_for(lambda: "lock-paused" in day.kinds(), "the pause at the server")

            teacher.does("supervision/leave")
            wait_for(lambda: "supervisor-left" in notices(day), "the warning")
            wait_for(lambda: "screen-locked" in day.kinds(), "the lock")
            wait_for(lambda: "lock-pause-ended" in day.kinds(), "the end of the pause")

            teacher.does("supervision/in", minutes=60)
            wait_for(lambda: day.kinds().count("supervision-lapsed") == 3, "warned, locked, returned")
        finally:
            running.stop()

    assert 1 == day.kinds().count("screen-locked")
