"""A teacher's buttons reach a laptop and come back confirmed: real page, server and service, over TLS."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests
import urllib3
from sqlalchemy import text

from agent.link import messages as m
from agent.link import pages
from agent.service.exchange import HOLD_SECONDS
from server import access, accounts
from server.sessions import find_session, open_session
from tests.support.apart import served_apart
from tests.support.day import ROOM, Day, Running, log_in, wait_for


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


class Teacher:
    """Ms Demir at her lab's page, without a browser."""

    def __init__(self, day, address):
        urllib3.disable_warnings()
        self.address = address
        now = datetime.now(UTC)
        with day.house.db.write() as connection:
            self.token = open_session(connection, accounts.find_staff(connection, "l.demir").id, now)
            self.csrf = find_session(connection, self.token, now).csrf

    def look(self):
        return requests.get(
            f"{self.address}/lab/{quote(ROOM)}",
            cookies={access.COOKIE: self.token},
            verify=False,
            timeout=60,
        ).text

    def presses(self, what, **fields):
        answer = requests.post(
            f"{self.address}/lab/{quote(ROOM)}/{what}",
            data={access.CSRF_FIELD: self.csrf, **fields},
            headers={"Origin": self.address, "Sec-Fetch-Site": "same-origin", "Accept": "application/json"},
            cookies={access.COOKIE: self.token},
            verify=False,
            timeout=60,
            allow_redirects=False,
        )
        assert 200 == answer.status_code, answer.text


def outcomes(day):
    """Return what this laptop said of its orders, as the server keeps it."""
    with day.house.db.read() as connection:
        query = (
            "SELECT outcome, problem FROM order_outcomes "
            "WHERE order_id IN (SELECT order_id FROM lab_orders) ORDER BY rowid"
        )
        return [(row.outcome, row.problem) for row in connection.execute(text(query))]


def messages_shown(day):
    shown = [each.page for each in day.desktop.heard(m.ShowPage)]
    return [page for page in shown if isinstance(page, pages.MessagePage)]


def test_eyes_to_the_front_lock_unlock_and_a_message_are_confirmed_by_the_laptop(day):
    with served_apart(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device, hold_seconds=HOLD_SECONDS)
        try:
            log_in(day, running)
            teacher = Teacher(day, address)
            teacher.look()
            teacher.presses("attention", minutes="5", words="Look up, please.")
            shown = wait_for(lambda: day.desktop.heard(m.ShowAttention), "the cover")[0].page
            wait_for(lambda: len(outcomes(day)) == 1, "its confirmation")
            teacher.presses(f"attention/{shown.order}/end")
            wait_for(lambda: day.desktop.heard(m.HideAttention), "its end")
            teacher.presses("lock")
            wait_for(lambda: "screen-locked" in day.kinds(), "the lock")
            wait_for(lambda: len(outcomes(day)) == 2, "the lock's confirmation")
            teacher.presses("unlock")
            wait_for(lambda: "screen-unlocked" in day.kinds(), "the screen that opens again")
            wait_for(lambda: len(outcomes(day)) == 3, "the opening's confirmation")
            teacher.presses("message", words="Save your work.")
            page = wait_for(lambda: messages_shown(day), "the message")[0]
            day.desktop.say(m.MessageDone(order=page.order, answer="not-yet"))
            wait_for(lambda: "message-answered" in day.kinds(), "its answer")
        finally:
            running.stop()

    assert ("Ms Demir", "Look up, please.") == (shown.by, shown.words)
    assert [("done", "")] * 4 == outcomes(day)
