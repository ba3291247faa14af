"""A cover that another program fights, shapes or draws into: it comes back, and is not called covered."""

import select

import pytest
from Xlib import X

from agent.backends.desktop import Cover
from agent.backends.x11_contest import CONTESTED, Contest
from tests.agent.backends.test_x11_front import POST, WORDS, colour_at, ended, program, top_corners, until

on_display = pytest.mark.display
RISING = """
import sys, time
from Xlib import X, display
d = display.Display()
root = d.screen().root
window = root.create_window(0, 0, 800, 600, 0, X.CopyFromParent, override_redirect=True, background_pixel=1)
window.map()
d.sync()
print("up", flush=True)
while True:
    window.configure(stack_mode=X.Above)
    d.sync()
    time.sleep(0.01)
"""
INSIDE = """
import sys, time
from Xlib import X, display
d = display.Display()
cover = d.create_resource_object("window", int(sys.argv[1]))
window = cover.create_window(0, 0, 700, 500, 0, X.CopyFromParent, background_pixel=0xAA0000)
window.map()
d.sync()
print("up", flush=True)
while True:
    if len(sys.argv) > 2:
        window.map()
        d.sync()
    time.sleep(0.01)
"""
SHAPING = """
import sys, time
from Xlib import display
from Xlib.ext import shape
d = display.Display()
window = d.create_resource_object("window", int(sys.argv[1]))
print("up", flush=True)
while True:
    window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])
    d.sync()
    time.sleep(0.01)
"""
UNMAPPING = SHAPING.replace(
    "window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])", "window.unmap()"
)


def kept(desktop, seconds=0.4):
    """Look as the session does: at each change of windows, and now and then."""
    select.select([desktop.fileno()], [], [], seconds)
    desktop.take_changes()
    return desktop.keep_front(())


@on_display
@pytest.mark.parametrize("trick", [RISING, INSIDE, SHAPING, UNMAPPING])
def test_a_cover_that_another_program_fights_is_not_called_covered_and_is_when_it_has_ended(
    x11, desktop, trick
) -> None:
    desktop.show_front(WORDS)
    stranger = program(x11, trick, desktop._front.window_id, "again")
    try:
        until(lambda: kept(desktop).problem == CONTESTED, 20.0)
        looks = [kept(desktop, 0.1) for _ in range(10)]
    finally:
        ended(stranger)
    until(lambda: kept(desktop).covered)

    assert not any(each.covered for each in looks)
    assert {POST} == top_corners(desktop)


@on_display
def test_what_another_program_shows_in_the_cover_is_taken_away(x11, desktop) -> None:
    desktop.show_front(WORDS)
    stranger = program(x11, INSIDE, desktop._front.window_id)
    try:
        until(lambda: colour_at(desktop, 2, 2) == (0xAA, 0, 0) or kept(desktop))
        until(lambda: kept(desktop).covered and colour_at(desktop, 2, 2) == POST)
        pressed = desktop._front._parts["tell"].get_attributes().map_state
    finally:
        ended(stranger)

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
import sys, time
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
while True:
    time.sleep(1)
"""


@on_display
def test_a_program_that_takes_the_report_into_its_own_window_does_not_come_above_with_it(
    x11, desktop, start
) -> None:
    report = start("xterm", "-geometry", "20x5+10+10")
    found = until(lambda: [window.id for window, seen in desktop._stack() if seen.pid == report.pid])
    desktop.show_front(WORDS)
    stranger = program(x11, SWALLOWING, found[0])
    try:

        def looked():
            desktop.take_changes()
            return desktop.keep_front((report.pid,)), top_corners(desktop)

        until(lambda: looked() == (Cover(True), {POST}))
    finally:
        ended(stranger)
