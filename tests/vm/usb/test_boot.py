"""A cold boot with sticks in the laptop: shut in the initramfs, shut before the agent, shut after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.image import BOOT_SECONDS, Image
from tests.vm.laptops import one_laptop
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.usb import sticks
from tests.vm.usb.cold import ColdDisk, boot, make_disk
from tests.vm.usb.desk import Desk
from tests.vm.usb.ready import Ready, school_as_it_was

SERIALS = ("FIRST", "SECOND")


@pytest.fixture(scope="module")
def cold(image: Image, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdDisk]:
    """A disk with the package on it."""
    made = make_disk(image, package, tmp_path_factory.mktemp("cold") / "made")
    yield made
    made.disk.unlink()


def wait_up(laptop: Machine) -> None:
    """Wait until its service answers, and give it its network."""
    laptop.wait_ready(BOOT_SECONDS)
    laptop.connect_network()
    laptop.wait_until("test -S /run/gatepost/agent.sock", seconds=BOOT_SECONDS)


def first_day(laptop: Machine, yard: Schoolyard) -> None:
    """Enrol it and shut it down."""
    wait_up(laptop)
    yard.enrol(laptop)
    laptop.wait_until("test 0 = $(cat /sys/module/usbcore/parameters/authorized_default)")
    laptop.sh("systemctl stop gatepost-agent; sync")


def test_a_laptop_that_boots_with_sticks_in_it_opens_none_and_its_keyboard_and_mouse_work(
    cold: ColdDisk, ready: Ready, image: Image, share: Path, tmp_path: Path
) -> None:
    plugged = {serial: sticks.fat32(tmp_path / serial) for serial in SERIALS}
    with school_as_it_was(ready) as yard, one_laptop():
        with boot(image, cold, share, {}) as laptop:
            first_day(laptop, yard)
        with boot(image, cold, share, plugged) as laptop:
            wait_up(laptop)
            desk = Desk(laptop, yard)
            for serial in SERIALS:
                yard.wait_for("media-plugged", serial=serial)
            looked = {
                name: laptop.sh(f"cat /run/looked/{name} /run/looked/{name}-disks")
                for name in ("initramfs", "before")
            }
            keyboards = laptop.sh("ls /dev/input/by-id/").split()

            for moment, said in looked.items():
                assert {"FIRST 0", "SECOND 0", "MOUSE 1"} <= set(said.splitlines()), moment
                assert "/dev/sd" not in said, moment
            assert [False, False] == [desk.is_open(serial) for serial in SERIALS]
            assert any(name.endswith("event-kbd") for name in keyboards)
            assert any(name.endswith("event-mouse") for name in keyboards)
            assert laptop.run("dmesg | grep -E ' sd[a-z]|usb-storage.*detected'").status
