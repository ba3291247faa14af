"""An app comes to the front where the school has a list: told, asked first, or closed, and how it ends."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from agent.link import pages
from policies import orders, records
from policies.lab_settings import AppRule, AppsSettings, HoursSettings
from policies.settings import Settings, UsageSettings
from tests.support.model_server import DEVICE

MEET = AppRule(app="Zoom", lesson="ask", club="ask")
GAME = AppRule(app="supertux2", lesson="notify", club="allow")
CHAT = AppRule(app="Hexchat", lesson="close", club="close")


def lists(*rules, session="lesson", record_apps=True, **changes):
    return Settings(
        hours=HoursSettings(session=session),
        apps=AppsSettings(rules=rules, **changes),
        usage=UsageSettings(record_apps=record_apps),
    )


@pytest.fixture
def laptop(make_laptop):
    return make_laptop(settings=lists(MEET, GAME, CHAT))


def focus(laptop, session, app="", program=""):
    session.say(m.Focused(app=app, program=program))
    laptop.settle()


def app_pages(laptop, session):
    shown = [each.page for each in laptop.heard(session, m.ShowPage)]
    return [page for page in shown if isinstance(page, pages.AppPage)]


def states(laptop, session):
    return [page.state for page in app_pages(laptop, session)]


def ask(laptop, session, app="Zoom", program="zoom", words="", what="ask"):
    session.say(m.AppWanted(app=app, program=program, what=what, words=words))
    laptop.settle()


def login_of(laptop):
    (login,) = laptop.service.ground.logins.values()
    return login


def answer(laptop, *, allowed, app="Zoom", order="a" * 16, minutes=60, login=None):
    until = laptop.clock.at + timedelta(minutes=minutes)
    laptop.order(
        orders.AppAnswered(
            device=DEVICE,
            order=order,
            by="Ms Demir",
            login=login or login_of(laptop).id,
            app=app,
            allowed=allowed,
            until=until,
        )
    )


def handled(laptop):
    return [(each.app, each.what) for each in laptop.records(records.AppHandled)]


def test_r24_a_call_is_put_away_until_the_teacher_said_yes(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    (away,) = laptop.heard(session, m.PutAway)

    assert ("Zoom", False) == (away.app, away.closes)
    assert ["ask"] == states(laptop, session)

    ask(laptop, session, words="to call my group")
    (asked,) = laptop.records(records.AppAsked)

    assert ("Zoom", "to call my group") == (asked.app, asked.words)
    assert "waiting" == states(laptop, session)[-1]
    assert "Zoom" == login_of(laptop).signs.app_asked

    answer(laptop, allowed=True)
    (back,) = laptop.heard(session, m.BringBack)
    (done,) = [each for each in laptop.records(records.OrderDone) if each.order == "a" * 16]

    assert "Zoom" == back.app
    assert ("allowed", "Ms Demir") == (
        app_pages(laptop, session)[-1].state,
        app_pages(laptop, session)[-1].by,
    )
    assert "done" == done.outcome
    assert "" == login_of(laptop).signs.app_asked
    focus(laptop, session, "", "")
    focus(laptop, session, "Zoom", "zoom")
    assert 1 == len(laptop.heard(session, m.PutAway))


def test_r24_a_yes_ends_by_itself_also_for_what_is_in_front(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=True, minutes=2)
    focus(laptop, session, "Zoom", "zoom")
    laptop.forward(121)

    assert 2 == len(laptop.heard(session, m.PutAway))
    assert "ask" == states(laptop, session)[-1]
