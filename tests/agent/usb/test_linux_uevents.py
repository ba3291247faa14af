"""Kernel events, and what only looks like one."""

from hypothesis import given
from hypothesis import strategies as st

from agent.backends.linux_uevents import change_of, read_uevent
from agent.backends.usb import Change

ADD = (
    b"add@/devices/pci0/usb1/1-2\0ACTION=add\0DEVPATH=/devices/pci0/usb1/1-2\0SUBSYSTEM=usb\0"
    b"DEVTYPE=usb_device\0PRODUCT=951/1666/110\0SEQNUM=99\0"
)


def test_a_plugged_device_is_a_change():
    assert Change("add", "1-2") == change_of(read_uevent(ADD))


def test_an_interface_is_none():
    assert change_of(read_uevent(ADD.replace(b"usb_device", b"usb_interface"))) is None


def test_a_disk_is_a_change():
    disk = b"add@/block/sda\0ACTION=add\0DEVPATH=/devices/x/block/sda\0SUBSYSTEM=block\0DEVTYPE=disk\0"

    assert Change("disk", "sda") == change_of(read_uevent(disk))


def test_what_udev_passes_on_is_not_the_kernel_s_own():
    assert read_uevent(b"libudev\0" + ADD) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(datagram):
    fields = read_uevent(datagram)
    if fields is not None:
        change_of(fields)
