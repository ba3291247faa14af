"""Taking back a lock: the very process that was meant, of the user that was meant, and nothing else."""

import os
import subprocess
import sys

import pytest

from agent.backends import linux_processes, linux_unlock
from agent.backends.device import Anchor, LockLook, Seat
from agent.backends.device_linux import LinuxDevice
from agent.errors import DeviceFailed
from agent.paths import Config
from installer import processes


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        found = linux_processes.read_process(process.pid)
        assert found is not None
        yield process, found.anchor
        process.kill()


def test_the_locker_that_was_meant_ends(sleeper) -> None:
    process, anchor = sleeper
    linux_unlock.end_locker(os.getuid(), anchor)

    assert -9 == process.wait(30)


def test_another_users_process_is_left_alone(sleeper) -> None:
    process, anchor = sleeper
    with pytest.raises(DeviceFailed, match="not this login's process"):
        linux_unlock.end_locker(os.getuid() + 1, anchor)

    assert process.poll() is None


def test_a_later_process_with_the_same_number_is_left_alone(sleeper) -> None:
    process, anchor = sleeper
    linux_unlock.end_locker(os.getuid(), Anchor(anchor.pid, anchor.started + 1))

    assert process.poll() is None


def test_a_locker_that_has_ended_is_no_problem() -> None:
    linux_unlock.end_locker(os.getuid(), Anchor(2**22 - 2, 1))


def test_a_session_that_logind_does_not_know_is_refused() -> None:
    with pytest.raises(DeviceFailed):
        linux_unlock.unlock_by_logind(Seat(os.getuid(), ":9", b"", {"XDG_SESSION_ID": "../x"}))


@pytest.mark.account
@pytest.mark.display
def test_a_real_locker_opens_and_its_screen_is_free(display, demo_account, reachable) -> None:
    config = Config(run_dir=str(reachable / "run"), state_dir=str(reachable / "state"))
    device = LinuxDevice(config, reachable / "agent.toml")
    seat = Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"})
    child = device.start_locker(seat, LockLook(by="Ms Demir"))
    processes.wait_for(
        "it is the pupil's", lambda: processes.uid_of(child.anchor.pid) == seat.uid, 30, every=0.02
    )
    other = LinuxDevice(config, reachable / "agent.toml")  # as a service that was started again
    other.open_locker(seat, child.anchor)
    linux_processes.wait_for(child.pidfd, 30.0)

    assert -9 == device.reap(child)
