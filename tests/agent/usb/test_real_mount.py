"""The scan worker as it is really run: a process, a real file system in a view of its own, the real clamd."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.backends import linux_disks
from agent.backends.media_helper import MediaHelper
from agent.backends.scan_job import Failed, Mounted, Report, ScanJob, read_said
from tests.support import loop_worker
from tests.support.virus_signatures import EICAR, zipped


@pytest.fixture
def disk(tmp_path):
    """An ext4 stick as a loop device: files go in by `disk.write`, then it is read only by the worker."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root; run: sudo python3 installer test")
    content, image = tmp_path / "content", tmp_path / "image"
    content.mkdir()
    made = []

    class Disk:
        def write(self, name, data):
            (content / name).write_bytes(data)

        def attach(self, *options):
            if not image.exists():
                subprocess.run(["truncate", "--size", "24M", image], check=True)
                subprocess.run(["mkfs.ext4", "-q", "-d", content, image], check=True)
            command = ["losetup", "--find", "--show", *options, image]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                pytest.skip("no loop devices here")
            made.append(done.stdout.strip())
            return made[-1]

        def pull_out_while_written(self, name, data):
            """What is written last stands in the journal only."""
            place, pulled = tmp_path / "place", tmp_path / "pulled"
            place.mkdir()
            subprocess.run(["mount", self.attach(), place], check=True)
            with (place / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            shutil.copyfile(image, pulled)
            subprocess.run(["umount", place], check=True)
            pulled.rename(image)

    yield Disk()
    for node in made:
        subprocess.run(["losetup", "--detach", node], check=False)


def check(node, clamd, limits, folder, sequence=None, filesystem="ext4", **more):
    found = linux_disks.sequence_of(node)
    if found is None:
        pytest.skip("this kernel gives disks no sequence number")
    clamd.start(limits)
    mounted = Mounted(node=node, sequence=sequence or found, filesystem=filesystem)
    job = ScanJob(volumes=(mounted,), limits=limits, folder=str(folder), clamd=str(clamd.socket), **more)
    worker = MediaHelper(folder / "no.sock", loop_worker.COMMAND).start(job)
    return worker, [said for line in worker.lines() if (said := read_said(line))]


def test_a_real_file_system_is_checked_where_nobody_else_sees_it(disk, clamd, limits, tmp_path):
    disk.write("essay.txt", b"The sea.")
    disk.write("holiday.zip", zipped(a=b"sun"))
    node = disk.attach()
    _worker, said = check(node, clamd, limits, tmp_path / "scan")

    report = said[-1]
    assert isinstance(report, Report)
    assert (2, 2, 0, 0) == (report.files, report.scanned, report.skipped, report.harmful_files)
    assert str(tmp_path / "scan") not in Path("/proc/mounts").read_text()


def test_harm_on_a_real_file_system_is_found(disk, clamd, limits, tmp_path):
    disk.write("bad.zip", zipped(a=EICAR))
    _worker, said = check(disk.attach(), clamd, limits, tmp_path / "scan")

    assert ("bad.zip", 1) == (said[-1].harmful[0].file, said[-1].harmful_files)


@pytest.mark.parametrize("writable", [False, True])
def test_a_stick_that_was_taken_out_properly_is_checked_for_reading_and_for_writing(
    disk, clamd, limits, tmp_path, writable
):
    disk.write("essay.txt", b"The sea.")
    node = disk.attach("--read-only")
    _worker, said = check(node, clamd, limits, tmp_path / "scan", writable=writable)

    assert (1, 1) == (said[-1].files, said[-1].scanned)


def test_what_only_its_journal_holds_and_nobody_can_check_is_not_opened_for_writing(
    disk, clamd, limits, tmp_path
):
    disk.write("essay.txt", b"The sea.")
    disk.pull_out_while_written("bad.zip", zipped(a=EICAR))
    node = disk.attach("--read-only")
    _worker, to_read = check(node, clamd, limits, tmp_path / "scan")
    _worker, to_write = check(node, clamd, limits, tmp_path / "scan", writable=True)

    # Opened read-only it shows what was checked: the journal is passed over then, too.
    assert (1, 0) == (to_read[-1].scanned, to_read[-1].harmful_files)
    assert isinstance(to_write[-1], Failed)
    assert "unreadable" == to_write[-1].reason


def test_another_disk_under_the_same_name_is_not_looked_at(disk, clamd, limits, tmp_path):
    _worker, said = check(disk.attach(), clamd, limits, tmp_path / "scan", sequence=1)

    assert "changed" == said[-1].reason


@pytest.mark.parametrize("filesystem", ["ntfs", "btrfs", ""])
def test_what_is_no_such_file_system_is_unreadable(disk, clamd, limits, tmp_path, filesystem):
    _worker, said = check(disk.attach(), clamd, limits, tmp_path / "scan", filesystem=filesystem)

    assert isinstance(said[-1], Failed)
    assert "unreadable" == said[-1].reason


def test_the_kernel_s_own_words_for_a_superblock_are_read(disk):
    disk.write("a", b"a")
    volume = linux_disks.read_volume(disk.attach(), 7)

    assert ("ext4", "none", 7) == (volume.filesystem, volume.encryption, volume.sequence)


def test_an_encrypted_superblock_is_seen(tmp_path):
    image = tmp_path / "luks"
    # LUKS version 1: magic, version, cipher names; blkid asks for no more.
    image.write_bytes(b"LUKS\xba\xbe\x00\x01aes".ljust(4 * 1024 * 1024, b"\0"))

    assert "luks" == linux_disks.read_volume(str(image), 1).encryption
