"""What this laptop is, from /sys and /proc: no program is run, nothing is opened but small text files.

Who made the machine writes what stands in its firmware, and often writes nothing: placeholders count as
nothing. Encryption is what the kernel does itself (dm-crypt: LUKS, BitLocker); a disk that encrypts by
itself cannot be seen from here and counts as off.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from agent.backends.device import DiskEncryption, Inventory
from policies.records import short

DATA = ("/", "/home", "/var/lib/gatepost")
"""Whose disks hold data of the school: the system, people's files, this agent's records."""
_DMI = "sys/class/dmi/id"
_MOST_TEXT = 4096
_MOST_DEPTH = 12
"""A stack of dm, md and partitions is four high; a loop in sysfs must not hold us."""
_NOTHING_SAID = re.compile(
    r"^(to be filled.*|default string|system (manufacturer|product name|serial number|version)|"
    r"not (specified|applicable|available)|none|unknown|invalid|n/?a|o\.?e\.?m\.?|"
    r"[0x.\- ]+|123456789|type[12].*)$",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One line of mountinfo."""

    point: str
    device: str
    """As `major:minor`; major 0 is no disk."""
    kind: str
    source: str


def look(root: Path = Path("/"), places: Iterable[str] = DATA) -> Inventory:
    """Return what this machine is."""
    maker, model, serial = read_maker(root)
    return Inventory(
        maker=maker,
        model=model,
        serial=serial,
        disk_encryption=read_encryption(root, places),
        memory_bytes=read_memory(_text(root / "proc/meminfo", 65536)),
        battery_percent=read_battery(root / "sys/class/power_supply"),
    )


# ---- what the firmware says ----


def clean(text: str) -> str:
    """Return what a maker wrote, or nothing where only a placeholder was left."""
    said = short(" ".join(text.replace("\0", " ").split()))
    return "" if _NOTHING_SAID.match(said) else said


def read_maker(root: Path) -> tuple[str, str, str]:
    """Return maker, model and serial number; each empty where the machine does not say."""
    dmi = root / _DMI
    maker = clean(_text(dmi / "sys_vendor")) or clean(_text(dmi / "board_vendor"))
    model = clean(_text(dmi / "product_name"))
    if maker.lower() == "lenovo":
        # Lenovo writes a type number as the name, and the name people know as the version.
        name = clean(_text(dmi / "product_version"))
        model = f"{name} ({model})" if name and model else name or model
    serial = clean(_text(dmi / "product_serial")) or clean(_text(dmi / "chassis_serial"))
    tree = root / "proc/device-tree"
    return (
        maker,
        short(model or clean(_text(tree / "model"))),
        serial or clean(_text(tree / "serial-number")),
    )


# ---- disks ----


def read_encryption(root: Path, places: Iterable[str]) -> DiskEncryption:
    """Return whether everything that holds data lies on encrypted disks."""
    mounts = read_mounts(_text(root / "proc/self/mountinfo", 1 << 20))
    found = {mount for place in places if (mount := mount_of(mounts, place)) is not None}
    return join(state for mount in found for state in _states_of(root, mount))


def read_mounts(text: str) -> list[Mount]:
    """Return the lines of mountinfo that can be understood."""
    mounts = []
    for line in text.splitlines():
        first, _, last = line.partition(" - ")
        fields, more = first.split(), last.split()
        if len(fields) >= 5 and len(more) >= 2:
            mounts.append(Mount(_unescaped(fields[4]), fields[2], more[0], _unescaped(more[1])))
    return mounts


def mount_of(mounts: Iterable[Mount], place: str) -> Mount | None:
    """Return what is mounted where this place is: the longest fitting point, and of two the later one."""
    best: Mount | None = None
    for mount in mounts:
        inside = place == mount.point or place.startswith(mount.point.rstrip("/") + "/")
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def join(states: Iterable[DiskEncryption]) -> DiskEncryption:
    """Return what several disks are together. One that is surely off is never hidden by one not known."""
    found = set(states)
    if found <= {"on"}:
        return "on" if found else "unknown"
    if "part" in found or {"on", "off"} <= found:
        return "part"
    return "off" if "off" in found else "unknown"


def _states_of(root: Path, mount: Mount) -> list[DiskEncryption]:
    if not mount.device.startswith("0:"):
        return [_state_of(root, root / "sys/dev/block" / mount.device, 0)]
    if mount.kind == "btrfs":
        name = Path(os.path.realpath(mount.source)).name if mount.source.startswith("/dev/") else ""
        for devices in (root / "sys/fs/btrfs").glob("*/devices"):
            names = _names(devices)
            if name in names:
                return [_state_of(root, root / "sys/class/block" / each, 0) for each in names]
    return ["unknown"]


def _state_of(root: Path, folder: Path, depth: int) -> DiskEncryption:
    """Look through what lies under one block device until something encrypts or nothing is left."""
    if depth > _MOST_DEPTH or not folder.is_dir():
        return "unknown"
    uuid = _text(folder / "dm/uuid").strip()
    if uuid.startswith("CRYPT-"):
        return "off" if uuid.startswith("CRYPT-VERITY") else "on"
    below = _names(folder / "slaves")
    if below:
        return join(_state_of(root, root / "sys/class/block" / name, depth + 1) for name in below)
    if (folder / "partition").exists():
        return _state_of(root, Path(os.path.realpath(folder)).parent, depth + 1)
    return "unknown" if (folder / "loop").is_dir() else "off"


# ---- memory and battery ----


def read_memory(text: str) -> int:
    """Return the bytes of memory that the kernel has; 0 where it does not say."""
    found = re.search(r"^MemTotal:\s+([0-9]{1,12}) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def read_battery(folder: Path) -> int | None:
    """Return how much of its first capacity the battery holds; of two, both together. None without one."""
    for kind in ("energy", "charge"):
        full = design = 0
        for name in _names(folder):
            supply = folder / name
            if _text(supply / "type").strip() != "Battery" or _text(supply / "scope").strip() == "Device":
                continue  # a wireless mouse has a battery too
            now, first = _number(supply / f"{kind}_full"), _number(supply / f"{kind}_full_design")
            if now is not None and first:
                full, design = full + now, design + first
        if design:
            return min(100, round(100 * full / design))
    return None


# ---- how ----


def _text(path: Path, most: int = _MOST_TEXT) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(most).decode("utf-8", "replace")
    return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)
