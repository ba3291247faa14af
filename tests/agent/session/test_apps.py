"""The session's part of app lists: put away and kept away, asked to end, one window about it."""

import socket

import msgspec
import pytest

from agent.link import channel, pages
from agent.link import messages as m
from agent.session.app import Session
from agent.session.apps import CLOSE_AFTER_SECONDS, SAVING_AGAIN_SECONDS, SAVING_SECONDS, SLOWER_SECONDS
from agent.session.tray import Tray

AWAY = m.PutAway(app="Zoom", program="zoom", closes=False, again_seconds=1.0)
CLOSES = m.PutAway(app="Chat", program="chat", closes=True, again_seconds=1.0)
PANEL = pages.PanelPage(school="Hazel Bank", language="en", tier="teen", person="May", online=True)
FRONT = pages.AttentionPage(
    school="Hazel Bank",
    language="en",
    tier="teen",
    order="a" * 16,
    by="Ms Demir",
    until="2026-09-14T10:00:00Z",
)


def page(state="ask", app="Zoom", program="zoom", **more):
    return pages.AppPage(
        school="Hazel Bank", language="en", tier="teen", app=app, program=program, state=state, **more
    )


class House:
    """A session on a fake desktop, turned by hand."""

    def __init__(self, desktop, starter):
        ours, theirs = socket.socketpair()
        self.service = channel.service_end(ours)
        self.link = channel.session_end(theirs)
        self.now = 100.0
        self.session = Session(self.link, desktop, starter, Tray("xembed", lambda *_: None), lambda: self.now)

    def orders(self, *orders):
        for order in orders:
            self.service.send(order)
        self.turn()

    def turn(self, seconds=0.0):
        self.now += seconds
        self.session.turn({self.link.fileno()})

    def heard(self):
        return [message for message in self.service.read_ready() if not isinstance(message, m.Alive)]


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def kinds(starter):
    return [msgspec.json.decode(each.pages[-1])["page"] for each in starter.windows if not each.closed]


def test_an_app_is_put_away_at_once_and_looked_after_until_it_is_gone(house, desktop):
    house.orders(AWAY)
    house.turn(1.1)
    house.turn(1.1)

    assert [("Zoom", "zoom", False)] * 2 == desktop.put


def test_one_that_comes_back_is_put_away_again_and_again_but_slower(house, desktop):
    desktop.resists = 1
    house.orders(AWAY)
    for _ in range(100):
        house.turn(1.0)

    assert 15 <= len(desktop.put) <= 100 / SLOWER_SECONDS + 10


def test_one_that_is_to_end_is_asked_after_the_sentence_and_may_ask_whether_to_save(house, desktop):
    house.orders(CLOSES)
    house.turn(CLOSE_AFTER_SECONDS - 0.5)
    before = list(desktop.asked_to_end)
    house.turn(1.0)
    desktop.resists = 1
    house.turn(2.0)
    while_saving = desktop.put[-1]
    house.turn(SAVING_SECONDS)

    assert [] == before
    assert [("Chat", "chat")] == desktop.asked_to_end
    assert ("Chat", "chat", True) == while_saving
    assert ("Chat", "chat", False) == desktop.put[-1]


def spared_seconds(house, desktop, seconds):
    """Return for how many of these seconds an app that is always in front was left there to ask."""
    count, before = 0, len(desktop.put)
    for _ in range(seconds):
        house.turn(1.0)
        if len(desktop.put) > before and not desktop.put[-1][2]:
            before = len(desktop.put)
            house.orders(CLOSES)  # it came back to the front, and the service was told
        count += desktop.put[-1][2]
    return count


def test_a_question_that_is_never_answered_is_put_away_at_last(house, desktop):
    desktop.resists = 1
    house.orders(CLOSES)
    for _ in range(int(CLOSE_AFTER_SECONDS + SAVING_SECONDS) + 10):
        house.turn(1.0)

    assert ("Chat", "chat", True) in desktop.put
    assert ("Chat", "chat", False) == desktop.put[-1]


def test_an_app_that_is_nothing_but_questions_is_not_left_in_front_again_and_again(house, desktop):
    desktop.resists = 1
    house.orders(CLOSES)

    assert spared_seconds(house, desktop, int(SAVING_AGAIN_SECONDS)) <= SAVING_SECONDS + 10


def test_ordered_again_it_is_not_asked_later_for_that(house, desktop):
    house.orders(CLOSES)
    house.turn(CLOSE_AFTER_SECONDS - 1)
    house.orders(CLOSES)
    house.turn(1.5)

    assert [("Chat", "chat")] == desktop.asked_to_end


def test_what_was_allowed_comes_back_and_is_not_put_away_any_more(house, desktop):
    desktop.resists = 1
    house.orders(AWAY)
    house.orders(m.BringBack(app="Zoom", program="zoom"))
    before = len(desktop.put)
    house.turn(30.0)

    assert [("Zoom", "zoom")] == desktop.brought
    assert before == len(desktop.put)


def test_the_question_goes_up_with_what_was_written_and_the_window_stays(house, starter):
    house.orders(m.ShowPage(page=page()))
    house.heard()
    starter.last.answers("app", "ask", reason="to call my group")
    house.turn()

    (wanted,) = house.heard()
    assert m.AppWanted(app="Zoom", program="zoom", what="ask", words="to call my group") == wanted
    assert not starter.last.closed

    house.orders(m.ShowPage(page=page("waiting"), how="renew-or-open"))

    assert 1 == len(starter.windows)
    assert "waiting" == msgspec.json.decode(starter.last.pages[-1])["state"]


def test_a_question_is_taken_back(house, starter):
    house.orders(m.ShowPage(page=page("waiting")))
    house.heard()
    starter.last.answers("app", "withdraw")
    house.turn()

    assert [m.AppWanted(app="Zoom", program="zoom", what="withdraw")] == house.heard()


def test_the_answer_opens_a_window_where_the_old_one_was_closed(house, starter):
    house.orders(m.ShowPage(page=page("waiting")))
    starter.last.answers("done", "close")
    house.turn()
    house.orders(m.ShowPage(page=page("allowed", by="Ms Demir"), how="renew-or-open"))

    assert 2 == len(starter.windows)
    assert "allowed" == msgspec.json.decode(starter.last.pages[-1])["state"]


def test_a_report_that_is_being_written_keeps_its_window(house, starter):
    house.orders(m.ShowPage(page=PANEL))
    house.orders(m.ShowPage(page=page()))

    assert ["panel", "app"] == kinds(starter)


def test_nothing_of_it_comes_over_eyes_to_the_front(house, starter):
    house.orders(m.ShowAttention(page=FRONT))
    house.orders(m.ShowPage(page=page()))
    covered = kinds(starter)
    house.orders(m.HideAttention(order=FRONT.order))
    house.turn()

    assert [] == covered
    assert ["app"] == kinds(starter)


def test_help_is_to_be_had_from_this_window_too(house, starter):
    house.orders(m.ShowPage(page=page("denied", by="Ms Demir")))
    house.heard()
    starter.last.answers("help", "help")
    starter.last.answers("help", "report")
    house.turn()

    assert ["help", "report"] == [each.what for each in house.heard()]
