"""Disks that a stick shows only once it is open."""

from agent.backends.usb import Change
from tests.support.fake_usb import clean_scan
from tests.support.stick_laptop import COPY


def test_a_disk_that_comes_when_the_stick_is_open_already_shuts_all_of_it(laptop):
    laptop.opened(clean_scan())
    laptop.until("released")
    laptop.usb.come_late()
    laptop.until("shut")

    assert ({}, False, ["changed"]) == (laptop.usb.mounted, laptop.usb.is_open(), laptop.shut_reasons())


def test_word_of_other_disks_leaves_an_open_stick_as_it_is(laptop):
    laptop.opened(clean_scan())
    laptop.until("released")
    laptop.usb.on_change(Change("disk", "nvme0n1"))
    laptop.settle()

    assert ([], True) == (laptop.shut_reasons(), laptop.usb.is_open())


def test_copies_of_what_was_checked_stay_when_the_stick_they_came_from_is_shut(make_stick_laptop):
    laptop = make_stick_laptop(COPY)
    laptop.copied()
    laptop.usb.come_late()
    laptop.settle()

    assert [] == laptop.shut_reasons()


def test_a_disk_that_comes_while_the_stick_is_being_opened_shuts_all_of_it(laptop):
    release = laptop.usb.release

    def release_and_grow(*given, **how):
        laptop.usb.come_late()
        return release(*given, **how)

    laptop.usb.release = release_and_grow
    laptop.opened(clean_scan())
    laptop.until("shut")

    assert ({}, False, ["changed"]) == (laptop.usb.mounted, laptop.usb.is_open(), laptop.shut_reasons())
