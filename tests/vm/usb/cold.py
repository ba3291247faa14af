"""A laptop with a disk of its own that is booted cold: our package on it, Debian's own initramfs before it.

The disk is the test laptop's, unpacked and made writable; the package is installed there as anywhere. Only
the programs that make an initramfs are added, since the image boots without one of Debian's.
"""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.vm.image import Image, Progress
from tests.vm.machine import BOOT_LINE, Machine

MAKES_INITRAMFS = (
    "initramfs-tools", "initramfs-tools-core", "klibc-utils", "libklibc", "linux-base", "cpio",
)  # fmt: skip
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
LOOK = """#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
mkdir -p /run/looked
tries=0
until cat /sys/bus/usb/devices/*-*/serial 2>/dev/null | grep -q MOUSE &&
    [ "$(cat /sys/bus/usb/devices/*-*/serial 2>/dev/null | grep -c -e KNOWN -e NEW)" -ge 2 ]; do
  tries=$((tries + 1)); [ $tries -lt 150 ] || break
  sleep 0.2
done
for d in /sys/bus/usb/devices/*-*; do
  [ ! -e "$d/serial" ] || echo "$(cat $d/serial) $(cat $d/authorized)"
done > /run/looked/{0}
ls /dev/sd* > /run/looked/{0}-disks 2>/dev/null
true
"""
"""Writes down which devices the kernel uses, as soon as it has found all that are plugged in (or 30 s)."""
BEFORE_US = """[Unit]
Before=gatepost-agent.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/look
[Install]
WantedBy=multi-user.target
"""


class ColdDisk(NamedTuple):
    """What such a laptop starts from."""

    disk: Path
    initrd: Path


def _run(*command: str | Path, folder: Path | None = None) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300, env=ENVIRONMENT,
        cwd=folder,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]!r}")


def make_disk(image: Image, package: Path, state: Path, folder: Path) -> ColdDisk:
    """Make the disk. `state` is a tar file of what the laptop's service knew; needs root."""
    Progress()("making a disk for a laptop that boots cold (half a minute or more)")
    tree, debs = folder / "tree", folder / "debs"
    debs.mkdir(parents=True)
    _run("fsck.erofs", f"--extract={tree}", image.folder / "root.erofs")
    _run("apt-get", "--quiet", "download", *MAKES_INITRAMFS, folder=debs)
    shutil.copytree(debs, tree / "debs")
    shutil.copy(package, tree / "debs" / "gatepost-agent.deb")
    _run("chroot", tree, "sh", "-c", "dpkg --install /debs/*.deb")
    shutil.rmtree(tree / "debs")
    _run("tar", "--extract", f"--file={state}", f"--directory={tree}")
    _write(tree / "etc/initramfs-tools/scripts/init-bottom/look", LOOK.format("initramfs"), 0o755)
    _write(tree / "usr/local/sbin/look", LOOK.format("before"), 0o755)
    _write(tree / "etc/systemd/system/look.service", BEFORE_US, 0o644)
    _run("chroot", tree, "systemctl", "--quiet", "enable", "look.service")
    version = next((tree / "usr/lib/modules").iterdir()).name
    # The kernel's package says so in this file, of which the image keeps nothing.
    _write(tree / f"boot/config-{version}", "CONFIG_RD_GZIP=y\n", 0o644)
    _run("chroot", tree, "mkinitramfs", "-o", "/boot/initrd", version)
    made = ColdDisk(folder / "disk", folder / "initrd")
    shutil.copy(tree / "boot/initrd", made.initrd)
    _run("truncate", "--size", "3G", made.disk)
    _run("mkfs.ext4", "-q", "-O", "^has_journal", "-d", tree, made.disk)
    shutil.rmtree(tree)
    return made


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def adapt(command: list[str], cold: ColdDisk, plugged: dict[str, Path]) -> list[str]:
    """Return QEMU's command line for a laptop with this disk and these sticks (by serial number) in it."""
    adapted = []
    for word in command:
        if word.endswith("/initrd"):
            word = str(cold.initrd)
        elif word == BOOT_LINE:
            word = f"{BOOT_LINE} root=/dev/vda rw rootfstype=ext4"
        elif word.startswith("file=") and "id=disk" in word:
            word = f"file={cold.disk},format=raw,if=none,id=disk,cache=unsafe"
        adapted.append(word)
    for number, (serial, path) in enumerate(plugged.items(), 2):
        adapted += ["-drive", f"file={path},format=raw,if=none,id=stick{number},file.locking=off"]
        device = f"usb-storage,drive=stick{number},serial={serial},removable=on"
        adapted += ["-device", f"{device},bus=xhci.0,port={number}"]
    return [*adapted, "-device", "usb-mouse,bus=xhci.0,port=7,serial=MOUSE"]


def boot(image: Image, cold: ColdDisk, share: Path, plugged: dict[str, Path]) -> Machine:
    """Start it; `with boot(…) as laptop:`."""
    return Machine(image.folder, share=share, adapt=lambda command: adapt(command, cold, plugged))
