"""An app that asks first, over the real server: from the press to the teacher's yes and back (R24)."""

from datetime import UTC, datetime

import msgspec
import pytest

from agent.link import messages as m
from agent.link import pages
from agent.service.exchange import HOLD_SECONDS
from policies.lab_settings import AppRule
from policies.tree import Layer
from server import app_asks, assigning, changes, consents, policy_store
from tests.days.test_club_day import HEAD, Teacher
from tests.support.apart import served_apart
from tests.support.day import ROOM, Day, Running, log_in, wait_for

RULES = (
    AppRule(app="Zoom", lesson="ask", club="ask", consent=True),
    AppRule(app="Inkscape", lesson="ask"),
)


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    now = datetime.now(UTC)
    layer = Layer(scope="room", name=ROOM, change={"apps.rules": msgspec.to_builtins(RULES)})
    with made.house.db.write() as connection:
        tree = msgspec.structs.replace(policy_store.current_tree(connection).tree, layers=(layer,))
        policy_store.add_revision(connection, tree, by=HEAD, now=now, reason="a list", kind="applied")
        assigning.refresh(connection, now)
        changes.bump(connection, changes.POLICY)
    yield made
    made.close()


def states(day, app):
    shown = [each.page for each in day.desktop.heard(m.ShowPage)]
    return [page.state for page in shown if isinstance(page, pages.AppPage) and page.app == app]


def asks(day):
    with day.house.db.read() as connection:
        return app_asks.list_asks(connection, rooms=[ROOM], now=datetime.now(UTC))


def give_consent(day):
    now = datetime.now(UTC)
    with day.house.db.write() as connection:
        on = now.astimezone().date()
        consents.give(connection, ["p-may"], "zoom", on=on, how="paper", by="Office", staff=None, now=now)


def test_r24_from_the_press_to_the_teachers_yes_and_back_over_the_real_server(day):
    with served_apart(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device, hold_seconds=HOLD_SECONDS)
        teacher = Teacher(day, address)
        try:
            log_in(day, running)
            work = wait_for(lambda: day.desktop.heard(m.Work), "the desk")[-1]
            day.desktop.say(m.Focused(app="Inkscape", program="inkscape"))
            wait_for(lambda: day.desktop.heard(m.PutAway), "put away")
            words = "for the poster"
            day.desktop.say(m.AppWanted(app="Inkscape", program="inkscape", what="ask", words=words))
            (waiting,) = wait_for(lambda: asks(day), "the question at the server")
            teacher.does(f"asks/{waiting.id}", allowed="yes")
            wait_for(lambda: day.desktop.heard(m.BringBack), "the app back")
            wait_for(lambda: asks(day)[0].state == "confirmed", "the confirmed answer")

            day.desktop.say(m.Focused(app="Zoom", program="zoom"))
            wait_for(lambda: "consent" in states(day, "Zoom"), "the page that asks for a parent")
            give_consent(day)
            wait_for(lambda: "ask" in states(day, "Zoom"), "the way to ask")
        finally:
            running.stop()

    assert work.sense_apps
    assert ("May", "for the poster") == (waiting.shown, waiting.words)
    assert ["ask", "waiting", "allowed"] == states(day, "Inkscape")
