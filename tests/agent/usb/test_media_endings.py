"""When what was opened is shut again: by the calendar, without a server, by a stop, and past its time."""

from datetime import timedelta

import pytest

from agent.backends.scan_job import Counted
from agent.service.usb import MOST_ASKS
from policies.records import MediaRequested, MediaWithdrawn
from policies.settings import ModeFrom, Settings, UsbSettings
from tests.support.fake_usb import clean_scan
from tests.support.stick_laptop import APPROVE, COPY


def test_on_the_day_on_which_another_mode_begins_what_was_open_is_shut(make_stick_laptop):
    laptop = make_stick_laptop(APPROVE)
    tomorrow = laptop.clock.at.astimezone().date() + timedelta(days=1)
    laptop.publish(
        Settings(
            usb=UsbSettings(mode="approve_then_scan", later=(ModeFrom(from_day=tomorrow, mode="forbid"),))
        )
    )
    session = laptop.opened()
    laptop.until("released")
    laptop.clock.at += timedelta(days=1)
    laptop.forward(2)

    assert {} == laptop.usb.mounted
    assert not laptop.usb.is_open()
    assert ("stays-shut", "forbidden") == (laptop.page(session).state, laptop.page(session).reason)


@pytest.mark.parametrize(("settings", "access"), [(APPROVE, "read"), (COPY, "copy")])
def test_before_anybody_asks_the_window_knows_whether_a_copy_is_all_there_is_to_ask_for(
    make_stick_laptop, settings, access
):
    laptop = make_stick_laptop(settings)
    _shell, session = laptop.log_in()
    laptop.plug()

    assert ("shut", access) == (laptop.page(session).state, laptop.page(session).access)


def test_offline_an_approval_holds_until_its_end_and_no_longer(laptop):
    _shell, session = laptop.log_in()
    laptop.plug()
    laptop.say(session, "ask")
    laptop.usb.script = clean_scan()
    laptop.approve(hours=1)
    laptop.until("released")
    laptop.server.online = False
    laptop.forward(3500)
    assert "released" == laptop.stick.state

    laptop.forward(200)
    assert {} == laptop.usb.mounted
    laptop.usb.pull()
    laptop.settle()
    laptop.plug()
    assert ("shut", False) == (laptop.stick.state, laptop.usb.is_open())


def test_whoever_asks_and_takes_it_back_without_end_fills_no_journal(make_stick_laptop):
    laptop = make_stick_laptop(APPROVE)
    _shell, session = laptop.log_in()
    laptop.plug()
    for _ in range(3 * MOST_ASKS):
        laptop.say(session, "ask")
        laptop.say(session, "withdraw")

    assert MOST_ASKS == len(laptop.records(MediaRequested))
    assert MOST_ASKS == len(laptop.records(MediaWithdrawn))
    assert not laptop.page(session).may_ask
    laptop.usb.pull()
    laptop.settle()
    laptop.plug()
    assert laptop.stick.may_ask


def test_a_check_that_waits_for_a_disk_that_stands_still_is_over_although_no_signal_reaches_it(laptop):
    laptop.opened((Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.usb.running[0].stands_still = True
    laptop.forward(40 * 60)
    laptop.until("shut")

    assert (["not-scanned"], False, {}) == (laptop.shut_reasons(), laptop.usb.is_open(), laptop.usb.mounted)


def test_a_service_that_stops_while_folders_are_on_their_way_back_sees_them_back(laptop, monkeypatch):
    laptop.opened()
    laptop.until("released")
    loop = laptop.service.loop
    begin = loop.work
    monkeypatch.setattr(
        loop, "work", lambda name, job, then: None if name == "usb-switch" else begin(name, job, then)
    )
    laptop.usb.pull()
    laptop.settle()
    before = len(laptop.usb.mounted)
    laptop.service.stop()

    assert (1, {}) == (before, laptop.usb.mounted)
