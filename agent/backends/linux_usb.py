"""Shutting USB by the kernel's own switch: a device that is not authorised has no driver, disk or files.

Everything goes through sysfs (kernel `Documentation/usb/authorization.rst`). A bus that appears later (a
dock, a phone's second port) takes the module's default, so that is set too. A device is always reached
through an open folder: if it is pulled out and another takes its place, that folder is dead and nothing
happens to the other one.
"""

import sys

assert sys.platform == "linux"

import contextlib
import errno
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from agent.backends.usb import Seen
from agent.backends.usb_descriptors import decide_class, read_descriptors
from agent.errors import DeviceFailed
from policies.media import Identity, join_interfaces
from policies.records import short

log = logging.getLogger(__name__)

_DEVICE_NAME = re.compile(r"^[0-9]+-[0-9]+(\.[0-9]+)*$")
_BUS_NAME = re.compile(r"^usb[0-9]+$")
_MOST_BYTES = 65536 + 18
_MOST_TEXT = 1024
_SHUT, _OPEN = "0", "1"
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENOTDIR)


class SysfsUsb:
    """The USB devices of this machine. `root` is the folder that holds `bus/usb` and `module`."""

    def __init__(self, root: Path = Path("/sys")) -> None:
        self._devices = root / "bus" / "usb" / "devices"
        self._module_default = root / "module" / "usbcore" / "parameters" / "authorized_default"

    @property
    def is_there(self) -> bool:
        """Say whether this kernel has USB at all."""
        return self._devices.is_dir()

    def is_writable(self) -> bool:
        """Say whether the switch may be written at all (a hardened unit may forbid it)."""
        return os.access(self._module_default, os.W_OK)

    # ---- the defaults ----

    def set_default(self, *, shut: bool) -> None:
        """Say what becomes of a device when it is plugged in: on buses to come first, then on every bus."""
        value = _SHUT if shut else _OPEN
        self._write(self._module_default, value)
        for bus in self._names(_BUS_NAME):
            with self._ignoring_gone():
                self._write(self._devices / bus / "authorized_default", value)

    def shuts_by_default(self) -> bool:
        """Say whether every bus, and every bus to come, is shut."""
        files = [self._module_default]
        files += [self._devices / bus / "authorized_default" for bus in self._names(_BUS_NAME)]
        try:
            return all(file.read_text().strip() == _SHUT for file in files)
        except OSError:
            return False

    # ---- the devices ----

    def present(self) -> list[Seen]:
        """Return every device but the root hubs, in the order of their names."""
        return [seen for name in self._names(_DEVICE_NAME) if (seen := self.look(name)) is not None]

    def look(self, name: str) -> Seen | None:
        """Return the device at this place, or None if there is none (any more)."""
        try:
            with self._folder(name) as folder:
                return _read(folder, name)
        except OSError as problem:
            if problem.errno in _GONE:
                return None
            raise DeviceFailed(f"USB device {name} cannot be read: {problem.strerror}") from problem

    def let_in(self, seen: Seen) -> None:
        """Have the kernel use this very device; raises DeviceFailed if it is another one by now."""
        try:
            with self._folder(seen.name) as folder:
                now = _read(folder, seen.name)
                if now.plug != seen.plug or now.identity != seen.identity:
                    raise DeviceFailed(f"another device is in the place of {seen.name} by now")
                if not now.authorized:
                    _write_at(folder, "authorized", _OPEN)
        except OSError as problem:
            raise DeviceFailed(f"{seen.name} cannot be let in: {problem.strerror}") from problem

    def shut(self, name: str) -> None:
        """Take whatever is at this place away from the kernel."""
        if not _DEVICE_NAME.match(name):
            return
        try:
            with self._folder(name) as folder:
                _write_at(folder, "authorized", _SHUT)
        except OSError as problem:
            if problem.errno not in _GONE:
                raise DeviceFailed(f"{name} cannot be shut: {problem.strerror}") from problem

    def path(self, name: str) -> Path:
        """Return the device's folder."""
        return self._devices / name

    # ---- how ----

    def _names(self, pattern: re.Pattern[str]) -> list[str]:
        try:
            return sorted(path.name for path in self._devices.iterdir() if pattern.match(path.name))
        except OSError as problem:
            raise DeviceFailed(f"no USB here: {problem.strerror}") from problem

    @contextlib.contextmanager
    def _folder(self, name: str) -> Iterator[int]:
        if not _DEVICE_NAME.match(name):
            raise FileNotFoundError(errno.ENOENT, "no USB device", name)
        folder = os.open(self._devices / name, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield folder
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _ignoring_gone(self) -> Iterator[None]:
        try:
            yield
        except DeviceFailed as problem:
            cause = problem.__cause__
            if not (isinstance(cause, OSError) and cause.errno in _GONE):
                raise

    def _write(self, path: Path, value: str) -> None:
        try:
            path.write_text(value)
        except OSError as problem:
            raise DeviceFailed(f"{path} cannot be written: {problem.strerror}") from problem


def _read(folder: int, name: str) -> Seen:
    content = _read_at(folder, "descriptors", _MOST_BYTES)
    said = read_descriptors(content)
    vendor = _hex4(_text_at(folder, "idVendor"))
    product = _hex4(_text_at(folder, "idProduct"))
    media_class = decide_class(said)
    if (int(vendor, 16), int(product, 16)) != (said.vendor, said.product):
        media_class = "mixed"  # the kernel read the two at different moments, and was told different things
    return Seen(
        name=name,
        number=int(_text_at(folder, "devnum") or "0"),
        bus=int(_text_at(folder, "busnum") or "0"),
        identity=Identity(
            vendor=vendor,
            model=product,
            serial=_text_at(folder, "serial"),
            descriptors=hashlib.sha256(content).hexdigest(),
            interfaces=join_interfaces(said.interfaces),
        ),
        maker=_text_at(folder, "manufacturer"),
        model=_text_at(folder, "product"),
        media_class=media_class,
        authorized=_text_at(folder, "authorized") == _OPEN,
    )


def _read_at(folder: int, name: str, most: int) -> bytes:
    handle = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
    try:
        pieces = bytearray()
        while len(pieces) < most and (piece := os.read(handle, most - len(pieces))):
            pieces += piece
        return bytes(pieces)
    finally:
        os.close(handle)


def _text_at(folder: int, name: str) -> str:
    """Return an attribute as harmless text; empty if the device has none."""
    try:
        content = _read_at(folder, name, _MOST_TEXT)
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.EIO, errno.EINVAL):
            return ""
        raise
    return short(_plain(content.decode("utf-8", "replace").strip()))


def _plain(text: str) -> str:
    """Return text without anything that is not seen itself: signs that turn what follows around are such."""
    return "".join(letter if letter == " " or letter.isprintable() else "\ufffd" for letter in text)


def _write_at(folder: int, name: str, value: str) -> None:
    handle = os.open(name, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.write(handle, value.encode())
    finally:
        os.close(handle)


def _hex4(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{4}", text) else "0000"
