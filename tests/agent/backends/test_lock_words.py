"""A lock screen that is up says something else when something else holds, and covers all the while."""

import sys

import pytest

from agent.backends import linux_locker
from agent.backends.device import Anchor, LockLook
from agent.backends.device_linux import LinuxDevice
from agent.backends.linux_processes import Process, all_processes
from agent.paths import Config
from tests.support.screen import Screen

assert sys.platform == "linux"

LOCKER = Anchor(10, 1)
MAY, SAM = 1001, 1002
LOOK = LockLook("en", "teen", "Hazel Bank School", waits_for="adult")


def processes(*rows: tuple[int, int, str, int]) -> dict[int, Process]:
    return {pid: Process(Anchor(pid, 1), parent, name, uid) for pid, parent, name, uid in rows}


def test_the_painters_of_this_very_locker_are_meant_and_nothing_else() -> None:
    known = processes(
        (10, 1, "xsecurelock", MAY),
        (11, 10, "saver_multiplex", MAY),
        (12, 11, "sleep", MAY),
        (13, 11, "python3", MAY),
        (14, 11, "sleep", SAM),
        (15, 12, "pgrp_placeholde", MAY),
        (16, 10, "auth_gatepost", MAY),
        (20, 1, "xsecurelock", MAY),
        (21, 20, "saver_multiplex", MAY),
        (22, 21, "sleep", MAY),
    )

    assert [Anchor(12, 1), Anchor(13, 1)] == linux_locker.decide_painters(known, MAY, LOCKER)
    assert [] == linux_locker.decide_painters(known, MAY, Anchor(10, 2))


@pytest.mark.account
@pytest.mark.display
def test_the_words_change_while_the_screen_stays_covered(seat, x11, desktop, reachable, eventually) -> None:
    device = LinuxDevice(
        Config(run_dir=str(reachable / "run"), state_dir=str(reachable / "state"), locker="xsecurelock"),
        reachable / "agent.toml",
    )
    child = device.start_locker(seat, LOOK)
    eventually(lambda: desktop.check_cover(child.anchor.pid).covered)

    def painters() -> list[Anchor]:
        known = all_processes()
        found = linux_locker.decide_painters(known, seat.uid, child.anchor)
        return [each for each in found if known[each.pid].name == "sleep"]  # it has painted

    eventually(painters)
    screen = Screen(x11)
    before, first = screen.strip(0, 300), painters()
    device.renew_look(seat, child.anchor, LOOK._replace(waits_for="hours"))
    eventually(lambda: set(painters()) - set(first))
    covered = desktop.check_cover(child.anchor.pid).covered
    changed = screen.strip(0, 300) != before
    runs = device.reap(child) is None
    device.kill(child)
    screen.close()

    assert (True, True, True) == (covered, changed, runs)


@pytest.mark.account
@pytest.mark.display
def test_a_locker_that_has_read_its_picture_is_left_alone(seat, x11, desktop, reachable, eventually) -> None:
    device = LinuxDevice(
        Config(run_dir=str(reachable / "run"), state_dir=str(reachable / "state"), locker="i3lock"),
        reachable / "agent.toml",
    )
    child = device.start_locker(seat, LOOK)
    eventually(lambda: desktop.check_cover(child.anchor.pid).covered)
    device.renew_look(seat, child.anchor, LOOK._replace(waits_for="hours"))
    covered, runs = desktop.check_cover(child.anchor.pid).covered, device.reap(child) is None
    device.kill(child)

    assert (True, True) == (covered, runs)
