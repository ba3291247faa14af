"""From an authorised stick to its file systems: disks by sysfs, read-only by ioctl, kinds by superblock.

`diskseq` is the kernel's own number of a disk, never given twice before a reboot: what was scanned under
one number is never released under another.
"""

import sys

assert sys.platform == "linux"

import contextlib
import errno
import fcntl
import logging
import os
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.backends.usb import Disk, Volume
from agent.errors import DeviceFailed
from policies.media import Encryption

log = logging.getLogger(__name__)

_BLKROSET = 0x125D
_LOOK_SECONDS = 0.02
_SETTLE_SECONDS = 0.3
_PROBE_SECONDS = 20.0
_SECTOR_BYTES = 512
MOST_DISKS = 8
MOST_VOLUMES = 32
_ENCRYPTED: dict[str, Encryption] = {"crypto_LUKS": "luks", "BitLocker": "bitlocker"}
_NOT_YET = (errno.ENOENT, errno.ENXIO, errno.ENODEV)


def find_disks(device: Path) -> list[Path]:
    """Return the sysfs folders of the disks behind a USB device."""
    found = sorted({path.resolve() for path in device.glob("*:*/host*/target*/*:*/block/*")})
    if len(found) > MOST_DISKS:
        raise DeviceFailed(f"it claims to be {len(found)} disks")
    return found


def wait_for_disks(device: Path, within_seconds: float) -> list[Disk]:
    """
    Return the disks once the kernel has made them and each is read-only.

    A stick's disk comes about a second after it was let in (usb-storage waits that long); its node some
    milliseconds after its sysfs folder. A card reader without a card has a disk of no size: left out.
    """
    end = time.monotonic() + within_seconds
    while True:
        disks = [disk for folder in find_disks(device) if (disk := _make_ready(folder)) is not None]
        if disks or time.monotonic() >= end:
            return disks
        time.sleep(_LOOK_SECONDS)


def _make_ready(folder: Path) -> Disk | None:
    node = Path("/dev") / folder.name
    try:
        _make_read_only(node, shut=True)
        sectors = int((folder / "size").read_text())
        sequence = int((folder / "diskseq").read_text())
    except OSError as problem:
        if problem.errno in _NOT_YET or problem.errno == errno.ENOMEDIUM:
            return None
        raise DeviceFailed(f"{node} cannot be made read-only: {problem.strerror}") from problem
    return Disk(str(node), sequence, sectors * _SECTOR_BYTES) if sectors else None


def _make_read_only(node: Path, *, shut: bool) -> None:
    handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.ioctl(handle, _BLKROSET, struct.pack("i", int(shut)))
    finally:
        os.close(handle)


def set_read_only(nodes: Sequence[str], *, shut: bool) -> None:
    """Make disks and partitions read-only, or writable again."""
    for node in nodes:
        try:
            _make_read_only(Path(node), shut=shut)
        except OSError as problem:
            raise DeviceFailed(f"{node} does not take it: {problem.strerror}") from problem


def whole_disks(nodes: Sequence[str], root: Path = Path("/sys/class/block")) -> list[str]:
    """Return the disks that these partitions are on; a disk stands for itself."""
    found: dict[str, None] = {}
    for node in nodes:
        folder = (root / Path(node).name).resolve()
        name = folder.parent.name if (folder / "partition").exists() else folder.name
        found[f"/dev/{name}"] = None
    return list(found)


def not_looked_at(nodes: Sequence[str], root: Path = Path("/sys/class/block")) -> list[str]:
    """
    Return what the devices of these partitions hold besides the disks these are on.

    A device of many disks shows them one after the other, and the last may come long after the look.
    Raises DeviceFailed for more disks than are ever looked at.
    """
    known = {Path(node).name for node in whole_disks(nodes, root)}
    # .../1-2/1-2:1.0/host2/target2:0:0/2:0:0:0/block/sda: the device is the sixth above its disk.
    above = [(root / name).resolve().parents for name in known]
    devices = {parents[5] for parents in above if len(parents) > 5}
    found = {path for device in devices for path in find_disks(device) if path.name not in known}
    return sorted(f"/dev/{path.name}" for path in found if (path / "size").read_text().strip() != "0")


def sequence_of(node: str, root: Path = Path("/sys/class/block")) -> int | None:
    """Return the diskseq of a disk, or of the disk a partition is on; None if it is gone."""
    folder = root / Path(node).name
    for place in (folder / "diskseq", folder.resolve().parent / "diskseq"):
        with contextlib.suppress(OSError, ValueError):
            return int(place.read_text())
    return None


def read_volumes(disks: Sequence[Disk]) -> list[Volume]:
    """Return every partition that holds anything, or the disk itself where it has none."""
    volumes: list[Volume] = []
    for disk in disks:
        folder = Path("/sys/class/block") / Path(disk.node).name
        _settle(disk.node)
        parts = sorted(path.parent.name for path in folder.glob("*/partition"))
        if len(parts) > MOST_VOLUMES:
            raise DeviceFailed(f"it claims {len(parts)} partitions")
        nodes = [f"/dev/{part}" for part in parts] or [disk.node]
        set_read_only(nodes, shut=True)
        volumes += [read_volume(node, disk.sequence) for node in nodes]
    return volumes


def _settle(node: str) -> None:
    """Let the kernel finish with the partition table: two equal looks in a row."""
    folder = Path("/sys/class/block") / Path(node).name
    before: list[Path] | None = None
    for _ in range(10):
        now = sorted(folder.glob("*/partition"))
        if now == before and all((Path("/dev") / path.parent.name).exists() for path in now):
            return
        before = now
        time.sleep(_SETTLE_SECONDS)


def read_volume(node: str, sequence: int) -> Volume:
    """Return what a superblock says; `blkid` knows them all, and is told to read the device itself."""
    command = ["blkid", "--probe", "--output", "export", "--match-tag", "TYPE", node]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
            env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DeviceFailed(f"{node} does not say what it holds") from problem
    kind = ""
    for line in done.stdout.decode("ascii", "replace").splitlines():
        if line.startswith("TYPE="):
            kind = line.removeprefix("TYPE=")
    return Volume(node, sequence, "" if kind in _ENCRYPTED else kind, _ENCRYPTED.get(kind, "none"))


def look(
    device: Path,
    within_seconds: float,
    *,
    wait: Callable[[Path, float], list[Disk]] = wait_for_disks,
    read: Callable[[Sequence[Disk]], list[Volume]] = read_volumes,
) -> tuple[list[Disk], list[Volume]]:
    """
    Return all of a device's disks and what is on them, once no more of them come.

    The kernel makes the disks of one device one after the other, while the first is already looked at.
    """
    disks = wait(device, within_seconds)
    for _again in range(MOST_DISKS):
        volumes = read(disks)
        now = wait(device, 0.0)
        if now == disks:
            return disks, volumes
        disks = now
    raise DeviceFailed("its disks change all the time")
