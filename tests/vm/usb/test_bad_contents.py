"""Sticks whose contents are meant to break whoever looks: shut for a reason, and the laptop goes on."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.virus_signatures import EICAR, zipped
from tests.vm.usb import bad_fat, sticks
from tests.vm.usb.desk import KNOWN, KNOWN_GADGET, Desk

pytestmark = pytest.mark.thorough


MANY_FILES = 200_000
BOMB_BYTES = 10_000_000
"""Twice what policy reads of one file; more only keeps the emulated processor busy."""
LIMIT = "usb.scan.most_file_bytes=5000000"
DEEP = 24
"""So many archives in one another; policy opens sixteen."""
ODD_NAMES = (
    b"\xff\xfe not UTF-8", b"two\nlines", b"\x1b[2J\x07bell", "\u202egnp.exe".encode(), b"'; rm -rf ~ #",
    b"-rf", b"$(reboot)", b"a" * 255, "ç¤".encode(), b"<b>&amp;", b"\xc0\xaf..", b": OK", b"x: OK FOUND",
)  # fmt: skip


def bomb() -> bytes:
    """Return a small archive of very many zeros."""
    return zipped(zeros=bytes(BOMB_BYTES))


def nested() -> bytes:
    """Return an archive in an archive in an archive."""
    inner = b"the middle"
    for _ in range(DEEP):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("next.zip", inner)
        inner = packed.getvalue()
    return inner


def nothing(path: Path) -> Path:
    """Return a stick full of zeros."""
    path.write_bytes(bytes(8_000_000))
    return path


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nothing at all": (nothing, "unreadable"),
    "a partition table that names itself": (sticks.looping_table, "unreadable"),
    "a folder in itself": (bad_fat.folder_in_itself, "unreadable"),
    "a folder without end": (bad_fat.folder_without_end, "unreadable"),
    "a file without end": (bad_fat.file_without_end, "too-large"),
    "an archive that unpacks to very much": (lambda path: sticks.fat32(path, a_zip=bomb()), "not-scanned"),
    "archives in archives": (lambda path: sticks.fat32(path, a_zip=nested()), "not-scanned"),
    "two hundred thousand files": (lambda path: bad_fat.many_files(path, MANY_FILES), "too-large"),
}


def test_sticks_that_cannot_be_checked_stay_shut_each_for_its_reason(desk: Desk, tmp_path: Path) -> None:
    desk.set_policy(LIMIT)
    reasons = {}
    for number, (kind, (make, _expected)) in enumerate(BAD.items()):
        plugged = desk.plug(make(tmp_path / str(number)), KNOWN)
        reasons[kind] = desk.wait_kept_shut(plugged)
        desk.wait_shut(KNOWN)
        desk.pull(plugged)
    desk.laptop.wait_until("! pgrep -x 'stick-.*'")

    assert {kind: expected for kind, (_make, expected) in BAD.items()} == reasons


def test_files_with_names_in_any_encoding_are_checked_and_opened(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    for name in ODD_NAMES:
        Path(str(folder).encode().decode(), name.decode("utf-8", "surrogateescape")).write_bytes(name)
    plugged = desk.plug(sticks.ext4(tmp_path / "odd", folder), KNOWN)
    desk.wait_released(plugged)
    scanned = desk.yard.wait_for("media-scanned", plug=plugged["plug"])

    assert (len(ODD_NAMES) + 1,) * 2 == (scanned["files"], scanned["scanned"])


def parts(desk: Desk, name: str, last: str) -> dict[str, Any]:
    """Plug one device of sixteen disks, of which the last that the kernel makes is this one."""
    # Sixteen is the most that the kernel's mass storage gadget shows (FSG_MAX_LUNS), eight the most that the
    # kernel makes of a device that speaks SCSI as sticks do.
    files = [f"/root/{last if number == 8 else 'stick'}.img" for number in range(1, 17)]
    before = desk.count("media-plugged", serial=KNOWN_GADGET)
    desk.gadget(name=name, files=files, serial=KNOWN_GADGET, manufacturer="Own", product_name="Making")
    return desk.yard.wait_for("media-plugged", serial=KNOWN_GADGET, more_than=before)


def test_of_a_stick_that_is_many_disks_every_one_is_checked_before_any_is_opened(
    desk: Desk, share: Path
) -> None:
    desk.bring(sticks.fat32(share / "bad.img", a_zip=zipped(x=EICAR)), "/root/bad.img")
    bad = parts(desk, "bad", "bad")
    reason = desk.wait_kept_shut(bad)
    desk.wait_shut(KNOWN_GADGET)
    desk.gadget_down("bad")
    good = parts(desk, "good", "stick")
    desk.wait_released(good)
    scanned = desk.yard.wait_for("media-scanned", plug=good["plug"])["scanned"]
    opened = int(desk.laptop.sh("grep -c /media/gatepost- /proc/mounts"))

    assert ("harmful", 0) == (reason, desk.count("media-released", plug=bad["plug"]))
    assert (8, 8) == (scanned, opened)
