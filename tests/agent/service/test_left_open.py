"""A service runs for weeks: no login, no caller and no pretended laptop leaves a descriptor open."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from agent.backends.device import Seat
from tests.agent.fakes import FakeDevice
from tests.support.lab_laptop import MAY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux lists them")


def descriptors():
    found = 0
    for each in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(OSError):  # the listing's own one is gone by now
            os.fstat(int(each.name))
            found += 1
    return found


def come_and_go(laptop):
    shell, session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(30)
    session.channel.close()  # as the system does when its process is gone
    laptop.settle()
    assert {} == laptop.service.ground.logins


def test_logins_that_are_over_leave_nothing_open(laptop):
    come_and_go(laptop)
    before = descriptors()
    for _ in range(5):
        come_and_go(laptop)

    assert before == descriptors()


def test_a_pretended_laptop_lets_go_of_both_ends_of_its_sessions():
    before = descriptors()
    device = FakeDevice([MAY])
    _child, ours = device.start_session(Seat(MAY.uid, ":5", b"", {}))
    ours.close()
    device.close()
    kept = device.sessions  # else they would close by being forgotten

    assert before == descriptors()
    assert 1 == len(kept)
