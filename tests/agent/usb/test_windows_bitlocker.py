"""BitLocker To Go: what counts as encrypted, and opening all of a stick or none of it."""

import pytest

from agent.backends.usb import Volume, is_locked, is_unlocked
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_bitlocker import BitLocker, States, decide_encryption, decide_method
from agent.errors import DeviceFailed
from tests.support.win32.fake_usb_world import WindowsMachine


@pytest.mark.parametrize(
    ("states", "filesystem", "expected"),
    [
        (States(0, 0, 0), "FAT32", ("vfat", "none")),
        (States(1, None, None), "", ("", "bitlocker")),
        (States(0, 1, 1), "NTFS", ("ntfs", "bitlocker")),
        (States(0, 1, 0), "NTFS", ("ntfs", "none")),  # suspended: its key lies beside the data
        (States(0, 2, 0), "exFAT", ("exfat", "none")),  # still being encrypted
        (States(None, None, None), "exFAT", ("exfat", "unknown")),
        (None, "exFAT", ("exfat", "unknown")),
        (None, "", ("", "unknown")),
        (States(2, 1, 1), "NTFS", ("ntfs", "bitlocker")),
    ],
)
def test_only_what_is_encrypted_altogether_is_encrypted(states, filesystem, expected):
    assert expected == decide_encryption(states, filesystem)


def test_a_recovery_key_is_tried_as_one():
    key = "-".join(["123456"] * 8)

    assert "UnlockWithNumericalPassword" == decide_method(key)
    assert "UnlockWithPassphrase" == decide_method(key + "7")
    assert "UnlockWithPassphrase" == decide_method("ığüşöç")


@pytest.fixture
def machine():
    machine = WindowsMachine()
    machine.plug(volumes=2)
    return machine


@pytest.fixture
def volumes(machine):
    return next(iter(machine.plugged.values())).volumes


def look(machine, names):
    return [BitLocker(machine, machine).look(name, 7) for name in names]


def test_a_locked_volume_is_locked_and_opened_by_its_passphrase(machine, volumes):
    machine.lock_state = dict.fromkeys(volumes, 1)
    locked = look(machine, volumes)
    opened = BitLocker(machine, machine).unlock(locked, machine.passphrase)

    assert all(is_locked(each) and not is_unlocked(each) for each in locked)
    assert all(is_unlocked(each) and not is_locked(each) for each in opened)
    assert ["exfat", "exfat"] == [each.filesystem for each in opened]


def test_another_passphrase_opens_nothing(machine, volumes):
    machine.lock_state = dict.fromkeys(volumes, 1)

    assert BitLocker(machine, machine).unlock(look(machine, volumes), "roses in May") is None
    assert {1} == set(machine.lock_state.values())


def test_where_one_of_two_does_not_open_both_are_closed_again(machine, volumes):
    machine.lock_state = dict.fromkeys(volumes, 1)
    real, calls = machine.call, []

    def call(namespace, path, method, arguments):
        if method.startswith("Unlock") and path == volumes[1]:
            raise WinProblem(method, ACCESS_DENIED)
        calls.append((method, path))
        return real(namespace, path, method, arguments)

    machine.call = call
    with pytest.raises(DeviceFailed):
        BitLocker(machine, machine).unlock(look(machine, volumes), machine.passphrase)

    assert {1} == set(machine.lock_state.values())


def test_where_the_second_has_another_passphrase_the_first_is_closed_again(machine, volumes):
    machine.lock_state = dict.fromkeys(volumes, 1)
    real = machine.call

    def call(namespace, path, method, arguments):
        if method.startswith("Unlock") and path == volumes[1]:
            return {"ReturnValue": 0x80310027 - (1 << 32)}
        return real(namespace, path, method, arguments)

    machine.call = call

    assert BitLocker(machine, machine).unlock(look(machine, volumes), machine.passphrase) is None
    assert {1} == set(machine.lock_state.values())


def test_what_was_open_already_stays_as_it_is(machine, volumes):
    machine.lock_state = {volumes[0]: 1}
    opened = BitLocker(machine, machine).unlock(look(machine, volumes), machine.passphrase)

    assert [("exfat", "bitlocker"), ("exfat", "none")] == [(v.filesystem, v.encryption) for v in opened]


def test_an_edition_without_bitlocker_says_unknown_and_never_encrypted(machine, volumes):
    machine.bitlocker = False

    assert ["unknown", "unknown"] == [each.encryption for each in look(machine, volumes)]


def test_nothing_but_a_volume_is_asked_for(machine):
    machine.bitlocker = True

    with pytest.raises(DeviceFailed):
        BitLocker(machine, machine).lock([Volume("C:\\' OR DeviceID <> '", 1, "ntfs", "bitlocker")])
