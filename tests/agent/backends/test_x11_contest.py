"""A cover that another program fights, shapes or draws into: it comes back, and is not called covered."""

import subprocess
import sys

import pytest
from Xlib import X

from agent.backends.desktop import Cover
from agent.backends.x11_contest import CONTESTED, Contest
from tests.agent.backends.test_x11_front import POST, WORDS, colour_at, top_corners, until

on_display = pytest.mark.display
RISING = """
import sys
from Xlib import X, display
d = display.Display()
root = d.screen().root
window = root.create_window(0, 0, 800, 600, 0, X.CopyFromParent, override_redirect=True, background_pixel=1)
window.map()
d.sync()
print("up", flush=True)
for _ in sys.stdin:
    window.configure(stack_mode=X.Above)
    d.sync()
    print("done", flush=True)
"""
INSIDE = """
import sys
from Xlib import X, display
d = display.Display()
cover = d.create_resource_object("window", int(sys.argv[1]))
window = cover.create_window(0, 0, 700, 500, 0, X.CopyFromParent, background_pixel=0xAA0000)
window.map()
d.sync()
print("up", flush=True)
for _ in sys.stdin:
    window.map()
    d.sync()
    print("done", flush=True)
"""
SHAPING = """
import sys
from Xlib import display
from Xlib.ext import shape
d = display.Display()
window = d.create_resource_object("window", int(sys.argv[1]))
print("up", flush=True)
for _ in sys.stdin:
    window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])
    d.sync()
    print("done", flush=True)
"""
UNMAPPING = SHAPING.replace(
    "window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])", "window.unmap()"
)


LOOK_SECONDS = 0.4
"""How often the session looks while nothing is heard of."""


class FightOnAClock(Contest):
    """A fight on a clock of our own: how fast this machine looks says nothing about it."""

    at = 0.0

    def found_above(self, now):
        super().found_above(self.at)

    def is_on(self, now):
        return super().is_on(self.at)


class Stranger:
    """A program that does its trick each time it is told to, and says when it has."""

    def __init__(self, x11, trick, window):
        self._process = subprocess.Popen(
            [sys.executable, "-c", trick, str(window)],
            env=x11.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "up\n" == self._process.stdout.readline()

    def acts(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert "done\n" == self._process.stdout.readline()

    def end(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def stranger(x11):
    started = []

    def start(trick, window):
        started.append(Stranger(x11, trick, window))
        return started[-1]

    yield start
    for each in started:
        each.end()


def kept(desktop):
    """Look as the session does, now and then."""
    desktop._contest.at += LOOK_SECONDS
    desktop.take_changes()
    return desktop.keep_front(())


@on_display
@pytest.mark.parametrize("trick", [RISING, INSIDE, SHAPING, UNMAPPING])
def test_a_cover_that_another_program_fights_is_not_called_covered_and_is_when_it_has_ended(
    desktop, stranger, trick
) -> None:
    desktop._contest = FightOnAClock()
    desktop.show_front(WORDS)
    fights = stranger(trick, desktop._front.window_id)
    looks = []
    for _ in range(15):
        fights.acts()
        looks.append(kept(desktop))
    fights.end()
    until(lambda: kept(desktop).covered)

    assert {CONTESTED} == {each.problem for each in looks[5:]}
    assert not any(each.covered for each in looks[5:])
    assert {POST} == top_corners(desktop)


@on_display
def test_what_another_program_shows_in_the_cover_is_taken_away(desktop, stranger) -> None:
    desktop.show_front(WORDS)
    stranger(INSIDE, desktop._front.window_id)
    before = colour_at(desktop, 2, 2)
    cover = desktop.keep_front(())
    pressed = desktop._front._parts["tell"].get_attributes().map_state

    assert ((0xAA, 0, 0), Cover(True), POST) == (before, cover, colour_at(desktop, 2, 2))
    assert X.IsViewable == pressed


def test_a_desktop_that_starts_is_no_fight() -> None:
    contest = Contest()
    for at in (0.0, 0.05, 0.1, 0.6, 0.65, 1.5, 1.55, 2.2):
        contest.found_above(at)

    assert not contest.is_on(2.2)


def test_a_fight_is_known_within_two_seconds_and_over_when_it_has_ended() -> None:
    contest = Contest()
    for number in range(15):
        contest.found_above(number / 10)

    assert contest.is_on(1.4)
    assert not contest.is_on(4.0)


SWALLOWING = """
import sys
from Xlib import X, Xatom, display
d = display.Display()
root = d.screen().root
client = d.create_resource_object("window", int(sys.argv[1]))
window = root.create_window(0, 0, 800, 600, 0, X.CopyFromParent, override_redirect=True, background_pixel=1)
client.reparent(window, 600, 400)
window.map()
root.change_property(d.get_atom("_NET_CLIENT_LIST"), Xatom.WINDOW, 32, [client.id])
window.configure(stack_mode=X.Above)
d.sync()
print("up", flush=True)
sys.stdin.read()
"""


@on_display
def test_a_program_that_takes_the_report_into_its_own_window_does_not_come_above_with_it(
    desktop, start, stranger
) -> None:
    report = start("xterm", "-geometry", "20x5+10+10")
    found = until(lambda: [window.id for window, seen in desktop._stack() if seen.pid == report.pid])
    desktop.show_front(WORDS)
    stranger(SWALLOWING, found[0])

    def looked():
        desktop.take_changes()
        return desktop.keep_front((report.pid,)), top_corners(desktop)

    until(lambda: looked() == (Cover(True), {POST}))
