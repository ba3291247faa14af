"""A laptop on which USBGuard runs already: it is driven, and our rules hold all the same."""

from pathlib import Path

import pytest

from tests.support.virus_signatures import EICAR, zipped
from tests.vm.usb import sticks
from tests.vm.usb.desk import KNOWN, STATE, Desk

HAND_OVER = (
    "usbguard generate-policy > /etc/usbguard/rules.conf && chmod 600 /etc/usbguard/rules.conf && "
    "systemctl start usbguard && systemctl restart gatepost-agent"
)

pytestmark = pytest.mark.thorough


def test_usbguard_is_driven_to_open_a_checked_stick_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop
    laptop.sh(HAND_OVER, seconds=120)
    laptop.wait_until("gatepost-agent doctor | grep -q USBGuard", seconds=120)
    laptop.plug("usb-mouse", "mouse", serial="MOUSE")
    laptop.wait_until(f'test 1 = "$({STATE.format("MOUSE")})"')
    new = desk.plug(sticks.fat32(tmp_path / "new"), "NEW")
    known = desk.plug(sticks.fat32(tmp_path / "known"), KNOWN)
    desk.wait_released(known)
    said = laptop.sh("usbguard list-devices")
    targets = {
        serial: line.split()[1]
        for line in said.splitlines()
        for serial in (KNOWN, "NEW", "MOUSE")
        if f'serial "{serial}"' in line
    }

    assert "ask" == new["target"]
    assert {KNOWN: "allow", "NEW": "block", "MOUSE": "allow"} == targets
    assert not desk.is_open("NEW")

    desk.pull(known)
    bad = desk.plug(sticks.fat32(tmp_path / "bad", a_zip=zipped(x=EICAR)), KNOWN)
    assert "harmful" == desk.wait_kept_shut(bad)
    desk.wait_shut(KNOWN)
