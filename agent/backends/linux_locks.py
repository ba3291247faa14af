"""Encrypted sticks: LUKS and BitLocker, opened read-only by `cryptsetup` with their owner's own passphrase.

The passphrase comes on a pipe, never on a command line, and is kept nowhere. A name of ours in the device
mapper tells what is ours from what the laptop itself has encrypted, which is never touched.
"""

import sys

assert sys.platform == "linux"

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from agent.backends import linux_disks
from agent.backends.usb import Volume, is_locked
from agent.errors import DeviceFailed

_SECONDS = 60.0
"""A slow laptop and a careful key derivation; cryptsetup itself is asked for one key only."""
_WRONG_PASSPHRASE = 2
_TYPES = {"luks": "luks", "bitlocker": "bitlk"}
_NAME = re.compile(r"^gatepost-[a-z0-9]{1,40}-[0-9]{1,20}$")
_NODE = re.compile(r"^/dev/(dm-[0-9]{1,4})$")
_BLOCK = Path("/sys/class/block")
_ENVIRONMENT = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def program() -> str | None:
    """Return where cryptsetup is, or None."""
    return shutil.which("cryptsetup", path=_ENVIRONMENT["PATH"])


def name_for(volume: Volume) -> str:
    """Return the device mapper's name for what is in a volume: ours, and of this very plug."""
    return f"gatepost-{Path(volume.node).name}-{volume.sequence}"


def open_command(cryptsetup: str, volume: Volume) -> list[str]:
    """Return the command line; the passphrase comes on standard input, to its last byte."""
    # Without locks: they lie in /run, where the worker may not write, and nobody else opens this disk.
    return [
        cryptsetup, "open", "--readonly", "--disable-locks", "--disable-keyring", "--key-file", "-",
        "--type", _TYPES[volume.encryption], volume.node, name_for(volume),
    ]  # fmt: skip


def unlock(volumes: Sequence[Volume], passphrase: str) -> tuple[Volume, ...] | None:
    """
    Return the volumes with the encrypted ones opened, or None if the passphrase is another one.

    Raises DeviceFailed for any other failure. Where not all are opened, none stays so.
    """
    opened: list[Volume] = []
    try:
        for volume in volumes:
            if not is_locked(volume):
                continue
            inner = _open(volume, passphrase)
            if inner is None:
                lock([each.node for each in opened])
                return None
            opened.append(inner)
    except DeviceFailed:
        lock([each.node for each in opened])
        raise
    return tuple([each for each in volumes if not is_locked(each)] + opened)


def _open(volume: Volume, passphrase: str) -> Volume | None:
    cryptsetup = program()
    if cryptsetup is None:
        raise DeviceFailed("cryptsetup is not installed")
    if linux_disks.sequence_of(volume.node) != volume.sequence:
        raise DeviceFailed("another disk is in its place")
    done = _run(open_command(cryptsetup, volume), passphrase.encode())
    if done.returncode == _WRONG_PASSPHRASE:
        return None
    if done.returncode != 0:
        _check(done, f"cryptsetup ended with {done.returncode}")
    node = find_node(name_for(volume))
    sequence = linux_disks.sequence_of(node) if node else None
    if node is None or sequence is None:
        raise DeviceFailed("what was opened cannot be found")
    found = linux_disks.read_volume(node, sequence)
    if found.encryption != "none":
        raise DeviceFailed("it is encrypted twice")
    return Volume(node, sequence, found.filesystem, volume.encryption)


def find_node(name: str, root: Path = _BLOCK) -> str | None:
    """Return the block device that the device mapper made under this name."""
    return next((node for node, found in ours(root).items() if found == name), None)


def ours(root: Path = _BLOCK) -> dict[str, str]:
    """Return every opened volume that has a name of ours: its node, and the name."""
    found: dict[str, str] = {}
    for place in sorted(root.glob("dm-*/dm/name")):
        try:
            name = place.read_text().strip()
        except OSError:
            continue
        if _NAME.match(name):
            found[f"/dev/{place.parents[1].name}"] = name
    return found


def beneath(node: str, root: Path = _BLOCK) -> list[str]:
    """Return the disks that an opened volume of ours lies on; none for anything else."""
    match = _NODE.match(node)
    if match is None or node not in ours(root):
        return []
    return [f"/dev/{path.name}" for path in sorted((root / match[1] / "slaves").glob("*"))]


def make_writable(node: str) -> None:
    """Let an opened volume be written; the disks beneath it have to be writable already."""
    name = ours().get(node)
    if name is None:
        raise DeviceFailed(f"{node} is none of ours")
    table = _run(["dmsetup", "table", "--showkeys", name], b"")
    _check(table, "its table cannot be read")
    # The table holds the key: from pipe to pipe, never on a command line.
    _check(_run(["dmsetup", "reload", name], table.stdout), "its table is not taken")
    _check(_run(["dmsetup", "resume", name], b""), "it does not go on")


def lock(nodes: Sequence[str]) -> None:
    """Close opened volumes of ours, as soon as nobody uses them; raises DeviceFailed."""
    cryptsetup, known = program(), ours()
    for node in nodes or list(known):
        if node in known and cryptsetup is not None:
            _check(_run([cryptsetup, "close", "--deferred", known[node]], b""), f"{node} does not close")


def _check(done: "subprocess.CompletedProcess[bytes]", problem: str) -> None:
    if done.returncode != 0:
        raise DeviceFailed(f"{problem}: {done.stderr[-160:].decode(errors='replace')}")


def _run(command: list[str], told: bytes) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            command, input=told, capture_output=True, timeout=_SECONDS, check=False, env=_ENVIRONMENT, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DeviceFailed(f"{Path(command[0]).name} did not end") from problem
