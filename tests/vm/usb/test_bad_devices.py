"""Devices that lie, stall, come and go, or turn into something else."""

import os
from pathlib import Path

import pytest

from tests.support.virus_signatures import EICAR, zipped
from tests.vm.usb import sticks
from tests.vm.usb.desk import KNOWN, KNOWN_GADGET, Desk
from tests.vm.usb.slow import STANDSTILL, SlowStick

pytestmark = pytest.mark.thorough

LIES = {
    "manufacturer": "\x1b[2J\x07<img src=x onerror=alert(1)>",
    "product_name": "\u202eksid \x01<b>&amp;</b>".encode().decode("latin-1"),
    "serial": "\"'; reboot #\x02${HOME}",
}
BLINKS = 20
BLINKING = """
import os, time
import gadget
port = sorted(os.listdir("/sys/class/udc"))[0]
for _ in range({}):
    gadget.write(gadget.TOP + "/known/UDC", port)
    time.sleep(0.05)
    gadget.down("known")
    time.sleep(0.05)
gadget.write(gadget.TOP + "/known/UDC", port)
"""


def test_what_a_device_says_is_only_ever_text_and_without_a_serial_number_it_is_taken_for_no_other(
    desk: Desk,
) -> None:
    desk.gadget(name="liar", files=["/root/stick.img"], **LIES)
    plugged = desk.yard.wait_for("media-plugged", vendor="1d6b", model="0104", more_than=1)
    said = [plugged[name] for name in ("maker", "product", "serial")]

    assert "ask" == plugged["target"]
    assert all(text and text.isprintable() for text in said), said

    desk.gadget_down("liar")
    desk.gadget(name="nameless", files=["/root/stick.img"], manufacturer="Own", product_name="Making")
    nameless = desk.yard.wait_for("media-plugged", serial="")
    # Had it been let in, its disk would come within a second or two.
    desk.laptop.sh("sleep 5")
    assert "ask" == nameless["target"]
    assert 0 == desk.count("media-decided", plug=nameless["plug"])
    assert desk.laptop.run("ls /dev/sd*").status


def test_of_two_sticks_with_one_serial_number_each_is_checked_itself(desk: Desk, tmp_path: Path) -> None:
    good = desk.plug(sticks.fat32(tmp_path / "good"), KNOWN, "good")
    desk.wait_released(good)
    bad = desk.plug(sticks.fat32(tmp_path / "bad", a_zip=zipped(x=EICAR)), KNOWN, "bad")

    assert "harmful" == desk.wait_kept_shut(bad)
    assert 1 == int(desk.laptop.sh("grep -c /media/gatepost- /proc/mounts"))


STALLING = """
set -e
modprobe -a loop dm-mod
losetup /dev/loop7 /root/slow.img
echo "0 $(blockdev --getsz /dev/loop7) linear /dev/loop7 0" | dmsetup create slow
(until pgrep -x stick-scan; do sleep 0.02; done
for disk in /sys/block/sd*/device/timeout; do echo 600 > $disk; done
dmsetup suspend --nolockfs --noflush slow) >/dev/null 2>&1 &
"""
"""A disk inside the laptop that stands still once it is checked. With one of its own QEMU itself would stand
still: it waits for every request that is called off. The kernel alone would take a silent disk away after
half a minute; here it waits for ever, so that what ends it is ours."""


def test_a_stick_that_stalls_holds_nothing_up_and_is_given_up(
    desk: Desk, share: Path, tmp_path: Path
) -> None:
    laptop = desk.laptop
    desk.set_policy("usb.scan.longest_seconds=60")
    desk.bring(sticks.fat32(share / "slow.img", big_bin=os.urandom(24_000_000)), "/root/slow.img")
    laptop.sh(STALLING)
    desk.gadget(
        name="slow", files=["/dev/mapper/slow"], serial=KNOWN_GADGET, manufacturer="Own",
        product_name="Making",
    )  # fmt: skip
    plugged = desk.yard.wait_for("media-plugged", serial=KNOWN_GADGET, more_than=1)
    laptop.wait_until("dmsetup info slow | grep SUSPENDED")
    quick = desk.plug(sticks.fat32(tmp_path / "quick"), KNOWN)
    desk.wait_released(quick)
    stands_still = desk.count("media-shut", plug=plugged["plug"])
    reason = desk.wait_kept_shut(plugged)
    laptop.sh("dmsetup resume slow")
    laptop.wait_until("! pgrep -x stick-scan")

    assert 0 == stands_still
    assert "not-scanned" == reason


def test_a_stick_that_never_says_what_it_holds_is_given_up(desk: Desk, tmp_path: Path) -> None:
    slow = SlowStick(desk.laptop, sticks.fat32(tmp_path / "mute"), serial=KNOWN, bytes_per_second=STANDSTILL)
    plugged = desk.yard.wait_for("media-plugged", serial=KNOWN, more_than=1)
    desk.laptop.wait_until("pgrep -x stick-look")

    assert "unreadable" == desk.wait_kept_shut(plugged)
    slow.pull()
    desk.yard.wait_for("media-unplugged", plug=plugged["plug"])


def test_a_stick_that_comes_and_goes_ten_times_a_second_is_opened_once_it_stays(desk: Desk) -> None:
    desk.laptop.sh(["python3", "-c", "import sys; sys.path.insert(0, '/root')" + BLINKING.format(BLINKS)])
    desk.laptop.wait_until("grep -q /media/gatepost- /proc/mounts")
    last = desk.yard.wait_for("media-released", more_than=2)
    plugs = {each["plug"] for each in desk.yard.school.records("media-plugged")}
    gone = {each["plug"] for each in desk.yard.school.records("media-unplugged")}

    assert {last["plug"]} == plugs - gone
    assert len(plugs) <= BLINKS + 3


def test_a_camera_that_turns_into_a_stick_is_looked_at_anew(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop
    laptop.plug("usb-mtp", "camera", rootdir="/usr/share/doc", serial=KNOWN, port="3")
    camera = desk.yard.wait_for("media-plugged", media_class="phone")
    laptop.unplug("camera")
    stick = desk.plug(sticks.fat32(tmp_path / "turned", a_zip=zipped(x=EICAR)), KNOWN, port=3)

    assert ("block", "ask") == (camera["target"], stick["target"])
    assert "harmful" == desk.wait_kept_shut(stick)
    desk.wait_shut(KNOWN)


def test_a_stick_that_calls_itself_a_cd_is_given_to_nobody(desk: Desk) -> None:
    disk = "/sys/kernel/config/usb_gadget/known/functions/mass_storage.0/lun.0"
    desk.laptop.sh(f"echo > {disk}/file; echo 1 > {disk}/cdrom; echo /root/stick.img > {disk}/file")
    desk.gadget(name="known")
    plugged = desk.yard.wait_for("media-plugged", serial=KNOWN_GADGET, more_than=1)

    assert "unreadable" == desk.wait_kept_shut(plugged)
    desk.laptop.wait_until("! ls /dev/sr*")
