"""Without the package USB is as it was; and the program that tries to read does read, where it can."""

from pathlib import Path

import pytest

from tests.vm.usb import sticks
from tests.vm.usb.desk import HITS, Desk


@pytest.mark.thorough
def test_after_removal_usb_works_as_before_and_she_mounts_the_stick_herself(
    desk_unwatched: Desk, tmp_path: Path
) -> None:
    laptop = desk_unwatched.laptop
    desk_unwatched.plug(sticks.fat32(tmp_path / "new"), "NEW")
    before = desk_unwatched.is_open("NEW")
    laptop.sh("dpkg --remove gatepost-agent", seconds=300)
    laptop.wait_until("test -b /dev/sda")
    laptop.wait_until(f"grep -q udisks {HITS}")

    assert not before
    assert "1" == laptop.sh("cat /sys/module/usbcore/parameters/authorized_default")
    assert {"udisks"} <= {hit.way for hit in desk_unwatched.hits()}
