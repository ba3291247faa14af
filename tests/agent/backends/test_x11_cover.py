"""Covered means: nobody else's window can be seen anywhere."""

from hypothesis import given
from hypothesis import strategies as st

from agent.backends.desktop import Cover
from agent.backends.x11_cover import Rect, Stacked, decide_cover, subtract

SCREEN = Rect(0, 0, 1366, 768)
SECOND = Rect(1366, 0, 1024, 768)
LOCKER = 7
rects = st.builds(Rect, st.integers(-20, 60), st.integers(-20, 60), st.integers(1, 60), st.integers(1, 60))


def points(rect):
    return {(x, y) for x in range(rect.x, rect.x + rect.width) for y in range(rect.y, rect.y + rect.height)}


def test_a_locker_on_top_of_everything_covers():
    stack = [Stacked(Rect(10, 10, 300, 200), 5), Stacked(SCREEN, LOCKER)]

    assert Cover(True) == decide_cover(stack, [SCREEN], {LOCKER})


def test_a_window_above_the_locker_is_seen():
    stack = [Stacked(SCREEN, LOCKER), Stacked(Rect(10, 10, 30, 20), 5)]

    assert Cover(False, "a window lies above the locker") == decide_cover(stack, [SCREEN], {LOCKER})


def test_a_second_screen_left_open_is_seen():
    assert not decide_cover([Stacked(SCREEN, LOCKER)], [SCREEN, SECOND], {LOCKER}).covered


def test_one_window_over_all_screens_covers_them():
    assert decide_cover([Stacked(Rect(0, 0, 2390, 768), LOCKER)], [SCREEN, SECOND], {LOCKER}).covered


def test_a_locker_without_a_window_covers_nothing():
    assert Cover(False, "no window") == decide_cover([Stacked(SCREEN, 5)], [SCREEN], {LOCKER})


def test_a_locker_one_pixel_short_does_not_cover():
    short = Rect(0, 0, 1366, 767)

    assert Cover(False, "a part of a screen is not covered") == decide_cover(
        [Stacked(short, LOCKER)], [SCREEN], {LOCKER}
    )


@given(rects, rects)
def test_subtracting_leaves_exactly_the_points_outside(area, by):
    left = [point for part in subtract(area, by) for point in points(part)]

    assert points(area) - points(by) == set(left)
    assert len(left) == len(set(left))


@given(st.lists(st.builds(Stacked, rects, st.sampled_from([5, LOCKER])), max_size=6))
def test_covered_agrees_with_looking_at_every_point(stack):
    screen = Rect(0, 0, 40, 40)

    def top(point):
        return next((window.pid for window in reversed(stack) if point in points(window.rect)), None)

    assert (
        all(top(point) == LOCKER for point in points(screen))
        == decide_cover(stack, [screen], {LOCKER}).covered
    )
