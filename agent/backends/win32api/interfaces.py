"""The path by which a device is opened: its interface of one kind."""

import sys

assert sys.platform == "win32"

import ctypes
import uuid
from ctypes import wintypes

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.win32api.setup_types import DeviceData, Guid

_PRESENT, _INTERFACES = 0x2, 0x10
_NO_MORE_ITEMS = 259
_INVALID = ctypes.c_void_p(-1).value
_MOST = 4096


class _InterfaceData(ctypes.Structure):
    _fields_ = [
        ("size", wintypes.DWORD),
        ("guid", Guid),
        ("flags", wintypes.DWORD),
        ("reserved", ctypes.c_void_p),
    ]


_setup = ctypes.WinDLL("setupapi", use_last_error=True)
_get_class_devs = _setup.SetupDiGetClassDevsW
_get_class_devs.argtypes = [ctypes.POINTER(Guid), wintypes.LPCWSTR, wintypes.HWND, wintypes.DWORD]
_get_class_devs.restype = ctypes.c_void_p
_destroy = _setup.SetupDiDestroyDeviceInfoList
_destroy.argtypes = [ctypes.c_void_p]
_destroy.restype = wintypes.BOOL
_enum = _setup.SetupDiEnumDeviceInterfaces
_enum.argtypes = [
    ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(Guid), wintypes.DWORD, ctypes.POINTER(_InterfaceData),
]  # fmt: skip
_enum.restype = wintypes.BOOL
_detail = _setup.SetupDiGetDeviceInterfaceDetailW
_detail.argtypes = [
    ctypes.c_void_p, ctypes.POINTER(_InterfaceData), ctypes.c_void_p, wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(DeviceData),
]  # fmt: skip
_detail.restype = wintypes.BOOL
_instance_id = _setup.SetupDiGetDeviceInstanceIdW
_instance_id.argtypes = [
    ctypes.c_void_p, ctypes.POINTER(DeviceData), wintypes.LPWSTR, wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
]  # fmt: skip
_instance_id.restype = wintypes.BOOL


def listed(guid: str) -> list[tuple[str, str]]:
    """Return the instance id and the path of everything that has such an interface now."""
    kind = Guid((ctypes.c_ubyte * 16)(*uuid.UUID(guid).bytes_le))
    found = _get_class_devs(ctypes.byref(kind), None, None, _PRESENT | _INTERFACES)
    if found is None or found == _INVALID:
        raise WinProblem("SetupDiGetClassDevs", ctypes.get_last_error())
    try:
        pairs: list[tuple[str, str]] = []
        for index in range(_MOST):
            data = _InterfaceData(size=ctypes.sizeof(_InterfaceData))
            if not _enum(found, None, ctypes.byref(kind), index, ctypes.byref(data)):
                code = ctypes.get_last_error()
                if code == _NO_MORE_ITEMS:
                    break
                raise WinProblem("SetupDiEnumDeviceInterfaces", code)
            pairs.append(_read(found, data))
        return pairs
    finally:
        _destroy(found)


def _read(found: int, data: _InterfaceData) -> tuple[str, str]:
    size, device = wintypes.DWORD(), DeviceData(size=ctypes.sizeof(DeviceData))
    _detail(found, ctypes.byref(data), None, 0, ctypes.byref(size), None)
    buffer = ctypes.create_string_buffer(max(size.value, 8))
    # The structure's own size: a DWORD and one letter, as the compiler of Windows counts it in 64 bits.
    ctypes.memmove(buffer, ctypes.byref(wintypes.DWORD(8)), 4)
    if not _detail(found, ctypes.byref(data), buffer, size.value, None, ctypes.byref(device)):
        raise WinProblem("SetupDiGetDeviceInterfaceDetail", ctypes.get_last_error())
    name = ctypes.create_unicode_buffer(512)
    if not _instance_id(found, ctypes.byref(device), name, len(name), None):
        raise WinProblem("SetupDiGetDeviceInstanceId", ctypes.get_last_error())
    path = buffer.raw[4 : size.value].decode("utf-16-le", "replace").partition("\0")[0]
    return name.value.upper(), path


def path_of(instance: str, guid: str) -> str:
    """Return the path of this device's interface of this kind; raises WinProblem if it has none."""
    for name, path in listed(guid):
        if name == instance.upper():
            return path
    raise WinProblem("SetupDiEnumDeviceInterfaces", FILE_NOT_FOUND)
