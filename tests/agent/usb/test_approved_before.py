"""A stick that an adult has approved before: what its next plug costs, and what is written down of it."""

import pytest

from tests.support.fake_usb import clean_scan


def approved_before(laptop):
    """A stick with a standing approval, out again; what was switched until then is forgotten."""
    laptop.opened()
    laptop.until("released")
    laptop.usb.pull()
    laptop.kept()
    laptop.usb.switched.clear()
    laptop.server.batches.clear()


def test_an_approved_stick_that_the_kernel_has_shut_is_not_shut_once_more(laptop):
    approved_before(laptop)
    laptop.plug()
    laptop.until("released")

    assert ["open"] == laptop.usb.switched


def test_an_approved_stick_that_somebody_let_in_first_is_shut_before_it_is_looked_at(laptop):
    approved_before(laptop)
    laptop.usb.default_shut = False
    laptop.plug()
    laptop.until("released")

    assert ["shut", "open"] == laptop.usb.switched


def test_that_it_came_and_who_had_allowed_it_are_sealed_together(laptop):
    approved_before(laptop)
    laptop.plug()
    laptop.until("released")
    laptop.kept()

    assert ("MediaPlugged", "MediaDecided") in laptop.server.batches


@pytest.mark.parametrize(("access", "writable"), [("read", False), ("write", True)])
def test_it_is_checked_for_what_it_was_allowed_for(laptop, access, writable):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.usb.script = clean_scan()
    laptop.say(session, "ask")
    laptop.approve(access=access)
    laptop.until("released")

    assert [writable] == [job.writable for job in laptop.usb.jobs]
    assert [(1001, writable)] == list(laptop.usb.mounted.values())
