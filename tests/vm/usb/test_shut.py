"""Shut from the first moment, whatever the agent does; keyboards, mice and hubs never."""

from pathlib import Path

import pytest

from tests.vm.usb import sticks
from tests.vm.usb.desk import KNOWN_GADGET, STATE, Desk

MODULE = "/usr/lib/gatepost-agent/venv/lib/python3*/site-packages/agent/service/app.py"
MOUSE = "cat /sys/bus/usb/devices/*/product | grep -qx 'QEMU USB Mouse'"


def wait_works(desk: Desk, *serials: str) -> None:
    """Wait until the kernel uses these devices."""
    for serial in serials:
        desk.laptop.wait_until(f'test 1 = "$({STATE.format(serial)})"')


def test_sticks_phones_and_disguised_sticks_are_shut_but_never_keyboards_mice_and_hubs(
    desk: Desk, tmp_path: Path
) -> None:
    laptop, yard = desk.laptop, desk.yard
    laptop.plug_stick("one", sticks.fat32(tmp_path / "one"), serial="ONE")
    laptop.plug_stick("two", sticks.fat32(tmp_path / "two"), serial="TWO", driver="usb-storage")
    laptop.plug("usb-mouse", "mouse", serial="MOUSE")
    laptop.plug("usb-kbd", "keys", serial="KEYS")
    laptop.plug("usb-mtp", "phone", rootdir="/usr/share/doc", serial="PHONE")
    laptop.plug("usb-hub", "hub", serial="HUB")
    desk.gadget(name="both", files=["/root/stick.img"], keyboard=True, serial="BOTH")
    stick = yard.wait_for("media-plugged", serial="ONE")
    both = yard.wait_for("media-plugged", serial="BOTH")
    phone = yard.wait_for("media-plugged", serial="PHONE")
    wait_works(desk, "MOUSE", "KEYS", "HUB")

    assert ("storage", "ask") == (stick["media_class"], stick["target"])
    assert ("mixed", "block") == (both["media_class"], both["target"])
    assert ("phone", "block") == (phone["media_class"], phone["target"])
    assert [False] * 3 == [desk.is_open(each) for each in ("ONE", "BOTH", "PHONE")]
    assert laptop.run("ls /dev/sd*").status


@pytest.mark.parametrize("fault", ["stopped", "killed for good", "does not start"])
def test_without_the_agent_sticks_stay_shut_and_keyboards_mice_and_hubs_work(
    fault: str, desk: Desk, tmp_path: Path
) -> None:
    laptop = desk.laptop
    match fault:
        case "stopped":
            laptop.sh("systemctl stop gatepost-agent")
        case "killed for good":
            laptop.sh(
                "mkdir -p /run/systemd/system/gatepost-agent.service.d; cd /run/systemd/system; "
                "printf '[Service]\\nRestart=no\\n' > gatepost-agent.service.d/no.conf; "
                "systemctl daemon-reload; systemctl kill --signal KILL --kill-whom main gatepost-agent"
            )
        case _:
            laptop.sh(f"for f in {MODULE}; do mv $f /root/app.py; echo $f > /root/where; done")
            laptop.sh("echo 'raise SystemExit(1)' > $(cat /root/where); systemctl restart gatepost-agent")
    laptop.wait_until("! systemctl is-active gatepost-agent")
    laptop.plug("usb-mouse", "mouse", serial="MOUSE")
    laptop.plug("usb-kbd", "keys", serial="KEYS")
    laptop.plug("usb-hub", "hub", serial="HUB")
    desk.gadget(name="stick", files=["/root/stick.img"], serial=KNOWN_GADGET)
    laptop.plug_stick("one", sticks.fat32(tmp_path / "one"), serial="ONE")
    laptop.wait_until("grep -lx ONE /sys/bus/usb/devices/*/serial")
    wait_works(desk, "MOUSE", "KEYS", "HUB")
    laptop.wait_until("test 2 = $(ls /dev/input/by-id/*event-kbd | wc -l)")

    assert [False] * 2 == [desk.is_open(each) for each in ("ONE", KNOWN_GADGET)]
    assert laptop.run("ls /dev/sd*").status

    laptop.sh("! test -e /root/where || cp /root/app.py $(cat /root/where)")
    laptop.sh("systemctl reset-failed gatepost-agent; systemctl start gatepost-agent", seconds=90)
    desk.yard.wait_for("media-plugged", serial="ONE")


def test_a_bus_that_appears_later_is_shut_too(desk: Desk) -> None:
    laptop = desk.laptop
    before = int(laptop.sh("ls -d /sys/bus/usb/devices/usb* | wc -l"))
    laptop.sh("modprobe vhci_hcd")
    laptop.wait_until(f"test {before} -lt $(ls -d /sys/bus/usb/devices/usb* | wc -l)")
    defaults = laptop.sh("cat /sys/bus/usb/devices/usb*/authorized_default").split()
    # The dummy bus goes and comes again under a stick that nobody approved.
    laptop.sh("rmmod dummy_hcd; modprobe dummy_hcd")
    desk.gadget(name="late", files=["/root/stick.img"], serial="LATE")
    late = desk.yard.wait_for("media-plugged", serial="LATE")

    assert {"0"} == set(defaults)
    assert "ask" == late["target"]
    assert not desk.is_open("LATE")
