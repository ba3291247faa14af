"""Disks, what is on them, and where it is mounted. Nothing here decides."""

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from typing import Any

import pywintypes
import win32api
import win32con
import win32file

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import devices, interfaces
from agent.backends.win32api.telling import told
from agent.backends.windows_nodes import DiskFound

_DISK = "53f56307-b6bf-11d0-94f2-00a0c91efb8b"
_GET_LENGTH, _DEVICE_NUMBER = 0x7405C, 0x2D1080
_CHECK_VERIFY = 0x2D0800
"""IOCTL_STORAGE_CHECK_VERIFY2: it answers with a count of the medium's changes."""
_NOT_SUPPORTED = (1, 50, 87)
_VOLUME_EXTENTS = 0x560000
_GET_ATTRIBUTES, _SET_ATTRIBUTES, _UPDATE_PROPERTIES = 0x700F0, 0x7C0F4, 0x70140
_READ_ONLY = 0x2
_LOCK, _DISMOUNT = 0x90018, 0x90020
_QUERY_AUTO_MOUNT, _SET_AUTO_MOUNT = 0x6D003C, 0x6DC040
_MOUNT_MANAGER = r"\\.\MountPointManager"
_NO_FILESYSTEM = (1005, 21, 1, 87, 0x80310000, -2144272384, 5)
"""Not recognised, not ready, not supported, or locked by BitLocker (FVE_E_LOCKED_VOLUME)."""
_MOST_EXTENTS_BYTES = 8 + 24 * 64
_GONE = (2, 3, 21, 87)
_SHARED = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE

_NAME_LETTERS = 64
_INVALID = ctypes.c_void_p(-1).value
_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_find_first = _kernel.FindFirstVolumeW
_find_first.argtypes = [wintypes.LPWSTR, wintypes.DWORD]
_find_first.restype = ctypes.c_void_p
_find_next = _kernel.FindNextVolumeW
_find_next.argtypes = [ctypes.c_void_p, wintypes.LPWSTR, wintypes.DWORD]
_find_next.restype = wintypes.BOOL
_find_close = _kernel.FindVolumeClose
_find_close.argtypes = [ctypes.c_void_p]
_find_close.restype = wintypes.BOOL


@contextmanager
def _opened(path: str, access: int = 0) -> Iterator[Any]:
    with told("CreateFile"):
        handle = win32file.CreateFile(path, access, _SHARED, None, win32con.OPEN_EXISTING, 0, None)
    try:
        yield handle
    finally:
        handle.Close()


def _control(handle: Any, code: int, given: bytes | None, size: int) -> bytes:
    with told("DeviceIoControl"):
        answer = win32file.DeviceIoControl(handle, code, given, size or None, None)
    return bytes(answer) if answer else b""


def _bare(volume: str) -> str:
    """Return the volume itself rather than the folder at its top."""
    return volume.rstrip("\\")


# ---- disks ----


def disks() -> list[DiskFound]:
    """Return every disk that has a medium."""
    found: list[DiskFound] = []
    for instance, path in interfaces.listed(_DISK):
        with contextlib.suppress(WinProblem), _opened(path, win32con.GENERIC_READ) as handle:
            number = struct.unpack("<III", _control(handle, _DEVICE_NUMBER, None, 12)[:12])[1]
            size = struct.unpack("<q", _control(handle, _GET_LENGTH, None, 8)[:8])[0]
            arrived = devices.arrived(instance) + _changes_of(handle)
            found.append(DiskFound(instance, number, size, arrived))
    return found


def _changes_of(handle: Any) -> int:
    """Return how often the medium was changed since the disk came: a reader of cards stays one disk."""
    try:
        return int.from_bytes(_control(handle, _CHECK_VERIFY, None, 4)[:4], "little")
    except WinProblem as problem:
        if problem.code in _NOT_SUPPORTED:
            return 0
        raise


def system_disks() -> tuple[int, ...]:
    """Return the numbers of the disks that Windows runs from."""
    with told("GetSystemDirectory"):
        top = win32api.GetSystemDirectory()[:3]
    return disks_of(volume_at(top))


def is_read_only(disk: int) -> bool:
    """Say whether Windows refuses to write to a disk."""
    with _opened(rf"\\.\PhysicalDrive{disk}") as handle:
        answer = _control(handle, _GET_ATTRIBUTES, None, 16)
    # GET_DISK_ATTRIBUTES: Version, Reserved1, Attributes (64 bits).
    return bool(struct.unpack("<IIQ", answer[:16])[2] & _READ_ONLY)


def set_read_only(disk: int, on: bool) -> None:
    """Have Windows refuse to write to a disk until it is pulled out, or not."""
    # SET_DISK_ATTRIBUTES: Version, Persist, 3 reserved, Attributes, AttributesMask, 4 x Reserved2.
    wanted = struct.pack("<IB3xQQ16x", 40, 0, _READ_ONLY if on else 0, _READ_ONLY)
    with _opened(rf"\\.\PhysicalDrive{disk}", win32con.GENERIC_READ | win32con.GENERIC_WRITE) as handle:
        _control(handle, _SET_ATTRIBUTES, wanted, 0)
        with contextlib.suppress(WinProblem):  # what looks at the disk later sees it without this too
            _control(handle, _UPDATE_PROPERTIES, None, 0)


# ---- volumes ----


def volumes() -> list[str]:
    r"""Return the name of every volume, as `\\?\Volume{GUID}\`."""
    name = ctypes.create_unicode_buffer(_NAME_LETTERS)
    search = _find_first(name, _NAME_LETTERS)
    if search is None or search == _INVALID:
        raise WinProblem("FindFirstVolume", ctypes.get_last_error())
    try:
        found = [name.value]
        while _find_next(search, name, _NAME_LETTERS):
            found.append(name.value)
        return found
    finally:
        _find_close(search)


def disks_of(volume: str) -> tuple[int, ...]:
    """Return the numbers of the disks it lies on."""
    with _opened(_bare(volume)) as handle:
        answer = _control(handle, _VOLUME_EXTENTS, None, _MOST_EXTENTS_BYTES)
    count = struct.unpack("<I", answer[:4])[0]
    # VOLUME_DISK_EXTENTS: a count, padded to 8; DISK_EXTENT: DiskNumber padded to 8, start, length.
    places = range(8, 8 + 24 * count, 24)
    return tuple(struct.unpack("<I", answer[at : at + 4])[0] for at in places if at + 4 <= len(answer))


def filesystem(volume: str) -> str:
    """Return the name of its file system as Windows has it; empty if Windows knows none."""
    try:
        return str(win32api.GetVolumeInformation(volume)[4])
    except pywintypes.error as problem:
        if problem.winerror in _NO_FILESYSTEM:
            return ""
        raise WinProblem("GetVolumeInformation", problem.winerror) from problem


def mount_points(volume: str) -> list[str]:
    r"""Return where it is mounted, e.g. `E:\`."""
    with told("GetVolumePathNamesForVolumeName"):
        return [str(each) for each in win32file.GetVolumePathNamesForVolumeName(volume) if each]


def volume_at(point: str) -> str:
    """Return the volume that is mounted here; empty if none is."""
    try:
        return str(win32file.GetVolumeNameForVolumeMountPoint(point))
    except pywintypes.error as problem:
        if problem.winerror in _GONE:
            return ""
        raise WinProblem("GetVolumeNameForVolumeMountPoint", problem.winerror) from problem


def letters() -> str:
    """Return the letters that are taken, e.g. `CDZ`."""
    with told("GetLogicalDrives"):
        mask = win32api.GetLogicalDrives()
    return "".join(chr(ord("A") + n) for n in range(26) if mask >> n & 1)


def mount(volume: str, point: str) -> None:
    """Mount it at a free letter or an empty folder; both end with a backslash."""
    with told("SetVolumeMountPoint"):
        win32file.SetVolumeMountPoint(point, volume)


def unmount(point: str) -> None:
    """Take what is mounted here away."""
    with told("DeleteVolumeMountPoint"):
        win32file.DeleteVolumeMountPoint(point)


def dismount(volume: str) -> None:
    """Write what waits to be written, and have every open file of it end."""
    with _opened(_bare(volume), win32con.GENERIC_READ | win32con.GENERIC_WRITE) as handle:
        with contextlib.suppress(pywintypes.error):  # read-only: there is nothing to write
            win32file.FlushFileBuffers(handle)
        with contextlib.suppress(WinProblem):  # somebody has a file open: dismounted all the same
            _control(handle, _LOCK, None, 0)
        _control(handle, _DISMOUNT, None, 0)


# ---- the mount manager ----


def mounts_by_itself() -> bool:
    """Say whether Windows gives new volumes a letter."""
    with _opened(_MOUNT_MANAGER) as handle:
        answer = _control(handle, _QUERY_AUTO_MOUNT, None, 4)
    return bool(struct.unpack("<I", answer[:4])[0])


def set_mounts_by_itself(on: bool) -> None:
    """Say whether it shall."""
    with _opened(_MOUNT_MANAGER, win32con.GENERIC_READ | win32con.GENERIC_WRITE) as handle:
        _control(handle, _SET_AUTO_MOUNT, struct.pack("<I", int(on)), 0)
