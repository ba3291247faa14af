"""R30: what the scanner finds is told at once and once, however the check ends after that."""

import pytest

from agent.backends.media_job import write_line
from agent.backends.scan_job import Counted, Failed, Found, Harmful, read_said
from agent.service.facts import ScanSaid
from policies.records import MediaDetection, MediaReleased, MediaScanned, MediaUnplugged
from policies.settings import Settings, UsbSettings
from tests.support.fake_usb import clean_scan

COUNTED = Counted(files=3, size_bytes=30)
HARM = Harmful(found=Found(file="setup_free.exe", signature="Worm"))
TOLD = [("Worm", 1, "p-may")]


def test_the_service_reads_of_a_find_no_more_than_a_record_holds():
    too_long = Harmful(found=Found(file="x", signature="W" * 201))

    assert [HARM, None] == [read_said(write_line(each)) for each in (HARM, too_long)]


def told(laptop):
    return [(each.signature, each.files, each.person) for each in laptop.records(MediaDetection)]


def says(laptop, *words):
    """The worker says this now; return how the stick's plug and check are called."""
    check = (laptop.stick.plug, laptop.stick.scan)
    for word in words:
        laptop.service.loop.put(ScanSaid(*check, word))
    laptop.settle()
    return check


def until_found(laptop):
    """A check that has found something and goes on; return the pupil's session."""
    session = laptop.opened((COUNTED, None))
    laptop.until("scanning")
    says(laptop, HARM)
    return session


def dies(laptop, _session):
    laptop.usb.running[0].end()


def fails(laptop, _session):
    laptop.usb.running[0].say(Failed(reason="unreadable", problem="gone"))
    laptop.usb.running[0].end()


def is_stopped_by_the_pupil(laptop, session):
    laptop.say(session, "cancel")


def is_left(laptop, _session):
    laptop.device.exit(next(iter(laptop.service.ground.logins.values())).anchor)
    laptop.settle()
    laptop.forward(3)


def takes_too_long(laptop, _session):
    laptop.usb.running[0].stands_still = True
    laptop.forward(40 * 60)


@pytest.mark.parametrize("end", [dies, fails, is_stopped_by_the_pupil, is_left, takes_too_long])
def test_a_find_is_told_and_the_stick_counts_as_harmful_also_when_the_check(laptop, end):
    session = until_found(laptop)
    before = told(laptop)
    end(laptop, session)
    laptop.until("shut")

    assert (TOLD, TOLD) == (before, told(laptop))
    assert ("harmful", False, False) == (laptop.stick.reason, laptop.stick.may_ask, laptop.usb.is_open())
    assert ["harmful"] == laptop.shut_reasons()


def test_the_pupil_who_stops_such_a_check_is_told_what_was_found(laptop):
    session = until_found(laptop)
    laptop.say(session, "cancel")

    page = laptop.page(session)
    assert ("stays-shut", "harmful", "setup_free.exe") == (page.state, page.reason, page.harmful)


def test_a_find_on_a_stick_that_is_then_pulled_out_is_told(laptop):
    until_found(laptop)
    laptop.usb.pull()
    laptop.settle()

    assert TOLD == told(laptop)
    assert 1 == len(laptop.records(MediaUnplugged))


def test_a_find_that_was_on_its_way_when_the_stick_was_pulled_out_is_told(laptop):
    laptop.opened((COUNTED, None))
    laptop.until("scanning")
    check = says(laptop)
    laptop.usb.running[0].stands_still = True
    laptop.usb.pull()
    laptop.settle()
    laptop.service.loop.put(ScanSaid(*check, HARM))
    laptop.settle()

    assert TOLD == told(laptop)


def test_a_find_in_the_verdict_is_told_also_if_the_stick_is_pulled_out_before_it_was_weighed(
    laptop, monkeypatch
):
    begin = laptop.service.loop.work
    monkeypatch.setattr(
        laptop.service.loop,
        "work",
        lambda name, job, then: None if name == "usb-same" else begin(name, job, then),
    )
    laptop.opened((COUNTED, None))
    laptop.until("scanning")
    says(laptop, *clean_scan(harmful_files=2, harmful=(HARM.found,)))
    laptop.usb.pull()
    laptop.settle()

    assert [("Worm", 2, "p-may")] == told(laptop)


def test_the_verdict_does_not_tell_again_what_was_told(laptop):
    found = (HARM.found,)
    laptop.opened((COUNTED, HARM, HARM, *clean_scan(harmful_files=2, harmful=found)))
    laptop.until("shut")

    assert TOLD == told(laptop)
    assert ["harmful"] == [each.outcome for each in laptop.records(MediaScanned)]


def test_a_check_whose_worker_dies_after_a_find_has_found_something(laptop):
    laptop.opened((COUNTED, HARM))
    laptop.until("shut")

    assert ["harmful"] == [each.outcome for each in laptop.records(MediaScanned)]


def test_a_worker_that_takes_its_find_back_opens_nothing(laptop):
    laptop.opened((COUNTED, HARM, *clean_scan()))
    laptop.until("shut")

    assert ("harmful", [], {}) == (laptop.stick.reason, laptop.records(MediaReleased), laptop.usb.mounted)


def test_each_check_tells_its_own_find(laptop):
    until_found(laptop)
    laptop.usb.pull()
    laptop.settle()
    laptop.usb.script = (COUNTED, HARM)
    laptop.plug()
    laptop.until("shut")

    assert TOLD * 2 == told(laptop)


def test_a_stick_with_a_find_stays_shut_under_another_policy_too(laptop):
    until_found(laptop)
    laptop.publish(Settings(usb=UsbSettings(mode="copy")), 2)

    assert ("harmful", False) == (laptop.stick.reason, laptop.stick.may_ask)
