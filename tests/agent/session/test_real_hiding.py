"""Hide, tell, send, uncover: a real session of a real account with real windows; the test is its service."""

import subprocess

import msgspec
import pytest

from agent.backends.device import Seat
from agent.link import messages as m
from agent.link import pages
from agent.link.hiding import hidden_words
from agent.words import say_in
from policies.drafts import ReportDraft
from tests.agent.session.test_real_session import Service, eventually, patient_device
from tests.support import managers, window_looks, window_pages
from tests.support.report_keys import keys_to
from tests.support.screen import Screen

pytestmark = [pytest.mark.account, pytest.mark.display]
REPORT = "Something’s wrong"
COVER = "Gatepost"
"""The title of every cover, and of a notice."""


class Desk:
    """A desktop with a window manager and a program over the whole screen."""

    def __init__(self, display, demo_account, folder):
        self.display = display
        manager = managers.start_manager(display)
        self.started = [manager, self.run_program("xterm", "-maximized", "-bg", "red")]
        device = patient_device(folder)
        self.service = Service(
            device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"})
        )
        self.screen = Screen(display)

    def run_program(self, *command):
        return subprocess.Popen(
            command,
            env=self.display.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def keys(self, *names):
        window_looks.press(self.display, *names)

    def keys_that_show(self, *names):
        """Press keys, and wait until the screen shows that they have done something."""
        before = window_looks.picture(self.display)
        self.keys(*names)
        self.until(lambda: window_looks.picture(self.display) != before)

    def leave(self):
        """Press Escape until the receipt goes: on the report it comes in place of, that does nothing."""

        def has_left():
            self.keys("Escape")
            return front(self) != REPORT

        self.until(has_left)

    def work(self):
        self.service.until(m.Connected)
        self.service.link.send(
            m.Work(
                language="en",
                sense_apps=False,
                texts=pages.TrayWords(title="Gatepost", open_panel="Open"),
                hide_shortcut="Ctrl+Alt+H",
                hidden=hidden_words(say_in("en", "teen"), school="Hazel Bank School", reports=True),
            )
        )
        self.service.obeyed()
        self.until(lambda: front(self) == "xterm")

    def show(self, page, how="open"):
        self.service.link.send(m.ShowPage(page=page, how=how))

    def until(self, fact):
        """Wait until something is so; what the session says meanwhile is kept for `service.until`."""

        def is_so():
            self.service.listen(0.05)
            return fact()

        eventually(is_so)

    def is_hidden(self):
        """Say whether a cover lies over everything and has the keyboard."""
        return self.screen.is_covered() and front(self) == COVER

    def close(self):
        self.screen.close()
        self.service.device.kill(self.service.child)
        self.service.ended()
        self.service.link.close()
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def desk(display, demo_account, reachable):
    desk = Desk(display, demo_account, reachable)
    yield desk
    desk.close()


def front(desk):
    """Return the title of the window that has the keyboard; empty for none."""
    return window_looks.in_front(desk.display)


def is_painted(desk):
    """Say whether the report's window has the keyboard, is drawn and rests."""
    return window_looks.stands(desk.display, REPORT)


def test_what_is_on_the_screen_stays_hidden_while_somebody_tells(desk):
    desk.work()
    desk.keys("ctrl+alt+h")
    desk.until(desk.is_hidden)
    desk.keys("Return")
    asked = desk.service.until(m.Asked)
    page = window_pages.report(place="hidden")
    desk.show(page)
    desk.until(lambda: is_painted(desk))
    desk.keys(*keys_to(page, 0, "value", "bullying"), "space")
    desk.keys(*keys_to(page, 0, "data-to-screen", "3", after=("value", "bullying")), "Return")
    desk.keys(*keys_to(page, 3, "data-send", "danger"), "Return")
    written = desk.service.until(m.ReportWritten)
    desk.show(window_pages.receipt(state="sent"))
    desk.leave()
    desk.until(lambda: front(desk) == COVER)
    hidden_again = desk.screen.is_covered()
    desk.keys("Tab", "Return")
    desk.until(lambda: not desk.screen.is_covered())

    assert m.Asked(what="report", place="hidden") == asked
    assert ReportDraft(harms=("bullying",), urgency="danger") == written.draft
    assert "hidden" == written.place
    assert hidden_again


def test_what_was_written_is_there_again_after_the_key(desk):
    desk.work()
    page = window_pages.report()
    desk.show(page)
    desk.until(lambda: is_painted(desk))
    desk.keys_that_show(*keys_to(page, 0, "value", "hate"), "space")
    for keys in (("Tab",), ("shift+Tab",)) * 2:  # what was picked is told a moment later, once
        desk.keys_that_show(*keys)
    desk.keys("ctrl+alt+h")
    desk.until(desk.is_hidden)
    desk.keys("Return")
    desk.service.until(m.Asked)
    desk.show(window_pages.report(place="hidden"))
    desk.until(lambda: is_painted(desk))
    desk.keys(*keys_to(page, 0, "data-to-screen", "3"), "Return")
    desk.keys(*keys_to(page, 3, "data-send", "danger"), "Return")

    assert ("hate",) == desk.service.until(m.ReportWritten).draft.harms


def test_at_the_gate_a_report_stands_before_it_and_the_gate_is_still_there(
    display, demo_account, reachable, gate_page
):
    device = patient_device(reachable)
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    page = window_pages.report(place="gate", shortcut="")
    gate = gate_page.agreement.texts[0].title

    def keys(*names):
        window_looks.press(display, *names)

    def stands(title):
        eventually(lambda: window_looks.stands(display, title))

    def left_for(title):
        keys("Escape")  # on the report, before its receipt comes, and at the gate it does nothing
        return window_looks.is_ready(display, title)

    try:
        service.until(m.Connected)
        service.link.send(m.ShowGate(page=msgspec.structs.replace(gate_page, reports=True)))
        service.until(m.GateShown)
        stands(gate)
        keys("shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "Return")  # two languages, reading, and this
        asked = service.until(m.Asked)
        service.link.send(m.ShowPage(page=page))
        stands(REPORT)
        keys(*keys_to(page, 0, "data-to-screen", "3"), "Return")
        keys(*keys_to(page, 3, "data-send", "danger"), "Return")
        written = service.until(m.ReportWritten)
        service.link.send(m.ShowPage(page=window_pages.receipt(state="waiting")))
        eventually(lambda: left_for(gate))

        assert m.Asked(what="report", place="gate") == asked
        assert "gate" == written.place
    finally:
        device.kill(service.child)
        service.ended()
        service.link.close()
