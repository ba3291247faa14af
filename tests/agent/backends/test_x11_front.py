"""*Eyes to the front* on a real display: at once, over everything, with help as the only thing to press."""

import os
import select
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from Xlib import X
from Xlib.ext import shape

from agent.backends.desktop import Cover, CoverWords, FrontWords
from agent.backends.front_keys import GRACE_SECONDS, FrontKeys
from agent.backends.front_words import FrontWish, draw_front
from agent.backends.x11_cover import Rect
from agent.backends.x11_front import decide_front
from tests.agent.backends.test_desktop_linux import WINDOW

WORDS = FrontWords(
    "Gözler öne",
    "“İki dakika: tahtadaki çizgeye birlikte bakalım.”",
    "Gönderen: Demir Öğretmen · çalışman güvende, saat 10.46'da geri gelir",
    "Fındık Bahçesi İlkokulu",
    "Bir sorun var",
)
POST = (0x0C, 0x4A, 0x3C)
SCREEN = Rect(0, 0, 800, 600)
on_display = pytest.mark.display
KEY_COUNTER = """
import sys
from Xlib import X, display
d = display.Display()
root = d.screen().root
window = root.create_window(0, 0, 300, 200, 0, X.CopyFromParent, event_mask=X.KeyPressMask)
window.map()
d.sync()
print("up", flush=True)
while True:
    event = d.next_event()
    if event.type == X.KeyPress:
        print(d.keycode_to_keysym(event.detail, 0), flush=True)
"""
A, Z = b"97", b"122"


def colour_at(desktop, x, y):
    data = desktop._root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF).data
    return data[2], data[1], data[0]


def top_corners(desktop):
    width = desktop._root.get_geometry().width
    return {colour_at(desktop, x, 2) for x in (2, width - 3)}


def program(x11, source, *place):
    process = subprocess.Popen(
        [sys.executable, "-c", source, *map(str, place)],
        env=x11.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "up" == process.stdout.readline().strip()
    return process


def ended(process):
    process.kill()
    process.wait()
    process.stdout.close()


def until(fact, seconds=30.0):
    end = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < end, "it did not come true in time"
        select.select([], [], [], 0.02)
    return found


def press(x11, *keys):
    subprocess.run(["xdotool", "key", *keys], env=x11.environment(), check=True, timeout=60)


# ---- deciding ----


def test_the_cover_alone_hides_the_screen() -> None:
    assert Cover(True) == decide_front([(5, SCREEN), (9, SCREEN)], [SCREEN], 9, ())


def test_a_strangers_window_above_it_is_said() -> None:
    found = decide_front([(9, SCREEN), (5, Rect(10, 10, 50, 50))], [SCREEN], 9, ())

    assert Cover(False, "a window lies above the cover") == found


def test_a_report_or_a_locker_above_it_hides_as_well() -> None:
    assert Cover(True) == decide_front([(9, SCREEN), (7, Rect(10, 10, 50, 50))], [SCREEN], 9, (7,))


def test_a_cover_that_is_not_there_is_said() -> None:
    assert Cover(False, "the cover is not on the screen") == decide_front([(5, SCREEN)], [SCREEN], 9, ())


def test_a_screen_beside_it_is_said() -> None:
    found = decide_front([(9, SCREEN)], [SCREEN, Rect(800, 0, 640, 480)], 9, ())

    assert Cover(False, "a part of a screen is not covered") == found


@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.builds(
                Rect, st.integers(-50, 850), st.integers(-50, 650), st.integers(1, 900), st.integers(1, 700)
            ),
        ),
        max_size=6,
        unique_by=lambda each: each[0],
    )
)
def test_whatever_the_stack_a_stranger_in_sight_is_never_called_covered(stack) -> None:
    found = decide_front(stack, [SCREEN], 1, (2,))
    cells = [(x, y) for x in range(5, 800, 61) for y in range(5, 600, 47)]

    def on_top(x, y):
        tops = [
            window
            for window, rect in stack
            if rect.x <= x < rect.x + rect.width and rect.y <= y < rect.y + rect.height
        ]
        return tops[-1] if tops else 0

    if found.covered:
        assert {on_top(x, y) for x, y in cells} <= {1, 2}


# ---- on a real display ----


@on_display
def test_it_is_up_and_confirmed_at_once(x11, desktop) -> None:
    whole = program(x11, WINDOW, 0, 0, x11.size[0], x11.size[1])
    try:
        desktop.prepare_front(WORDS._replace(said="", by=""))
        cover = desktop.show_front(WORDS)
        shown = top_corners(desktop)
        desktop.hide_front()
        after = top_corners(desktop)
    finally:
        ended(whole)

    assert (Cover(True), {POST}) == (cover, shown)
    assert {(0xAA, 0, 0)} == after


@on_display
def test_the_drawn_words_follow(x11, desktop) -> None:
    desktop.show_front(WORDS)
    plain = desktop._front._looks["said"]

    def drawn():
        desktop.take_changes()
        desktop.keep_front(())
        return desktop._front._looks["said"] is not plain

    until(drawn)

    assert desktop._front._looks["title"].height > 60


@on_display
def test_a_window_that_comes_later_goes_beneath(x11, desktop) -> None:
    desktop.show_front(WORDS)
    stranger = program(x11, WINDOW, 0, 0, 300, 200)
    try:
        cover = desktop.keep_front(())
        shown = top_corners(desktop)
    finally:
        ended(stranger)

    assert (Cover(True), {POST}) == (cover, shown)


@on_display
@pytest.mark.parametrize("act", ["unmap", "destroy", "shrink", "shape"])
def test_what_another_program_does_to_the_window_is_undone(x11, desktop, act) -> None:
    desktop.show_front(WORDS)
    window = desktop._x.create_resource_object("window", desktop._front.window_id)
    match act:
        case "unmap":
            window.unmap()
        case "destroy":
            window.destroy()
        case "shrink":
            window.configure(width=50, height=50)
        case "shape":
            window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [])
    desktop._x.sync()
    cover = desktop.keep_front(())

    assert (Cover(True), {POST}) == (cover, top_corners(desktop))


@on_display
def test_no_key_reaches_the_work_beneath_and_none_presses_the_button(x11, managed, desktop) -> None:
    counter = program(x11, KEY_COUNTER)
    try:
        beneath(x11, counter, "a", A)
        desktop.show_front(WORDS)
        press(x11, "b", "alt+F4", "space", "super+d", "Return")
        desktop._x.sync()
        changes = desktop.take_changes()
        desktop.hide_front()
        heard = beneath(x11, counter, "z", Z)
        lives = counter.poll() is None
    finally:
        ended(counter)

    assert "front-tell" not in changes
    assert lives
    assert {A, Z} >= set(heard)


def beneath(x11, counter, key, symbol):
    """Press a key until the work beneath hears it; return all that it has heard since it was asked last."""
    said = b""

    def is_heard():
        nonlocal said
        press(x11, key)
        if select.select([counter.stdout], [], [], 0.5)[0]:
            said += os.read(counter.stdout.fileno(), 4096)
        return symbol in said.split()

    until(is_heard)
    return said.split()


def told(desktop, x11, *keys):
    press(x11, *keys)
    desktop._x.sync()
    return "front-tell" in desktop.take_changes()


@on_display
def test_who_types_on_when_the_cover_comes_opens_no_report_and_tab_leads_to_it(x11, desktop) -> None:
    now = [100.0]
    desktop._front._keys = FrontKeys(lambda: now[0])
    desktop.show_front(WORDS)
    while_typing = told(desktop, x11, "w", "space", "Tab", "Return", "space")
    now[0] += GRACE_SECONDS + 0.1
    later = told(desktop, x11, "Return", "w", "space", "alt+Tab", "space", "Down", "Return")
    unseen = desktop._front._parts["tell"].get_image(0, 0, 12, 12, X.ZPixmap, 0xFFFFFFFF).data
    alone = told(desktop, x11, "Tab")
    ring = desktop._front._parts["tell"].get_image(0, 0, 12, 12, X.ZPixmap, 0xFFFFFFFF).data
    by_keyboard = told(desktop, x11, "Return")
    held = told(desktop, x11, "Return", "Return")

    assert (False, False, False) == (while_typing, later, alone)
    assert ring != unseen
    assert (True, False) == (by_keyboard, held)


@on_display
def test_a_click_on_the_way_to_help_is_heard_and_one_beside_it_is_not(x11, desktop) -> None:
    desktop.show_front(WORDS)
    part = desktop._front._parts["tell"]
    place = part.get_geometry()
    x11.run("xdotool", "mousemove", "5", "5", "click", "1")
    desktop._x.sync()
    beside = desktop.take_changes() & {"front-tell"}
    x11.run("xdotool", "mousemove", str(place.x + 20), str(place.y + 20), "click", "1")
    desktop._x.sync()

    assert (set(), {"front-tell"}) == (beside, desktop.take_changes() & {"front-tell"})


@on_display
def test_a_report_begun_from_it_stands_above_it_and_has_the_keyboard(managed, desktop, start) -> None:
    desktop.show_front(WORDS)
    report = start("xterm", "-geometry", "40x10+10+10", "-bg", "blue")

    def stands():
        desktop.take_changes()
        cover = desktop.keep_front((report.pid,))
        return cover.covered and desktop._focus_pid() == report.pid

    until(stands)
    report.kill()
    report.wait()

    until(lambda: desktop.keep_front(()) == Cover(True))


@on_display
def test_a_report_that_stands_above_it_without_the_keyboard_gets_it_also_without_a_manager(
    desktop, start
) -> None:
    desktop.show_front(WORDS)
    report = start("xterm", "-geometry", "40x10+10+10", "-bg", "blue")

    def stands():
        desktop.take_changes()
        return desktop.keep_front((report.pid,)).covered and desktop._focus_pid() == report.pid

    until(stands)
    desktop._front._window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
    desktop._x.sync()
    assert report.pid != desktop._focus_pid()

    until(stands)


@on_display
def test_a_locker_gets_the_keyboard_and_stands_above_it(x11, desktop, start) -> None:
    desktop.show_front(WORDS)
    locker = start("i3lock", "-n", "-c", "ff0000")
    desktop.check_cover(locker.pid)

    def locked():
        desktop.keep_front(())
        return desktop.check_cover(locker.pid).covered

    until(locked)

    assert Cover(True) == desktop.keep_front(())
    assert locker.poll() is None


@on_display
def test_it_lies_above_a_screen_that_was_hidden_and_leaves_it_hidden(x11, desktop) -> None:
    desktop.prepare_hiding("", CoverWords("Hazel Bank", "Something’s wrong", "Show my screen again"))
    desktop.hide_screen()
    desktop.show_front(WORDS)
    over = top_corners(desktop)
    desktop.hide_front()

    assert ({POST}, {(0xF3, 0xF6, 0xF3)}) == (over, top_corners(desktop))


def test_a_sentence_of_the_longest_kind_is_drawn_whole() -> None:
    words = WORDS._replace(said="“" + "Bakalım birlikte. " * 16 + "”")
    strips = {strip.name: strip for strip in draw_front(FrontWish(words, 1.0, 1200, 550))}

    assert {"title", "said", "by", "school", "tell", "tell-focused"} == set(strips)
    assert all(len(each.data) == 4 * each.width * each.height for each in strips.values())
    assert sum(strips[name].height for name in ("title", "said", "by")) < 600


@pytest.mark.parametrize("said", ["“Look up.”", "“" + "Bakalım birlikte. " * 16 + "”"])
def test_r5_who_reads_large_letters_gets_them_as_far_as_they_fit(said) -> None:
    words = WORDS._replace(said=said)
    plain = {each.name: each for each in draw_front(FrontWish(words, 1.0, 1200, 550))}
    large = {each.name: each for each in draw_front(FrontWish(words._replace(scale=200), 1.0, 1200, 550))}

    assert large["said"].height >= plain["said"].height
    assert sum(large[name].height for name in ("title", "said", "by")) <= 550
