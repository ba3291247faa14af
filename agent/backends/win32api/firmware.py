"""What the machine is made of, as its firmware and Windows say."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_slices import Memory

_RSMB = 0x52534D42
_MOST_BYTES = 1 << 20

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX (sysinfoapi.h)."""

    _fields_ = (
        ("dwLength", wintypes.DWORD),
        ("dwMemoryLoad", wintypes.DWORD),
        ("ullTotalPhys", ctypes.c_uint64),
        ("ullAvailPhys", ctypes.c_uint64),
        ("ullTotalPageFile", ctypes.c_uint64),
        ("ullAvailPageFile", ctypes.c_uint64),
        ("ullTotalVirtual", ctypes.c_uint64),
        ("ullAvailVirtual", ctypes.c_uint64),
        ("ullAvailExtendedVirtual", ctypes.c_uint64),
    )


_table = _kernel.GetSystemFirmwareTable
_table.argtypes = (wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD)
_table.restype = wintypes.UINT
_memory = _kernel.GlobalMemoryStatusEx
_memory.argtypes = (ctypes.POINTER(_MemoryStatus),)
_memory.restype = wintypes.BOOL


def smbios() -> bytes:
    """Return the raw table of the firmware (`RSMB`)."""
    size = int(_table(_RSMB, 0, None, 0))
    if not 0 < size <= _MOST_BYTES:
        raise WinProblem("GetSystemFirmwareTable", ctypes.get_last_error())
    room = ctypes.create_string_buffer(size)
    if int(_table(_RSMB, 0, room, size)) != size:
        raise WinProblem("GetSystemFirmwareTable", ctypes.get_last_error())
    return room.raw


def memory() -> Memory:
    """Return how much memory there is."""
    status = _MemoryStatus()
    status.dwLength = ctypes.sizeof(_MemoryStatus)
    if not _memory(ctypes.byref(status)):
        raise WinProblem("GlobalMemoryStatusEx", ctypes.get_last_error())
    return Memory(int(status.ullTotalPhys))
