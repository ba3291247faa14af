"""Sticks that are pulled, swapped or slow, and an agent that is killed: nothing early, nothing stuck."""

import os
from pathlib import Path

import pytest

from tests.support.virus_signatures import EICAR, zipped
from tests.vm.usb import sticks
from tests.vm.usb.desk import KNOWN, Desk
from tests.vm.usb.slow import SlowStick

SLOW = 400_000
"""Bytes a second: a check of a few megabytes takes long enough to meddle with it."""
PLENTY = {"big_bin": os.urandom(6_000_000)}
CHECKING = "pgrep -x stick-scan"
MOMENTS = {
    "while the stick is looked at": "exists('/dev/sda')",
    "while it is checked": "runs('stick-scan')",
    "while it is being opened": "runs('stick-mount')",
    "while it is open": "'/media/gatepost-' in text('/proc/mounts')",
}
KILLER = """
import contextlib, glob, os, signal, subprocess, time
from os.path import exists
def text(path):
    with contextlib.suppress(OSError), open(path) as file:
        return file.read()
    return ""
def runs(name):
    return any(text(path) == name + "\\n" for path in glob.glob("/proc/[0-9]*/comm"))
asked = ["systemctl", "show", "--property", "MainPID", "--value", "gatepost-agent"]
pid = int(subprocess.check_output(asked))
open("/run/killer", "w").close()
until = time.monotonic() + 100
while not ({moment}):
    if time.monotonic() > until:
        raise SystemExit("the moment never came")
    time.sleep(0.005)
os.kill(pid, signal.SIGKILL)
"""


def nothing_left(desk: Desk) -> None:
    """Wait until no worker and no mount is left of a stick."""
    desk.laptop.wait_until(f"! {CHECKING}")
    desk.laptop.wait_until("! grep -q /media/gatepost- /proc/mounts")
    desk.laptop.wait_until("! ls /media/gatepost-*/*")


def test_an_infected_file_inside_a_zip_keeps_the_stick_shut(desk: Desk, tmp_path: Path) -> None:
    plugged = desk.plug(sticks.fat32(tmp_path / "bad", a_zip=zipped(x=EICAR)), KNOWN)
    reason = desk.wait_kept_shut(plugged)
    found = desk.yard.wait_for("media-detection", plug=plugged["plug"])
    desk.wait_shut(KNOWN)

    assert ("harmful", 1) == (reason, found["files"])
    nothing_left(desk)


def test_a_stick_that_is_pulled_while_it_is_checked_is_over_and_another_in_its_place_begins_anew(
    desk: Desk, tmp_path: Path
) -> None:
    image = sticks.fat32(tmp_path / "one", **PLENTY)
    slow = SlowStick(desk.laptop, image, serial=KNOWN, bytes_per_second=SLOW)
    plugged = desk.yard.wait_for("media-plugged", serial=KNOWN, more_than=1)
    desk.laptop.wait_until(CHECKING)
    slow.pull()
    again = desk.plug(sticks.fat32(tmp_path / "two", a_zip=zipped(x=EICAR)), KNOWN)

    assert "unplugged" == desk.wait_kept_shut(plugged)
    assert plugged["plug"] != again["plug"]
    assert "harmful" == desk.wait_kept_shut(again)
    assert 0 == desk.count("media-released", plug=plugged["plug"])
    nothing_left(desk)


def test_a_stick_swapped_after_the_check_under_the_same_serial_number_is_checked_itself(
    desk: Desk, tmp_path: Path
) -> None:
    plugged = desk.plug(sticks.fat32(tmp_path / "one"), KNOWN)
    desk.wait_released(plugged)
    desk.laptop.unplug(KNOWN)
    again = desk.plug(sticks.fat32(tmp_path / "two", a_zip=zipped(x=EICAR)), KNOWN, "other")

    assert "harmful" == desk.wait_kept_shut(again)
    desk.wait_shut(KNOWN)
    nothing_left(desk)


@pytest.mark.thorough
def test_an_agent_killed_at_any_step_leaves_nothing_open_and_picks_up_again(
    desk: Desk, tmp_path: Path
) -> None:
    laptop, image = desk.laptop, sticks.fat32(tmp_path / "one", more_bin=os.urandom(500_000))
    for moment, condition in MOMENTS.items():
        laptop.sh("rm -f /run/killer")
        begun = desk.count("media-plugged", serial=KNOWN)
        waiting = laptop.start(["python3", "-c", KILLER.format(moment=condition)], seconds=120)
        laptop.wait_until("test -e /run/killer")
        first = desk.plug(image, KNOWN)
        killed = waiting.wait()
        again = desk.yard.wait_for("media-plugged", serial=KNOWN, more_than=begun + 1)
        ended = desk.yard.wait_for("media-released", plug=again["plug"])

        assert (0, "") == (killed.status, killed.err), moment
        assert first["plug"] != again["plug"], moment
        assert "read" == ended["access"], moment
        desk.pull(again, KNOWN)
        nothing_left(desk)
