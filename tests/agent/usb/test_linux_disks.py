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


def sysfs(folder: Path, sizes: dict[str, str]) -> Path:
    """The kernel's view of one device with these disks."""
    root = folder / "class"
    root.mkdir()
    for number, (name, size) in enumerate(sizes.items()):
        disk = folder / f"usb1/1-2/1-2:1.0/host2/target2:0:0/2:0:0:{number}/block/{name}"
        disk.mkdir(parents=True)
        (disk / "size").write_text(f"{size}\n")
        (root / name).symlink_to(disk)
    return root


def test_a_disk_that_came_after_the_look_is_found_before_anything_is_opened(tmp_path: Path):
    root = sysfs(tmp_path, {"sda": "8", "sdb": "8", "sdc": "0"})

    assert ["/dev/sdb"] == linux_disks.not_looked_at(["/dev/sda"], root)


def test_a_device_of_which_every_disk_was_looked_at_has_no_more(tmp_path: Path):
    root = sysfs(tmp_path, {"sda": "8", "sdb": "8"})

    assert [] == linux_disks.not_looked_at(["/dev/sda", "/dev/sdb"], root)


def test_a_device_that_grew_to_more_disks_than_are_ever_looked_at_is_refused(tmp_path: Path):
    root = sysfs(tmp_path, {f"sd{letter}": "8" for letter in "abcdefghi"})

    with pytest.raises(DeviceFailed, match="claims to be 9 disks"):
        linux_disks.not_looked_at(["/dev/sda"], root)
