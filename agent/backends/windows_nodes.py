"""Plugged devices as Windows names them, and the shape of the slices that know them. Data only.

A device is named by its instance id, e.g. `USB\\VID_0951&PID_1666\\60A44C413FAEF2B1`. Its functions, where it
has more than one, are nodes of their own beneath it (`…&MI_00\\…`). A node that policy keeps from being
installed is still listed, with its ids and without a driver.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Node(NamedTuple):
    """One node of the device tree."""

    instance: str
    """In capitals, as Windows compares it."""
    parent: str
    hardware_ids: tuple[str, ...]
    compatible_ids: tuple[str, ...]
    arrived: int
    """When it was plugged in last, in units of 100 ns since 1601; 0 where Windows does not say."""
    port: int
    """Of the hub above; 0 if it is none."""
    started: bool
    """A driver runs it."""
    problem: int
    """As the device manager shows it, e.g. 22 disabled, 28 no driver; 0: none."""
    maker: str
    product: str


class DiskFound(NamedTuple):
    """One disk with a medium in it."""

    instance: str
    number: int
    """Of `PhysicalDrive`."""
    bytes: int
    arrived: int
    """As of a node; another number as soon as its medium is another, in a reader of cards too."""


class Devices(Protocol):
    """The slice `devices`: the tree of plugged devices. All raise WinProblem."""

    def usb_nodes(self) -> list[Node]:
        """Return every node on a USB bus that is there now, hubs among them."""
        ...

    def absent_usb_nodes(self) -> list[Node]:
        """Return those that were installed once and are not plugged in."""
        ...

    def node(self, instance: str) -> Node | None:
        """Return this node if it is there."""
        ...

    def below(self, instance: str) -> list[str]:
        """Return the instance ids of everything beneath a node; empty if it is gone."""
        ...

    def enable(self, instance: str) -> None:
        """Let a disabled node work again."""
        ...

    def disable(self, instance: str, absolute: bool) -> None:
        """Take its driver away until the next start of Windows; `absolute`: without asking the driver."""
        ...

    def remove(self, instance: str) -> None:
        """Take it and all beneath it out of the tree until it is plugged in again."""
        ...

    def install(self, instance: str) -> None:
        """Have Windows try once more to find this node its driver."""
        ...

    def forget(self, instance: str) -> None:
        """Uninstall a node, so that it is new when it is plugged in again."""
        ...

    def wait_for_change(self, seconds: float) -> bool:
        """Wait until Windows says that the tree has changed, or so long; say whether it did. *Blocks.*"""
        ...


class Hubs(Protocol):
    """The slice `usb_hubs`: what a device says of itself, asked of the hub above it. All raise WinProblem."""

    def device_descriptor(self, hub: str, port: int) -> bytes:
        """Return its 18 bytes."""
        ...

    def configuration(self, hub: str, port: int, index: int) -> bytes:
        """Return one configuration with all that follows it."""
        ...

    def text(self, hub: str, port: int, index: int) -> str:
        """Return one text, in the first language the device has."""
        ...


class Volumes(Protocol):
    """The slice `volumes`: disks, what is on them, and where it is mounted. All raise WinProblem."""

    def disks(self) -> list[DiskFound]:
        """Return every disk that has a medium."""
        ...

    def volumes(self) -> list[str]:
        r"""Return the name of every volume, as `\\?\Volume{GUID}\`."""
        ...

    def disks_of(self, volume: str) -> tuple[int, ...]:
        """Return the numbers of the disks it lies on."""
        ...

    def system_disks(self) -> tuple[int, ...]:
        """Return the numbers of the disks that Windows runs from."""
        ...

    def filesystem(self, volume: str) -> str:
        """Return the name of its file system as Windows has it; empty if Windows knows none."""
        ...

    def mount_points(self, volume: str) -> list[str]:
        """Return where it is mounted, e.g. `E:\\`."""
        ...

    def volume_at(self, point: str) -> str:
        """Return the volume that is mounted here; empty if none is."""
        ...

    def letters(self) -> str:
        """Return the letters that are taken, e.g. `CDZ`."""
        ...

    def mount(self, volume: str, point: str) -> None:
        """Mount it at a free letter or an empty folder; both end with a backslash."""
        ...

    def unmount(self, point: str) -> None:
        """Take what is mounted here away."""
        ...

    def dismount(self, volume: str) -> None:
        """Write what waits to be written, and have every open file of it end."""
        ...

    def mounts_by_itself(self) -> bool:
        """Say whether Windows gives new volumes a letter."""
        ...

    def set_mounts_by_itself(self, on: bool) -> None:
        """Say whether it shall."""
        ...

    def is_read_only(self, disk: int) -> bool:
        """Say whether Windows refuses to write to a disk."""
        ...

    def set_read_only(self, disk: int, on: bool) -> None:
        """Have Windows refuse to write to a disk until it is pulled out, or not."""
        ...


Value = str | int | bool | float | None | tuple["Value", ...]


class Wmi(Protocol):
    """The slice `wmi`. All raise WinProblem."""

    def query(self, namespace: str, wql: str) -> list[dict[str, Value]]:
        """Return what is found, each with all its properties and its `__PATH`."""
        ...

    def call(
        self, namespace: str, path: str, method: str, arguments: Mapping[str, Value]
    ) -> dict[str, Value]:
        """Call a method of the object at this path; return all that it gives, with `ReturnValue`."""
        ...
