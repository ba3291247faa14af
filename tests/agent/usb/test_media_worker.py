"""The worker for one job about a stick: whom it obeys, what it touches, and how it ends."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent.backends import linux_uevents, media_worker
from agent.backends.media_helper import MediaHelper
from agent.backends.media_job import Done, Look, Looked, Mount, TakeBack, read_answer, read_job, write_line
from agent.backends.own_process import agent_command
from agent.backends.scan_job import Mounted, ScanJob
from agent.errors import DeviceFailed
from policies.settings import ScanSettings

WITHIN_SECONDS = 30.0
ROOT = Path(__file__).parents[3]


@pytest.fixture
def helper(tmp_path):
    return MediaHelper(tmp_path / "none.sock")


def volume(node):
    return Mounted(node=node, sequence=1, filesystem="vfat")


def children_of(folder):
    """Every process that has this word on its command line."""
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if folder.encode() in _read(path)]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_device_without_disks_is_told_so(helper):
    answer = helper.ask(Look(device="9999-1", within_seconds=0.1), WITHIN_SECONDS)

    assert Looked(disks=(), volumes=()) == answer


@pytest.mark.parametrize("node", ["/dev/vda", "/dev/sda/../vda", "/dev/loop0", "/etc/shadow", "/dev/nvme0n1"])
def test_the_laptop_s_own_disks_are_never_mounted_or_checked(helper, node):
    for job in (
        Mount(volumes=(volume(node),), uid=1000, gid=1000),
        ScanJob(volumes=(volume(node),), limits=ScanSettings(), folder="/run/x"),
    ):
        with pytest.raises(DeviceFailed, match="is not a stick"):
            helper.ask(job, WITHIN_SECONDS)


def test_a_disk_counts_as_plugged_in_only_behind_usb_or_a_card_slot(tmp_path):
    (tmp_path / "devices/pci0/usb1/1-2/host0/block/sda/sda1").mkdir(parents=True)
    (tmp_path / "devices/pci0/ata1/host1/block/sdb").mkdir(parents=True)
    (tmp_path / "devices/pci0/mmc_host/mmc0/block/mmcblk0").mkdir(parents=True)
    block = tmp_path / "block"
    block.mkdir()
    for name, where in (
        ("sda1", "usb1/1-2/host0/block/sda/sda1"),
        ("sdb", "ata1/host1/block/sdb"),
        ("mmcblk0", "mmc_host/mmc0/block/mmcblk0"),
    ):
        (block / name).symlink_to(tmp_path / "devices/pci0" / where)

    nodes = ("/dev/sda1", "/dev/sdb", "/dev/mmcblk0", "/dev/sdz")

    assert [True, False, True, False] == [media_worker.is_plugged_in(node, block) for node in nodes]


def test_nothing_is_ever_mounted_for_root(helper):
    with pytest.raises(DeviceFailed, match="never for root"):
        helper.ask(Mount(volumes=(), uid=0, gid=0), WITHIN_SECONDS)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b'{"job":"mount"}\n',
        b'{"job":"look","device":"../x","within_seconds":1}\n',
        b"\xff",
    ],
)
def test_what_is_no_job_is_none(line):
    assert read_job(line) is None


def test_jobs_come_back_as_they_were_told():
    job = Mount(volumes=(volume("/dev/sda1"),), uid=1000, gid=1000, writable=True)

    assert job == read_job(write_line(job))
    assert Done(folders=("/media/gatepost-1000/USB-1",)) == read_answer(
        write_line(Done(folders=("/media/gatepost-1000/USB-1",)))
    )


def test_a_worker_ends_with_everything_it_started_when_the_other_end_is_gone(helper):
    worker = helper.start(Look(device="9999-1", within_seconds=50.0))
    worker.end()

    assert worker._process.poll() is not None


def test_a_killed_worker_says_no_more(helper):
    worker = helper.start(Look(device="9999-1", within_seconds=50.0))
    worker.kill()

    assert [] == list(worker.lines())


def test_a_socket_that_nobody_listens_on_says_what_to_do(tmp_path):
    where = tmp_path / "media.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(where))

    with pytest.raises(DeviceFailed, match=r"systemctl start gatepost-media\.socket"):
        MediaHelper(where).ask(TakeBack(folders=()), WITHIN_SECONDS)


@pytest.fixture
def unit(tmp_path):
    """What systemd does with the package's socket: a worker for each connection."""
    where = tmp_path / "media.sock"
    script = (
        "import socket, subprocess, sys\n"
        "listening = socket.socket(fileno=0)\n"
        "while True:\n"
        "    link, _ = listening.accept()\n"
        "    subprocess.Popen(sys.argv[1:], stdin=link, stdout=link, start_new_session=True)\n"
        "    link.close()\n"
    )
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(where))
        listening.listen()
        server = subprocess.Popen(
            ["/usr/bin/python3", "-c", script, *agent_command("media-worker")], stdin=listening.fileno()
        )
    yield where
    server.kill()
    server.wait()


def test_behind_a_socket_it_is_the_same_worker(unit):
    helper = MediaHelper(unit)

    assert "" == helper.problem()
    assert Looked(disks=(), volumes=()) == helper.ask(
        Look(device="9999-1", within_seconds=0.1), WITHIN_SECONDS
    )


def test_the_service_hears_the_kernel_by_a_socket_that_the_unit_opened(unit):
    ears = MediaHelper(unit).open_ears(WITHIN_SECONDS)
    with ears:
        assert socket.AF_NETLINK == ears.family
        assert linux_uevents._KOBJECT_UEVENT == ears.proto
        assert not ears.get_inheritable()


def test_without_a_unit_the_service_opens_its_own_ears(helper):
    assert helper.open_ears(WITHIN_SECONDS) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose")
def test_a_service_that_may_not_mount_and_has_no_unit_says_so(helper, monkeypatch):
    monkeypatch.setattr("agent.backends.media_helper._may_mount", lambda: False)

    assert "may not mount" in helper.problem()


def test_another_view_of_mounts_is_entered_while_another_thread_listens():
    if os.geteuid() != 0:
        pytest.skip("entering one needs root; run: sudo python3 installer test")
    script = (
        "import threading; from agent.backends import linux_mounts; waiting = threading.Event();"
        "threading.Thread(target=waiting.wait, daemon=True).start();"
        "linux_mounts.enter_the_system_s_view('/proc/self/ns/mnt')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)

    assert (0, "") == (done.returncode, done.stderr)
