"""The real session as a real account on a real display, with real windows; the test is its service."""

import os
import select
import signal
import time
from pathlib import Path

import pytest

from agent.backends import linux_processes
from agent.backends.device import Seat
from agent.backends.device_linux import LinuxDevice
from agent.link import channel
from agent.link import messages as m
from agent.paths import Config

pytestmark = [pytest.mark.account, pytest.mark.display]
PAINT_SECONDS = 60.0
NOBODY = 2**22 - 2
"""No process has this number here."""


def patient_device(folder: Path) -> LinuxDevice:
    """Return this machine as the service knows it; windows get all the time they need to be painted."""
    config = Config(run_dir=str(folder / "gatepost"), window_patience_seconds=120)
    return LinuxDevice(config, folder / "agent.toml")


class Service:
    """The service's side of one session."""

    def __init__(self, device: LinuxDevice, seat: Seat) -> None:
        self.device = device
        self.child, sock = device.start_session(seat)
        self.link = channel.service_end(sock)
        self.status: int | None = None
        self._heard: list[m.AnyUp] = []
        """What nobody has waited for yet: several messages may come at once."""

    def listen(self, seconds=0.2):
        """Take in what the session says within so long; `until` finds it."""
        if select.select([self.link], [], [], seconds)[0]:
            self._heard += self.link.read_ready()

    def until(self, kind, is_meant=lambda _message: True, seconds=PAINT_SECONDS):
        """Return the next message that is meant; what was said before it is passed over."""
        until = time.monotonic() + seconds
        while True:
            while self._heard:
                message = self._heard.pop(0)
                if isinstance(message, kind) and is_meant(message):
                    return message
            assert time.monotonic() < until, f"no {kind.__name__} in {seconds} s"
            self.listen()

    def obeyed(self):
        """Wait until every order so far has been carried out: the session answers in their order."""
        self.link.send(m.CheckCover(locker_pid=NOBODY))
        self.until(m.Covered, lambda said: said.locker_pid == NOBODY)

    def windows(self):
        """Return the session's windows; it starts other programs for a moment, too."""
        processes = linux_processes.all_processes()
        children = [pid for pid, process in processes.items() if process.parent == self.child.anchor.pid]
        return [pid for pid in children if b"window" in command_of(pid)]

    def ended(self, seconds=30.0):
        if self.status is None:
            linux_processes.wait_for(self.child.pidfd, seconds)
            self.status = self.device.reap(self.child)
        return self.status


def eventually(fact, seconds=PAINT_SECONDS):
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not come true in time"
        select.select([], [], [], 0.05)


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.fixture
def service(reachable, demo_account, display):
    device = patient_device(reachable)
    service = Service(device, Seat(demo_account.uid, display.name, display.entry, {"LANGUAGE": "en"}))
    yield service
    device.kill(service.child)
    service.ended()
    service.link.close()


def test_the_gate_stands_comes_back_and_cannot_be_covered(service, display, gate_page, demo_account):
    service.until(m.Connected)
    service.link.send(m.ShowGate(page=gate_page))
    first = service.until(m.GateShown)
    os.kill(service.windows()[0], signal.SIGKILL)
    again = service.until(m.GateShown)
    service.link.send(m.CheckCover(locker_pid=service.windows()[0]))
    cover = service.until(m.Covered)

    assert (first, again) == (m.GateShown(kind="web"), m.GateShown(kind="web"))
    assert cover.covered


def test_no_other_program_of_the_pupils_can_look_into_the_session(service, demo_account):
    service.until(m.Connected)
    pid = service.child.anchor.pid

    def pupil_can_read(name):
        script = f"cat /proc/{pid}/{name} > /dev/null 2>&1 || ls /proc/{pid}/{name}/ > /dev/null 2>&1"
        account = service.device.account(demo_account.uid)
        child = service.device._children.start(["/bin/sh", "-c", script], account, {"PATH": "/usr/bin:/bin"})
        linux_processes.wait_for(child.pidfd, 30.0)
        return service.device.reap(child) == 0

    assert [] == [name for name in ("environ", "mem", "fd", "maps") if pupil_can_read(name)]


def test_a_killed_session_takes_its_window_along(service, gate_page, display):
    service.until(m.Connected)
    service.link.send(m.ShowGate(page=gate_page))
    service.until(m.GateShown)
    window = linux_processes.watch(linux_processes.read_process(service.windows()[0]).anchor)
    os.kill(service.child.anchor.pid, signal.SIGKILL)
    try:
        assert linux_processes.wait_for(window, 30.0)
        assert -signal.SIGKILL == service.ended()
    finally:
        os.close(window)


def test_a_session_that_loses_its_service_ends(service):
    service.until(m.Connected)
    service.link.close()

    assert 0 == service.ended()


def test_the_session_ends_with_the_display(service, display):
    service.until(m.Connected)
    display.close()

    assert 0 == service.ended()


def test_a_session_told_to_stop_stops_and_its_folder_goes(service):
    service.until(m.Connected)
    seats = Path(service.device._config.run_dir) / "seats"
    before = list(seats.glob("*/*"))
    service.link.send(m.Stop())

    assert 0 == service.ended()
    assert 1 == len(before)
    eventually(lambda: [] == list(seats.glob("*/*")))
