"""What the service relies on at the door to plugged media: the same on the tests' fake and on Windows' door.

Linux' own door keeps the same promises with a kernel behind it: `test_linux_usb`, `test_real_mount`, VM.
"""

import pytest

from agent.backends.device import Account
from agent.backends.usb import is_locked, is_unlocked
from agent.errors import DeviceFailed
from tests.support.fake_usb import FakeUsb
from tests.support.win32.fake_usb_world import STICK, WindowsMachine, config_in

MAY = Account(1001, 1001, "may", "/home/may")


class OnFake:
    """The fake that all other tests of sticks use."""

    name = "1-2"

    def __init__(self, _folder):
        self.door = FakeUsb()

    def plug(self, **more):
        self.door.plug(**more)

    def pull(self):
        self.door.pull()

    @property
    def passphrase(self):
        return self.door.passphrase


class OnWindows:
    """Windows' door, on a Windows in memory."""

    name = STICK

    def __init__(self, folder):
        self.machine = WindowsMachine()
        self.door = self.machine.door(config_in(folder))

    def plug(self, encryption="none"):
        found = self.machine.plug()
        if encryption == "bitlocker":
            self.machine.lock_state = dict.fromkeys(found.volumes, 1)

    def pull(self):
        self.machine.pull()

    @property
    def passphrase(self):
        return self.machine.passphrase


@pytest.fixture(params=[OnFake, OnWindows])
def house(request, tmp_path):
    return request.param(tmp_path)


def test_shut_is_shut_until_it_is_given_back(house):
    house.door.shut_all()
    assert house.door.is_shut()

    house.door.open_all()
    assert not house.door.is_shut()


def test_what_is_plugged_in_while_shut_is_seen_and_not_used(house):
    house.door.shut_all()
    house.plug()
    (seen,) = house.door.present()

    assert not seen.authorized
    assert house.name == seen.name
    assert seen == house.door.look(house.name)
    assert "storage" == seen.media_class


def test_what_was_plugged_in_before_is_used_until_it_is_decided(house):
    house.plug()
    house.door.shut_all()

    assert house.door.look(house.name).authorized


def test_let_in_it_is_used_and_shut_it_is_not(house):
    house.door.shut_all()
    house.plug()
    seen = house.door.look(house.name)
    house.door.let_in(seen)
    assert house.door.look(house.name).authorized

    house.door.shut(seen)
    assert not house.door.look(house.name).authorized


def test_another_plug_of_the_same_stick_is_not_the_one_that_was_approved(house):
    house.door.shut_all()
    house.plug()
    seen = house.door.look(house.name)
    house.pull()
    house.plug()

    assert seen.plug != house.door.look(house.name).plug
    with pytest.raises(DeviceFailed):
        house.door.let_in(seen)
    assert not house.door.look(house.name).authorized


def test_one_that_is_gone_is_nowhere_and_shutting_it_is_no_fault(house):
    house.door.shut_all()
    house.plug()
    seen = house.door.look(house.name)
    house.pull()
    house.door.shut(seen)

    assert house.door.look(house.name) is None
    assert [] == house.door.present()
    with pytest.raises(DeviceFailed):
        house.door.let_in(seen)


def looked_at(house):
    house.door.shut_all()
    seen = house.door.look(house.name)
    house.door.let_in(seen)
    return seen, house.door.look_inside(seen, 5.0)


def test_what_is_on_it_is_the_same_until_it_is_pulled_out(house):
    house.plug()
    seen, contents = looked_at(house)

    assert len(contents.disks) == len(contents.volumes) == 1
    assert contents.disks[0].sequence == contents.volumes[0].sequence
    assert house.door.is_same(seen, contents.disks)
    house.pull()
    assert not house.door.is_same(seen, contents.disks)
    house.plug()
    assert not house.door.is_same(seen, contents.disks)


def test_released_it_has_a_folder_and_taken_back_it_may_be_released_again(house):
    house.plug()
    _seen, contents = looked_at(house)
    folders = house.door.release(contents.volumes, MAY, writable=False)
    house.door.take_back(folders)
    house.door.take_back(folders)

    assert 1 == len(folders)
    assert 1 == len(house.door.release(contents.volumes, MAY, writable=False))


def test_an_encrypted_stick_is_opened_by_its_passphrase_only(house):
    house.plug(encryption="bitlocker")
    _seen, contents = looked_at(house)

    assert all(is_locked(volume) for volume in contents.volumes)
    assert house.door.unlock(contents.volumes, "roses in May") is None
    opened = house.door.unlock(contents.volumes, house.passphrase)
    assert all(is_unlocked(volume) and volume.filesystem for volume in opened)
    house.door.lock(opened)


def test_capability_says_that_it_works(house):
    assert "works" == house.door.capability().state
