"""On the wire: nothing of what a pupil does while nobody watches, and at once while somebody does."""

import threading
import time
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest
import requests
import urllib3

from agent.link import messages as m
from agent.service.exchange import HOLD_SECONDS
from server import access, accounts
from server.sessions import open_session
from tests.support.apart import served_apart
from tests.support.counting import Counting
from tests.support.day import ROOM, WAIT_SECONDS, Day, Running, log_in, wait_for

QUIET_SECONDS = 1.0


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


def rests(counting):
    """Wait until nothing has gone over the wire for a while."""
    seen, since = counting.count, time.monotonic()
    until = since + WAIT_SECONDS
    while time.monotonic() - since < QUIET_SECONDS:
        assert time.monotonic() < until, "the wire never rests"
        threading.Event().wait(0.05)
        if counting.count != seen:
            seen, since = counting.count, time.monotonic()
    return seen


def works(day, name):
    """The pupil goes from app to app, once in a tenth of a second."""
    for number in range(10):
        day.desktop.say(m.Focused(app=f"{name}-{number}", program="p"))
        threading.Event().wait(0.1)


def look(day, address):
    """A teacher opens the lab."""
    urllib3.disable_warnings()
    with day.house.db.write() as connection:
        staff = accounts.find_staff(connection, "l.demir")
        token = open_session(connection, staff.id, datetime.now(UTC))
    answer = requests.get(
        f"{address}/lab/{quote(ROOM)}", cookies={access.COOKIE: token}, verify=False, timeout=60
    )
    assert 200 == answer.status_code


def test_no_status_leaves_while_nobody_watches_and_each_change_at_once_while_somebody_does(day):
    with served_apart(day.house) as address:
        where = urlsplit(address)
        counting = Counting(where.hostname, where.port)
        day.enrol(f"https://127.0.0.1:{counting.port}")
        running = Running(day.config, day.device, hold_seconds=HOLD_SECONDS)
        try:
            log_in(day, running)
            unwatched = []
            for number in range(3):  # what was counted may go out once in a minute, a held request ends once
                before = rests(counting)
                works(day, f"app{number}")
                threading.Event().wait(0.5)
                unwatched.append(counting.count - before)
            look(day, address)
            wait_for(lambda: [each for each in day.desktop.heard(m.Viewing) if each.line], "the tray's word")
            before = rests(counting)
            day.desktop.say(m.Focused(app="Writer", program="p"))
            wait_for(lambda: counting.count > before, "the status")
        finally:
            running.stop()
            counting.close()

    assert 0 == min(unwatched)
