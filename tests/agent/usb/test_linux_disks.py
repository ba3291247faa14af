"""Disks that come one after the other behind one device."""

from pathlib import Path

import pytest

from agent.backends import linux_disks
from agent.backends.usb import Disk, Volume
from agent.errors import DeviceFailed

DEVICE = Path("/sys/bus/usb/devices/1-2")
DISKS = [Disk(f"/dev/sd{letter}", number, 1000) for number, letter in enumerate("abcdefghijkl")]


def looking(*moments):
    """Look at a device whose disks are these at each moment, the last for ever."""
    left = list(moments)

    def wait(_device, _seconds):
        return left.pop(0) if len(left) > 1 else left[0]

    def read(disks):
        return [Volume(disk.node, disk.sequence, "vfat", "none") for disk in disks]

    disks, volumes = linux_disks.look(DEVICE, 1.0, wait=wait, read=read)
    return disks, [volume.node for volume in volumes]


def test_a_disk_that_comes_while_the_first_is_looked_at_is_looked_at_too():
    expected = (DISKS[:3], ["/dev/sda", "/dev/sdb", "/dev/sdc"])

    assert expected == looking(DISKS[:1], DISKS[:2], DISKS[:3])


def test_one_disk_is_looked_at_once():
    assert (DISKS[:1], ["/dev/sda"]) == looking(DISKS[:1])


def test_disks_that_never_stop_changing_are_given_up():
    with pytest.raises(DeviceFailed, match="change all the time"):
        looking(*([disk] for disk in DISKS))
