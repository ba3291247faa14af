"""Somebody leaves, and their programs do not end at once: what they were given is not the next person's."""

from agent.backends.scan_job import Counted
from agent.errors import DeviceFailed
from policies.records import MediaReleased, MediaRequested, MediaWithdrawn
from tests.support.fake_usb import clean_scan
from tests.support.lab_laptop import SAM


def allowed(laptop, script):
    """May asks, and an adult says yes to her and to nobody else."""
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.usb.script = script
    laptop.say(session, "ask")
    laptop.approve(person="p-may")


def leave(laptop):
    """The person signs out, and one of their programs hangs, perhaps on the stick itself."""

    (login,) = laptop.service.ground.logins.values()
    end = laptop.device.end_processes

    def end_others(uid, keep):
        if uid == login.uid:
            raise DeviceFailed("a program waits for its disk")
        return end(uid, keep)

    laptop.device.end_processes = end_others
    laptop.device.exit(login.anchor)
    laptop.settle()


def test_a_stick_in_its_check_is_not_opened_for_the_next_person(laptop):
    allowed(laptop, (Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    leave(laptop)
    laptop.log_in(SAM)
    laptop.usb.running[0].say(clean_scan()[-1])
    laptop.usb.running[0].end()
    laptop.forward(2)

    assert ([], {}, False) == (laptop.records(MediaReleased), laptop.usb.mounted, laptop.usb.is_open())
    assert ["login-over"] == laptop.shut_reasons()


def test_a_stick_that_was_open_is_shut_before_the_next_person_may_ask_for_it(laptop):
    allowed(laptop, clean_scan())
    laptop.until("released")
    leave(laptop)
    _shell, session = laptop.log_in(SAM)

    assert ({}, False) == (laptop.usb.mounted, laptop.usb.is_open())
    assert ("shut", True) == (laptop.page(session).state, laptop.page(session).may_ask)


def test_what_the_last_person_asked_is_taken_back_and_the_next_one_asks_anew(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.say(session, "ask")
    leave(laptop)
    _shell, session = laptop.log_in(SAM)
    laptop.say(session, "ask")

    asked, again = laptop.records(MediaRequested)
    assert ("p-may", "p-sam") == (asked.person, again.person)
    assert [asked.request] == [each.request for each in laptop.records(MediaWithdrawn)]
