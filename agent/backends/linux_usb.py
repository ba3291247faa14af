"""USB on Linux: who is plugged in, what it is, and the kernel's own switch that keeps it shut.

The switch is `authorized` in sysfs: a device without it can be looked at (its descriptors are readable) but
no driver binds to it, so that there is no disk, no camera and no file before somebody decided. What a device
says about itself, names and serial number too, is its own claim.
"""

import errno
import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from agent.errors import DeviceFailed

Kind = Literal["input", "hub", "media", "mixed", "other"]

SYS = Path("/sys")
_NETLINK_KOBJECT_UEVENT = 15
_KERNEL_GROUP = 1
_BUFFER_BYTES = 4 << 20
_MOST_BYTES = 64 * 1024
_MOST_INTERFACES = 256
_MOST_CHARACTERS = 126
"""A string descriptor holds no more."""
_DEVICE, _INTERFACE = 1, 4
_HID, _IMAGE, _STORAGE, _HUB, _VENDOR = 0x03, 0x06, 0x08, 0x09, 0xFF
_VENDOR_MEDIA = {(0xFF, 0xFF, 0x00), (0xFF, 0x42, 0x01)}
"""Old phones' MTP has no class of its own, and the debug bridge copies files too."""


class Interface(NamedTuple):
    """What one interface of a device says it is (USB's class codes)."""

    class_: int
    subclass: int
    protocol: int


class UsbDevice(NamedTuple):
    """One device as it is plugged in now."""

    path: Path
    """Its folder in sysfs; the same for whatever is later plugged into the same place."""
    devnum: int
    """Counted up by the kernel at every plug: tells a device from the one that took its place."""
    vendor: str
    product: str
    serial: str
    maker: str
    name: str
    fingerprint: str
    """SHA-256 of its descriptors: the model, not the individual."""
    interfaces: tuple[Interface, ...]
    device_class: int

    @property
    def kind(self) -> Kind:
        """What it is, for deciding."""
        return decide_kind(self.device_class, self.interfaces)


class Uevent(NamedTuple):
    """One word of the kernel about a device."""

    action: str
    devpath: str
    subsystem: str
    devtype: str


def parse_uevent(message: bytes) -> Uevent | None:
    """Return what a kernel message says, or None for one that is not understood."""
    head, *fields = message.split(b"\0")
    if b"@" not in head:
        return None
    pairs = dict(field.split(b"=", 1) for field in fields if b"=" in field)

    def value(name: bytes) -> str:
        return pairs.get(name, b"").decode("utf-8", "replace")

    found = Uevent(value(b"ACTION"), value(b"DEVPATH"), value(b"SUBSYSTEM"), value(b"DEVTYPE"))
    return found if found.action and found.devpath.startswith("/") and ".." not in found.devpath else None


def parse_descriptors(content: bytes) -> tuple[int, tuple[Interface, ...]]:
    """
    Return the device's class and every interface of every configuration and alternate setting.

    A descriptor that lies about its length ends the reading; what was read until then counts. Raises
    ValueError if there is not even a device descriptor.
    """
    if len(content) < 18 or content[0] < 18 or content[1] != _DEVICE:
        raise ValueError("no device descriptor")
    found: list[Interface] = []
    at = content[0]
    while at + 2 <= len(content) and len(found) < _MOST_INTERFACES:
        length, kind = content[at], content[at + 1]
        if length < 2 or at + length > len(content):
            break
        if kind == _INTERFACE and length >= 9:
            found.append(Interface(*content[at + 5 : at + 8]))
        at += length
    return content[4], tuple(dict.fromkeys(found))


def decide_kind(device_class: int, interfaces: tuple[Interface, ...]) -> Kind:
    """
    Return what a device is. Pure.

    Anything with storage or pictures in it is media, also when it says so only in its device class;
    together with a keyboard or mouse it is `mixed`, which no honest stick is. Nothing readable at all is
    media too: what cannot be judged stays shut.
    """
    classes = {interface.class_ for interface in interfaces}
    has_media = bool({_STORAGE, _IMAGE} & {*classes, device_class}) or any(
        interface in _VENDOR_MEDIA for interface in interfaces
    )
    if has_media:
        return "mixed" if _HID in classes else "media"
    if not interfaces and device_class not in (_HUB,):
        return "media"
    if device_class == _HUB or classes == {_HUB}:
        return "hub"
    return "input" if classes == {_HID} else "other"


def clean(text: str) -> str:
    """Return a device's own words without control characters, cut to what a descriptor can hold."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[
        :_MOST_CHARACTERS
    ].strip()


class UsbBus:
    """The USB devices of this machine, and their switches."""

    def __init__(self, sys: Path = SYS) -> None:
        self._devices = sys / "bus" / "usb" / "devices"
        self._default = sys / "module" / "usbcore" / "parameters" / "authorized_default"
        self._sys = sys

    # ---- shut and open by default ----

    def shut_by_default(self) -> None:
        """
        Keep whatever is plugged in from now on shut, also on buses that come later (docks, Thunderbolt).

        Raises DeviceFailed if any of it could not be done; everything that could be done is.
        """
        self._write_defaults("0")

    def open_by_default(self) -> None:
        """Give USB back as it was without us."""
        self._write_defaults("1")

    def _write_defaults(self, value: str) -> None:
        problems = []
        # The module's value first: a bus that appears in between already begins with it.
        for path in [self._default, *sorted(self._devices.glob("usb*/authorized_default"))]:
            try:
                path.write_text(value)
            except OSError as problem:
                problems.append(f"{path}: {problem.strerror}")
        if problems:
            raise DeviceFailed("; ".join(problems))

    def is_shut_by_default(self) -> bool:
        """Say whether every bus, and every bus to come, begins shut."""
        paths = [self._default, *self._devices.glob("usb*/authorized_default")]
        try:
            return all(path.read_text().strip() == "0" for path in paths)
        except OSError:
            return False

    # ---- devices ----

    def devices(self) -> list[UsbDevice]:
        """Return all devices but the buses' own root hubs."""
        try:
            names = sorted(path.name for path in self._devices.iterdir())
        except OSError:
            return []
        found = (self.read(name) for name in names if ":" not in name and not name.startswith("usb"))
        return [device for device in found if device]

    def read(self, name: str) -> UsbDevice | None:
        """Return the device with this sysfs name (the end of a uevent's path); None if it is gone."""
        path = self._devices / Path(name).name
        try:
            with (path / "descriptors").open("rb") as file:
                content = file.read(_MOST_BYTES)
            devnum = int((path / "devnum").read_text())
        except (OSError, ValueError):
            return None
        try:
            device_class, interfaces = parse_descriptors(content)
        except ValueError:
            device_class, interfaces = _VENDOR, ()

        def words(file: str) -> str:
            try:
                return clean((path / file).read_bytes().decode("utf-8", "replace").rstrip("\n"))
            except OSError:
                return ""

        return UsbDevice(
            path,
            devnum,
            words("idVendor"),
            words("idProduct"),
            words("serial"),
            words("manufacturer"),
            words("product"),
            hashlib.sha256(content).hexdigest(),
            interfaces,
            device_class,
        )

    def is_open(self, device: UsbDevice) -> bool:
        """Say whether drivers may bind to this very device."""
        return self._is_same(device) and (device.path / "authorized").read_text().strip() == "1"

    def set_open(self, device: UsbDevice, is_open: bool) -> None:
        """Open or shut this very device. Raises DeviceFailed if it is gone or another took its place."""
        if not self._is_same(device):
            raise DeviceFailed("the device was pulled out")
        try:
            (device.path / "authorized").write_text("1" if is_open else "0")
        except OSError as problem:
            raise DeviceFailed(f"the kernel will not: {problem.strerror}") from problem
        # The place may have changed hands between the look and the switch.
        if is_open and not self._is_same(device):
            self._shut_place(device.path)
            raise DeviceFailed("the device was exchanged")

    def _is_same(self, device: UsbDevice) -> bool:
        try:
            return int((device.path / "devnum").read_text()) == device.devnum
        except (OSError, ValueError):
            return False

    def _shut_place(self, path: Path) -> None:
        try:
            (path / "authorized").write_text("0")
        except OSError as problem:
            if problem.errno not in (errno.ENOENT, errno.ENODEV):
                raise DeviceFailed(f"the kernel will not: {problem.strerror}") from problem

    def disks(self, device: UsbDevice) -> list[str]:
        """Return the names of the disks a device brought, e.g. `sda`."""
        pattern = "*:*/host*/target*/*:*/block/*"
        return sorted(path.name for path in device.path.glob(pattern))


def open_kernel_ear() -> socket.socket:
    """Return a socket on which the kernel tells of devices; DeviceFailed where it will not."""
    try:
        ear = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_KOBJECT_UEVENT)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        ear.bind((0, _KERNEL_GROUP))
    except OSError as problem:
        raise DeviceFailed(f"the kernel's device events cannot be heard: {problem.strerror}") from problem
    return ear


def hear(ear: socket.socket, on_lost: Callable[[], None]) -> Iterator[Uevent]:
    """
    Yield what the kernel says, until the socket is closed.

    Messages of other processes are dropped. `on_lost` is called when the kernel says that some were lost:
    then whoever listens looks at all devices anew.
    """
    while True:
        try:
            message, (sender, _group) = ear.recvfrom(_MOST_BYTES)
        except OSError as problem:
            if problem.errno == errno.ENOBUFS:
                on_lost()
                continue
            return
        if sender != 0:
            continue
        event = parse_uevent(message)
        if event is not None:
            yield event


def usbguard_is_active(run: Path = Path("/run")) -> bool:
    """Say whether USBGuard holds the switches: two writers would fight, so then it has to be asked instead."""
    try:
        pid = int((run / "usbguard.pid").read_text())
        return Path(f"/proc/{pid}/exe").readlink().name == "usbguard-daemon"
    except (OSError, ValueError):
        return False
