"""Desktop services that keep the screen on are asked where they are, and only seldom."""

import pytest

from agent.backends.bus_inhibitors import ASK_EVERY_SECONDS, BusInhibitors


class Bus:
    def __init__(self, session="", system="", answer="(false,)"):
        self.names = {"--session": session, "--system": system}
        self.answer = answer
        self.calls = []
        self.time = 0.0

    def ask(self, arguments):
        if "org.freedesktop.DBus.ListNames" in arguments:
            return f"(['org.freedesktop.DBus', '{self.names[arguments[0]]}'],)"
        self.calls.append(arguments)
        return self.answer

    def inhibitors(self):
        return BusInhibitors(self.ask, lambda: self.time)


def test_a_bare_window_manager_is_asked_nothing():
    bus = Bus()

    assert not bus.inhibitors().inhibit()
    assert [] == bus.calls


@pytest.mark.parametrize(
    ("session", "system", "answer"),
    [
        ("org.gnome.SessionManager", "", "(true,)"),
        ("org.freedesktop.PowerManagement.Inhibit", "", "(true,)"),
        ("", "org.freedesktop.login1", "(<'handle-lid-switch:idle'>,)"),
    ],
)
def test_whoever_keeps_the_screen_on_is_believed(session, system, answer):
    assert Bus(session, system, answer).inhibitors().inhibit()


def test_logind_that_only_blocks_sleep_does_not_count():
    assert not Bus("", "org.freedesktop.login1", "(<'sleep:shutdown'>,)").inhibitors().inhibit()


def test_the_answer_is_remembered_for_a_while_and_then_asked_again():
    bus = Bus("org.gnome.SessionManager", "", "(true,)")
    inhibitors = bus.inhibitors()
    answers = [inhibitors.inhibit()]
    bus.answer = "(false,)"
    for bus.time in (5.0, ASK_EVERY_SECONDS - 1, ASK_EVERY_SECONDS):
        answers.append(inhibitors.inhibit())

    assert [True, True, True, False] == answers
    assert 2 == len(bus.calls)


def test_a_bus_that_does_not_answer_keeps_nothing_on():
    assert not BusInhibitors(lambda _: "").inhibit()
