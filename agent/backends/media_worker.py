"""`agent media-worker`: one job about a stick, done with the rights that only such jobs need, and the end.

The service may not mount. It says one job on a socket to a worker, which systemd starts for each connection
(`gatepost-media@.service`) or, where systemd is not, the service itself. Standard input and output are that
socket, and only root may be at its other end. When that end closes, the worker ends at once with everything
it began: a check that is no longer wanted, or whose service was killed, leaves nothing mounted.

The service is not believed more than it must be: disks are those of a stick or a card, never the laptop's
own; folders are ours; programs are found here.
"""

import sys

assert sys.platform == "linux"

import contextlib
import os
import re
import signal
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.backends import linux_disks, linux_locks, media_mounts, own_process, scan_worker
from agent.backends.linux_uevents import open_ears
from agent.backends.linux_usb import SysfsUsb
from agent.backends.media_job import (
    MOST_JOB_BYTES,
    AnyAnswer,
    AnyJob,
    Done,
    Listen,
    Lock,
    Look,
    Looked,
    Mount,
    Refused,
    TakeBack,
    Unlock,
    Unlocked,
    read_job,
    write_line,
)
from agent.backends.scan_job import AnySaid, Mounted, ScanJob
from agent.backends.usb import Volume
from agent.errors import DeviceFailed
from policies.records import short

_NODE = re.compile(r"^/dev/(sd[a-z]{1,3}[0-9]{0,3}|mmcblk[0-9]{1,3}(p[0-9]{1,3})?)$")
_BEHIND = re.compile(r"/(usb[0-9]+|mmc_host)/")
_PEER_CREDENTIALS = struct.Struct("3i")
_MOST_SECONDS = 60.0


def is_plugged_in(node: str, root: Path = Path("/sys/class/block")) -> bool:
    """Say whether this is a disk behind USB, a card, or what was opened on one; never the laptop's own."""
    beneath = linux_locks.beneath(node, root)
    if beneath:
        return all(is_plugged_in(each, root) for each in beneath)
    if not _NODE.match(node):
        return False
    return _BEHIND.search(str((root / Path(node).name).resolve()) + "/") is not None


def check_volumes(volumes: Sequence[Mounted | Volume]) -> None:
    """Raise DeviceFailed if one of these is not on something that was plugged in."""
    for volume in volumes:
        if not is_plugged_in(volume.node):
            raise DeviceFailed(f"{short(volume.node)} is not a stick")


def check_complete(volumes: Sequence[Mounted]) -> None:
    """Raise DeviceFailed if a device has grown a disk since it was looked at: nobody has checked that one."""
    nodes = [below for each in volumes for below in linux_locks.beneath(each.node) or [each.node]]
    more = linux_disks.not_looked_at(nodes)
    if more:
        raise DeviceFailed(f"it has {len(more)} more disks than were checked")


def do(job: AnyJob) -> Iterator[AnySaid | AnyAnswer]:
    """Do one job that is answered in words. Raises DeviceFailed and OSError."""
    match job:
        case Look(device=device, within_seconds=within_seconds):
            disks, volumes = linux_disks.look(SysfsUsb().path(device), min(within_seconds, _MOST_SECONDS))
            yield Looked(disks=tuple(disks), volumes=tuple(volumes))
        case ScanJob(volumes=volumes):
            check_volumes(volumes)
            yield from scan_worker.run(job)
        case Mount(volumes=volumes, uid=uid):
            check_volumes(volumes)
            if uid <= 0:
                raise DeviceFailed("sticks are opened for users, never for root")
            check_complete(volumes)
            yield Done(folders=media_mounts.mount(job))
        case TakeBack(folders=folders):
            media_mounts.take_back(folders)
            yield Done()
        case Unlock(volumes=volumes, passphrase=passphrase):
            check_volumes(volumes)
            yield Unlocked(volumes=linux_locks.unlock(volumes, passphrase))
        case Lock(nodes=nodes):
            linux_locks.lock(nodes)
            yield Done()
        case Listen():
            yield Refused(problem="no socket to hand anything over")


def main(_arguments: list[str]) -> int:
    """Do the job that the other end of standard input tells; 0 if it was answered."""
    own_process.harden(dies_with_parent=False)
    os.umask(0o077)
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as link:
        if _who(link) != os.geteuid():
            return 1
        job = read_job(_hear(link))
        if job is None:
            link.sendall(write_line(Refused(problem="a job that is not understood")))
            return 0
        own_process.show_as(f"stick-{job.__struct_config__.tag}")
        if isinstance(job, Listen):
            return _hand_over_ears(link)
        threading.Thread(target=_end_with, args=(link,), daemon=True).start()
        return _answer(link, job)


def _answer(link: socket.socket, job: AnyJob) -> int:
    try:
        for said in do(job):
            link.sendall(write_line(said))
    except (DeviceFailed, OSError) as problem:
        link.sendall(write_line(Refused(problem=short(str(problem)))))
    return 0


def _hand_over_ears(link: socket.socket) -> int:
    try:
        with open_ears() as ears:
            socket.send_fds(link, [write_line(Done())], [ears.fileno()])
    except OSError as problem:
        link.sendall(write_line(Refused(problem=short(str(problem.strerror)))))
    return 0


def _who(link: socket.socket) -> int:
    """Return the account at the other end."""
    told = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
    _pid, uid, _gid = _PEER_CREDENTIALS.unpack(told)
    return int(uid)


def _hear(link: socket.socket) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < MOST_JOB_BYTES and (piece := link.recv(65536)):
        line += piece
    return bytes(line)


def _end_with(link: socket.socket) -> None:
    """End this process, and what it started, as soon as the other end is gone or says another word."""
    with contextlib.suppress(OSError):
        link.recv(1)
    os.killpg(0, signal.SIGKILL)
