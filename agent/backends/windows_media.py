"""Plugged media on Windows: the parts beside this file, put together behind the door.

The order is what protects: no letter while nothing is known; read-only from the first moment; the letter only
after a clean check. What it cannot do stands in docs/windows.md: between the approval and the verdict whoever
knows a volume's name may read it, since only a driver could keep them from that.
"""

import contextlib
import logging
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.backends import copies
from agent.backends.device import Account, Capability
from agent.backends.scan_job import ScanJob
from agent.backends.secret_files import CLOSED
from agent.backends.usb import Change, Contents, Disk, Running, Seen, Volume, is_unlocked
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_bitlocker import BitLocker
from agent.backends.windows_copies import Limits, Rights, forget, give
from agent.backends.windows_nodes import Devices, DiskFound, Hubs, Volumes, Wmi
from agent.backends.windows_scan import leave
from agent.backends.windows_slices import RegistryCalls
from agent.backends.windows_usb import WindowsSwitch
from agent.backends.windows_usb_ids import is_volume, sequence_of
from agent.backends.windows_usb_policy import LETTERS
from agent.errors import DeviceFailed
from agent.paths import Config

log = logging.getLogger(__name__)

_FREE = "EFGHIJKLMNOPQRSTUVWXYZ"
_LOOK_SECONDS = 0.2
_SETTLE_SECONDS = 1.0
"""After the last volume came: a disk's volumes do not come at once."""
LEAVES = 'take usb = "leave" out of agent.toml, on a laptop of the school'


class Slices(NamedTuple):
    """The calls of Windows that this part makes."""

    devices: Devices
    hubs: Hubs
    volumes: Volumes
    wmi: Wmi
    registry: RegistryCalls
    rights: Rights
    limits: Limits
    start_scan: Callable[[ScanJob], Running]


class _Swept:
    """A check, and what has to be done when its process has ended or was killed."""

    def __init__(self, running: Running, sweep: Callable[[], None]) -> None:
        self._running = running
        self._sweep = sweep

    def lines(self) -> Iterator[bytes]:
        """Yield what it says until it ends."""
        try:
            yield from self._running.lines()
        finally:
            self._sweep()

    def kill(self) -> None:
        """End it with everything it started and mounted."""
        self._running.kill()
        self._sweep()


class WindowsUsb:
    """What the service asks of Windows about plugged media."""

    def __init__(
        self,
        config: Config,
        sid_of: Callable[[int], str | None],
        slices: Slices | None = None,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = config
        self._sid_of = sid_of
        self._slices = slices or real_slices()
        self._volumes = self._slices.volumes
        self._registry = self._slices.registry
        self._rest = rest
        self._switch = WindowsSwitch(
            self._slices.devices, self._slices.hubs, self._registry, self._volumes, rest
        )
        self._bitlocker = BitLocker(self._slices.wmi, self._volumes)
        self._copies = config.state / "copies"
        self._inside: dict[tuple[str, int], frozenset[str]] = {}
        """By plug: the volumes that were looked at."""

    # ---- shut and open ----

    def capability(self) -> Capability:
        """Say whether shut really means shut here."""
        if self._config.usb == "leave":
            return Capability("lacking", "the configuration of this machine leaves its USB alone", LEAVES)
        return self._switch.capability()

    def shut_all(self) -> None:
        """Shut every bus, present and future."""
        if self._config.usb == "leave":
            raise DeviceFailed("the configuration of this machine leaves its USB alone")
        self._switch.shut_all()
        self._clear()

    def _clear(self) -> None:
        """
        Take away what a service that was killed had opened: nobody knows any more until when.

        After the rules, whatever becomes of it: one letter that does not go must not keep all of USB open.
        """
        try:
            self.take_back(list(self._registry.values(LETTERS)))
        except WinProblem as problem:
            log.error("a letter of before is not taken back", extra={"problem": str(problem)})
        for staged in (self._config.state / "staging").glob("*"):
            self.drop_staging(str(staged))
        for room in (self._config.run / "scan").glob("*"):
            leave(self._volumes, room)

    def is_shut(self) -> bool:
        """Say whether every rule that shuts stands."""
        return self._switch.shuts()

    def open_all(self) -> None:
        """Leave USB to Windows again."""
        if self._config.usb != "leave":
            self._switch.open_all()

    def watch(self, on_change: Callable[[Change], None]) -> None:
        """Call back for every change of the devices, for ever."""
        self._switch.watch(on_change)

    def present(self) -> list[Seen]:
        """Return every device but hubs of the machine's own."""
        return self._switch.present()

    def look(self, name: str) -> Seen | None:
        """Return the device with this instance id, or None."""
        return self._switch.look(name)

    def let_in(self, seen: Seen) -> None:
        """Have Windows use this very device."""
        self._switch.let_in(seen)

    def shut(self, seen: Seen) -> None:
        """Take the device away from Windows."""
        self._inside.pop(seen.plug, None)
        self._switch.shut(seen)

    # ---- disks ----

    def look_inside(self, seen: Seen, within_seconds: float) -> Contents:
        """Return its disks, read-only from that moment and without a letter, and what is on them."""
        disks = self._wait_for_disks(seen, within_seconds)
        for disk in disks:
            self._make_read_only(disk.number)
        names = self._wait_for_volumes({disk.number for disk in disks})
        sequences = {disk.number: sequence_of(disk.instance, disk.arrived) for disk in disks}
        volumes: list[Volume] = []
        for name in names:
            self._take_letters(name)
            on = self._volumes.disks_of(name)
            if not on or any(number not in sequences for number in on):
                raise DeviceFailed("a volume of it lies on another disk too")
            volumes.append(self._bitlocker.look(name, sequences[on[0]]))
        self._inside[seen.plug] = frozenset(names)
        found = tuple(
            Disk(rf"\\.\PhysicalDrive{disk.number}", sequences[disk.number], disk.bytes) for disk in disks
        )
        return Contents(found, tuple(volumes))

    def _wait_for_disks(self, seen: Seen, within_seconds: float) -> list[DiskFound]:
        for _ in range(max(1, int(within_seconds / _LOOK_SECONDS))):
            now = self._switch.look(seen.name)
            if now is None or now.plug != seen.plug:
                raise DeviceFailed("it was pulled out")
            disks = self._switch.disks(seen.name) if now.authorized else []
            if disks:
                return disks
            self._rest(_LOOK_SECONDS)
        raise DeviceFailed("no disk appeared behind it")

    def _make_read_only(self, disk: int) -> None:
        self._volumes.set_read_only(disk, on=True)
        if not self._volumes.is_read_only(disk):
            raise DeviceFailed("Windows would write to it: it cannot be made read-only")

    def _check_disk(self, volume: str, sequence: int) -> None:
        """Raise DeviceFailed if this volume is on another disk than the one that was looked at."""
        if not is_volume(volume):
            raise DeviceFailed("that is no volume")
        on = self._volumes.disks_of(volume)
        disks = [disk for disk in self._volumes.disks() if disk.number in on]
        if {sequence_of(disk.instance, disk.arrived) for disk in disks} != {sequence}:
            raise DeviceFailed("another disk is in its place")

    def _wait_for_volumes(self, disks: set[int]) -> list[str]:
        """Return the volumes on these disks, when no more of them come."""
        found: list[str] = []
        quiet = 0.0
        for _ in range(int(10 * _SETTLE_SECONDS / _LOOK_SECONDS)):
            now = self._switch.volumes_on(disks)
            quiet = quiet + _LOOK_SECONDS if now == found else 0.0
            found = now
            for name in found:
                self._take_letters(name)
            if quiet >= _SETTLE_SECONDS:
                break
            self._rest(_LOOK_SECONDS)
        return found

    def _take_letters(self, volume: str) -> None:
        """Take away whatever Windows mounted it at: for removable disks it does so even when told not to."""
        for point in self._volumes.mount_points(volume):
            self._volumes.unmount(point)
        if self._volumes.mount_points(volume):
            raise DeviceFailed("Windows does not take a letter back")

    def unlock(self, volumes: Sequence[Volume], passphrase: str) -> tuple[Volume, ...] | None:
        """Open encrypted volumes with their owner's passphrase; None if it is another one."""
        opened = self._bitlocker.unlock(list(volumes), passphrase)
        for volume in opened or ():
            self._take_letters(volume.node)  # opened, it is new to Windows
        return opened

    def lock(self, volumes: Sequence[Volume]) -> None:
        """Close what was opened."""
        self._bitlocker.lock([each for each in volumes if is_unlocked(each)])

    def is_same(self, seen: Seen, disks: Sequence[Disk]) -> bool:
        """Say whether the very device and disks that were looked at are still there."""
        now = self._switch.look(seen.name)
        if now is None or now.plug != seen.plug or now.identity != seen.identity:
            return False
        found = self._switch.disks(seen.name)
        if {sequence_of(each.instance, each.arrived) for each in found} != {disk.sequence for disk in disks}:
            return False
        inside = self._switch.volumes_on({each.number for each in found})
        return self._inside.get(seen.plug, frozenset()).issuperset(inside)

    def start_scan(self, job: ScanJob) -> Running:
        """Start a check in a folder of its own; however it ends, nothing stays mounted there."""
        for volume in job.volumes:
            self._check_disk(volume.node, volume.sequence)
            self._take_letters(volume.node)
        room = Path(job.folder) / secrets.token_hex(8)
        job = msgspec.structs.replace(job, folder=str(room))
        return _Swept(self._slices.start_scan(job), lambda: leave(self._volumes, room))

    # ---- the person's ----

    def release(self, volumes: Sequence[Volume], account: Account, *, writable: bool) -> list[str]:
        """Give each volume a letter: what Windows gives, every program of whoever is logged in reaches."""
        given: list[str] = []
        try:
            for volume in volumes:
                given.append(self._give_letter(volume, writable=writable))
            self._check_nothing_more(volumes)
        except DeviceFailed:
            self.take_back(given)
            raise
        return given

    def _give_letter(self, volume: Volume, *, writable: bool) -> str:
        self._check_disk(volume.node, volume.sequence)
        for disk in self._volumes.disks_of(volume.node):
            if writable:
                self._volumes.set_read_only(disk, on=False)
                # A file system asks its disk once, as it is mounted: what is writable now is mounted anew.
                self._volumes.dismount(volume.node)
            elif not self._volumes.is_read_only(disk):
                raise DeviceFailed("it was approved for reading, and Windows would write to it")
        taken = self._volumes.letters().upper()
        letter = next((each for each in _FREE if each not in taken), None)
        if letter is None:
            raise DeviceFailed("no letter is free")
        point = f"{letter}:\\"
        self._registry.write_text(LETTERS, point, volume.node)
        self._volumes.mount(volume.node, point)
        try:
            self._check_disk(volume.node, volume.sequence)
        except DeviceFailed:
            self.take_back([point])
            raise
        return point

    def _check_nothing_more(self, volumes: Sequence[Volume]) -> None:
        """Raise DeviceFailed if the disks of these volumes have others too, which nobody checked."""
        on = {number for volume in volumes for number in self._volumes.disks_of(volume.node)}
        if not {volume.node for volume in volumes}.issuperset(self._switch.volumes_on(on)):
            raise DeviceFailed("it shows more now than was checked")

    def release_copies(self, staged: str, account: Account, end: date) -> list[str]:
        """Give this user the checked copies, until the end of this day."""
        sid = self._sid_of(account.uid)
        if sid is None:
            raise DeviceFailed("Windows does not know whose the copies are")
        return [str(give(self._slices.rights, self._copies, Path(staged), account, sid, end))]

    def sweep_copies(self, today: date) -> None:
        """Delete the copies that are kept no longer."""
        copies.sweep(self._copies, today, self._delete_copy)

    def _delete_copy(self, folder: Path) -> None:
        owner = folder.parent.name
        forget(self._slices.limits, folder, self._sid_of(int(owner)) if owner.isdecimal() else None)

    def bytes_of_copies(self, account: Account) -> int:
        """Return how much this person's copies take."""
        return copies.bytes_of(self._copies, account.uid)

    def take_back(self, folders: Sequence[str]) -> None:
        """Take letters away again; copies stay theirs. Raises the first problem when all were tried."""
        problem: WinProblem | None = None
        for point in folders:
            if not (len(point) == 3 and point[0].upper() in _FREE and point[1:] == ":\\"):
                continue
            try:
                self._take_letter(point)
            except WinProblem as caught:
                problem = problem or caught
        if problem is not None:
            raise problem

    def _take_letter(self, point: str) -> None:
        """Only where our volume stands there still: the letter may be somebody else's by now."""
        given = self._registry.read(LETTERS, point)
        volume = self._volumes.volume_at(point)
        if volume and volume == given:
            self._volumes.unmount(point)
            with contextlib.suppress(WinProblem):  # a stick that was pulled out
                self._volumes.dismount(volume)
        self._registry.delete_value(LETTERS, point)

    def new_staging(self) -> str:
        """Return a new empty folder on this laptop's disk that only SYSTEM and administrators enter."""
        top = self._config.state / "staging"
        folder = top / secrets.token_hex(8)
        try:
            top.mkdir(parents=True, exist_ok=True)
            self._slices.rights.set_acl(str(top), CLOSED)
            folder.mkdir()
        except OSError as problem:
            raise DeviceFailed(f"no room for copies: {problem.strerror}") from problem
        return str(folder)

    def drop_staging(self, staged: str) -> None:
        """Delete it with all that is in it."""
        if Path(staged).parent == self._config.state / "staging":
            shutil.rmtree(staged, ignore_errors=True)


def real_slices() -> Slices:
    """Return Windows itself."""
    if sys.platform == "win32":
        from agent.backends.win32api import devices, limited, own, registry, usb_hubs, volumes, wmi
        from agent.backends.windows_scan_child import start_scan

        return Slices(devices, usb_hubs, volumes, wmi, registry, own, limited, start_scan)
    raise DeviceFailed("this is not Windows")
