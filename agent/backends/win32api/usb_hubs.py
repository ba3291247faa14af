"""What a USB device says of itself, asked of the hub it is plugged into: works without a driver for it."""

import sys

assert sys.platform == "win32"

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pywintypes
import win32con
import win32file

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import interfaces

_HUB = "f18a0e88-c30c-11d0-8815-00a0c906bed8"
_NODE_CONNECTION_EX, _DESCRIPTOR = 0x220448, 0x220410
"""IOCTL_USB_GET_NODE_CONNECTION_INFORMATION_EX and …_DESCRIPTOR_FROM_NODE_CONNECTION (usbioctl.h)."""
_REQUEST = struct.Struct("<IBBHHH")
"""Port, then a control request: type, request, value, index, length (packed)."""
_TO_HOST, _GET_DESCRIPTOR = 0x80, 6
_CONFIGURATION, _TEXT = 2, 3
_HEAD_BYTES = 9
_MOST_TEXT_BYTES = 255
_ENGLISH = 0x0409


@contextmanager
def _opened(hub: str) -> Iterator[Any]:
    path = interfaces.path_of(hub, _HUB)
    try:
        handle = win32file.CreateFile(
            path, win32con.GENERIC_WRITE, win32con.FILE_SHARE_WRITE, None, win32con.OPEN_EXISTING, 0, None
        )
    except pywintypes.error as problem:
        raise WinProblem("CreateFile", problem.winerror) from problem
    try:
        yield handle
    finally:
        handle.Close()


def _control(handle: Any, code: int, request: bytes, size: int) -> bytes:
    try:
        return bytes(win32file.DeviceIoControl(handle, code, request, size, None))
    except pywintypes.error as problem:
        raise WinProblem("DeviceIoControl", problem.winerror) from problem


def device_descriptor(hub: str, port: int) -> bytes:
    """Return its 18 bytes."""
    with _opened(hub) as handle:
        # ConnectionIndex, DeviceDescriptor (18), CurrentConfigurationValue, Speed, …: packed.
        answer = _control(handle, _NODE_CONNECTION_EX, struct.pack("<I", port) + bytes(31), 35)
    return answer[4:22]


def configuration(hub: str, port: int, index: int) -> bytes:
    """Return one configuration with all that follows it."""
    with _opened(hub) as handle:
        head = _descriptor(handle, port, _CONFIGURATION, index, 0, _HEAD_BYTES)
        total = int.from_bytes(head[2:4], "little")
        if total < _HEAD_BYTES:
            return head
        return _descriptor(handle, port, _CONFIGURATION, index, 0, total)


def text(hub: str, port: int, index: int) -> str:
    """Return one text, in the first language the device has."""
    with _opened(hub) as handle:
        languages = _descriptor(handle, port, _TEXT, 0, 0, _MOST_TEXT_BYTES)
        language = int.from_bytes(languages[2:4], "little") or _ENGLISH
        content = _descriptor(handle, port, _TEXT, index, language, _MOST_TEXT_BYTES)
    length = content[0] if content else 0
    return content[2:length].decode("utf-16-le", "replace")


def _descriptor(handle: Any, port: int, kind: int, index: int, language: int, size: int) -> bytes:
    request = _REQUEST.pack(port, _TO_HOST, _GET_DESCRIPTOR, kind << 8 | index, language, size)
    answer = _control(handle, _DESCRIPTOR, request + bytes(size), _REQUEST.size + size)
    return answer[_REQUEST.size :]
