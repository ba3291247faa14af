"""Real USB ports, the real service, the real server: shut until approved and checked, and never before."""

import os
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.virus_signatures import EICAR, write_signatures, zipped
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DISPLAY, Seat

SECRET = b"My holidays were long."
ASK_BUTTON = (212, 110)
"""Of the stick's window: so many pixels from the right and from the bottom of the screen."""
STATE = (
    "for d in /sys/bus/usb/devices/*/; do "
    'if [ "$(cat $d/serial 2>/dev/null)" = {} ]; then cat $d/authorized; fi; done'
)
TRYING = """
import glob, time
places = ("/media/gatepost-*/*/essay.txt", "/run/gatepost/scan/*/essay.txt", "/dev/sd*")
while True:
    for path in [path for place in places for path in glob.glob(place)]:
        try:
            with open(path, "rb") as file:
                if file.read(512):
                    print(time.time())
                    raise SystemExit
        except OSError:
            pass
    time.sleep(0.2)
"""
"""Tries to read the stick all the time; says when it could. One process, or a slow laptop stands still."""
GADGET = """
set -eu
modprobe -a libcomposite dummy_hcd
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
g=/sys/kernel/config/usb_gadget/both
mkdir -p $g/strings/0x409 $g/configs/c.1 $g/functions/mass_storage.0 $g/functions/hid.0
echo 0x1d6b > $g/idVendor; echo 0x0104 > $g/idProduct; echo BOTH > $g/strings/0x409/serialnumber
truncate -s 1M /tmp/both.img; echo /tmp/both.img > $g/functions/mass_storage.0/lun.0/file
cd $g/functions/hid.0; echo 1 > protocol; echo 1 > subclass; echo 8 > report_length; cd /
printf '\\005\\001\\011\\006\\241\\001\\300' > $g/functions/hid.0/report_desc
ln -s $g/functions/mass_storage.0 $g/functions/hid.0 $g/configs/c.1/
ls /sys/class/udc > $g/UDC
"""


def make_stick(path: Path, **files: bytes) -> Path:
    """Write a FAT32 image with these files."""
    subprocess.run(["truncate", "--size", "40M", path], check=True)
    subprocess.run(["mkfs.vfat", "-F", "32", path], check=True, capture_output=True)
    for name, content in files.items():
        where = "::" + name.replace("_", ".")
        subprocess.run(["mcopy", "-i", path, "-", where], input=content, check=True)
    return path


def is_open(laptop: Machine, serial: str) -> bool:
    """Say whether the kernel uses the device with this serial number."""
    return laptop.sh(STATE.format(serial)) == "1"


@pytest.fixture
def gated(laptop: Machine, schoolyard: Schoolyard, share: Path) -> Machine:
    """An enrolled laptop on which sticks are shut until approved and checked, with fresh signatures."""
    write_signatures(share / "signatures", time.time() - 3600)
    laptop.sh(f"cp {laptop.mount_share()}/signatures/* /var/lib/clamav/; chmod a+r /var/lib/clamav/*")
    schoolyard.school.ask("policy", "set", 'usb.mode="approve_then_scan"', "--reason", "tests")
    # Every laptop here is a copy of one saved machine: with its key it would be taken for a clone.
    laptop.sh("systemctl stop gatepost-agent; rm -rf /var/lib/gatepost/*; systemctl start gatepost-agent")
    laptop.wait_until("test -S /run/gatepost/agent.sock")
    schoolyard.enrol(laptop)
    laptop.wait_until("test 0 = $(cat /sys/module/usbcore/parameters/authorized_default)")
    return laptop


class Desk:
    """May at her desktop, a technician at the server."""

    def __init__(self, laptop: Machine, yard: Schoolyard) -> None:
        self.laptop, self.yard = laptop, yard
        yard.accepted_before("may")
        self.seat = Seat(laptop, "may")
        self.seat.log_in()
        self.seat.wait_has("agent session")
        yard.wait_for("login-started", os_user="may")

    def plug(self, image: Path, serial: str) -> dict[str, Any]:
        """Plug a stick and return its record."""
        self.laptop.plug_stick(serial, image, serial=serial)
        return self.yard.wait_for("media-plugged", serial=serial)

    def ask(self, plugged: dict[str, Any]) -> dict[str, Any]:
        """Press *Ask to open it* in the stick's window and return the request."""
        self.seat.wait_has("agent window")
        self.seat.wait_painted()
        wide, high = map(int, self.laptop.sh(f"{DISPLAY} xdotool getdisplaygeometry").split())
        self.seat.click(wide - ASK_BUTTON[0], high - ASK_BUTTON[1])
        try:
            return self.yard.wait_for("media-requested", plug=plugged["plug"])
        except BaseException:
            # What the service and the kernel say of it, in the test's report.
            print(self.laptop.sh("journalctl --no-pager -n 80; dmesg | tail -n 20"))
            self.seat.picture("stick-not-asked")
            raise

    def approve(self, request: dict[str, Any]) -> None:
        """Say yes at the server."""
        newest = "SELECT device FROM records WHERE type = 'media-requested' ORDER BY at DESC LIMIT 1"
        device = self.yard.school.rows(newest)[0]["device"]
        self.yard.school.ask("media", "approve", device, request["request"], "--hours", "1")


@pytest.fixture
def desk(gated: Machine, schoolyard: Schoolyard) -> Desk:
    """May's open desktop."""
    return Desk(gated, schoolyard)


def test_shut_from_the_first_moment_but_never_keyboards_mice_and_hubs(
    gated: Machine, schoolyard: Schoolyard, tmp_path: Path
) -> None:
    gated.plug_stick("one", make_stick(tmp_path / "one", essay_txt=SECRET), serial="ONE")
    gated.plug("usb-mouse", "mouse", serial="MOUSE")
    gated.plug("usb-mtp", "phone", rootdir="/usr/share/doc", serial="PHONE")
    gated.plug("usb-hub", "hub", serial="HUB")
    gated.sh(GADGET)
    for serial in ("ONE", "MOUSE", "PHONE", "HUB", "BOTH"):
        gated.wait_until(f"grep -lx {serial} /sys/bus/usb/devices/*/serial")
    stick = schoolyard.wait_for("media-plugged", serial="ONE")
    both = schoolyard.wait_for("media-plugged", serial="BOTH")
    phone = schoolyard.wait_for("media-plugged", serial="PHONE")
    for serial in ("MOUSE", "HUB"):
        gated.wait_until(f'test 1 = "$({STATE.format(serial)})"')

    assert ("storage", "ask") == (stick["media_class"], stick["target"])
    assert ("mixed", "block") == (both["media_class"], both["target"])
    assert ("phone", "block") == (phone["media_class"], phone["target"])
    assert [False] * 3 == [is_open(gated, each) for each in ("ONE", "BOTH", "PHONE")]
    assert gated.run("ls /dev/sd*").status


def test_a_stick_is_asked_for_approved_checked_and_opened_and_not_a_byte_is_read_before(
    desk: Desk, tmp_path: Path
) -> None:
    laptop = desk.laptop
    trying = laptop.start(["python3", "-c", TRYING], user="may", seconds=600)
    plugged = desk.plug(make_stick(tmp_path / "one", essay_txt=SECRET), "ONE")
    desk.approve(desk.ask(plugged))
    released = desk.yard.wait_for("media-released", plug=plugged["plug"])
    first_read = trying.wait()
    folder = laptop.sh("ls -d /media/gatepost-*/USB-1")
    scanned = desk.yard.wait_for("media-scanned", plug=plugged["plug"])

    assert ("clean", 1, 1) == (scanned["outcome"], scanned["files"], scanned["scanned"])
    assert SECRET.decode() == laptop.sh(f"cat {folder}/essay.txt", user="may")
    assert laptop.run(f"cat {folder}/essay.txt", user="sam").status
    assert laptop.run(f"touch {folder}/x", user="may").status
    assert 0 == first_read.status
    assert float(first_read.out.split()[-1]) >= datetime.fromisoformat(scanned["at"]).timestamp()
    assert "read" == released["access"]
    options = laptop.sh(f"grep {folder} /proc/mounts")
    assert all(word in options for word in ("ro,", "nosuid", "nodev", "noexec"))

    laptop.unplug("ONE")
    desk.yard.wait_for("media-unplugged", plug=plugged["plug"])
    laptop.wait_until(f"! grep -q {folder} /proc/mounts")


def test_an_infected_file_inside_a_zip_keeps_the_stick_shut(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop
    plugged = desk.plug(make_stick(tmp_path / "bad", essay_txt=SECRET, a_zip=zipped(x=EICAR)), "BAD")
    desk.approve(desk.ask(plugged))
    found = desk.yard.wait_for("media-detection", plug=plugged["plug"])
    shut = desk.yard.wait_for("media-shut", plug=plugged["plug"])
    desk.seat.picture("harmful")

    assert ("harmful", 1) == (shut["reason"], found["files"])
    laptop.wait_until(f'test 0 = "$({STATE.format("BAD")})"')
    laptop.wait_until("! ls /dev/sd*")
    assert laptop.run("ls /media/gatepost-*/*").status


def test_a_stick_pulled_out_and_another_put_in_its_place_is_shut_again(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop
    image = make_stick(tmp_path / "one", essay_txt=SECRET, big_bin=os.urandom(25_000_000))
    plugged = desk.plug(image, "SAME")
    request = desk.ask(plugged)
    desk.approve(request)
    laptop.wait_until("ls /dev/sd?")
    laptop.unplug("SAME")
    desk.yard.wait_for("media-unplugged", plug=plugged["plug"])
    other = make_stick(tmp_path / "two", essay_txt=SECRET)
    laptop.plug_stick("again", other, serial="SAME")
    again = desk.yard.wait_for("media-plugged", more_than=1, serial="SAME")

    assert plugged["plug"] != again["plug"]
    assert [] == [
        each for each in desk.yard.school.records("media-released") if each["plug"] == again["plug"]
    ]
    assert laptop.run("ls /media/gatepost-*/*").status


def test_after_removal_usb_works_as_before(gated: Machine, tmp_path: Path) -> None:
    gated.plug_stick("one", make_stick(tmp_path / "one", essay_txt=SECRET), serial="ONE")
    gated.wait_until("grep -lx ONE /sys/bus/usb/devices/*/serial")
    before = is_open(gated, "ONE")
    gated.sh("dpkg --remove gatepost-agent", seconds=300)

    assert not before
    gated.wait_until("test -b /dev/sda")
    assert "1" == gated.sh("cat /sys/module/usbcore/parameters/authorized_default")
