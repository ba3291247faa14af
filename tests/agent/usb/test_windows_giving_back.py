"""Whether USB can be shut on this Windows at all, and how it is given back: everything as it was."""

import pytest

from agent.backends import windows_usb_policy as policy
from agent.backends.win32_problem import ACCESS_DENIED, PRIVILEGE_NOT_HELD, SHARING_VIOLATION
from agent.backends.windows_usb_policy import ALLOWED, CURRENT_VERSION, LETTERS, RESTRICTIONS
from agent.errors import DeviceFailed
from tests.support.win32.fake_usb_world import (
    STICK,
    WindowsMachine,
    config_in,
)

EXPLORER = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer"
OTHER = "USB\\VID_0781&PID_5567\\4C5300012"


@pytest.fixture
def machine():
    return WindowsMachine()


@pytest.fixture
def door(machine, tmp_path):
    return machine.door(config_in(tmp_path))


def test_given_back_everything_is_as_it_was(machine, door):
    before = {key: dict(machine.registry.values(key)) for key in (RESTRICTIONS, policy.ALLOWED)}
    door.shut_all()
    machine.plug()
    machine.plug(OTHER)
    door.let_in(door.look(OTHER))
    door.open_all()

    assert before == {key: machine.registry.values(key) for key in before}
    assert machine.is_open()
    assert machine.auto_mount
    assert not door.is_shut()


def test_given_back_nothing_of_ours_stays_in_the_registry(machine, door):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    door.release(door.look_inside(door.look(STICK), 5.0).volumes, None, writable=False)
    door.shut(door.look(STICK))
    door.open_all()

    assert [] == machine.registry.subkeys(r"SOFTWARE\Policies\Microsoft\Windows")
    assert ["E:\\"] == list(machine.registry.values(LETTERS)), "a letter that was handed out is remembered"
    door.take_back(["E:\\"])
    door.open_all()
    assert [] == machine.registry.subkeys("SOFTWARE\\Gatepost")


def test_given_back_the_school_s_own_keys_stay(machine, door):
    machine.registry.write_text(rf"{RESTRICTIONS}\DenyDeviceIDs", "1", "PCI\\CC_0C0A")
    door.shut_all()
    door.open_all()

    assert {"1": "PCI\\CC_0C0A"} == machine.registry.values(rf"{RESTRICTIONS}\DenyDeviceIDs")
    assert ["DenyDeviceIDs"] == machine.registry.subkeys(RESTRICTIONS)


def test_given_back_where_windows_gave_no_letters_before_it_gives_none_after(machine, door):
    machine.auto_mount = False
    door.shut_all()
    door.open_all()

    assert not machine.auto_mount


def test_what_a_killed_service_had_let_in_is_let_in_no_longer(machine, door, tmp_path):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    machine.door(config_in(tmp_path)).shut_all()

    assert {} == machine.registry.values(ALLOWED)


def test_sticks_of_former_days_are_forgotten_and_keyboards_are_not(machine, door):
    machine.plug(OTHER)
    machine.plug("USB\\VID_046D&PID_C31C\\5&1&0&1", ("030101",))
    machine.absent = [each for each in machine.usb_nodes() if each.instance.startswith("USB\\VID")]
    machine.plugged.clear()
    door.shut_all()

    assert [OTHER] == machine.forgotten


@pytest.mark.parametrize(
    ("edition", "state"),
    [("Education", "works"), ("Core", "lacking")],
)
def test_windows_home_is_lacking_and_nothing_is_set(machine, door, edition, state):
    machine.registry.write_text(CURRENT_VERSION, "EditionID", edition)

    assert state == door.capability().state
    assert {} == machine.registry.values(RESTRICTIONS)


@pytest.mark.parametrize("code", [ACCESS_DENIED, PRIVILEGE_NOT_HELD])
def test_a_service_without_rights_is_broken_and_says_so(machine, door, code):
    machine.registry.refuse["", ""] = code
    found = door.capability()

    assert "broken" == found.state
    assert "SYSTEM" in found.why


def test_windows_that_runs_from_a_usb_disk_is_never_shut_out_of_itself(machine, door):
    found = machine.plug()
    machine.system_disks = lambda: (found.number,)

    assert "lacking" == door.capability().state


def test_a_machine_that_leaves_its_usb_alone_is_not_touched(machine, tmp_path):
    config = config_in(tmp_path)
    door = machine.door(type(config)(state_dir=config.state_dir, run_dir=config.run_dir, usb="leave"))

    assert "lacking" == door.capability().state
    with pytest.raises(DeviceFailed):
        door.shut_all()
    assert {} == machine.registry.values(RESTRICTIONS)


def test_a_registry_that_somebody_holds_is_broken_and_shuts_nothing_by_half(machine, door):
    machine.registry.refuse["", ""] = SHARING_VIOLATION

    assert "broken" == door.capability().state
    with pytest.raises(DeviceFailed):
        door.shut_all()
    assert not door.is_shut()


def test_a_mount_manager_that_refuses_keeps_nothing_open(machine, door):
    machine.problems["mounts_by_itself"] = 50
    door.shut_all()
    machine.plug()

    assert door.is_shut()
    assert not machine.is_open()


def test_rules_that_do_not_stand_after_they_were_set_are_a_fault(machine, door):
    real = machine.registry.write_number
    machine.registry.write_number = lambda key, name, number: real(key, name, 0)

    with pytest.raises(DeviceFailed):
        door.shut_all()


def test_a_letter_of_a_killed_service_that_does_not_go_keeps_no_other_stick_open(machine, door, tmp_path):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    door.release(door.look_inside(door.look(STICK), 5.0).volumes, None, writable=False)
    door.open_all()
    machine.problems["unmount"] = ACCESS_DENIED
    machine.door(config_in(tmp_path)).shut_all()
    machine.plug(OTHER)

    assert not machine.is_open(OTHER)


def test_one_value_that_cannot_be_given_back_keeps_back_no_other_and_stays_noted(machine, door):
    machine.registry.write_number(EXPLORER, "NoAutorun", 0)
    door.shut_all()
    machine.registry.refuse[EXPLORER, "NoAutorun"] = ACCESS_DENIED
    with pytest.raises(DeviceFailed):
        door.open_all()

    assert {} == machine.registry.values(RESTRICTIONS)
    assert machine.auto_mount
    machine.plug()
    assert machine.is_open()
    machine.registry.refuse.clear()
    door.open_all()
    assert 0 == machine.registry.read(EXPLORER, "NoAutorun")
    assert {} == machine.registry.values(policy.BEFORE)
