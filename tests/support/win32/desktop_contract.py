"""What every implementation of the slices `desktop` and `desktop_pump` does: the fake, and Windows' own."""

import contextlib
import os
import queue
import time

import pytest

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_desktop_slices import NO_SUCH_WINDOW, Board, Event, Piece, Rectangle

SECONDS = 60.0
GROUND = 0x0C4A3C


def until(what, seconds=SECONDS):
    """Wait until something is so; return whether it is."""
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


class DesktopContract:
    """Subclasses give `calls` and `open_pump` as fixtures, and a pump's events come in `events`."""

    @pytest.fixture
    def events(self):
        return queue.SimpleQueue[Event]()

    @pytest.fixture
    def pump(self, open_pump, events):
        pump = open_pump(events.put)
        yield pump
        pump.stop()

    def boards(self, calls, words="Eyes to the front"):
        piece = Piece(Rectangle(10, 10, 600, 80), words, 40, True, 0xFFFFFF, press="tell")
        return [Board(screen, GROUND, (piece,)) for screen in calls.monitors()]

    def test_the_last_input_was_not_after_now(self, calls):
        assert (calls.tick() - calls.last_input_tick()) & 0xFFFFFFFF < 0xF0000000

    def test_the_first_screen_begins_at_nothing_and_has_a_size(self, calls):
        first = calls.monitors()[0]

        assert (0, 0) == (first.x, first.y)
        assert min(first.width, first.height) > 100

    def test_what_is_asked_of_the_machine_is_a_number(self, calls):
        assert calls.execution_state() >= 0

    def test_a_cover_lies_over_every_screen_above_all_others_and_is_ours(self, calls, pump):
        pump.put_up("front", self.boards(calls))
        windows = pump.windows_of("front")
        rows = [calls.look(window) for window in windows]

        assert [row.rect for row in rows] == calls.monitors() or {row.rect for row in rows} == set(
            calls.monitors()
        )
        assert all(row.visible and row.pid == os.getpid() for row in rows)
        visible = [each for each in calls.windows() if calls.look(each).visible]
        assert set(windows) == set(visible[: len(windows)])

    def test_a_cover_that_is_laid_again_stays_as_many_windows(self, calls, pump):
        pump.put_up("front", self.boards(calls))
        pump.put_up("front", self.boards(calls, "Other words"))

        assert len(calls.monitors()) == len(pump.windows_of("front"))

    def test_a_cover_taken_down_is_gone(self, calls, pump):
        pump.put_up("hide", self.boards(calls))
        windows = pump.windows_of("hide")
        pump.take_down("hide")

        assert () == pump.windows_of("hide")
        assert not set(windows) & set(calls.windows())

    def test_taking_down_what_is_not_up_does_nothing(self, pump):
        pump.take_down("hide")

        assert () == pump.windows_of("hide")

    def test_a_whole_cover_needs_no_mending(self, calls, pump):
        pump.put_up("front", self.boards(calls))

        assert not pump.mend("front")

    def test_a_cover_that_another_program_hid_is_mended(self, calls, pump):
        pump.put_up("front", self.boards(calls))
        calls.hide(pump.windows_of("front")[0])

        assert until(lambda: pump.mend("front"))
        assert until(lambda: calls.look(pump.windows_of("front")[0]).visible)

    def test_a_cover_takes_the_keyboard(self, calls, pump):
        pump.put_up("front", self.boards(calls))
        window = pump.windows_of("front")[0]

        assert until(lambda: calls.take_keyboard(window) and calls.foreground() == window)

    def test_a_key_can_be_held_let_go_and_held_again(self, pump):
        pump.hold_key(3, ord("H"))
        pump.hold_key(0, 0)
        pump.hold_key(3, ord("H"))

    def test_more_words_are_higher_and_none_is_wider_than_its_room(self, pump):
        short = pump.measure("Öne bakın", 30, True, 400)
        long = pump.measure("Şimdi kitaplarınızı açın ve soruyu okuyun. " * 4, 30, True, 400)

        assert long[1] > short[1] > 0
        assert long[0] <= 400

    def test_a_window_that_is_gone_is_a_problem_with_its_number(self, calls, pump):
        pump.put_up("hide", self.boards(calls))
        window = pump.windows_of("hide")[0]
        pump.take_down("hide")
        with pytest.raises(WinProblem) as caught:
            calls.look(window)

        assert NO_SUCH_WINDOW == caught.value.code

    def test_a_note_outlives_who_left_it_and_goes_whole(self, calls):
        calls.add_atom("Gatepost.Test")
        calls.add_atom("Gatepost.Test")
        found = calls.has_atom("Gatepost.Test")
        calls.delete_atom("Gatepost.Test")

        assert found
        assert not calls.has_atom("Gatepost.Test")

    def test_the_desktop_that_gets_the_input_has_a_name(self, calls):
        assert calls.input_desktop().casefold() == "default"

    def test_an_open_screen_is_not_called_locked(self, calls):
        with contextlib.suppress(WinProblem):  # Wine does not say
            assert not calls.is_locked()

    def test_a_stopped_pump_takes_its_covers_along(self, calls, open_pump, events):
        pump = open_pump(events.put)
        pump.put_up("front", self.boards(calls))
        windows = pump.windows_of("front")
        pump.stop()

        assert not set(windows) & set(calls.windows())
