"""The scanner gives its memory back when nobody has needed it for a while, and never while it is needed."""

from agent.service.scanner import IDLE_SECONDS
from tests.support.fake_usb import clean_scan


class Counting:
    """How often the scanner was stopped."""

    def __init__(self, laptop):
        self.stops = 0
        laptop.scanner.stop = self.stop

    def stop(self):
        self.stops += 1


def test_after_a_check_it_rests(laptop):
    scanner = Counting(laptop)
    laptop.opened(clean_scan())
    laptop.until("released")
    laptop.forward(IDLE_SECONDS + 5)

    assert 1 == scanner.stops


def test_it_rests_also_where_the_stick_it_was_started_for_was_never_checked(laptop):
    scanner = Counting(laptop)
    laptop.usb.problems = {"look_inside": "nothing there"}
    laptop.opened()
    laptop.until("shut")
    laptop.forward(IDLE_SECONDS + 5)

    assert 1 == scanner.stops


def test_it_does_not_go_to_rest_under_a_stick_that_was_let_in_a_moment_ago(laptop):
    scanner = Counting(laptop)
    laptop.opened(clean_scan())
    laptop.until("released")
    laptop.usb.pull()
    laptop.settle()
    laptop.forward(IDLE_SECONDS - 2)
    begin = laptop.service.loop.work
    laptop.service.loop.work = lambda name, job, then: None if name == "usb-look" else begin(name, job, then)
    laptop.plug()
    assert "opening" == laptop.stick.state
    laptop.forward(10)

    assert 0 == scanner.stops
