"""A Windows machine with USB ports, in memory: it keeps to the rules in its registry, and fails when told to.

`WindowsMachine` is what the slices `devices`, `usb_hubs`, `volumes` and `wmi` see. A node starts only if the
rules let it, as Windows evaluates them in layers: a permission by instance beats a rule about a kind.
"""

import contextlib
import os
import shutil
from pathlib import Path

from agent.backends.win32_problem import ACCESS_DENIED, FILE_NOT_FOUND, WinProblem
from agent.backends.windows_bitlocker import NAMESPACE
from agent.backends.windows_media import Slices, WindowsUsb
from agent.backends.windows_nodes import DiskFound, Node
from agent.backends.windows_usb_policy import CURRENT_VERSION, RESTRICTIONS
from agent.paths import Config
from tests.support.win32.fake_registry import FakeRegistry

HUB = "USB\\ROOT_HUB30\\4&1A2B3C&0&0"
STICK = "USB\\VID_0951&PID_1666\\60A44C413FAEF2B1"
GONE = 1167
BLOCKED, DISABLED, REMOVED = 28, 22, 47
NOT_DISABLEABLE = 0x28
EDUCATION = {
    CURRENT_VERSION: {"EditionID": "Education", "CurrentBuildNumber": "19045", "UBR": 4046},
    r"SYSTEM\CurrentControlSet\Services\mountmgr": {},
}


def descriptors(*interfaces, vendor=0x0951, product=0x1666):
    """Return a device's own bytes with these interfaces (`080650`)."""
    head = bytes([18, 1, 0, 2, 0, 0, 0, 64]) + vendor.to_bytes(2, "little") + product.to_bytes(2, "little")
    body = b"".join(bytes([9, 4, n, 0, 2]) + bytes.fromhex(each) + b"\0" for n, each in enumerate(interfaces))
    total = (9 + len(body)).to_bytes(2, "little")
    configuration = bytes([9, 2]) + total + bytes([len(interfaces), 1, 0, 0x80, 50]) + body
    return head + bytes([0, 1, 1, 2, 3, 1]), configuration


def volume_name(number, place):
    """Return a volume's name, each time the same."""
    return f"\\\\?\\Volume{{00000000-0000-0000-{number:04x}-{place:012x}}}\\"


class Plugged:
    """One plugged device with one disk and its volumes."""

    def __init__(self, instance, interfaces, arrived, volumes, functions=()):
        self.instance = instance
        self.interfaces = interfaces
        self.arrived = arrived
        self.volumes = list(volumes)
        self.functions = functions
        self.by_driver = False
        """Windows has a driver for it that makes a disk of it, whatever it says of itself."""
        self.started = {}
        self.problem = {}

    def nodes(self):
        return (self.instance, *(name for name, _ in self.functions))

    def interfaces_of(self, node):
        own = dict(self.functions).get(node)
        return (own,) if own else ("",) if self.functions else self.interfaces


class WindowsMachine:
    """Everything behind the slices."""

    def __init__(self, content=None):
        self.registry = FakeRegistry(content or EDUCATION)
        self.plugged = {}
        self.absent = []
        self.forgotten = []
        self.problems = {}
        """By function: the code with which it fails."""
        self.auto_mount = True
        self.mounted = {"C:\\": "\\\\?\\Volume{00000000-0000-0000-0000-0000000000c0}\\"}
        self.read_only = set()
        self.stays_writable = False
        self.busy = False
        """A program holds a file: a polite request to go is refused."""
        self.contents = {}
        """By volume: a folder here that stands for what is on it."""
        self.lock_state = {}
        """By volume: 1 while BitLocker keeps it closed; not there: not encrypted."""
        self.passphrase = "tulips in March"
        self.bitlocker = True
        self.dismounted = []
        self.waits = 0
        self.limits = ()
        """As whom this thread goes on, at most; empty: with all rights."""
        self._arrivals = iter(range(1000, 10**6, 1000))
        self._numbers = iter(range(1, 10**6))

    # ---- what tests do ----

    def plug(
        self, instance=STICK, interfaces=("080650",), volumes=1, functions=(), product=0x1666, by_driver=False
    ):
        number = next(self._numbers)
        names = [
            f"\\\\?\\Volume{{00000000-0000-0000-{number:04x}-{place:012x}}}\\"
            for place in range(1, volumes + 1)
        ]
        found = Plugged(instance, interfaces, next(self._arrivals), names, functions)
        found.number = number
        found.by_driver = by_driver
        found.product = product
        self.plugged[instance] = found
        for node in found.nodes():
            self._evaluate(found, node)
        return found

    def pull(self, instance=STICK):
        found = self.plugged.pop(instance)
        self.mounted = {p: v for p, v in self.mounted.items() if v not in found.volumes}
        self.read_only.discard(found.number)

    def is_open(self, instance=STICK):
        return any(self.plugged[instance].started.values())

    def door(self, config, start_scan=None, sid_of=lambda uid: f"S-1-5-21-1-2-3-{uid}"):
        slices = Slices(self, self, self, self, self.registry, self, self, start_scan or (lambda _job: None))
        return WindowsUsb(config, sid_of, slices, rest=lambda _seconds: None)

    def rules(self, what):
        if self.registry.read(RESTRICTIONS, what) != 1:
            return set()
        return {str(value).upper() for value in self.registry.values(rf"{RESTRICTIONS}\{what}").values()}

    # ---- the rules ----

    def _evaluate(self, found, node):
        """Start a node, or not, as Windows does when it comes or is tried again."""
        if found.problem.get(node) == DISABLED:
            return
        ids = set(self._ids(found.interfaces_of(node)))
        layered = self.registry.read(RESTRICTIONS, "AllowDenyLayered") == 1
        allowed = layered and node.upper() in self.rules("AllowInstanceIDs")
        found.started[node] = allowed or not ids & {each.upper() for each in self.rules("DenyDeviceIDs")}
        found.problem[node] = 0 if found.started[node] else BLOCKED
        if found.started[node] and self._is_storage(found, node):
            for (
                volume
            ) in found.volumes:  # a removable disk gets its letter whatever the mount manager was told
                free = next(c for c in "DEFGHIJ" if f"{c}:\\" not in self.mounted)
                self.mounted[f"{free}:\\"] = volume

    @staticmethod
    def _ids(interfaces):
        for each in interfaces:
            if each:
                yield f"USB\\CLASS_{each[:2]}&SUBCLASS_{each[2:4]}&PROT_{each[4:]}".upper()
                yield f"USB\\CLASS_{each[:2]}".upper()

    # ---- devices ----

    def _fail(self, function):
        if function in self.problems:
            raise WinProblem(function, self.problems[function])

    def _node(self, found, name):
        interfaces = found.interfaces_of(name)
        parent = HUB if name == found.instance else found.instance
        return Node(
            name, parent, (name.rpartition("\\")[0],), tuple(self._ids(interfaces)), found.arrived,
            found.number, found.started.get(name, False), found.problem.get(name, 0), "Kingston", "Traveler",
        )  # fmt: skip

    def usb_nodes(self):
        self._fail("usb_nodes")
        hub = Node(HUB, "PCI\\X", (), ("USB\\ROOT_HUB30",), 1, 0, True, 0, "", "")
        return [hub, *(self._node(each, name) for each in self.plugged.values() for name in each.nodes())]

    def absent_usb_nodes(self):
        return self.absent

    def node(self, instance):
        return next((each for each in self.usb_nodes() if each.instance == instance.upper()), None)

    def below(self, instance):
        found = self.plugged.get(instance)
        if found is None:
            return []
        disk = [f"USBSTOR\\DISK\\{found.number}"] if self._disk_is_there(found) else []
        return [*(name for name, _ in found.functions), *disk]

    @staticmethod
    def _is_storage(found, node):
        return found.by_driver or any(each.startswith("08") for each in found.interfaces_of(node))

    def _disk_is_there(self, found):
        return any(started and self._is_storage(found, name) for name, started in found.started.items())

    def _owner(self, instance):
        for found in self.plugged.values():
            if instance.upper() in [each.upper() for each in found.nodes()]:
                return found
        raise WinProblem("CM_Locate_DevNode", 0x0D)

    def enable(self, instance):
        self._fail("enable")
        found = self._owner(instance)
        found.problem[instance] = 0
        for node in found.nodes() if instance == found.instance else (instance,):
            self._evaluate(found, node)

    def install(self, instance):
        self._fail("install")
        self._evaluate(self._owner(instance), instance)

    def disable(self, instance, absolute):
        self._fail("disable")
        found = self._owner(instance)
        if self.busy and not absolute:
            raise WinProblem("CM_Disable_DevNode", 0x17)
        self._take_out(found, instance, DISABLED)

    def remove(self, instance):
        self._fail("remove")
        self._take_out(self._owner(instance), instance, REMOVED)

    def _take_out(self, found, instance, problem):
        found.started[instance], found.problem[instance] = False, problem
        if instance == found.instance:  # what hangs on it goes with it
            found.started = dict.fromkeys(found.started, False)
        self.mounted = {p: v for p, v in self.mounted.items() if v not in found.volumes}

    def forget(self, instance):
        self._fail("forget")
        if instance not in [each.instance for each in (*self.absent, *self.usb_nodes())]:
            raise WinProblem("CM_Locate_DevNode", 0x0D)
        self.forgotten.append(instance)

    def wait_for_change(self, seconds):
        self.waits += 1
        if self.waits > 3:
            raise WinProblem("wait_for_change", 0)
        return False

    # ---- hubs ----

    def _on(self, port):
        self._fail("hub")
        return next(each for each in self.plugged.values() if each.number == port)

    def device_descriptor(self, hub, port):
        found = self._on(port)
        every = [each for _, each in found.functions] or found.interfaces
        return descriptors(*every, product=found.product)[0]

    def configuration(self, hub, port, index):
        found = self._on(port)
        return descriptors(*([each for _, each in found.functions] or found.interfaces))[1]

    def text(self, hub, port, index):
        found = self._on(port)
        return {1: "Kingston", 2: "DataTraveler", 3: found.instance.rpartition("\\")[2]}[index]

    # ---- disks and volumes ----

    def disks(self):
        self._fail("disks")
        return [
            DiskFound(f"USBSTOR\\DISK\\{each.number}", each.number, 32_000_000_000, each.arrived)
            for each in self.plugged.values()
            if self._disk_is_there(each)
        ]

    def _volumes_there(self):
        return {v: each for each in self.plugged.values() if self._disk_is_there(each) for v in each.volumes}

    def volumes(self):
        return [self.mounted["C:\\"], *self._volumes_there()]

    def disks_of(self, volume):
        if volume == self.mounted["C:\\"]:
            return (0,)
        found = self._volumes_there().get(volume)
        if found is None:
            raise WinProblem("CreateFile", FILE_NOT_FOUND)
        return (found.number,)

    def system_disks(self):
        return (0,)

    def filesystem(self, volume):
        self.disks_of(volume)
        return "" if self.lock_state.get(volume) == 1 else "exFAT"

    def mount_points(self, volume):
        return [point for point, held in self.mounted.items() if held == volume]

    def volume_at(self, point):
        return self.mounted.get(point, "")

    def letters(self):
        return "".join(point[0] for point in self.mounted if len(point) == 3)

    def mount(self, volume, point):
        self._fail("mount")
        self.disks_of(volume)
        if point in self.mounted:
            raise WinProblem("SetVolumeMountPoint", ACCESS_DENIED)
        self.mounted[point] = volume
        if volume in self.contents and len(point) > 3:
            Path(point).rmdir()
            Path(point.rstrip(os.sep)).symlink_to(self.contents[volume])

    def unmount(self, point):
        self._fail("unmount")
        if self.mounted.pop(point, None) is None:
            raise WinProblem("DeleteVolumeMountPoint", FILE_NOT_FOUND)
        place = Path(point.rstrip(os.sep))
        if place.is_symlink():
            place.unlink()
            place.mkdir()

    def dismount(self, volume):
        self._fail("dismount")
        self.dismounted.append(volume)

    def mounts_by_itself(self):
        self._fail("mounts_by_itself")
        return self.auto_mount

    def set_mounts_by_itself(self, on):
        self.auto_mount = on

    def is_read_only(self, disk):
        return disk in self.read_only

    def set_read_only(self, disk, on):
        self._fail("set_read_only")
        if on and not self.stays_writable:
            self.read_only.add(disk)
        elif not on:
            self.read_only.discard(disk)

    # ---- BitLocker ----

    def query(self, namespace, wql):
        self._fail("query")
        if namespace != NAMESPACE or not self.bitlocker:
            raise WinProblem("query", 0x8004100E)
        volume = wql.partition("DeviceID = '")[2].rstrip("'").replace("\\\\", "\\")
        return [{"DeviceID": volume, "__PATH": volume}] if volume in self._volumes_there() else []

    def call(self, namespace, path, method, arguments):
        self._fail(method)
        state = self.lock_state.get(path)
        answers = {
            "GetLockStatus": {"LockStatus": int(state == 1)},
            "GetConversionStatus": {"ConversionStatus": int(state is not None)},
            "GetProtectionStatus": {"ProtectionStatus": int(state is not None)},
        }
        if method in answers:
            return answers[method] | {"ReturnValue": 0}
        if method == "Lock":
            self.lock_state[path] = 1
            return {"ReturnValue": 0}
        if next(iter(arguments.values())) != self.passphrase:
            return {"ReturnValue": 0x80310027 - (1 << 32)}
        self.lock_state[path] = 0
        return {"ReturnValue": 0}

    # ---- rights ----

    @contextlib.contextmanager
    def limited_to(self, sids):
        self._fail("limited_to")
        self.limits = tuple(sids)
        try:
            yield
        finally:
            self.limits = ()

    def set_acl(self, path, sddl):
        self._fail("set_acl")
        self.acls = {**getattr(self, "acls", {}), path: sddl}


def config_in(folder):
    """Return a machine's configuration below this folder."""
    return Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))


def make_volume(machine, volume, folder, files):
    """Put files onto a volume; return the folder that stands for it."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    machine.contents[volume] = folder
    return folder
