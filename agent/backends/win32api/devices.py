"""The tree of plugged devices: SetupAPI looks, the configuration manager switches. Nothing here decides."""

import sys

assert sys.platform == "win32"

import ctypes
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import device_changes
from agent.backends.win32api.setup_types import DeviceData, Guid
from agent.backends.windows_nodes import Node

_PRESENT, _ALL_CLASSES = 0x2, 0x4
_NO_MORE_ITEMS, _NOT_FOUND, _NO_SUCH_DEVICE = 259, 1168, 0xE000020B
_MISSING = (_NOT_FOUND, 2, 3)
_LOCATE_NORMAL, _LOCATE_PHANTOM = 0, 1
_DISABLE_ABSOLUTE, _DISABLE_UI_NOT_OK = 0x1, 0x4
_REMOVE_UI_NOT_OK, _REMOVE_NO_RESTART = 0x1, 0x2
_REENUMERATE_SYNCHRONOUS, _REENUMERATE_RETRY_INSTALLATION = 0x1, 0x2
_CR_NO_SUCH_DEVNODE = 0x0D
_STARTED = 0x8
_MOST_BYTES = 64 * 1024
_MOST_NODES = 4096


class _Key(ctypes.Structure):
    _fields_ = [("format", Guid), ("number", wintypes.DWORD)]


def _key(guid: str, number: int) -> _Key:
    return _Key(Guid((ctypes.c_ubyte * 16)(*uuid.UUID(guid).bytes_le)), number)


_DEVICE, _TREE = "a45c254e-df1c-4efd-8020-67d146a850e0", "4340a6c5-93fa-4706-972c-7b648008a5a7"
_HARDWARE_IDS, _COMPATIBLE_IDS = _key(_DEVICE, 3), _key(_DEVICE, 4)
_MAKER, _NAME, _ADDRESS = _key(_DEVICE, 13), _key(_DEVICE, 2), _key(_DEVICE, 30)
_SAID_NAME = _key("540b947e-8b40-45bc-a8a2-6a0b894cbda2", 4)
_STATUS, _PROBLEM, _PARENT, _CHILDREN = _key(_TREE, 2), _key(_TREE, 3), _key(_TREE, 8), _key(_TREE, 9)
_ARRIVED = _key("83da6326-97a6-4088-9453-a1923f573b29", 102)

_setup = ctypes.WinDLL("setupapi", use_last_error=True)
_config = ctypes.WinDLL("cfgmgr32", use_last_error=True)
_data_pointer = ctypes.POINTER(DeviceData)

_get_class_devs = _setup.SetupDiGetClassDevsW
_get_class_devs.argtypes = [ctypes.POINTER(Guid), wintypes.LPCWSTR, wintypes.HWND, wintypes.DWORD]
_get_class_devs.restype = ctypes.c_void_p
_create_list = _setup.SetupDiCreateDeviceInfoList
_create_list.argtypes = [ctypes.POINTER(Guid), wintypes.HWND]
_create_list.restype = ctypes.c_void_p
_destroy = _setup.SetupDiDestroyDeviceInfoList
_destroy.argtypes = [ctypes.c_void_p]
_destroy.restype = wintypes.BOOL
_enum = _setup.SetupDiEnumDeviceInfo
_enum.argtypes = [ctypes.c_void_p, wintypes.DWORD, _data_pointer]
_enum.restype = wintypes.BOOL
_open_info = _setup.SetupDiOpenDeviceInfoW
_open_info.argtypes = [ctypes.c_void_p, wintypes.LPCWSTR, wintypes.HWND, wintypes.DWORD, _data_pointer]
_open_info.restype = wintypes.BOOL
_instance_id = _setup.SetupDiGetDeviceInstanceIdW
_instance_id.argtypes = [
    ctypes.c_void_p, _data_pointer, wintypes.LPWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD),
]  # fmt: skip
_instance_id.restype = wintypes.BOOL
_property = _setup.SetupDiGetDevicePropertyW
_property.argtypes = [
    ctypes.c_void_p, _data_pointer, ctypes.POINTER(_Key), ctypes.POINTER(wintypes.ULONG), ctypes.c_void_p,
    wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), wintypes.DWORD,
]  # fmt: skip
_property.restype = wintypes.BOOL
_locate = _config.CM_Locate_DevNodeW
_locate.argtypes = [ctypes.POINTER(wintypes.DWORD), wintypes.LPCWSTR, wintypes.ULONG]
_locate.restype = wintypes.DWORD
_SWITCHES = {}
for _what in ("Enable", "Disable", "Reenumerate", "Uninstall"):
    _call = getattr(_config, f"CM_{_what}_DevNode")
    _call.argtypes = [wintypes.DWORD, wintypes.ULONG]
    _call.restype = wintypes.DWORD
    _SWITCHES[_what] = _call

_INVALID = ctypes.c_void_p(-1).value


@contextmanager
def _list(flags: int) -> Iterator[int]:
    found = _get_class_devs(None, "USB", None, flags | _ALL_CLASSES)
    if found is None or found == _INVALID:
        raise WinProblem("SetupDiGetClassDevs", ctypes.get_last_error())
    try:
        yield found
    finally:
        _destroy(found)


def _all(flags: int) -> list[Node]:
    nodes: list[Node] = []
    with _list(flags) as found:
        for index in range(_MOST_NODES):
            data = DeviceData(size=ctypes.sizeof(DeviceData))
            if not _enum(found, index, ctypes.byref(data)):
                code = ctypes.get_last_error()
                if code == _NO_MORE_ITEMS:
                    break
                raise WinProblem("SetupDiEnumDeviceInfo", code)
            node = _read(found, data)
            if node is not None:
                nodes.append(node)
    return nodes


def usb_nodes() -> list[Node]:
    """Return every node on a USB bus that is there now, hubs among them."""
    return _all(_PRESENT)


def absent_usb_nodes() -> list[Node]:
    """Return those that were installed once and are not plugged in."""
    here = {node.instance for node in usb_nodes()}
    return [node for node in _all(0) if node.instance not in here]


@contextmanager
def _opened(instance: str) -> Iterator[tuple[int, DeviceData] | None]:
    """Give a device's own list, or None if there is no such device now."""
    made = _create_list(None, None)
    if made is None or made == _INVALID:
        raise WinProblem("SetupDiCreateDeviceInfoList", ctypes.get_last_error())
    try:
        data = DeviceData(size=ctypes.sizeof(DeviceData))
        if _open_info(made, instance, None, 0, ctypes.byref(data)):
            yield made, data
        elif (ctypes.get_last_error() & 0xFFFFFFFF) in (_NO_SUCH_DEVICE, *_MISSING):
            yield None
        else:
            raise WinProblem("SetupDiOpenDeviceInfo", ctypes.get_last_error())
    finally:
        _destroy(made)


def _is_here(instance: str) -> bool:
    number = wintypes.DWORD()
    return int(_locate(ctypes.byref(number), instance, _LOCATE_NORMAL)) == 0


def node(instance: str) -> Node | None:
    """Return this node if it is there."""
    with _opened(instance) as found:
        if found is None or not _is_here(instance):
            return None
        return _read(*found)


def below(instance: str) -> list[str]:
    """Return the instance ids of everything beneath a node; empty if it is gone."""
    names: dict[str, None] = {}
    waiting = [instance]
    while waiting and len(names) < _MOST_NODES:
        with _opened(waiting.pop()) as found:
            for child in _texts(*found, _CHILDREN) if found is not None else ():
                if child.upper() not in names:
                    names[child.upper()] = None
                    waiting.append(child)
    return list(names)


def arrived(instance: str) -> int:
    """Return when a node was plugged in last, in units of 100 ns since 1601; 0 if Windows does not say."""
    with _opened(instance) as found:
        return _number(*found, _ARRIVED) if found is not None else 0


def _read(found: int, data: DeviceData) -> Node | None:
    name = ctypes.create_unicode_buffer(512)
    if not _instance_id(found, ctypes.byref(data), name, len(name), None):
        return None
    return Node(
        instance=name.value.upper(),
        parent=_text(found, data, _PARENT).upper(),
        hardware_ids=_texts(found, data, _HARDWARE_IDS),
        compatible_ids=_texts(found, data, _COMPATIBLE_IDS),
        arrived=_number(found, data, _ARRIVED),
        port=_number(found, data, _ADDRESS),
        started=bool(_number(found, data, _STATUS) & _STARTED),
        problem=_number(found, data, _PROBLEM),
        maker=_text(found, data, _MAKER),
        product=_text(found, data, _SAID_NAME) or _text(found, data, _NAME),
    )


def _bytes(found: int, data: DeviceData, key: _Key) -> bytes:
    kind, size = wintypes.ULONG(), wintypes.DWORD()
    what = (found, ctypes.byref(data), ctypes.byref(key), ctypes.byref(kind))
    _property(*what, None, 0, ctypes.byref(size), 0)
    if not 0 < size.value <= _MOST_BYTES:
        return b""
    buffer = ctypes.create_string_buffer(size.value)
    if not _property(*what, buffer, size.value, ctypes.byref(size), 0):
        return b""
    return buffer.raw[: size.value]


def _number(found: int, data: DeviceData, key: _Key) -> int:
    return int.from_bytes(_bytes(found, data, key)[:8], "little")


def _texts(found: int, data: DeviceData, key: _Key) -> tuple[str, ...]:
    text = _bytes(found, data, key).decode("utf-16-le", "replace")
    return tuple(each for each in text.split("\0") if each)


def _text(found: int, data: DeviceData, key: _Key) -> str:
    return next(iter(_texts(found, data, key)), "")


# ---- the switch ----


def _switch(what: str, instance: str, flags: int, *, phantom: bool = False) -> None:
    number = wintypes.DWORD()
    where = _LOCATE_PHANTOM if phantom else _LOCATE_NORMAL
    code = _locate(ctypes.byref(number), instance, where)
    if code != 0:
        raise WinProblem("CM_Locate_DevNode", code)
    try:
        code = _SWITCHES[what](number, flags)
    except OSError as problem:  # not there in this Windows
        raise WinProblem(f"CM_{what}_DevNode", problem.winerror or 127) from problem
    if code != 0:
        raise WinProblem(f"CM_{what}_DevNode", code)


def enable(instance: str) -> None:
    """Let a disabled node work again."""
    _switch("Enable", instance, 0)


def disable(instance: str, absolute: bool) -> None:
    """Take its driver away until the next start of Windows; `absolute`: without asking the driver."""
    flags = _DISABLE_UI_NOT_OK | (_DISABLE_ABSOLUTE if absolute else 0)
    _switch("Disable", instance, flags)


def remove(instance: str) -> None:
    """Take it and all beneath it out of the tree until it is plugged in again."""
    number = wintypes.DWORD()
    code = _locate(ctypes.byref(number), instance, _LOCATE_NORMAL)
    if code != 0:
        raise WinProblem("CM_Locate_DevNode", code)
    try:
        # Looked up here: a Windows without it has all the rest.
        query_and_remove = _config.CM_Query_And_Remove_SubTreeW
        query_and_remove.argtypes = [
            wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), wintypes.LPWSTR, wintypes.ULONG, wintypes.ULONG,
        ]  # fmt: skip
        query_and_remove.restype = wintypes.DWORD
        code = query_and_remove(number, None, None, 0, _REMOVE_UI_NOT_OK | _REMOVE_NO_RESTART)
    except (AttributeError, OSError) as problem:
        raise WinProblem("CM_Query_And_Remove_SubTree", 127) from problem
    if code != 0:
        raise WinProblem("CM_Query_And_Remove_SubTree", code)


def install(instance: str) -> None:
    """Have Windows try once more to find this node its driver."""
    _switch("Reenumerate", instance, _REENUMERATE_SYNCHRONOUS | _REENUMERATE_RETRY_INSTALLATION)


def forget(instance: str) -> None:
    """Uninstall a node, so that it is new when it is plugged in again."""
    _switch("Uninstall", instance, 0, phantom=True)


def wait_for_change(seconds: float) -> bool:
    """Wait until Windows says that the tree has changed, or so long; say whether it did."""
    return device_changes.wait(seconds)
