"""What SetupAPI and the configuration manager hand over, in their own layout (setupapi.h)."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes


class Guid(ctypes.Structure):
    """GUID, as sixteen bytes."""

    _fields_ = [("bytes", ctypes.c_ubyte * 16)]


class DeviceData(ctypes.Structure):
    """SP_DEVINFO_DATA."""

    _fields_ = [
        ("size", wintypes.DWORD),
        ("setup_class", Guid),
        ("node", wintypes.DWORD),
        ("reserved", ctypes.c_void_p),
    ]
