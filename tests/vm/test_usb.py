"""Real USB ports: what is shut from the moment it is plugged in, and what never is."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from installer import places
from tests.vm.machine import Machine

PYTHON = "/usr/lib/gatepost-agent/venv/bin/python -I -c"
LIST = (
    "import json; from agent.backends.linux_usb import UsbBus; bus = UsbBus(); "
    "print(json.dumps([dict(name=d.path.name, kind=d.kind, serial=d.serial, open=bus.is_open(d), "
    "disks=bus.disks(d)) for d in bus.devices()]))"
)
GADGET = """
set -eu
modprobe -a libcomposite dummy_hcd
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
g=/sys/kernel/config/usb_gadget/both
mkdir -p $g/strings/0x409 $g/configs/c.1 $g/functions/mass_storage.0 $g/functions/hid.0
echo 0x1d6b > $g/idVendor; echo 0x0104 > $g/idProduct; echo both > $g/strings/0x409/serialnumber
truncate -s 1M /tmp/both.img; echo /tmp/both.img > $g/functions/mass_storage.0/lun.0/file
cd $g/functions/hid.0; echo 1 > protocol; echo 1 > subclass; echo 8 > report_length; cd /
printf '\\005\\001\\011\\006\\241\\001\\300' > $g/functions/hid.0/report_desc
ln -s $g/functions/mass_storage.0 $g/functions/hid.0 $g/configs/c.1/
ls /sys/class/udc > $g/UDC
"""


def listed(laptop: Machine) -> dict[str, dict[str, Any]]:
    """Return what the agent's code sees, by serial number or name."""
    return {each["serial"] or each["name"]: each for each in json.loads(laptop.sh(f'{PYTHON} "{LIST}"'))}


def told(laptop: Machine, name: str, is_open: bool) -> None:
    """Open or shut a device with the agent's code."""
    code = (
        "from agent.backends.linux_usb import UsbBus; bus = UsbBus(); "
        f"[bus.set_open(d, {is_open}) for d in bus.devices() if d.serial == '{name}']"
    )
    laptop.sh(f'{PYTHON} "{code}"')


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A FAT32 memory stick with a file."""
    image = tmp_path / "stick.img"
    subprocess.run(["truncate", "--size", "40M", image], check=True)
    subprocess.run(["mkfs.vfat", "-F", "32", image], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", image, "-", "::essay.txt"], input=b"My holidays", check=True)
    return image


@pytest.fixture
def shut_laptop(laptop: Machine) -> Machine:
    """A laptop whose USB begins shut, as the package's (not yet switched on) USB files make it."""
    rules = (places.CLONE / "installer/linux/usb/60-gatepost-usb.rules").read_text()
    laptop.sh(["python3", "-c", f"open('/etc/udev/rules.d/60-gatepost-usb.rules', 'w').write({rules!r})"])
    laptop.sh(
        f'udevadm control --reload; {PYTHON} "from agent.backends.linux_usb import UsbBus; '
        'UsbBus().shut_by_default()"'
    )
    return laptop


def test_a_stick_is_shut_until_it_is_opened_and_again_after(shut_laptop: Machine, stick: Path) -> None:
    shut_laptop.plug_stick("one", stick, serial="STICK1", port=3)
    shut_laptop.wait_until("grep -l STICK1 /sys/bus/usb/devices/*/serial; udevadm settle")
    before = listed(shut_laptop)["STICK1"]
    told(shut_laptop, "STICK1", True)
    shut_laptop.wait_until("test -b /dev/sda")
    during = listed(shut_laptop)["STICK1"]
    told(shut_laptop, "STICK1", False)
    shut_laptop.wait_until("! test -e /dev/sda")
    after = listed(shut_laptop)["STICK1"]

    assert ("media", False, []) == (before["kind"], before["open"], before["disks"])
    assert (True, ["sda"]) == (during["open"], during["disks"])
    assert (False, []) == (after["open"], after["disks"])


def test_keyboards_and_mice_are_never_shut_and_phones_are(shut_laptop: Machine, tmp_path: Path) -> None:
    shut_laptop.plug("usb-mouse", "mouse", serial="MOUSE")
    shut_laptop.plug("usb-mtp", "phone", rootdir="/usr/share/doc", serial="PHONE")
    shut_laptop.plug("usb-hub", "hub", serial="HUB")
    shut_laptop.wait_until("grep -l PHONE /sys/bus/usb/devices/*/serial")
    shut_laptop.wait_until("grep -l HUB /sys/bus/usb/devices/*/serial; udevadm settle")
    found = listed(shut_laptop)

    assert ("input", True) == (found["MOUSE"]["kind"], found["MOUSE"]["open"])
    assert ("hub", True) == (found["HUB"]["kind"], found["HUB"]["open"])
    assert ("media", False) == (found["PHONE"]["kind"], found["PHONE"]["open"])


def test_on_a_bus_that_comes_later_a_stick_that_types_stays_shut(shut_laptop: Machine) -> None:
    shut_laptop.sh(GADGET)
    shut_laptop.wait_until("grep -lx both /sys/bus/usb/devices/*/serial; udevadm settle")
    found = listed(shut_laptop)["both"]

    assert ("mixed", False, []) == (found["kind"], found["open"], found["disks"])


def test_what_takes_the_place_of_a_judged_stick_is_shut_too(shut_laptop: Machine, stick: Path) -> None:
    shut_laptop.plug_stick("one", stick, serial="SAME", port=3)
    shut_laptop.wait_until("grep -l SAME /sys/bus/usb/devices/*/serial; udevadm settle")
    told(shut_laptop, "SAME", True)
    shut_laptop.wait_until("test -b /dev/sda")
    shut_laptop.unplug("one")
    shut_laptop.wait_until("! test -e /dev/sda")
    shut_laptop.plug_stick("two", stick, serial="SAME", port=3)
    shut_laptop.wait_until("grep -l SAME /sys/bus/usb/devices/*/serial; udevadm settle")

    assert not listed(shut_laptop)["SAME"]["open"]
