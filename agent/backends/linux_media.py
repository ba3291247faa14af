"""Plugged media on Linux: the parts beside this file, put together behind the door."""

import sys

assert sys.platform == "linux"

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from agent.backends import copies, linux_copies, linux_disks, linux_locks, linux_rivals, linux_usbguard
from agent.backends.device import Account, Capability
from agent.backends.linux_mounts import WRITE_OUT_SECONDS
from agent.backends.linux_uevents import Uevents
from agent.backends.linux_usb import SysfsUsb
from agent.backends.media_helper import MediaHelper
from agent.backends.media_job import AnyAnswer, Done, Lock, Look, Looked, Mount, TakeBack, Unlock, Unlocked
from agent.backends.media_mounts import MEDIA
from agent.backends.scan_job import Mounted, ScanJob
from agent.backends.usb import Change, Contents, Disk, Running, Seen, Volume, is_unlocked
from agent.errors import DeviceFailed
from agent.paths import Config

LEAVES = 'take usb = "leave" out of /etc/gatepost/agent.toml, on a laptop of the school'
_WORKER_SECONDS = 60.0
"""For a job beyond what the job itself is given."""
_UNLOCK_SECONDS = 300.0
"""For several volumes, each with a slow key derivation, on a slow laptop."""


class LinuxUsb:
    """What the service asks of Linux about plugged media."""

    def __init__(self, config: Config, sysfs: SysfsUsb | None = None) -> None:
        self._config = config
        self._sysfs = sysfs or SysfsUsb()
        self._helper = MediaHelper(config.run / "media.sock")
        self._guard: linux_usbguard.UsbGuard | None = None
        """Looked for whenever the capability is asked: before anything is shut."""
        self._copies = config.state / "copies"
        self._open_mark = config.run / "usb-open"
        """While this file is there, the static udev rule leaves block devices to the desktop."""
        self._guarded_mark = config.run / "usb-guarded"
        """While this file is there too, the rule lets no device in: that is USBGuard's."""

    # ---- shut and open ----

    def capability(self) -> Capability:
        """Say whether shut really means shut here."""
        if self._config.usb == "leave":
            return Capability("lacking", "the configuration of this machine leaves its USB alone", LEAVES)
        if not self._sysfs.is_there:
            return Capability("lacking", "this kernel has no USB", "")
        if os.geteuid() != 0:
            return Capability("broken", "the service does not run as root", "start it with systemd")
        self._guard = linux_usbguard.UsbGuard() if linux_usbguard.is_active() else None
        rivals = linux_rivals.find_rivals()
        if rivals.fights:
            return Capability(
                "broken", f"{rivals.fights} switches USB devices too", f"remove {rivals.fights}"
            )
        problem = self._helper.problem()
        if problem:
            return Capability("broken", problem, "systemctl enable --now gatepost-media.socket")
        if self._guard is not None:
            if self._sysfs.shuts_by_default():
                return _works("through USBGuard", rivals)
            return Capability("broken", "USBGuard runs, but lets new devices in", "usbguard: implicit block")
        if not self._sysfs.is_writable():
            why = "the service may not write to /sys"
            return Capability("broken", why, "let the unit write there (ReadWritePaths=)")
        return _works("by the kernel's own switch", rivals)

    def shut_all(self) -> None:
        """Shut every bus, present and future."""
        if self._config.usb == "leave":
            raise DeviceFailed("the configuration of this machine leaves its USB alone")
        try:
            self._open_mark.unlink(missing_ok=True)
        except OSError as problem:
            raise DeviceFailed(f"{self._open_mark} cannot be removed: {problem.strerror}") from problem
        # What a service that was killed had opened: nobody knows any more until when.
        self.take_back([str(folder) for folder in MEDIA.glob("gatepost-*/*")])
        for staged in (self._config.state / "staging").glob("*"):
            self.drop_staging(str(staged))
        if linux_locks.ours():
            self._helper.ask(Lock(), _WORKER_SECONDS)
        if self._guard is None:
            self._sysfs.set_default(shut=True)
        if not self._sysfs.shuts_by_default():
            raise DeviceFailed("a USB bus is open although it was shut")

    def is_shut(self) -> bool:
        """Say whether every bus is shut, and every bus to come."""
        return self._sysfs.shuts_by_default()

    def open_all(self) -> None:
        """Leave USB to the system again."""
        if not self._sysfs.is_there or self._config.usb == "leave":
            return
        guarded = linux_usbguard.is_active()
        try:
            if guarded:
                self._guarded_mark.touch(mode=0o644)
            else:
                self._guarded_mark.unlink(missing_ok=True)
            self._open_mark.touch(mode=0o644)
            self._open_mark.chmod(0o644)
        except OSError as problem:
            raise DeviceFailed(f"{self._open_mark} cannot be made: {problem.strerror}") from problem
        if guarded:
            return  # which devices are let in is for USBGuard alone to say
        self._sysfs.set_default(shut=False)
        for seen in self._sysfs.present():
            if not seen.authorized:
                with contextlib.suppress(DeviceFailed):  # pulled out meanwhile
                    self._sysfs.let_in(seen)

    def watch(self, on_change: Callable[[Change], None]) -> None:
        """Call back for every kernel event about a device, for ever."""
        ears = Uevents(self._helper.open_ears(_WORKER_SECONDS))
        on_change(Change("lost"))
        for change in ears.listen():
            on_change(change)
        raise DeviceFailed("the kernel's events cannot be heard any more")

    def present(self) -> list[Seen]:
        """Return every device but the root hubs."""
        return self._sysfs.present() if self._sysfs.is_there else []

    def look(self, name: str) -> Seen | None:
        """Return the device at this place, or None."""
        return self._sysfs.look(name)

    def let_in(self, seen: Seen) -> None:
        """Tell the kernel to use this very device."""
        if self._guard is not None:
            if not self.is_same(seen, ()):
                raise DeviceFailed(f"another device is in the place of {seen.name} by now")
            self._guard.let_in(seen)
        else:
            self._sysfs.let_in(seen)

    def shut(self, seen: Seen) -> None:
        """Take the device at this place away from the kernel."""
        if self._guard is not None:
            if self._sysfs.look(seen.name) is not None:
                self._guard.shut(seen)
        else:
            self._sysfs.shut(seen.name)

    # ---- disks ----

    def look_inside(self, seen: Seen, within_seconds: float) -> Contents:
        """Return its disks once the kernel has made them, read-only from that moment, and what is on them."""
        job = Look(device=seen.name, within_seconds=within_seconds)
        answer = self._helper.ask(job, within_seconds + _WORKER_SECONDS)
        if not isinstance(answer, Looked):
            raise DeviceFailed("the media worker answered something else")
        return Contents(answer.disks, answer.volumes)

    def unlock(self, volumes: Sequence[Volume], passphrase: str) -> tuple[Volume, ...] | None:
        """Open encrypted volumes with their owner's passphrase; None if it is another one."""
        job = Unlock(volumes=tuple(volumes), passphrase=passphrase)
        answer = self._helper.ask(job, _UNLOCK_SECONDS)
        if not isinstance(answer, Unlocked):
            raise DeviceFailed("the media worker answered something else")
        return answer.volumes

    def lock(self, volumes: Sequence[Volume]) -> None:
        """Close what was opened."""
        nodes = tuple(each.node for each in volumes if is_unlocked(each))
        if nodes:
            self._helper.ask(Lock(nodes=nodes), _WORKER_SECONDS)

    def is_same(self, seen: Seen, disks: Sequence[Disk]) -> bool:
        """Say whether the very device and disks that were looked at are still there, and no more of them."""
        now = self._sysfs.look(seen.name)
        if now is None or now.plug != seen.plug or now.identity != seen.identity:
            return False
        if any(linux_disks.sequence_of(disk.node) != disk.sequence for disk in disks):
            return False
        try:
            return not linux_disks.not_looked_at([disk.node for disk in disks])
        except (DeviceFailed, OSError):
            return False

    def start_scan(self, job: ScanJob) -> Running:
        """Start a check."""
        return self._helper.start(job)

    # ---- the person's ----

    def release(self, volumes: Sequence[Volume], account: Account, *, writable: bool) -> list[str]:
        """Mount for this user where only they reach it."""
        job = Mount(
            volumes=tuple(
                Mounted(node=v.node, sequence=v.sequence, filesystem=v.filesystem) for v in volumes
            ),
            uid=account.uid,
            gid=account.gid,
            writable=writable,
        )
        return list(_folders(self._helper.ask(job, _WORKER_SECONDS)))

    def release_copies(self, staged: str, account: Account, end: date) -> list[str]:
        """Give this user the checked copies, until the end of this day."""
        try:
            return [str(linux_copies.give(self._copies, Path(staged), account, end))]
        except OSError as problem:
            raise DeviceFailed(f"the copies cannot be given: {problem.strerror}") from problem

    def sweep_copies(self, today: date) -> None:
        """Delete the copies that are kept no longer."""
        copies.sweep(self._copies, today)

    def bytes_of_copies(self, account: Account) -> int:
        """Return how much this person's copies take."""
        return copies.bytes_of(self._copies, account.uid)

    def take_back(self, folders: Sequence[str]) -> None:
        """Unmount what was released."""
        mounted = tuple(folder for folder in folders if folder.startswith("/media/"))
        if mounted:
            seconds = _WORKER_SECONDS + len(mounted) * WRITE_OUT_SECONDS
            self._helper.ask(TakeBack(folders=mounted), seconds)

    def new_staging(self) -> str:
        """Return a new empty folder on this laptop's disk that only root enters."""
        folder = self._config.state / "staging" / secrets.token_hex(8)
        try:
            folder.mkdir(mode=0o700, parents=True)
        except OSError as problem:
            raise DeviceFailed(f"no room for copies: {problem.strerror}") from problem
        return str(folder)

    def drop_staging(self, staged: str) -> None:
        """Delete it with all that is in it."""
        if Path(staged).parent == self._config.state / "staging":
            shutil.rmtree(staged, ignore_errors=True)


def _folders(answer: AnyAnswer) -> tuple[str, ...]:
    if not isinstance(answer, Done):
        raise DeviceFailed("the media worker answered something else")
    return answer.folders


def _works(how: str, rivals: linux_rivals.Rivals) -> Capability:
    return Capability("works", "; ".join((how, *rivals.notes)), "; ".join(rivals.remedies))
