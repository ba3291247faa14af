"""Hide, tell, send, uncover: a real session of a real account with real windows; the test is its service."""

import select
import subprocess
import time

import msgspec
import pytest

from agent.backends.device import Seat
from agent.backends.device_linux import LinuxDevice
from agent.link import messages as m
from agent.link import pages
from agent.link.hiding import hidden_words
from agent.paths import Config
from agent.words import say_in
from policies.drafts import ReportDraft
from tests.agent.session.test_real_session import Service
from tests.support import managers, window_pages
from tests.support.report_keys import keys_to
from tests.support.screen import Screen

pytestmark = [pytest.mark.account, pytest.mark.display]
POST = bytes((0x3C, 0x4A, 0x0C))
"""Our green post, as the X server keeps it: on the screen once a window of ours is painted."""
PATIENCE_SECONDS = 30.0


class Desk:
    """A desktop with a window manager and a program over the whole screen."""

    def __init__(self, display, demo_account, folder):
        self.display = display
        manager = managers.start_manager(display)
        self.started = [manager, self.run_program("xterm", "-maximized", "-bg", "red")]
        device = LinuxDevice(Config(run_dir=str(folder / "gatepost")), folder / "agent.toml")
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
        subprocess.run(
            ["xdotool", "key", "--delay", "200", *names],
            env=self.display.environment(),
            check=True,
            timeout=60,
        )

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
        self.service.until(m.Alive)

    def show(self, page, how="open"):
        self.service.link.send(m.ShowPage(page=page, how=how))

    def until(self, fact):
        until = time.monotonic() + PATIENCE_SECONDS
        while not fact():
            assert time.monotonic() < until, "it did not come true in time"
            if select.select([self.service.link], [], [], 0.1)[0]:
                self.service.link.read_ready()

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
    """Return the title of the window that has the keyboard; empty for the cover and for none."""
    found = subprocess.run(
        ["xdotool", "getwindowfocus", "getwindowname"],
        env=desk.display.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    return found.stdout.strip()


def is_painted(desk):
    """Say whether the report's window has the keyboard and shows its post."""
    row = desk.screen.strip(y=300, height=1)
    return front(desk) == "Something’s wrong" and any(
        row[at : at + 3] == POST for at in range(0, len(row), 4)
    )


def test_what_is_on_the_screen_stays_hidden_while_somebody_tells(desk):
    desk.work()
    desk.until(lambda: front(desk))
    desk.keys("ctrl+alt+h")
    desk.until(desk.screen.is_covered)
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
    desk.keys("Tab", "Tab", "Escape")
    desk.until(lambda: front(desk) == "Gatepost")
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
    desk.keys(*keys_to(page, 0, "value", "hate"), "space")
    time.sleep(1.0)  # what was picked is told a moment later, once
    desk.keys("ctrl+alt+h")
    desk.until(desk.screen.is_covered)
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
    device = LinuxDevice(Config(run_dir=str(reachable / "gatepost")), reachable / "agent.toml")
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    screen = Screen(display)
    page = window_pages.report(place="gate", shortcut="")

    def keys(*names):
        subprocess.run(
            ["xdotool", "key", "--delay", "200", *names], env=display.environment(), check=True, timeout=60
        )

    def seen(title):
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            name = display.run("xdotool", "getwindowfocus", "getwindowname").strip()
            if name == title and any(
                screen.strip(y=300, height=1)[at : at + 3] == POST for at in range(0, 64, 4)
            ):
                return True
            time.sleep(0.2)
        return False

    try:
        service.until(m.Connected)
        service.link.send(m.ShowGate(page=msgspec.structs.replace(gate_page, reports=True)))
        service.until(m.GateShown)
        keys("shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "Return")  # two languages, reading, and this
        asked = service.until(m.Asked)
        service.link.send(m.ShowPage(page=page))
        stands = seen("Something’s wrong")
        time.sleep(1.5)  # the session has given it the keyboard by now
        keys(*keys_to(page, 0, "data-to-screen", "3"), "Return")
        keys(*keys_to(page, 3, "data-send", "danger"), "Return")
        written = service.until(m.ReportWritten)
        service.link.send(m.ShowPage(page=window_pages.receipt(state="waiting")))
        time.sleep(1.0)
        keys("Escape")
        gate_again = seen(gate_page.agreement.texts[0].title)

        assert m.Asked(what="report", place="gate") == asked
        assert (True, "gate", True) == (stands, written.place, gate_again)
    finally:
        screen.close()
        device.kill(service.child)
        service.ended()
        service.link.close()
