"""The test laptop's disk, kernel and saved machine: made once from Debian packages, kept by their inputs.

The folder's name is a hash of everything that goes in; an unfinished build is never mistaken for a whole one.
"""

import datetime
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from installer import needs, places
from tests.vm import machine
from tests.vm.machine import Machine

GUEST = Path(__file__).parent / "guest"
BUILD_SECONDS = 1200
BOOT_SECONDS = 300
KEPT_IMAGES = 2
KEPT_STATES = 4
FORMAT = "1"
"""Counted up when the way of building changes what is built."""
LEFT_OUT = ("man", "doc", "info", "locale", "gtk-doc", "help", "sounds", "lintian")
WEEKS = 4
"""A new image after so many weeks, so that Debian's corrections come in."""
SYSTEM = (
    "systemd-sysv",
    "udev",
    "dbus",
    "dbus-user-session",
    "libpam-systemd",
    "polkitd",
    "kmod",
    "login",
    "passwd",
    "procps",
    "iproute2",
    "util-linux",
    "mount",
    "busybox-static",
    "python3",
    "openssh-server",
    "locales",
)
DESKTOP = (
    "lightdm",
    "lightdm-gtk-greeter",
    "xserver-xorg-core",
    "xserver-xorg-video-dummy",
    "xserver-xorg-input-libinput",
    "x11-common",
    "xinit",
    "openbox",
    "x11-utils",
    "xdotool",
    "imagemagick",
    "xterm",
    "xprintidle",
)
MEDIA = (
    "usbutils",
    "usbguard",
    "udisks2",
    "clamav",
    "clamav-daemon",
    "e2fsprogs",
    "dosfstools",
    "exfatprogs",
    "cryptsetup-bin",
)


class Image(NamedTuple):
    """A whole build."""

    folder: Path
    """vmlinuz, initrd and root.erofs: what QEMU starts from."""
    saved: Path
    """The machine as it was when it had booted."""


class NoImage(Exception):
    """The image cannot be made here; the message says what to do."""


def packages() -> list[str]:
    """Return the Debian packages of the test laptop: a system, a desktop, and what our own package needs."""
    return sorted({*SYSTEM, *DESKTOP, *MEDIA, *needs.AGENT})


def decide_key(parts: list[bytes]) -> str:
    """Return the name of the image that these inputs make."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def disk_inputs(today: datetime.date) -> list[bytes]:
    """Return everything that the disk depends on."""
    age = str(today.toordinal() // (7 * WEEKS))
    words = [FORMAT, age, *packages(), *LEFT_OUT]
    return [*(path.read_bytes() for path in sorted(GUEST.iterdir())), *(word.encode() for word in words)]


def saved_inputs() -> list[bytes]:
    """Return what a saved machine depends on beside the disk: QEMU and the devices it is given."""
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, check=True).stdout
    anywhere = Path("/")
    line = machine.qemu_command(anywhere, anywhere, anywhere, restoring=False)
    return [qemu, *(word.encode() for word in line)]


def decide_is_debian(text: str) -> bool:
    """Say whether an apt source file names Debian's own archive, not somebody else's."""
    return bool(re.search(r"(?m)^\s*(URIs:|deb\s)[^#\n]*/debian(-security)?/?(\s|$)", text))


def debian_sources() -> list[str]:
    """Return this machine's own apt sources for Debian, so that a local mirror is used where there is one."""
    folder = Path("/etc/apt/sources.list.d")
    found = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))]
    return [str(path) for path in found if path.is_file() and decide_is_debian(path.read_text())]


def ensure_image() -> Image:
    """Return the image, made first if these inputs have none yet. Raises NoImage."""
    above = places.open_folder(places.open_folder(places.base_dir()) / "vm")
    folder = above / decide_key(disk_inputs(datetime.datetime.now(datetime.UTC).date()))
    image = Image(folder, folder / f"saved-{decide_key(saved_inputs())}")
    if image.saved.exists():
        return image
    with only_one(above / "image.lock"):
        tell = Progress()
        if not _disk(folder).exists():
            _prune(above)
            _build(folder, tell)
        if not image.saved.exists():
            tell("starting the test laptop once, to keep it as it is after booting (half a minute or more)")
            _save(image)
            tell("test laptop ready")
    return image


def keep_newest(folder: Path, pattern: str) -> None:
    """Remove all but the newest saved machines of a kind; another clone on this machine has its own."""
    saved = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    for path in saved[: -(KEPT_STATES - 1)]:
        path.unlink(missing_ok=True)


def _disk(folder: Path) -> Path:
    return folder / "root.erofs"


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold this lock; wait for whoever holds it."""
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def one_of(paths: list[Path]) -> Iterator[None]:
    """Hold any one of these locks; wait until one is free."""
    while True:
        for path in paths:
            with path.open("w") as held:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        time.sleep(0.2)


def _prune(above: Path) -> None:
    """Remove all but the newest images; one without a disk was interrupted and goes too."""
    folders = (path for path in above.iterdir() if path.is_dir())
    images = sorted(folders, key=lambda path: path.stat().st_mtime)
    for path in images[: -(KEPT_IMAGES - 1)] + [path for path in images if not _disk(path).exists()]:
        shutil.rmtree(path, ignore_errors=True)


def _build(folder: Path, tell: "Progress") -> None:
    if os.geteuid() != 0:
        raise NoImage("the test laptop is made by root once: sudo python3 installer test --with-vm")
    shutil.rmtree(folder, ignore_errors=True)
    work = places.open_folder(folder) / "work"
    work.mkdir()
    root = work / "root"
    tell(f"making the test laptop from {len(packages())} Debian packages and their needs (once, 2-5 minutes)")
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    _run(
        ["mmdebstrap", "--mode=root", "--variant=minbase", "--components=main",
         f"--include={','.join(packages())}", "--aptopt=APT::Install-Recommends \"false\"",
         "--aptopt=Acquire::Languages \"none\"", "--dpkgopt=force-unsafe-io", *excluded,
         f"--customize-hook={GUEST / 'customise.sh'}", "bookworm", str(root), *debian_sources()],
        work / "mmdebstrap.log",
    )  # fmt: skip
    tell("packages unpacked; writing the disk")
    shutil.copy(root / "boot" / "vmlinuz", folder / "vmlinuz")
    _make_initramfs(root, work / "initramfs", folder / "initrd")
    _run(["mkfs.erofs", str(work / "disk"), str(root)], work / "erofs.log")
    (work / "disk").rename(_disk(folder))
    shutil.rmtree(work)


def _make_initramfs(root: Path, folder: Path, target: Path) -> None:
    for name in ("bin", "dev", "proc", "sys", "root", "below", "above", "early"):
        (folder / name).mkdir(parents=True)
    shutil.copy(root / "bin" / "busybox", folder / "bin" / "busybox")
    shutil.copy(GUEST / "init", folder / "init")
    (folder / "init").chmod(0o755)
    for number, name in enumerate((root / "boot" / "early").read_text().split(), 10):
        path = root / name.lstrip("/")
        shutil.copy(path, folder / "early" / f"{number}-{path.name}")
    names = subprocess.run(["find", "."], cwd=folder, capture_output=True, check=True).stdout
    with target.open("wb") as out:
        subprocess.run(
            ["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0"],
            cwd=folder, input=names, stdout=out, check=True, timeout=60,
        )  # fmt: skip


def _save(image: Image) -> None:
    keep_newest(image.folder, "saved-*")
    with Machine(image.folder) as laptop:
        laptop.wait_ready(BOOT_SECONDS)
        laptop.run("systemctl is-system-running --wait", seconds=BOOT_SECONDS)
        laptop.sh("modprobe -a usb_storage uas sd_mod vfat exfat ext4 usbhid 9p 9pnet_virtio; udevadm settle")
        laptop.sh("python3 -c 'import json, socket, ssl, sqlite3, asyncio'; sync")
        new = image.folder / "new"
        laptop.save(new)
    new.rename(image.saved)


class Progress:
    """Says what takes minutes, past pytest's capturing, to the person who waits."""

    def __init__(self) -> None:
        self._from = time.monotonic()

    def __call__(self, what: str) -> None:
        """Say it."""
        sys.__stderr__.write(f"[vm {time.monotonic() - self._from:4.0f} s] {what}\n")  # type: ignore[union-attr]
        sys.__stderr__.flush()  # type: ignore[union-attr]


def _run(command: list[str], log: Path) -> None:
    with log.open("wb") as out:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False,
            timeout=BUILD_SECONDS, cwd="/",
        )  # fmt: skip
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise NoImage(f"{command[0]} ended with {done.returncode}:\n{tail}")


if __name__ == "__main__":
    sys.stdout.write(f"{ensure_image().folder}\n")
