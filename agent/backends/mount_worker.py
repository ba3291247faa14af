"""`agent mount-worker`: put a checked stick where its user reaches it, or take it away again.

A process of its own, because it enters the system's own view of mounts: the service lives in a narrower one.
One job on stdin, the folders on stdout. Folders of users are root's: a user can put no link in the way.
"""

import contextlib
import os
import stat
import sys
from pathlib import Path

import msgspec

from agent.backends import linux_disks, linux_mounts, own_process
from agent.backends.scan_job import Mounted
from agent.errors import DeviceFailed

MEDIA = Path("/media")
_MOST_JOB_BYTES = 256 * 1024
_MOST_FOLDERS = 99


class MountJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Mount these volumes for this user, or unmount these folders."""

    volumes: tuple[Mounted, ...] = ()
    uid: int = 0
    gid: int = 0
    writable: bool = False
    take_back: tuple[str, ...] = ()


def main(_arguments: list[str]) -> int:
    """Do one job; 1 if it could not be done, and then nothing stays mounted."""
    own_process.harden(dies_with_parent=False)
    os.umask(0o077)
    job = msgspec.json.decode(sys.stdin.buffer.read(_MOST_JOB_BYTES), type=MountJob)
    mounted: list[Path] = []
    try:
        linux_mounts.enter_the_system_s_view()
        for folder in job.take_back:
            take_away(Path(folder))
        for volume in job.volumes:
            mounted.append(_mount(volume, job))
    except (DeviceFailed, OSError) as problem:
        for target in mounted:
            take_away(target)
        sys.stderr.write(str(problem)[:200])
        return 1
    sys.stdout.buffer.write(msgspec.json.encode([str(folder) for folder in mounted]))
    return 0


def _mount(volume: Mounted, job: MountJob) -> Path:
    if linux_disks.sequence_of(volume.node) != volume.sequence:
        raise DeviceFailed("another disk is in its place")
    name = linux_mounts.kernel_name(volume.filesystem)
    flags, words = linux_mounts.options(name, job.uid, job.gid, writable=job.writable)
    target = new_folder(MEDIA / f"gatepost-{job.uid}", job.gid)
    try:
        linux_mounts.mount(volume.node, target, name, flags, words)
        if linux_disks.sequence_of(volume.node) != volume.sequence:
            raise DeviceFailed("another disk is in its place")
    except DeviceFailed:
        take_away(target)
        raise
    return target


def new_folder(parent: Path, gid: int) -> Path:
    """Return a new folder to mount on; only root writes above it, only the user's group enters."""
    MEDIA.mkdir(mode=0o755, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        parent.mkdir(mode=0o750)
    found = parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise DeviceFailed(f"{parent} is not root's own folder")
    os.chown(parent, 0, gid, follow_symlinks=False)
    parent.chmod(0o750)
    for number in range(1, _MOST_FOLDERS + 1):
        target = parent / f"USB-{number}"
        try:
            target.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return target
    raise DeviceFailed(f"{parent} is full of folders")


def take_away(folder: Path) -> None:
    """Unmount a folder of ours and remove it; a place that is not ours is left alone."""
    if folder.parent.parent != MEDIA or not folder.parent.name.startswith("gatepost-"):
        return
    linux_mounts.unmount(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()
