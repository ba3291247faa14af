"""What a laptop is: read from folders made by hand, and from the machine the tests run on."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import linux_inventory
from agent.backends.linux_inventory import Mount, clean, join, look, mount_of, read_battery, read_mounts


class Machine:
    """A root folder with as much of /sys and /proc as a test wants."""

    def __init__(self, root):
        self.root = root
        self.mounts = []

    def write(self, name, content=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def disk(self, name, number, *, parts=(), dm="", slaves=(), loop=False):
        """Make a block device, its partitions as (name, number), and the links the kernel keeps."""
        real = self.root / "sys/devices/x/block" / name
        real.mkdir(parents=True)
        self._link(real, name, number)
        if dm:
            (real / "dm").mkdir()
            (real / "dm/uuid").write_text(dm + "\n")
        if loop:
            (real / "loop").mkdir()
        (real / "slaves").mkdir()
        for each in slaves:
            (real / "slaves" / each).write_text("")
        for part, part_number in parts:
            (real / part).mkdir()
            (real / part / "partition").write_text("1\n")
            self._link(real / part, part, part_number)

    def _link(self, real, name, number):
        for folder, link in (("sys/dev/block", number), ("sys/class/block", name)):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            (self.root / folder / link).symlink_to(real)

    def mount(self, point, number, kind="ext4", source="/dev/sda1"):
        self.mounts.append(f"36 35 {number} / {point} rw,noatime shared:1 - {kind} {source} rw")
        self.write("proc/self/mountinfo", "\n".join(self.mounts) + "\n")

    def encryption(self):
        return look(self.root).disk_encryption


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_r77_a_laptop_on_luks_with_lvm_counts_as_encrypted(machine):
    machine.disk("sda", "8:0", parts=[("sda1", "8:1")])
    machine.disk("dm-0", "253:0", dm="CRYPT-LUKS2-abc-sda1_crypt", slaves=["sda1"])
    machine.disk("dm-1", "253:1", dm="LVM-xyz", slaves=["dm-0"])
    machine.mount("/", "253:1")

    assert "on" == machine.encryption()


def test_r77_a_plain_partition_is_off_and_a_plain_home_beside_an_encrypted_system_is_part(machine):
    machine.disk("sda", "8:0", parts=[("sda1", "8:1"), ("sda2", "8:2")])
    machine.mount("/", "8:1")
    assert "off" == machine.encryption()
    machine.disk("dm-0", "253:0", dm="CRYPT-LUKS1-abc-x", slaves=["sda2"])
    machine.mount("/home", "253:0")

    assert "part" == machine.encryption()


def test_an_lvm_over_two_disks_of_which_one_is_encrypted_is_part(machine):
    machine.disk("sda", "8:0", parts=[("sda1", "8:1")])
    machine.disk("sdb", "8:16", parts=[("sdb1", "8:17")])
    machine.disk("dm-0", "253:0", dm="CRYPT-LUKS2-abc-x", slaves=["sda1"])
    machine.disk("dm-1", "253:1", dm="LVM-xyz", slaves=["dm-0", "sdb1"])
    machine.mount("/", "253:1")

    assert "part" == machine.encryption()


def test_a_verity_device_encrypts_nothing_and_a_loop_device_is_not_known(machine):
    machine.disk("dm-3", "253:3", dm="CRYPT-VERITY-abc-root")
    machine.mount("/", "253:3")
    assert "off" == machine.encryption()
    machine.disk("loop0", "7:0", loop=True)
    machine.mount("/home", "7:0")

    assert "off" == machine.encryption()


def test_a_root_that_is_no_disk_is_not_known(machine):
    machine.mount("/", "0:31", kind="overlay", source="overlay")

    assert "unknown" == machine.encryption()


def test_every_disk_of_a_btrfs_counts(machine, tmp_path):
    machine.disk("dm-0", "253:0", dm="CRYPT-LUKS2-abc-a")
    machine.disk("sdb", "8:16")
    machine.write("sys/fs/btrfs/uuid/devices/dm-0")
    machine.write("sys/fs/btrfs/uuid/devices/sdb")
    machine.mount("/", "0:29", kind="btrfs", source="/dev/dm-0")

    assert "part" == machine.encryption()


def test_a_loop_in_sysfs_holds_nobody_up(machine):
    machine.disk("dm-0", "253:0", dm="LVM-a", slaves=["dm-1"])
    machine.disk("dm-1", "253:1", dm="LVM-b", slaves=["dm-0"])
    machine.mount("/", "253:0")

    assert "unknown" == machine.encryption()


def test_without_proc_or_sys_nothing_is_made_up(tmp_path):
    assert ("", "", "", "unknown", 0, None) == look(tmp_path)


def test_what_the_firmware_left_blank_is_blank(machine):
    machine.write("sys/class/dmi/id/sys_vendor", "LENOVO\n")
    machine.write("sys/class/dmi/id/product_name", "20L5000XUK\n")
    machine.write("sys/class/dmi/id/product_version", "ThinkPad T480\n")
    machine.write("sys/class/dmi/id/product_serial", "To be filled by O.E.M.\n")
    machine.write("sys/class/dmi/id/chassis_serial", "PF1ABCDE\n")
    made = look(machine.root)

    assert ("LENOVO", "ThinkPad T480 (20L5000XUK)", "PF1ABCDE") == made[:3]


@pytest.mark.parametrize(
    "text", ["Default string", "System manufacturer", "Not Specified", "None", "0000000", "N/A", "  ", "OEM"]
)
def test_a_placeholder_is_no_answer(text):
    assert "" == clean(text)


def test_two_batteries_count_together_and_a_mouse_does_not(machine):
    for name, scope, full, design in (("BAT0", "", 20, 40), ("BAT1", "", 40, 40), ("mouse", "Device", 1, 9)):
        folder = f"sys/class/power_supply/{name}"
        machine.write(f"{folder}/type", "Battery\n")
        if scope:
            machine.write(f"{folder}/scope", scope + "\n")
        machine.write(f"{folder}/energy_full", f"{full}000000\n")
        machine.write(f"{folder}/energy_full_design", f"{design}000000\n")

    assert 75 == read_battery(machine.root / "sys/class/power_supply")


def test_of_two_mounts_at_one_place_the_later_one_holds():
    mounts = read_mounts(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\nrubbish\n2 1 8:2 / /home rw - ext4 /dev/sda2 rw\n"
        "3 1 8:3 / /home rw - ext4 /dev/my\\040disk rw\n"
    )

    assert Mount("/home", "8:3", "ext4", "/dev/my disk") == mount_of(mounts, "/home")
    assert "8:1" == mount_of(mounts, "/homely").device


@given(st.text(), st.lists(st.sampled_from(["on", "off", "part", "unknown"])))
def test_nothing_the_system_writes_breaks_the_reading(text, states):
    read_mounts(text)
    linux_inventory.read_memory(text)

    assert len(clean(text)) <= 200
    assert ("off" in states and "on" not in states) <= (join(states) in ("off", "part"))


def test_this_very_machine_answers_without_a_program_being_run():
    made = look()

    assert made.memory_bytes == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert made.disk_encryption in ("on", "off", "part", "unknown")
    assert not Path("/sys/class/dmi/id/sys_vendor").exists() or made.maker
