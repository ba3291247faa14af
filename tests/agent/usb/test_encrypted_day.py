"""An encrypted stick in use: approved, opened with its owner's own passphrase, checked, released."""

import logging

import pytest

from agent.link import messages as m
from policies import records
from tests.support.fake_usb import clean_scan
from tests.support.stick_laptop import APPROVE, STAFF

RIGHT, WRONG = "tulips in March", "roses in May"


@pytest.fixture
def staff_laptop(make_stick_laptop):
    laptop = make_stick_laptop(settings=STAFF)
    laptop.server.people["may"]["tier"] = "adult"
    return laptop


def plug_locked(laptop, mode="staff_encrypted_approved"):
    _shell, session = laptop.log_in()
    laptop.plug(encryption="luks")
    laptop.usb.script = clean_scan()
    laptop.say(session, "ask")
    laptop.approve(mode=mode)
    return session


def give(laptop, session, passphrase):
    session.say(m.StickPassphrase(plug=laptop.stick.plug, passphrase=passphrase))
    laptop.settle()


def test_the_owner_s_passphrase_opens_it_for_the_check_and_for_them(staff_laptop):
    session = plug_locked(staff_laptop)
    page = staff_laptop.page(session)
    assert ("locked", 5) == (page.state, page.tries_left)
    assert [] == staff_laptop.usb.jobs

    give(staff_laptop, session, RIGHT)
    staff_laptop.until("released")

    (volume,) = staff_laptop.usb.jobs[0].volumes
    assert ("/dev/dm-0", "ext4") == (volume.node, volume.filesystem)
    assert "open" == staff_laptop.page(session).state

    staff_laptop.usb.pull()
    staff_laptop.settle()
    assert [] == staff_laptop.usb.unlocked


def test_a_wrong_passphrase_is_counted_and_the_fifth_is_the_last(staff_laptop):
    session = plug_locked(staff_laptop)
    give(staff_laptop, session, WRONG)
    page = staff_laptop.page(session)
    assert ("locked", 4) == (page.state, page.tries_left)

    for _ in range(4):
        give(staff_laptop, session, WRONG)
    give(staff_laptop, session, RIGHT)

    assert ("stays-shut", "locked") == (staff_laptop.page(session).state, staff_laptop.page(session).reason)
    assert not staff_laptop.usb.is_open()
    assert ["locked"] == staff_laptop.shut_reasons()


def test_the_passphrase_stands_in_no_record_and_no_log(staff_laptop, caplog):
    caplog.set_level(logging.DEBUG)
    session = plug_locked(staff_laptop)
    give(staff_laptop, session, WRONG)
    give(staff_laptop, session, RIGHT)
    staff_laptop.until("released")

    kept = repr(staff_laptop.kept(records.Record)) + caplog.text + repr(vars(staff_laptop.service.media.flow))
    assert RIGHT not in kept
    assert WRONG not in kept


def test_revoked_while_open_it_is_closed(staff_laptop):
    session = plug_locked(staff_laptop)
    give(staff_laptop, session, RIGHT)
    staff_laptop.until("released")
    staff_laptop.say(session, "finish")

    assert [] == staff_laptop.usb.unlocked
    assert not staff_laptop.usb.is_open()


def test_a_plain_stick_stays_shut_where_it_has_to_be_encrypted(staff_laptop):
    _shell, session = staff_laptop.log_in()
    staff_laptop.plug()
    staff_laptop.say(session, "ask")
    staff_laptop.approve(mode="staff_encrypted_approved")

    assert ("stays-shut", "not-encrypted") == (
        staff_laptop.page(session).state,
        staff_laptop.page(session).reason,
    )


def test_a_pupil_is_never_asked_for_a_passphrase(make_stick_laptop):
    laptop = make_stick_laptop(settings=APPROVE)
    session = plug_locked(laptop, mode="approve_then_scan")
    page = laptop.page(session)
    assert ("stays-shut", "locked") == (page.state, page.reason)

    give(laptop, session, RIGHT)

    assert [] == laptop.usb.unlocked
    assert not laptop.usb.is_open()


def test_a_damaged_container_stays_shut(staff_laptop):
    staff_laptop.usb.problems["unlock"] = "cryptsetup ended with 4"
    session = plug_locked(staff_laptop)
    give(staff_laptop, session, RIGHT)

    assert "unreadable" == staff_laptop.page(session).reason
    assert not staff_laptop.usb.is_open()
