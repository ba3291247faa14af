"""The door to plugged media: what the service asks of the system, and what comes back.

Nothing here decides. A device is *shut* while the kernel has not been told to use it: it has a name, but no
driver, no disk and no files. Methods marked *slow* are called in a worker thread only. All raise
DeviceFailed when the system will not.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from agent.backends.device import Account, Capability
from agent.backends.scan_job import ScanJob
from policies.media import Encryption, Identity, MediaClass


class Seen(NamedTuple):
    """One plugged device, as it describes itself. All of it may be a lie."""

    name: str
    """The kernel's name for the place, e.g. `2-1.4`."""
    number: int
    """Grows with every plug on a bus: the same place with another number is another device."""
    bus: int
    identity: Identity
    maker: str
    model: str
    """Both printable text; empty if it says nothing."""
    media_class: MediaClass
    authorized: bool
    """The kernel uses it already."""

    @property
    def plug(self) -> tuple[str, int]:
        """What names this very plugging-in until the device is pulled out."""
        return (self.name, self.number)


class Disk(NamedTuple):
    """One block device that appeared behind an authorised device."""

    node: str
    """e.g. `/dev/sda`."""
    sequence: int
    """The kernel's diskseq: never the same again until reboot, whatever is plugged in its place."""
    bytes: int


class Volume(NamedTuple):
    """One file system, or what stands in its place."""

    node: str
    sequence: int
    filesystem: str
    """As blkid names it; empty if it knows none, or while it is encrypted."""
    encryption: Encryption


def is_locked(volume: Volume) -> bool:
    """Say whether a volume is encrypted and has not been opened."""
    return volume.encryption in ("luks", "bitlocker") and not volume.filesystem


def is_unlocked(volume: Volume) -> bool:
    """Say whether this is what was found inside an encrypted volume."""
    if volume.encryption not in ("luks", "bitlocker"):
        return False
    # Linux finds the inside under another name, Windows under the same.
    return volume.node.startswith("/dev/dm-") or (
        volume.node.startswith("\\\\?\\") and bool(volume.filesystem)
    )


class Contents(NamedTuple):
    """What is behind a device that was let in."""

    disks: tuple[Disk, ...]
    volumes: tuple[Volume, ...]
    """Every file system on the disks, by its superblock."""


class Change(NamedTuple):
    """A device came or went."""

    action: Literal["add", "remove", "disk", "lost"]
    """lost: some events were missed, so everything must be looked at."""
    name: str = ""
    """The kernel's name of the USB device; for `disk`, of the block device."""


class Running(Protocol):
    """A worker process: facts come as lines, and it can be killed at any moment."""

    def lines(self) -> Iterator[bytes]:
        """Yield what it says until it ends. *Blocks.*"""
        ...

    def kill(self) -> None:
        """End it with everything it started and mounted; does nothing if it has ended."""
        ...


class UsbDoor(Protocol):
    """What the service asks of the system about plugged media."""

    def capability(self) -> Capability:
        """Say whether shut really means shut on this machine, or why not. *Slow.*"""
        ...

    def shut_all(self) -> None:
        """Shut every bus, present and future. A device in use stays so until it is decided. *Slow.*"""
        ...

    def is_shut(self) -> bool:
        """Say whether every bus is shut now, and every bus to come will be. *Slow.*"""
        ...

    def open_all(self) -> None:
        """Leave USB to the system again: policy says it is none of our business. *Slow.*"""
        ...

    def watch(self, on_change: Callable[[Change], None]) -> None:
        """Call back for every kernel event about a device, for ever. *Blocks.*"""
        ...

    def present(self) -> list[Seen]:
        """Return every device that is plugged in now, but for root hubs. *Slow.*"""
        ...

    def look(self, name: str) -> Seen | None:
        """Return the device at this place, or None."""
        ...

    def let_in(self, seen: Seen) -> None:
        """Tell the kernel to use this device; refuses if another is in its place by now. *Slow.*"""
        ...

    def shut(self, seen: Seen) -> None:
        """Take the device at this place away from the kernel; does nothing if it is gone. *Slow.*"""
        ...

    def look_inside(self, seen: Seen, within_seconds: float) -> Contents:
        """Return its disks once the kernel has made them, read-only, and what is on them. *Slow.*"""
        ...

    def unlock(self, volumes: Sequence[Volume], passphrase: str) -> tuple[Volume, ...] | None:
        """Open encrypted volumes, read-only, all or none; None if the passphrase is another one. *Slow.*"""
        ...

    def lock(self, volumes: Sequence[Volume]) -> None:
        """Close those of these volumes that were opened; does nothing to others. *Slow.*"""
        ...

    def is_same(self, seen: Seen, disks: Sequence[Disk]) -> bool:
        """Say whether the very device and disks that were looked at are still there, and no more of them."""
        ...

    def start_scan(self, job: ScanJob) -> Running:
        """Start the worker that mounts read-only in private, reads and checks."""
        ...

    def release(self, volumes: Sequence[Volume], account: Account, *, writable: bool) -> list[str]:
        """Mount for this user where only they reach it; return the folders. *Slow.*"""
        ...

    def release_copies(self, staged: str, account: Account, end: date) -> list[str]:
        """Give this user the checked copies until the end of this day; return the folder. *Slow.*"""
        ...

    def sweep_copies(self, today: date) -> None:
        """Delete the copies that are kept no longer. *Slow.*"""
        ...

    def bytes_of_copies(self, account: Account) -> int:
        """Return how much this person's copies take. *Slow.*"""
        ...

    def take_back(self, folders: Sequence[str]) -> None:
        """Unmount what was released. Copies stay theirs. *Slow.*"""
        ...

    def new_staging(self) -> str:
        """Return a new empty folder on this laptop's disk that only root enters. *Slow.*"""
        ...

    def drop_staging(self, staged: str) -> None:
        """Delete it with all that is in it; does nothing if it is gone. *Slow.*"""
        ...
