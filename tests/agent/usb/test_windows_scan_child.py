"""The worker of a check on Windows: a job goes in, lines come out, and it ends with whoever started it."""

import io
import threading

import pytest

from agent.backends.media_job import write_line
from agent.backends.scan_job import Counted, Mounted, Report, ScanJob, read_said
from agent.backends.windows_scan import Tools
from agent.backends.windows_scan_child import answer, start_child
from agent.errors import DeviceFailed
from policies.settings import ScanSettings
from tests.agent.usb.test_windows_scan import FILES, FakeDefender
from tests.support.win32.fake_usb_world import WindowsMachine, make_volume


@pytest.fixture
def defender():
    return FakeDefender()


@pytest.fixture
def machine(tmp_path):
    machine = WindowsMachine()
    make_volume(machine, machine.plug().volumes[0], tmp_path / "stick", FILES)
    return machine


@pytest.fixture
def job(machine, tmp_path):
    (found,) = machine.plugged.values()
    return ScanJob(
        volumes=(Mounted(node=found.volumes[0], sequence=7, filesystem="exfat"),),
        limits=ScanSettings(),
        folder=str(tmp_path / "scan"),
    )


class Lines(io.RawIOBase):
    """An input that ends only when the test says so."""

    def __init__(self, content):
        self.content = content
        self.ended = threading.Event()

    def read(self, size=-1):
        if self.content:
            content, self.content = self.content, b""
            return content
        self.ended.wait(30)
        return b""


def test_the_worker_says_in_lines_what_the_check_says(machine, defender, job):
    source, target = Lines(write_line(job)), io.BytesIO()
    status = answer(source, target, lambda: Tools(machine, defender), end=lambda _code: None)
    source.ended.set()
    said = [read_said(line) for line in target.getvalue().splitlines()]

    assert 0 == status
    assert [Counted, Report] == [type(said[0]), type(said[-1])]


@pytest.mark.parametrize("line", [b"", b"{}\n", b"\xff\n", b'{"job":"listen"}\n', b"x" * 300_000])
def test_a_job_that_is_none_is_not_begun(machine, defender, line):
    target = io.BytesIO()
    status = answer(io.BytesIO(line), target, lambda: Tools(machine, defender), end=lambda _code: None)

    assert 2 == status
    assert b"" == target.getvalue()


def test_the_worker_ends_with_the_service(machine, defender, job):
    source, codes, ended = Lines(write_line(job)), [], threading.Event()
    source.ended.set()
    defender.on_run = lambda: ended.wait(30)

    def end(code):
        codes.append(code)
        ended.set()

    answer(source, io.BytesIO(), lambda: Tools(machine, defender), end)

    assert [1] == codes


class FakeGroup:
    """A job object."""

    def __init__(self, pid):
        self.ends = 0

    def end(self):
        self.ends += 1


def test_a_child_that_cannot_be_started_is_told(job):
    with pytest.raises(DeviceFailed):
        start_child(job, ["/there/is/no/such/program"], FakeGroup)


def test_a_child_says_its_lines_and_leaves_nothing(job):
    child = start_child(job, ["/bin/sh", "-c", "read job; echo one; echo two"], FakeGroup)

    assert [b"one\n", b"two\n"] == list(child.lines())
    assert child._group.ends
    child.kill()


def test_a_killed_child_ends_at_once(job):
    child = start_child(job, ["/bin/sh", "-c", "echo one; exec sleep 60"], FakeGroup)
    lines = child.lines()

    assert b"one\n" == next(lines)
    child.kill()
    assert [] == list(lines)
    assert child._process.poll() is not None
