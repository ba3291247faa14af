"""What this laptop is, on Windows: firmware, memory, battery and BitLocker; no program is run."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence

from agent.backends.device import DiskEncryption, Inventory
from agent.backends.smbios import Machine, read_machine
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_slices import FirmwareCalls, WmiCalls
from policies.records import short

log = logging.getLogger(__name__)

BATTERY_SPACE = r"root\wmi"
ENCRYPTION_SPACE = r"root\CIMV2\Security\MicrosoftVolumeEncryption"
_FIXED_DATA = (0, 1)
"""Win32_EncryptableVolume.VolumeType: the system's volume, and fixed data volumes; 2 is removable."""
_MOST_CAPACITY = 10_000_000
_NOTHING_SAID = re.compile(
    r"^(to be filled.*|default string|system (manufacturer|product name|serial number|version)|"
    r"not (specified|applicable|available)|none|unknown|invalid|n/?a|o\.?e\.?m\.?|"
    r"[0x.\- ]+|123456789|type[12].*)$",
    re.IGNORECASE,
)


def look(firmware: FirmwareCalls, wmi: WmiCalls) -> Inventory:
    """Return what this machine is; what Windows does not tell stays empty. *Slow.*"""
    maker, model, serial = say_maker(_machine(firmware))
    return Inventory(
        maker=maker,
        model=model,
        serial=serial,
        disk_encryption=read_encryption(
            _rows(wmi, ENCRYPTION_SPACE, "SELECT * FROM Win32_EncryptableVolume")
        ),
        memory_bytes=_memory(firmware),
        battery_percent=read_battery(
            _rows(wmi, BATTERY_SPACE, "SELECT * FROM BatteryFullChargedCapacity"),
            _rows(wmi, BATTERY_SPACE, "SELECT * FROM BatteryStaticData"),
        ),
    )


def clean(text: str) -> str:
    """Return what a maker wrote, or nothing where only a placeholder was left. Pure."""
    said = short(" ".join(text.replace("\0", " ").split()))
    return "" if _NOTHING_SAID.match(said) else said


def say_maker(machine: Machine) -> tuple[str, str, str]:
    """Return maker, model and serial number, as on Linux. Pure."""
    maker = clean(machine.maker) or clean(machine.board_maker)
    model = clean(machine.model)
    if maker.lower() == "lenovo":
        # Lenovo writes a type number as the name, and the name people know as the version.
        name = clean(machine.version)
        model = f"{name} ({model})" if name and model else name or model
    return maker, short(model), clean(machine.serial) or clean(machine.chassis_serial)


def read_encryption(volumes: Iterable[Mapping[str, object]]) -> DiskEncryption:
    """
    Return whether every fixed volume is protected by BitLocker. Pure.

    Encrypted with its key in the clear (protection off, as on a new laptop nobody has signed in to with an
    account) counts as off. Windows Home has no such list: unknown.
    """
    states = []
    for volume in volumes:
        if volume.get("VolumeType") not in _FIXED_DATA:
            continue
        protection = volume.get("ProtectionStatus")
        states.append({0: "off", 1: "on"}.get(protection) if isinstance(protection, int) else None)
    found = set(states)
    if found <= {"on"}:
        return "on" if found else "unknown"
    if {"on", "off"} <= found:
        return "part"
    return "off" if "off" in found else "unknown"


def read_battery(full: Iterable[Mapping[str, object]], first: Iterable[Mapping[str, object]]) -> int | None:
    """Return the per cent of its first capacity that the battery holds; None without one. Pure."""
    now = _capacities(full, "FullChargedCapacity")
    new = _capacities(first, "DesignedCapacity")
    known = [name for name in now if new.get(name)]
    design = sum(new[name] for name in known)
    return min(100, round(100 * sum(now[name] for name in known) / design)) if design else None


def _capacities(rows: Iterable[Mapping[str, object]], name: str) -> dict[object, int]:
    found: dict[object, int] = {}
    for row in rows:
        value = row.get(name)
        if isinstance(value, int) and 0 <= value <= _MOST_CAPACITY:
            found[row.get("InstanceName")] = value
    return found


def _machine(firmware: FirmwareCalls) -> Machine:
    try:
        return read_machine(firmware.smbios())
    except WinProblem as problem:
        log.info("the firmware says nothing", extra={"code": problem.code})
        return Machine()


def _memory(firmware: FirmwareCalls) -> int:
    try:
        return firmware.memory().total
    except WinProblem:
        return 0


def _rows(wmi: WmiCalls, namespace: str, wql: str) -> Sequence[Mapping[str, object]]:
    try:
        return wmi.query(namespace, wql)
    except WinProblem:
        return ()  # no battery, no BitLocker, or Windows' management is broken: it says nothing
