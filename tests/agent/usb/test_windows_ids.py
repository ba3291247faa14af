"""What a device is on Windows: by its bytes as on Linux, and by what Windows takes it for."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.usb_descriptors import read_descriptors
from agent.backends.windows_nodes import Node
from agent.backends.windows_usb_ids import (
    Told,
    class_by_ids,
    decide_windows_class,
    gated_nodes,
    harmless,
    identify,
    is_device,
    is_volume,
    sequence_of,
    serial_of,
)
from tests.support.win32.fake_usb_world import STICK, descriptors, volume_name


def node(*compatible, instance=STICK, started=False):
    return Node(instance, "", (), compatible, 7, 1, started, 0, "Kingston", "DataTraveler")


def told(*interfaces, serial="60A44C413FAEF2B1", **more):
    return Told(b"".join(descriptors(*interfaces, **more)), serial, "Kingston", "DataTraveler 3.0")


STORAGE = ("USB\\Class_08&SubClass_06&Prot_50", "USB\\Class_08&SubClass_06", "USB\\Class_08")
UAS = ("USB\\Class_08&SubClass_06&Prot_62", "USB\\Class_08&SubClass_06", "USB\\Class_08")
INPUT = ("USB\\Class_03&SubClass_01&Prot_01", "USB\\Class_03")


@pytest.mark.parametrize(
    ("ids", "media_class"),
    [
        (STORAGE, "storage"),
        (UAS, "storage"),
        (("USB\\Class_06",), "phone"),
        (("USB\\MS_COMP_MTP",), "phone"),
        (INPUT, "input"),
        (("USB\\Class_0E",), "other"),
        ((), "other"),
        (("usb\\class_08",), "storage"),
    ],
)
def test_what_windows_would_use_it_as(ids, media_class):
    assert media_class == class_by_ids([node(*ids)])


@pytest.mark.parametrize(
    ("ids", "interfaces", "media_class"),
    [
        (STORAGE, ("080650",), "storage"),
        (STORAGE, ("030101",), "mixed"),  # Windows and the bytes say different things
        (INPUT, ("080650",), "mixed"),
        ((), ("080650",), "storage"),
        ((), ("080650", "030101"), "mixed"),
        (INPUT, ("030101",), "input"),
        ((), ("0e0100",), "other"),
        (("USB\\MS_COMP_MTP",), ("ffff00",), "phone"),
    ],
)
def test_bytes_and_windows_are_both_heard(ids, interfaces, media_class):
    said = read_descriptors(b"".join(descriptors(*interfaces)))

    assert media_class == decide_windows_class(said, [node(*ids)])


def test_bytes_that_do_not_add_up_shut_no_keyboard_and_open_no_stick():
    broken = read_descriptors(b"\x12\x01")

    assert "input" == decide_windows_class(broken, [node(*INPUT)])
    assert "storage" == decide_windows_class(broken, [node(*STORAGE)])
    assert "storage" == decide_windows_class(None, [node(*STORAGE)])


def test_the_same_stick_has_the_same_identity_as_on_linux():
    seen = identify([node(*STORAGE)], told("080650"))

    assert hashlib.sha256(told("080650").content).hexdigest() == seen.identity.descriptors
    assert ("0951", "1666", "60A44C413FAEF2B1", "080650") == (
        seen.identity.vendor, seen.identity.model, seen.identity.serial, seen.identity.interfaces,
    )  # fmt: skip
    assert (STICK, 7) == seen.plug
    assert "DataTraveler 3.0" == seen.model


def test_where_the_hub_does_not_tell_the_ids_stand_in():
    seen = identify([node(*STORAGE)], None)

    assert ("storage", "080650", "60A44C413FAEF2B1") == (
        seen.media_class, seen.identity.interfaces, seen.identity.serial,
    )  # fmt: skip
    assert seen.identity != identify([node(*STORAGE)], told("080650")).identity


def test_a_device_that_tells_windows_another_maker_than_us_is_refused_whole():
    assert "mixed" == identify([node(*STORAGE)], told("080650", product=0x9999)).media_class


@pytest.mark.parametrize(
    ("instance", "serial"),
    [
        (STICK, "60A44C413FAEF2B1"),
        ("USB\\VID_0951&PID_1666\\5&2F4E1A&0&3", ""),
        ("USB\\VID_0951&PID_1666\\6&1", ""),
        ("USB\\VID_0951&PID_1666\\A", "A"),
        ("USB\\VID_0951&PID_1666\\İSTANBULı", "İSTANBULı"),
    ],
)
def test_a_serial_number_that_windows_made_up_is_none(instance, serial):
    assert serial == serial_of(instance)


def test_only_the_function_that_gives_access_is_switched():
    functions = [node(instance=STICK), node(*STORAGE, instance="USB\\VID_1&PID_2&MI_01\\1"), node(*INPUT)]

    assert [functions[1]] == gated_nodes(functions)
    assert [functions[0]] == gated_nodes(functions[:1])


@pytest.mark.parametrize(
    ("instance", "is_one"),
    [
        (STICK, True),
        (STICK.lower(), True),
        ("USB\\ROOT_HUB30\\4&1", False),
        ("USB\\VID_0951&PID_1666&MI_00\\6&1", False),
        ("HID\\VID_0951&PID_1666\\1", False),
        ("", False),
    ],
)
def test_hubs_and_functions_are_no_devices(instance, is_one):
    assert is_one == is_device(instance)


NO_VOLUMES = [
    "C:\\",
    "\\\\.\\PhysicalDrive0",
    "\\\\?\\Volume{x}\\",
    volume_name(1, 1) + "..\\",
    volume_name(1, 1)[:-1],
    "\\\\?\\C:\\",
    volume_name(1, 1).replace("?", "."),
]


@pytest.mark.parametrize("name", NO_VOLUMES)
def test_nothing_but_a_volume_passes_for_one(name):
    assert is_volume(volume_name(1, 1))
    assert not is_volume(name)


@given(st.text())
def test_a_text_of_a_device_is_harmless(text):
    shown = harmless(text)

    assert len(shown) <= 200
    assert all(c == " " or c.isprintable() for c in shown)


def test_another_plug_or_another_disk_has_another_number():
    numbers = {sequence_of("A", 1), sequence_of("A", 2), sequence_of("B", 1)}

    assert 3 == len(numbers)
    assert sequence_of("a", 1) in numbers
    assert all(0 <= number < 2**63 for number in numbers)
