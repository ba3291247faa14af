"""Put a checked stick where its user reaches it, or take it away again.

Done by `media_worker`, a process of its own, because it enters the system's own view of mounts: the service
lives in a narrower one. Folders of users are root's: a user can put no link in the way.
"""

import sys

assert sys.platform == "linux"

import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from agent.backends import linux_disks, linux_locks, linux_mounts
from agent.backends.media_job import Mount
from agent.backends.scan_job import Mounted
from agent.errors import DeviceFailed

MEDIA = Path("/media")
_MOST_FOLDERS = 99


def mount(job: Mount) -> tuple[str, ...]:
    """Mount every volume and return the folders; raises DeviceFailed, and then nothing stays mounted."""
    linux_mounts.enter_the_system_s_view()
    mounted: list[Path] = []
    try:
        if job.writable:
            nodes = [volume.node for volume in job.volumes]
            _make_writable(nodes)
        for volume in job.volumes:
            mounted.append(_mount(volume, job))
    except (DeviceFailed, OSError):
        for target in mounted:
            take_away(target)
        raise
    return tuple(str(folder) for folder in mounted)


def _make_writable(nodes: list[str]) -> None:
    """Let the volumes be written: first the disks beneath, then what was opened on them."""
    beneath = [each for node in nodes for each in linux_locks.beneath(node) or [node]]
    linux_disks.set_read_only([*linux_disks.whole_disks(beneath), *beneath], shut=False)
    for node in nodes:
        if node not in beneath:
            linux_locks.make_writable(node)


def take_back(folders: Sequence[str]) -> None:
    """Unmount these folders; raises DeviceFailed."""
    linux_mounts.enter_the_system_s_view()
    for folder in folders:
        take_away(Path(folder))


def _mount(volume: Mounted, job: Mount) -> Path:
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
