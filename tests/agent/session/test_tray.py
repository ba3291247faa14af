"""The icon is there as soon as a panel is, and comes back when the panel does."""

import pytest

from agent.errors import DeviceFailed
from agent.link.pages import TrayWords
from agent.session.tray import LOOK_EVERY_SECONDS, Tray

WORDS = TrayWords(title="Gatepost", open_panel="Open")


class FakeIcon:
    def __init__(self, kind, title, item, viewed, on_click):
        self.kind, self.item, self.said, self.on_click = kind, item, [(title, viewed)], on_click
        self.alive = True

    def is_alive(self):
        return self.alive

    def change(self, title, viewed):
        self.said.append((title, viewed))


@pytest.fixture
def icons():
    return []


@pytest.fixture
def tray(icons):
    def open_icon(*details):
        icons.append(FakeIcon(*details))
        return icons[-1]

    return Tray("xembed", open_icon)


def test_no_icon_before_the_desktop_opens(tray, icons):
    tray.tick(0.0, lambda: True)

    assert [] == icons


def test_the_icon_waits_for_a_panel(tray, icons):
    tray.show(WORDS)
    tray.tick(0.0, lambda: False)
    tray.tick(LOOK_EVERY_SECONDS, lambda: True)
    tray.tick(2 * LOOK_EVERY_SECONDS, lambda: True)

    assert 1 == len(icons)


def test_an_icon_lost_with_its_panel_comes_back(tray, icons):
    tray.show(WORDS)
    tray.tick(0.0, lambda: True)
    icons[0].alive = False
    tray.tick(LOOK_EVERY_SECONDS, lambda: True)

    assert 2 == len(icons)


def test_being_viewed_is_shown_and_taken_back(tray, icons):
    tray.show(WORDS)
    tray.tick(0.0, lambda: True)
    tray.set_viewing("Ms Demir is viewing this lab")
    tray.set_viewing("")

    assert [("Gatepost", False), ("Ms Demir is viewing this lab", True), ("Gatepost", False)] == icons[0].said


def test_an_icon_that_comes_late_still_says_who_is_viewing(tray, icons):
    tray.show(WORDS)
    tray.set_viewing("Ms Demir is viewing this lab")
    tray.tick(0.0, lambda: True)

    assert [("Ms Demir is viewing this lab", True)] == icons[0].said


def test_many_clicks_at_once_are_one(tray, icons):
    tray.show(WORDS)
    tray.tick(0.0, lambda: True)
    for _ in range(200_000):
        icons[0].on_click()

    assert tray.take_click()
    while tray.take_click():
        pass
    assert not tray.take_click()


def test_a_tray_that_fails_does_not_end_the_session():
    def fail(*_):
        raise DeviceFailed("no display")

    tray = Tray("auto", fail)
    tray.show(WORDS)
    tray.tick(0.0, lambda: True)

    assert tray.due_at(0.0) > LOOK_EVERY_SECONDS
