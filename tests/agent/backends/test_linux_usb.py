"""What a USB device is judged to be, and how its switch is thrown, over a folder that stands for sysfs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import linux_usb
from agent.backends.linux_usb import Interface, UsbBus
from agent.errors import DeviceFailed

STORAGE, KEYBOARD, MOUSE, MTP, HUB, SOUND = (
    Interface(8, 6, 80), Interface(3, 1, 1), Interface(3, 1, 2), Interface(6, 1, 1), Interface(9, 0, 0),
    Interface(1, 1, 0),
)  # fmt: skip


def descriptors(*interfaces: Interface, device_class: int = 0) -> bytes:
    device = bytes([18, 1, 0, 2, device_class, 0, 0, 64]) + bytes(10)
    each = b"".join(bytes([9, 4, n, 0, 0, *interface, 0]) for n, interface in enumerate(interfaces))
    return device + bytes([9, 2, 9 + len(each), 0, len(interfaces), 1, 0, 128, 50]) + each


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """Two buses and nothing plugged in."""
    for bus in ("usb1", "usb2"):
        (tmp_path / "bus/usb/devices" / bus).mkdir(parents=True)
        (tmp_path / "bus/usb/devices" / bus / "authorized_default").write_text("1\n")
    (tmp_path / "module/usbcore/parameters").mkdir(parents=True)
    (tmp_path / "module/usbcore/parameters/authorized_default").write_text("1\n")
    return tmp_path


def plug(sys: Path, name: str, *interfaces: Interface, devnum: int = 7, serial: bytes = b"S1\n") -> Path:
    path = sys / "bus/usb/devices" / name
    path.mkdir(exist_ok=True)
    (path / "descriptors").write_bytes(descriptors(*interfaces))
    (path / "devnum").write_text(f"{devnum}\n")
    (path / "authorized").write_text("0\n")
    (path / "serial").write_bytes(serial)
    return path


@pytest.mark.parametrize(
    ("interfaces", "kind"),
    [
        ((STORAGE,), "media"),
        ((MTP,), "media"),
        ((Interface(255, 255, 0),), "media"),
        ((Interface(255, 66, 1),), "media"),
        ((KEYBOARD,), "input"),
        ((KEYBOARD, MOUSE), "input"),
        ((HUB,), "hub"),
        ((SOUND,), "other"),
        ((SOUND, KEYBOARD), "other"),
        ((STORAGE, KEYBOARD), "mixed"),
        ((MTP, MOUSE), "mixed"),
        ((), "media"),
    ],
)
def test_a_device_is_what_all_its_interfaces_are(interfaces: tuple[Interface, ...], kind: str) -> None:
    assert kind == linux_usb.decide_kind(0, interfaces)


def test_storage_in_a_second_configuration_counts() -> None:
    first = descriptors(KEYBOARD)
    second = descriptors(STORAGE)[18:]

    assert (0, (KEYBOARD, STORAGE)) == linux_usb.parse_descriptors(first + second)


@given(st.binary(max_size=400))
def test_hostile_descriptors_are_read_or_refused(content: bytes) -> None:
    try:
        _, found = linux_usb.parse_descriptors(content)
    except ValueError:
        return

    assert len(found) <= 256


@given(st.binary(max_size=400))
def test_no_kernel_message_breaks_the_reading(message: bytes) -> None:
    event = linux_usb.parse_uevent(message)

    assert event is None or event.devpath.startswith("/")


def test_a_kernel_message_is_read() -> None:
    message = (
        b"add@/devices/usb1/1-2\0ACTION=add\0DEVPATH=/devices/usb1/1-2\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0"
    )
    expected = linux_usb.Uevent("add", "/devices/usb1/1-2", "usb", "usb_device")

    assert expected == linux_usb.parse_uevent(message)


def test_every_bus_and_every_bus_to_come_begins_shut(sys: Path) -> None:
    bus = UsbBus(sys)
    before = bus.is_shut_by_default()
    bus.shut_by_default()
    after = bus.is_shut_by_default()
    bus.open_by_default()

    assert (False, True, False) == (before, after, bus.is_shut_by_default())


def test_a_bus_that_cannot_be_shut_is_said_and_the_others_are_shut(sys: Path) -> None:
    (sys / "bus/usb/devices/usb1/authorized_default").unlink()
    (sys / "bus/usb/devices/usb1/authorized_default").mkdir()
    with pytest.raises(DeviceFailed, match="usb1"):
        UsbBus(sys).shut_by_default()

    assert "0" == (sys / "bus/usb/devices/usb2/authorized_default").read_text()


def test_a_stick_s_own_words_are_cleaned(sys: Path) -> None:
    plug(sys, "1-2", STORAGE, serial=b"\x1b[2J<b>\xff" + b"A" * 500)
    (device,) = UsbBus(sys).devices()

    assert "\x1b" not in device.serial
    assert len(device.serial) <= 126


def test_a_device_is_opened_and_shut(sys: Path) -> None:
    path = plug(sys, "1-2", STORAGE)
    bus = UsbBus(sys)
    (device,) = bus.devices()
    bus.set_open(device, True)
    opened = (path / "authorized").read_text(), bus.is_open(device)
    bus.set_open(device, False)

    assert ("1", True) == opened
    assert "0" == (path / "authorized").read_text()


def test_what_was_plugged_into_the_same_place_later_is_not_opened(sys: Path) -> None:
    path = plug(sys, "1-2", STORAGE, devnum=7)
    bus = UsbBus(sys)
    (device,) = bus.devices()
    plug(sys, "1-2", STORAGE, devnum=8)
    with pytest.raises(DeviceFailed, match="pulled out"):
        bus.set_open(device, True)

    assert "0\n" == (path / "authorized").read_text()


def test_root_hubs_and_interfaces_are_no_devices(sys: Path) -> None:
    plug(sys, "1-2", STORAGE)
    plug(sys, "1-2:1.0", STORAGE)
    plug(sys, "usb3", HUB)

    assert ["1-2"] == [device.path.name for device in UsbBus(sys).devices()]
