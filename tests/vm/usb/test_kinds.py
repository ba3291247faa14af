"""Every usual kind of approved stick: checked at its plug, opened read-only, and nothing written to it."""

import hashlib
from pathlib import Path

import pytest

from tests.vm.usb import sticks
from tests.vm.usb.desk import KNOWN, Desk
from tests.vm.usb.sticks import SECRET


def make(kind: str, desk: Desk, folder: Path) -> Path:
    """Write a stick of this kind with one essay on it."""
    path = folder / "stick.img"
    match kind:
        case "fat32":
            return sticks.fat32(path)
        case "partitioned":
            return sticks.partitioned(path)
        case "ext4":
            return sticks.ext4(path, folder / "content")
    return sticks.exfat(path, desk.laptop)


@pytest.mark.thorough
def test_a_clean_stick_is_checked_and_opened_for_reading_and_nothing_is_written_to_it(
    desk: Desk, tmp_path: Path
) -> None:
    laptop = desk.laptop
    for kind in ("fat32", "partitioned", "exfat", "ext4"):
        image = make(kind, desk, tmp_path)
        before = hashlib.sha256(image.read_bytes()).hexdigest()
        plugged = desk.plug(image, KNOWN)
        released = desk.wait_released(plugged)
        scanned = desk.yard.wait_for("media-scanned", plug=plugged["plug"])
        folder = laptop.sh("ls -d /media/gatepost-*/USB-1")
        options = laptop.sh(f"grep {folder} /proc/mounts").split()[3].split(",")
        told = (scanned["outcome"], scanned["files"], scanned["scanned"], released["access"])

        assert ("clean", 1, 1, "read") == told, kind
        assert SECRET.decode() == laptop.sh(f"cat {folder}/essay.txt", user="may"), kind
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(options), kind
        assert (kind == "ext4") == ("norecovery" in options)
        assert laptop.run(f"touch {folder}/x", user="may").status, kind
        assert laptop.run(f"ls {folder}", user="sam").status, kind

        desk.pull(plugged)
        laptop.wait_until(f"! grep -q {folder} /proc/mounts")
        assert before == hashlib.sha256(image.read_bytes()).hexdigest(), kind
