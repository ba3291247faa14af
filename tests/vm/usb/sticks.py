"""What is on the sticks of these tests: file systems written on this machine, read in the virtual laptop."""

import base64
import struct
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

from tests.vm.machine import Machine
from tests.vm.usb.pry import MARK as SECRET

SECTOR = 512
FIRST_SECTOR = 2048
"""Where the first partition of a stick begins, as every formatter leaves it."""


def run(*command: str | Path, told: bytes | None = None) -> None:
    """Run a program that must succeed; what it says is in the error if not."""
    done = subprocess.run(command, input=told, capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr!r}")


def empty_fat32(path: Path, *, megabytes: int = 40, sectors_per_cluster: int = 1) -> Path:
    """Write a FAT32 file system without any file."""
    path.unlink(missing_ok=True)
    run("truncate", "--size", f"{megabytes}M", path)
    run("mkfs.vfat", "-F", "32", "-s", str(sectors_per_cluster), path)
    return path


def fat32(path: Path, *, megabytes: int = 40, **files: bytes) -> Path:
    """Write a FAT32 file system with these files (`essay_txt` becomes essay.txt)."""
    empty_fat32(path, megabytes=megabytes)
    _fill_fat(str(path), files)
    return path


def luks(path: Path, passphrase: str, **files: bytes) -> Path:
    """Write an encrypted stick (LUKS 2) with a FAT32 file system inside, encrypted where it lies."""
    fat32(path, **files)
    run("truncate", "--size", f"{path.stat().st_size + (32 << 20)}", path)
    quick = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")
    run(
        "cryptsetup", "reencrypt", "--encrypt", "--batch-mode", "--type", "luks2", *quick,
        "--reduce-device-size", "32M", "--key-file", "-", path, told=passphrase.encode(),
    )  # fmt: skip
    return path


def _fill_fat(where: str, files: dict[str, bytes]) -> None:
    for name, content in {"essay_txt": SECRET, **files}.items():
        run("mcopy", "-i", where, "-", "::" + name.replace("_", "."), told=content)


def ext4(path: Path, folder: Path, *options: str, megabytes: int = 24, **files: bytes) -> Path:
    """Write an ext4 file system; what lies in `folder` comes along."""
    folder.mkdir(exist_ok=True)
    for name, content in {"essay_txt": SECRET, **files}.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    path.unlink(missing_ok=True)
    run("truncate", "--size", f"{megabytes}M", path)
    run("mkfs.ext4", "-q", *options, "-d", folder, path)
    return path


def partition_table(entries: Sequence[tuple[int, int, int]]) -> bytes:
    """Return a boot record with these partitions: kind, first sector, sectors."""
    rows = [struct.pack("<B3sB3sII", 0, b"\0\0\0", kind, b"\0\0\0", at, count) for kind, at, count in entries]
    return b"\0" * 446 + b"".join(rows).ljust(64, b"\0") + b"\x55\xaa"


def partitioned(path: Path, **files: bytes) -> Path:
    """Write a stick with one FAT32 partition, as most are sold."""
    inside = fat32(path.with_suffix(".part"), **files)
    sectors = inside.stat().st_size // SECTOR
    with path.open("wb") as out:
        out.write(partition_table([(0x0C, FIRST_SECTOR, sectors)]))
        out.seek(FIRST_SECTOR * SECTOR)
        out.write(inside.read_bytes())
    return path


def looping_table(path: Path) -> Path:
    """Write a stick whose extended partition names itself as the next one, for ever."""
    path.unlink(missing_ok=True)
    run("truncate", "--size", "8M", path)
    with path.open("r+b") as out:
        out.write(partition_table([(0x05, FIRST_SECTOR, 8192)]))
        out.seek(FIRST_SECTOR * SECTOR)
        out.write(partition_table([(0x0C, 64, 1024), (0x05, 0, 8192)]))
    return path


def exfat(path: Path, laptop: Machine) -> Path:
    """Write an exFAT file system; only the laptop's kernel can put files on one."""
    laptop.sh(
        "set -e; cd /root; truncate -s 8M exfat.img; mkfs.exfat exfat.img; mkdir -p exfat; "
        f"mount -o loop exfat.img exfat; printf '{SECRET.decode()}' > exfat/essay.txt; umount exfat"
    )
    squeeze = "import sys, zlib, base64; d = open('/root/exfat.img', 'rb').read()"
    said = laptop.sh(f'python3 -c "{squeeze}; sys.stdout.write(base64.b64encode(zlib.compress(d)).decode())"')
    path.write_bytes(zlib.decompress(base64.b64decode(said)))
    return path
