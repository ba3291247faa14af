"""Shut from the first moment, whatever the agent does; keyboards, mice and hubs never."""

from pathlib import Path

from tests.vm.usb import sticks
from tests.vm.usb.desk import STATE, Desk

DROP_IN = "/run/systemd/system/gatepost-agent.service.d"
MODULE = "/usr/lib/gatepost-agent/venv/lib/python3*/site-packages/agent/service/app.py"


def wait_works(desk: Desk, *serials: str) -> None:
    """Wait until the kernel uses these devices."""
    for serial in serials:
        desk.laptop.wait_until(f'test 1 = "$({STATE.format(serial)})"')


def test_sticks_phones_and_disguised_sticks_are_shut_but_never_keyboards_mice_and_hubs(
    desk: Desk, tmp_path: Path
) -> None:
    laptop, yard = desk.laptop, desk.yard
    laptop.plug_stick("one", sticks.fat32(tmp_path / "one"), serial="ONE")
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


FAULTS = {
    "stopped": ("systemctl stop gatepost-agent", "true"),
    "killed for good": (
        f"mkdir -p {DROP_IN}; printf '[Service]\\nRestart=no\\n' > {DROP_IN}/no.conf; "
        "systemctl daemon-reload; systemctl kill --signal KILL --kill-whom main gatepost-agent",
        f"rm -r {DROP_IN}; systemctl daemon-reload",
    ),
    "does not start": (
        f"cd /root; ls {MODULE} > where; mv $(cat where) app.py; echo 'raise SystemExit(1)' > $(cat where); "
        "systemctl restart gatepost-agent || true",
        "cp /root/app.py $(cat /root/where)",
    ),
}
"""What ails the agent: how it comes about, and how it is mended."""


def test_without_the_agent_sticks_stay_shut_and_keyboards_mice_and_hubs_work(
    desk: Desk, tmp_path: Path
) -> None:
    laptop, image = desk.laptop, sticks.fat32(tmp_path / "one")
    for fault, (fail, mend) in FAULTS.items():
        laptop.sh(fail, seconds=120)
        laptop.wait_until("! systemctl is-active gatepost-agent")
        laptop.plug("usb-mouse", "mouse", serial="MOUSE")
        laptop.plug("usb-kbd", "keys", serial="KEYS")
        laptop.plug("usb-hub", "hub", serial="HUB")
        laptop.plug_stick("one", image, serial="ONE")
        laptop.wait_until("grep -lx ONE /sys/bus/usb/devices/*/serial")
        wait_works(desk, "MOUSE", "KEYS", "HUB")
        laptop.wait_until("test 2 = $(ls /dev/input/by-id/*event-kbd | wc -l)")

        assert not desk.is_open("ONE"), fault
        assert laptop.run("ls /dev/sd*").status, fault

        for name in ("mouse", "keys", "hub", "one"):
            laptop.unplug(name)
        laptop.sh(
            f"{mend}; systemctl reset-failed gatepost-agent; systemctl start gatepost-agent", seconds=120
        )
    desk.plug(image, "ONE")
    laptop.wait_until("test 1 = $(ls /dev/input/by-id/*event-kbd | wc -l)")


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
