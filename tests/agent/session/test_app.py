"""The session's loop: orders in, facts out."""

import socket

import msgspec
import pytest

from agent.link import channel, pages
from agent.link import messages as m
from agent.session.app import Session
from agent.session.tray import Tray
from tests.support import window_pages

COUNTDOWN = pages.CountdownPage(school="Hazel Bank", language="en", tier="teen", seconds=20, idle_minutes=5)
PANEL = pages.PanelPage(school="Hazel Bank", language="en", tier="teen", person="May", online=True)
NOTICE = pages.NoticePage(school="Hazel Bank", language="en", tier="teen", kind="declined")


class House:
    """A session on a fake desktop, turned by hand."""

    def __init__(self, desktop, starter):
        ours, theirs = socket.socketpair()
        self.service = channel.service_end(ours)
        self.link = channel.session_end(theirs)
        self.now = 0.0
        self.session = Session(self.link, desktop, starter, Tray("xembed", lambda *_: None), lambda: self.now)

    def orders(self, order):
        self.service.send(order)
        self.turn()

    def turn(self, seconds=0.0):
        self.now += seconds
        ready = {self.link.fileno()}
        self.session.turn(ready)

    def heard(self):
        return [message for message in self.service.read_ready() if not isinstance(message, m.Alive)]


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def test_the_gate_comes_up_with_its_order(house, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))

    assert [msgspec.json.encode(gate_page)] == starter.last.pages


def test_any_new_window_on_the_bare_display_goes_below_the_gate(house, desktop, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    desktop.fronts.clear()
    desktop.changes = {"windows"}
    house.turn()

    assert starter.last.pid in desktop.fronts


def test_the_countdown_asks_and_goes(house, starter):
    house.orders(m.ShowCountdown(page=COUNTDOWN))
    starter.last.answers("done", "here")
    house.turn()

    assert [m.CountdownAnswered()] == house.heard()


def test_a_countdown_taken_back_closes_its_window(house, starter):
    house.orders(m.ShowCountdown(page=COUNTDOWN))
    house.orders(m.HideCountdown())

    assert starter.last.closed


@pytest.mark.parametrize("what", ["help", "lock", "rules", "record"])
def test_what_the_panel_was_asked_is_passed_on(house, starter, what):
    house.orders(m.ShowPage(page=PANEL))
    starter.last.answers("done", what)
    house.turn()

    assert [m.Asked(what=what)] == house.heard()


def test_a_new_page_takes_the_last_ones_place(house, starter):
    house.orders(m.ShowPage(page=PANEL))
    house.orders(m.ShowPage(page=PANEL))

    assert [True, False] == [window.closed for window in starter.windows]


def test_news_for_an_open_page_goes_into_its_window(house, starter):
    house.orders(m.ShowPage(page=PANEL))
    house.orders(m.ShowPage(page=PANEL, how="renew"))

    assert ([False], 2) == ([window.closed for window in starter.windows], len(starter.last.pages))


@pytest.mark.parametrize(("how", "opened"), [("renew", 1), ("renew-or-open", 2)])
def test_news_for_a_page_that_is_closed_opens_one_only_if_it_must_be_read(house, starter, how, opened):
    house.orders(m.ShowPage(page=PANEL))
    house.orders(m.ShowPage(page=NOTICE, how=how))

    assert opened == len(starter.windows)


def test_the_cover_is_looked_at_when_asked(house, desktop):
    house.orders(m.CheckCover(locker_pid=77))

    assert [m.Covered(locker_pid=77, covered=True)] == house.heard()


def test_the_last_notice_of_an_ending_login_is_kept_in_front(house, desktop, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    house.orders(m.GateOver(opens=False, page=NOTICE))
    desktop.fronts.clear()
    house.turn(1.0)

    assert [starter.last.pid] == desktop.fronts


def test_closing_the_last_notice_ends_the_session(house, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    house.orders(m.GateOver(opens=False, page=NOTICE))
    before = house.session._over
    starter.last.answers("done", "close")
    house.turn(1.0)

    assert (False, True) == (before, house.session._over)


def test_r16_telling_from_the_last_notice_keeps_the_session_until_that_is_closed(house, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    house.orders(m.GateOver(opens=False, page=NOTICE))
    starter.last.answers("done", "report")
    house.turn(1.0)
    assert not house.session._over
    assert m.Asked(what="report", place="attention") in house.heard()
    house.orders(m.ShowPage(page=NOTICE))
    starter.last.answers("done", "close")
    house.turn(2.0)

    assert house.session._over


def test_r19_a_notice_that_waits_for_an_adult_makes_room_for_the_gate_and_ends_nothing(
    house, desktop, starter, gate_page
):
    house.orders(m.GateOver(opens=False, page=NOTICE))
    waits = starter.last
    house.orders(m.ShowGate(page=gate_page))
    gate = starter.last
    desktop.fronts.clear()
    house.turn(1.0)

    assert waits.closed
    assert [gate.pid] == desktop.fronts
    assert desktop.guards[-1]
    assert not house.session._over


def test_r19_a_notice_that_waits_goes_when_the_desktop_opens(house, desktop, starter):
    house.orders(m.GateOver(opens=False, page=NOTICE))
    house.orders(m.GateOver(opens=True))
    desktop.fronts.clear()
    house.turn(1.0)

    assert starter.last.closed
    assert [] == desktop.fronts
    assert not desktop.guards[-1]
    assert not house.session._over


def test_r16_a_report_begun_while_one_waits_stays_open_when_an_adult_checks_in(house, starter, gate_page):
    house.orders(m.GateOver(opens=False, page=NOTICE))
    starter.last.answers("done", "report")
    house.turn(1.0)
    house.orders(m.ShowPage(page=window_pages.report()))
    report = starter.last
    house.orders(m.ShowGate(page=gate_page))
    house.orders(m.GateOver(opens=True))

    assert not report.closed
    assert not house.session._over


def test_a_notice_stands_before_the_gate_until_it_is_closed(house, desktop, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    gate = starter.last
    house.orders(m.ShowPage(page=NOTICE))
    notice = starter.last
    desktop.fronts.clear()
    house.turn(1.0)
    notice.answers("done", "close")
    house.turn(1.0)

    assert [notice.pid, gate.pid] == desktop.fronts
    assert not house.session._over


def test_the_open_desktop_is_left_alone(house, desktop, starter, gate_page):
    house.orders(m.ShowGate(page=gate_page))
    house.orders(m.GateOver(opens=True))
    desktop.fronts.clear()
    desktop.changes = {"windows"}
    house.turn(1.0)

    assert [] == desktop.fronts


def test_apps_are_said_only_after_work_asks_for_them(house, desktop):
    desktop.changes = {"focus"}
    house.turn()
    words = pages.TrayWords(title="Gatepost", open_panel="Open")
    house.orders(m.Work(language="en", sense_apps=True, texts=words))
    desktop.focus = desktop.focus._replace(app="Gimp", program="gimp")
    desktop.changes = {"focus"}
    house.turn()

    assert [m.Focused(app="Gimp", program="gimp")] == house.heard()


def stick_page(plug="ab" * 16, **changes):
    values = {"school": "Hazel Bank", "language": "en", "tier": "teen", "plug": plug, "state": "shut"}
    return pages.StickPage(**(values | changes))


def test_a_stick_s_window_opens_changes_in_place_and_goes_with_the_stick(house, starter):
    house.orders(m.ShowStick(page=stick_page(), opens=True))
    first = starter.last
    house.orders(m.ShowStick(page=stick_page(state="asked"), opens=True))

    assert 1 == len(starter.windows)
    house.orders(m.HideStick(plug="ab" * 16))
    assert first.closed


def test_a_stick_s_window_that_was_closed_stays_closed_while_only_progress_changes(house, starter):
    house.orders(m.ShowStick(page=stick_page(), opens=False))

    assert [] == starter.windows


def test_what_was_pressed_in_a_stick_s_window_goes_up_with_its_plug(house, starter):
    house.orders(m.ShowStick(page=stick_page(), opens=True))
    answer = pages.WindowAnswer(event="stick", choice="ask", reason="My slides")
    starter.last.lines.append(msgspec.json.encode(answer))
    house.turn()

    assert m.StickAsked(plug="ab" * 16, what="ask", reason="My slides") in house.heard()


def test_a_folder_is_shown_by_the_desktop(house, desktop):
    house.orders(m.OpenFolder(folder="/media/gatepost-1001/USB-1"))

    assert ["/media/gatepost-1001/USB-1"] == desktop.folders
