"""Plugged media that exist only in memory. `FakeUsb` keeps the contract of `agent.backends.usb.UsbDoor`."""

import hashlib
import queue

import msgspec

from agent.backends.copies import name_until
from agent.backends.device import Capability
from agent.backends.scan_job import Counted, Progress, Report
from agent.backends.usb import Change, Contents, Disk, Seen, Volume
from agent.errors import DeviceFailed
from policies.media import Identity


class FakeRunning:
    """A scan worker that says what the test has it say."""

    def __init__(self):
        self.said = queue.SimpleQueue()
        self.killed = False
        self.stands_still = False
        """It waits for its disk, and no signal reaches it."""

    def lines(self):
        while (line := self.said.get()) is not None:
            yield line

    def say(self, *words):
        for word in words:
            self.said.put(msgspec.json.encode(word))

    def end(self):
        self.said.put(None)

    def kill(self):
        self.killed = True
        if not self.stands_still:
            self.end()


class FakeUsb:
    """What the service asks of the system about plugged media, answered from memory."""

    def __init__(self, works=True):
        self.works = works
        self.default_shut = False
        self.plugged = {}
        self.disks_of = {}
        self.volumes_of = {}
        self.mounted = {}
        self.passphrase = "tulips in March"
        self.unlocked = []
        self.copied_bytes = 0
        self.jobs = []
        self.switched = []
        """Every turn of a switch, as the kernel was told."""
        self.script = ()
        """What the next check says, before it ends; None in it leaves the check running."""
        self.running = []
        self.on_change = lambda _change: None
        self.problems = {}
        self._numbers = iter(range(2, 10**6))
        self._sequences = iter(range(11, 10**6))

    # ---- what tests do ----

    def plug(self, name="1-2", media_class="storage", serial="AA01", filesystem="vfat", encryption="none"):
        identity = Identity(
            vendor="0951", model="1666", serial=serial,
            descriptors=hashlib.sha256(media_class.encode()).hexdigest(), interfaces="080650",
        )  # fmt: skip
        seen = Seen(
            name, next(self._numbers), 1, identity, "Kingston", "DataTraveler", media_class,
            not self.default_shut,
        )  # fmt: skip
        self.plugged[name] = seen
        sequence = next(self._sequences)
        self.disks_of[name] = [Disk("/dev/sda", sequence, 32_000_000_000)]
        self.volumes_of[sequence] = [
            Volume("/dev/sda1", sequence, "" if encryption != "none" else filesystem, encryption)
        ]
        self.on_change(Change("add", name))
        return seen

    def pull(self, name="1-2"):
        del self.plugged[name], self.disks_of[name]
        self.on_change(Change("remove", name))

    def swap(self, name="1-2"):
        """Another disk is behind the same device, without a word of the kernel's."""
        old = self.disks_of[name][0]
        self.disks_of[name] = [old._replace(sequence=next(self._sequences))]

    def come_late(self, name="1-2"):
        """One more disk of the same device is there."""
        self.disks_of[name] = [*self.disks_of[name], Disk("/dev/sdb", next(self._sequences), 8_000_000)]
        self.on_change(Change("disk", "sdb"))

    def is_open(self, name="1-2"):
        return self.plugged[name].authorized

    # ---- the contract ----

    def capability(self):
        return Capability("works", "fake") if self.works else Capability("lacking", "this kernel has no USB")

    def shut_all(self):
        self.default_shut = True

    def is_shut(self):
        return self.default_shut

    def open_all(self):
        self.default_shut = False
        self.plugged = {name: seen._replace(authorized=True) for name, seen in self.plugged.items()}

    def watch(self, on_change):
        self._fail("watch")
        self.on_change = on_change

    def present(self):
        return list(self.plugged.values())

    def look(self, name):
        return self.plugged.get(name)

    def _switch(self, seen, value):
        self.switched.append("open" if value else "shut")
        now = self.plugged.get(seen.name)
        if now is not None:
            self.plugged[seen.name] = now._replace(authorized=value)

    def _fail(self, what):
        if what in self.problems:
            raise DeviceFailed(self.problems[what])

    def let_in(self, seen):
        self._fail("let_in")
        now = self.plugged.get(seen.name)
        if now is None or now.plug != seen.plug or now.identity != seen.identity:
            raise DeviceFailed("another device is in its place")
        self._switch(seen, True)

    def shut(self, seen):
        self._switch(seen, False)

    def look_inside(self, seen, within_seconds):
        self._fail("look_inside")
        disks = tuple(self.disks_of.get(seen.name, ()))
        return Contents(disks, tuple(volume for disk in disks for volume in self.volumes_of[disk.sequence]))

    def unlock(self, volumes, passphrase):
        self._fail("unlock")
        if passphrase != self.passphrase:
            return None
        self.unlocked = [
            volume._replace(node=f"/dev/dm-{n}", filesystem="ext4") for n, volume in enumerate(volumes)
        ]
        return tuple(self.unlocked)

    def lock(self, volumes):
        if any(volume in self.unlocked for volume in volumes):
            self.unlocked = []

    def is_same(self, seen, disks):
        now = self.plugged.get(seen.name)
        return now is not None and now.plug == seen.plug and list(disks) == self.disks_of[seen.name]

    def start_scan(self, job):
        self._fail("start_scan")
        self.jobs.append(job)
        running = FakeRunning()
        self.running.append(running)
        for word in self.script:
            if word is None:
                return running
            running.say(word)
        running.end()
        return running

    def release(self, volumes, account, *, writable):
        self._fail("release")
        folder = f"/media/gatepost-{account.uid}/USB-{len(self.mounted) + 1}"
        self.mounted[folder] = (account.uid, writable)
        return [folder]

    def release_copies(self, staged, account, end):
        folder = f"/var/lib/gatepost/copies/{account.uid}/{name_until(end, 'ab12')}"
        self.mounted[folder] = (account.uid, True)
        return [folder]

    def sweep_copies(self, today):
        self.swept = today

    def bytes_of_copies(self, account):
        return self.copied_bytes

    def take_back(self, folders):
        for folder in folders:
            if folder.startswith("/media/"):
                self.mounted.pop(folder, None)

    def new_staging(self):
        return "staged"

    def drop_staging(self, staged):
        self.dropped = staged


def clean_scan(files=3, size_bytes=30, **changes):
    """Return what a worker says of a clean stick."""
    report = Report(files=files, size_bytes=size_bytes, scanned=files, scanned_bytes=size_bytes)
    return (
        Counted(files=files, size_bytes=size_bytes),
        Progress(files=1, size_bytes=10, seconds=0.5),
        msgspec.structs.replace(report, **changes),
    )
