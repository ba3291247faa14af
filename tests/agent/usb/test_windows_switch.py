"""USB is shut on Windows, one device is let in, and whatever comes between leaves it shut."""

import threading

import pytest

from agent.backends import windows_usb_policy as policy
from agent.backends.usb import Change
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_usb import Mark, decide_changes
from agent.backends.windows_usb_ids import makes_disks
from agent.backends.windows_usb_policy import ALLOWED, RESTRICTIONS
from agent.errors import DeviceFailed
from tests.support.win32.fake_usb_world import (
    GONE,
    NOT_DISABLEABLE,
    STICK,
    WindowsMachine,
    config_in,
    volume_name,
)

OTHER = "USB\\VID_0781&PID_5567\\4C5300012"
COMPOSITE = "USB\\VID_18D1&PID_4EE1\\PHONE1"
TWO = ((f"{COMPOSITE[:22]}&MI_00\\7&1", "080650"), (f"{COMPOSITE[:22]}&MI_01\\7&2", "ff4201"))


@pytest.fixture
def machine():
    return WindowsMachine()


@pytest.fixture
def door(machine, tmp_path):
    return machine.door(config_in(tmp_path))


def test_r24_a_stick_plugged_in_while_shut_is_seen_and_not_used(machine, door):
    door.shut_all()
    machine.plug()
    (seen,) = door.present()

    assert not seen.authorized
    assert not machine.is_open()
    assert ("storage", STICK) == (seen.media_class, seen.name)


def test_one_stick_is_let_in_and_no_other_of_its_kind(machine, door):
    door.shut_all()
    machine.plug()
    machine.plug(OTHER)
    door.let_in(door.look(STICK))

    assert machine.is_open()
    assert not machine.is_open(OTHER)
    assert door.is_shut()


def test_a_keyboard_is_never_touched(machine, door):
    door.shut_all()
    machine.plug("USB\\VID_046D&PID_C31C\\5&1&0&1", ("030101",))
    (seen,) = door.present()
    door.let_in(seen)

    assert ("input", True) == (seen.media_class, seen.authorized)
    assert {} == machine.registry.values(ALLOWED)


def test_a_device_of_several_functions_is_let_in_by_those_that_are_gated(machine, door):
    door.shut_all()
    machine.plug(COMPOSITE, (), functions=TWO)
    seen = door.look(COMPOSITE)
    door.let_in(seen)

    assert seen.media_class in ("storage", "mixed")
    assert {COMPOSITE, TWO[0][0]} == set(machine.registry.values(ALLOWED).values())
    door.shut(door.look(COMPOSITE))
    assert {} == machine.registry.values(ALLOWED)
    assert not machine.plugged[COMPOSITE].started[TWO[0][0]]


def test_a_stick_that_is_a_keyboard_too_is_switched_off_whole(machine, door):
    door.shut_all()
    both = ((TWO[0][0], "080650"), (TWO[1][0], "030101"))
    machine.plug(COMPOSITE, (), functions=both)
    seen = door.look(COMPOSITE)
    assert ("mixed", True) == (seen.media_class, seen.authorized)

    door.shut(seen)
    assert not machine.is_open(COMPOSITE)
    assert not door.look(COMPOSITE).authorized
    door.open_all()
    assert all(machine.plugged[COMPOSITE].started.values())


def test_a_shut_stick_has_no_permission_any_more_and_no_driver(machine, door):
    door.shut_all()
    machine.plug()
    seen = door.look(STICK)
    door.let_in(seen)
    door.shut(seen)

    assert {} == machine.registry.values(ALLOWED)
    assert not machine.is_open()
    door.let_in(door.look(STICK))
    assert machine.is_open()


def test_a_stick_that_a_program_holds_open_goes_all_the_same(machine, door):
    door.shut_all()
    machine.plug()
    seen = door.look(STICK)
    door.let_in(seen)
    machine.busy = True
    door.shut(seen)

    assert not machine.is_open()


def fail_to_shut(machine, door):
    """Let a stick in, and have Windows refuse to give it up again."""
    door.shut_all()
    machine.plug()
    seen = door.look(STICK)
    door.let_in(seen)
    machine.problems |= {"disable": ACCESS_DENIED, "remove": ACCESS_DENIED}
    with pytest.raises(DeviceFailed):
        door.shut(seen)


def test_a_stick_that_cannot_be_shut_is_told_and_its_permission_is_gone(machine, door):
    fail_to_shut(machine, door)

    assert {} == machine.registry.values(ALLOWED)


def test_a_stick_with_a_keyboard_which_windows_disables_nowhere_is_taken_out_of_the_tree(machine, door):
    door.shut_all()
    machine.plug(COMPOSITE, (), functions=((TWO[0][0], "080650"), (TWO[1][0], "030101")))
    machine.problems["disable"] = NOT_DISABLEABLE
    door.shut(door.look(COMPOSITE))

    assert not machine.is_open(COMPOSITE)
    assert not door.look(COMPOSITE).authorized


def looks(door, number, known=None):
    """Look at the devices so often; return what each look told."""
    told = []
    for _ in range(number):
        heard = []
        known = door._switch.tell_changes(known or {}, heard.append)
        told.append([each.action for each in heard])
    return told


def test_a_stick_that_could_not_be_shut_is_told_again_and_not_for_ever_at_every_look(machine, door):
    fail_to_shut(machine, door)

    assert [["add"], ["add"], [], ["add"], [], [], [], ["add"]] == looks(door, 8)


def test_what_is_in_use_rightly_is_told_once(machine, door):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    machine.plug("USB\\VID_046D&PID_C31C\\5&1&0&1", ("030101",))

    assert [["add", "add"], [], [], []] == looks(door, 4)


GADGET = "USB\\VID_0781&PID_0002\\7&2F1A&0&3"


def test_r24_a_device_that_only_windows_driver_takes_for_storage_is_storage(machine, door):
    door.shut_all()
    machine.plug(GADGET, ("ff0000",), by_driver=True)
    seen = door.look(GADGET)

    assert ("storage", True) == (seen.media_class, seen.authorized)
    door.shut(seen)
    assert not machine.is_open(GADGET)
    assert "storage" == door.look(GADGET).media_class, "it stays what it was found to be"
    door.let_in(door.look(GADGET))
    assert machine.is_open(GADGET)


def test_a_driver_that_takes_its_time_makes_another_device_of_it(machine, door):
    door.shut_all()
    machine.plug(GADGET, ("ff0000",))
    heard = []
    known = door._switch.tell_changes({}, heard.append)
    machine.plugged[GADGET].by_driver = True
    door._switch.tell_changes(known, heard.append)

    assert ["add", "remove", "add"] == [each.action for each in heard]


def test_a_hub_is_not_what_is_plugged_into_it():
    below = ["USB\\VID_0951&PID_1666\\60A44C413FAEF2B1", "USBSTOR\\DISK&VEN_X\\60A44C413FAEF2B1&0"]

    assert not makes_disks(below)
    assert makes_disks(below[1:])
    assert not makes_disks(["HID\\VID_046D&PID_C31C\\7&1"])


def test_another_stick_in_its_place_is_not_let_in(machine, door):
    door.shut_all()
    machine.plug()
    seen = door.look(STICK)
    machine.pull()
    machine.plug()

    with pytest.raises(DeviceFailed):
        door.let_in(seen)
    assert not machine.is_open()
    assert {} == machine.registry.values(ALLOWED)


def test_shutting_one_that_is_gone_does_nothing(machine, door):
    door.shut_all()
    machine.plug()
    seen = door.look(STICK)
    machine.pull()
    door.shut(seen)

    assert door.look(STICK) is None


def test_a_stick_that_was_let_in_and_pulled_out_is_shut_when_it_comes_again(machine, door):
    door.shut_all()
    machine.plug()
    switch, heard = door._switch, []
    known = switch.tell_changes({}, heard.append)
    door.let_in(door.look(STICK))
    known = switch.tell_changes(known, heard.append)
    machine.pull()
    known = switch.tell_changes(known, heard.append)
    machine.plug()
    switch.tell_changes(known, heard.append)

    assert not machine.is_open()
    assert ["add", "add", "disk", "remove", "add"] == [each.action for each in heard]


def test_one_pulled_and_put_back_between_two_looks_is_shut_as_well(machine, door):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    known = door._switch.tell_changes({}, lambda _change: None)
    machine.pull()
    machine.plug()
    heard = []
    door._switch.tell_changes(known, heard.append)
    machine.install(STICK)

    assert [Change("remove", STICK), Change("add", STICK)] == heard
    assert {} == machine.registry.values(ALLOWED)


def test_rules_that_somebody_changed_are_put_back(machine, door):
    door.shut_all()
    machine.registry.write_number(RESTRICTIONS, "DenyDeviceIDs", 0)

    assert not door.is_shut()
    door._switch.tell_changes({}, lambda _change: None)
    assert door.is_shut()


def test_rules_that_are_being_given_back_are_not_put_back_meanwhile(machine, door):
    door.shut_all()
    real, watches = machine.registry.delete_value, []

    def delete_value(key, name):
        real(key, name)
        if not watches and policy.missing(machine.registry.read):
            told = ({}, lambda _change: None)
            watches.append(threading.Thread(target=door._switch.tell_changes, args=told))
            watches[0].start()
            watches[0].join(0.1)

    machine.registry.delete_value = delete_value
    door.open_all()
    watches[0].join(30)

    assert list(policy.always()) == policy.missing(machine.registry.read)


def test_rules_are_not_set_where_usb_was_never_shut(machine, door):
    door._switch.tell_changes({}, lambda _change: None)

    assert not door.is_shut()
    assert {} == machine.registry.values(RESTRICTIONS)


def test_a_registry_that_refuses_does_not_end_the_watch(machine, door):
    door.shut_all()
    machine.registry.write_number(RESTRICTIONS, "DenyDeviceIDs", 0)
    machine.registry.refuse[RESTRICTIONS, ""] = ACCESS_DENIED
    machine.plug()
    heard = []
    door._switch.tell_changes({}, heard.append)

    assert [Change("add", STICK)] == heard


def test_the_watch_tells_first_that_all_must_be_looked_at(machine, door):
    machine.plug()
    heard = []
    with pytest.raises(WinProblem):
        door.watch(heard.append)

    assert [Change("lost"), Change("add", STICK)] == heard


def test_a_list_that_cannot_be_had_does_not_end_the_watch(machine, door):
    machine.plug()
    heard, real, fails = [], machine.usb_nodes, [True, False]

    def nodes():
        if fails and fails.pop(0):
            raise WinProblem("SetupDiGetClassDevs", GONE)
        return real()

    machine.usb_nodes = nodes
    with pytest.raises(WinProblem):
        door.watch(heard.append)

    assert [Change("lost"), Change("add", STICK)] == heard


def test_a_hub_that_does_not_answer_leaves_a_stick_shut_and_one_and_the_same(machine, door):
    machine.problems["hub"] = GONE
    door.shut_all()
    machine.plug()
    first = door.look(STICK)
    machine.problems.clear()

    assert "storage" == first.media_class
    assert first == door.look(STICK)


def test_a_device_that_is_slow_to_start_is_waited_for_and_not_for_ever(machine, door):
    door.shut_all()
    machine.plug()
    machine.install = lambda _instance: None

    with pytest.raises(DeviceFailed):
        door.let_in(door.look(STICK))


def test_a_switch_by_somebody_else_is_told():
    shut, used, later = Mark(1, in_use=False), Mark(1, in_use=True), Mark(2, in_use=False)

    assert [Change("add", "a")] == decide_changes({"a": shut}, {"a": used})
    assert [] == decide_changes({"a": used}, {"a": used})
    assert [Change("remove", "a"), Change("add", "a")] == decide_changes({"a": used}, {"a": later})
    assert [Change("remove", "a"), Change("add", "b")] == decide_changes({"a": used}, {"b": shut})
    assert [Change("disk", "a")] == decide_changes({"a": used}, {"a": used._replace(disks=(7,))})


def test_a_volume_that_an_open_stick_shows_later_is_told_and_was_never_checked(machine, door):
    door.shut_all()
    found = machine.plug()
    door.let_in(door.look(STICK))
    known = door._switch.tell_changes({}, lambda _change: None)
    seen, contents = door.look(STICK), door.look_inside(door.look(STICK), 5.0)
    assert door.is_same(seen, contents.disks)
    found.volumes.append(volume_name(99, 1))
    heard = []
    door._switch.tell_changes(known, heard.append)

    assert [Change("disk", STICK)] == heard
    assert not door.is_same(seen, contents.disks)
    with pytest.raises(DeviceFailed, match="more now than was checked"):
        door.release(contents.volumes, None, writable=False)
    assert [] == machine.mount_points(found.volumes[0])


def test_a_disk_that_an_open_stick_shows_later_is_told(machine, door):
    door.shut_all()
    machine.plug()
    door.let_in(door.look(STICK))
    known = door._switch.tell_changes({}, lambda _change: None)
    seen, disks = door.look(STICK), door.look_inside(door.look(STICK), 5.0).disks
    real = machine.disks
    machine.disks = lambda: [*real(), real()[0]._replace(number=9, arrived=real()[0].arrived + 1)]
    heard = []
    door._switch.tell_changes(known, heard.append)

    assert [Change("disk", STICK)] == heard
    assert not door.is_same(seen, disks)


def test_volumes_have_names_of_their_own():
    assert volume_name(1, 1) != volume_name(1, 2)
