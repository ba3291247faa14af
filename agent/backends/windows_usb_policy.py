"""Which values in the registry shut USB on Windows, and which open one device again. Pure.

Device installation restrictions are Windows' own: they hold with the agent dead. A whole class is denied, and
single devices are allowed above that by their instance id, which only the *layered* order of evaluation lets
win (learn.microsoft.com, Policy CSP DeviceInstallation). Windows reads every value of a list, whatever its
name, so ours have names of our own: what a school's group policy put there is neither changed nor removed.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from agent.backends.windows_slices import OWN_KEY, RegistryValue

RESTRICTIONS = r"SOFTWARE\Policies\Microsoft\Windows\DeviceInstall\Restrictions"
ALLOWED = rf"{RESTRICTIONS}\AllowInstanceIDs"
OWN_USB = rf"{OWN_KEY}\Usb"
BEFORE = rf"{OWN_USB}\Before"
"""What stood where we wrote, so that it can be put back."""
LETTERS = rf"{OWN_USB}\Letters"
"""What was handed out, so that a service that was killed leaves nothing open to the next."""
CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
OURS = "gatepost-"

DENIED_IDS = ("USB\\Class_08", "USB\\Class_06", "USB\\MS_COMP_MTP", "USB\\MS_COMP_PTP")
"""Storage (bulk-only and UAS alike have this compatible id), cameras, and what speaks MTP or PTP."""
DENIED_CLASSES = ("{eec5ad98-8080-425f-922a-dabf3de3f69a}",)
"""Portable devices (WPD), by whichever driver."""
_REMOVABLE = r"SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices"
_DISKS = "{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}"
_PORTABLE = ("{6AC27878-A6FA-4155-BA85-F98F491D4F33}", "{F33FDC04-D1AC-4E8E-9A30-19BBD4B108AE}")
_EXPLORER = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer"
_EXPLORER_POLICY = r"SOFTWARE\Policies\Microsoft\Windows\Explorer"

_POLICIES = r"SOFTWARE\Policies\Microsoft\Windows"

_ABSENT, _NUMBER, _TEXT = "absent", "number:", "text:"
_LAYERED_FROM = {17763: 2145, 18362: 1714, 18363: 1714, 19041: 1151, 19042: 1151, 19043: 1151, 20348: 256}
"""By build: the update from which on there is a layered order (Policy CSP)."""
_HOME = "core"
_SAFE_FROM_BUILD = 22000

Read = Callable[[str, str], RegistryValue | None]


class Entry(NamedTuple):
    """One value of the registry below HKLM."""

    key: str
    name: str
    value: int | str


class Step(NamedTuple):
    """One thing to do to the registry. None: delete the value."""

    key: str
    name: str
    value: int | str | None


def always() -> tuple[Entry, ...]:
    """Return what stands while USB is shut, whichever devices are allowed. The list before its switch."""
    return (
        Entry(RESTRICTIONS, "AllowDenyLayered", 1),
        *_listed("DenyDeviceIDs", DENIED_IDS),
        Entry(RESTRICTIONS, "DenyDeviceIDs", 1),
        Entry(RESTRICTIONS, "DenyDeviceIDsRetroactive", 1),
        *_listed("DenyDeviceClasses", DENIED_CLASSES),
        Entry(RESTRICTIONS, "DenyDeviceClasses", 1),
        Entry(RESTRICTIONS, "DenyDeviceClassesRetroactive", 1),
        Entry(RESTRICTIONS, "AllowInstanceIDs", 1),
        # What was let in and released: no program is started from it, and nothing starts by itself.
        Entry(rf"{_REMOVABLE}\{_DISKS}", "Deny_Execute", 1),
        *(Entry(rf"{_REMOVABLE}\{each}", "Deny_Read", 1) for each in _PORTABLE),
        *(Entry(rf"{_REMOVABLE}\{each}", "Deny_Write", 1) for each in _PORTABLE),
        Entry(_EXPLORER, "NoDriveTypeAutoRun", 0xFF),
        Entry(_EXPLORER, "NoAutorun", 1),
        Entry(_EXPLORER_POLICY, "NoAutoplayfornonVolume", 1),
    )  # fmt: skip


def _listed(what: str, values: Sequence[str]) -> tuple[Entry, ...]:
    return tuple(Entry(rf"{RESTRICTIONS}\{what}", f"{OURS}{n}", value) for n, value in enumerate(values, 1))


def allowed(instance: str) -> Entry:
    """Return the value that lets one node in."""
    mark = hashlib.sha256(instance.upper().encode()).hexdigest()[:16]
    return Entry(ALLOWED, f"{OURS}{mark}", instance)


def is_ours(entry: Entry) -> bool:
    """Say whether a value is a list's and ours alone, so that nothing has to be put back."""
    return entry.name.startswith(OURS)


def missing(read: Read) -> list[Entry]:
    """Return what does not stand as it should; nothing: it is shut."""
    return [entry for entry in always() if not _same(read(entry.key, entry.name), entry.value)]


def _same(found: RegistryValue | None, wanted: int | str) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold()
    return found == wanted


def plan_shut(read: Read) -> list[Step]:
    """Return how to shut: what stood before is noted before anything is changed, and noted once."""
    steps: list[Step] = []
    for entry in missing(read):
        noted = note_name(entry)
        if not is_ours(entry) and read(BEFORE, noted) is None:
            steps.append(Step(BEFORE, noted, note_of(read(entry.key, entry.name))))
    steps += [Step(*entry) for entry in missing(read)]
    return steps


def plan_open(read: Read, allowed_now: Mapping[str, RegistryValue]) -> list[Step]:
    """Return how to leave USB to Windows again: ours gone, and what stood before where it stood."""
    steps = [Step(ALLOWED, name, None) for name in allowed_now if name.startswith(OURS)]
    for entry in reversed(always()):
        if is_ours(entry):
            steps.append(Step(entry.key, entry.name, None))
            continue
        note = read(BEFORE, note_name(entry))
        if isinstance(note, str):
            steps.append(Step(entry.key, entry.name, read_note(note)))
            steps.append(Step(BEFORE, note_name(entry), None))
    return steps


def own_keys() -> list[str]:
    """Return the keys that may be there for us alone, the innermost first: empty, they go too."""
    keys = {entry.key for entry in always() if entry.key.startswith(_POLICIES)} | {ALLOWED}
    keys |= {key.rpartition("\\")[0] for key in keys} - {_POLICIES}
    keys |= {RESTRICTIONS.rpartition("\\")[0]}
    return sorted(keys, key=lambda key: (-key.count("\\"), key))


def plan_forget_allowed(allowed_now: Mapping[str, RegistryValue], keep: Iterable[str] = ()) -> list[Step]:
    """Return how to take back every permission of ours but those for these nodes."""
    kept = {allowed(instance).name for instance in keep}
    return [Step(ALLOWED, name, None) for name in allowed_now if name.startswith(OURS) and name not in kept]


def note_name(entry: Entry | Step) -> str:
    """Return the name of the note of what stood where this is written."""
    return f"{entry.key}|{entry.name}"


def note_of(value: RegistryValue | None) -> str:
    """Return how a value is noted; one of a kind that we never write is noted as absent."""
    if isinstance(value, int):
        return f"{_NUMBER}{value}"
    return f"{_TEXT}{value}" if isinstance(value, str) else _ABSENT


def read_note(note: str) -> int | str | None:
    """Return what a note stands for; None: there was nothing, or the note is not understood."""
    if note.startswith(_NUMBER) and note.removeprefix(_NUMBER).isdigit():
        return int(note.removeprefix(_NUMBER))
    return note.removeprefix(_TEXT) if note.startswith(_TEXT) else None


# ---- can it be done here ----


class Support(NamedTuple):
    """Whether this Windows keeps to such policies."""

    works: bool
    why: str
    remedy: str = ""


def decide_support(read: Read) -> Support:
    """Return whether shut would mean shut on this Windows, beside the school's own rules."""
    edition = str(read(CURRENT_VERSION, "EditionID") or "")
    if edition.casefold().startswith(_HOME):
        return Support(
            False,
            "Windows Home does not keep to rules about devices: sticks cannot be shut here",
            "use Windows Pro or Education on laptops of the school",
        )
    build = _number(read(CURRENT_VERSION, "CurrentBuildNumber"))
    update = _number(read(CURRENT_VERSION, "UBR"))
    if not has_layers(build, update):
        return Support(
            False,
            f"this Windows (build {build}.{update}) has no rules that let in one device of a kind",
            "install Windows' updates: Windows 10 of July 2021 or later, or Windows 11",
        )
    if read(RESTRICTIONS, "DenyUnspecified") == 1 and read(RESTRICTIONS, "AllowDenyLayered") != 1:
        return Support(
            False,
            "a rule of the school lets in listed devices only; Gatepost's would switch that rule off",
            'take usb = "leave", or give up "Prevent installation of devices not described by other rules"',
        )
    if read(RESTRICTIONS, "AllowAdminInstall") == 1:
        return Support(True, "by Windows' rules for devices; a rule lets administrators go beyond them")
    return Support(True, "by Windows' rules for devices")


def has_layers(build: int, update: int) -> bool:
    """Say whether this version of Windows evaluates device rules in layers."""
    if build >= _SAFE_FROM_BUILD:
        return True
    least = _LAYERED_FROM.get(build)
    return update >= least if least is not None else build > max(b for b in _LAYERED_FROM if b < 20000)


def _number(value: RegistryValue | None) -> int:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdigit() else 0
