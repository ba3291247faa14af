"""Shutting USB on Windows: its own rules for devices, and one device's switch.

A device whose kind is denied gets no driver; it is still listed, so its owner can ask for it. It is let in by
its instance id, and Windows is asked to try again. Shutting takes the permission away first, so that nothing
lets it in again, and then its driver. Whoever changes the rules meanwhile finds them put back.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agent.backends import windows_usb_policy as policy
from agent.backends.device import Capability
from agent.backends.usb import Change, Seen
from agent.backends.win32_problem import ACCESS_DENIED, PRIVILEGE_NOT_HELD, WinProblem
from agent.backends.windows_nodes import Devices, DiskFound, Hubs, Node, Volumes
from agent.backends.windows_slices import RegistryCalls
from agent.backends.windows_usb_changes import Mark, StillOpen, decide_changes
from agent.backends.windows_usb_ids import (
    Told,
    gated_nodes,
    identify,
    is_device,
    makes_disks,
    sequence_of,
    switched_nodes,
)
from agent.backends.windows_usb_rules import Rules
from agent.errors import DeviceFailed
from policies.media import GATED, MediaClass

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 2.0
"""Windows' own word of a change comes at once; this is how long it may be missing."""
STARTS_WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_DISABLED = 22
_CONFIGURATIONS = 8


class Texts(NamedTuple):
    """Where a device's own words are numbered in its descriptor: maker, product and serial number."""

    maker: int
    product: int
    serial: int


class WindowsSwitch:
    """The USB devices of this machine, and what is allowed about them."""

    def __init__(
        self,
        devices: Devices,
        hubs: Hubs,
        registry: RegistryCalls,
        volumes: Volumes,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._devices = devices
        self._hubs = hubs
        self._registry = registry
        self._volumes = volumes
        self._rest = rest
        self._told: dict[tuple[str, int], Told | None] = {}
        """By plug: what a device said of itself, asked once; a second answer may be another one."""
        self._let_in: dict[str, set[str]] = {}
        """By device: the names of the permissions that let it in."""
        self._made_disks: set[tuple[str, int]] = set()
        """By plug: what is storage by its driver, whatever it says of itself."""
        self._still_open = StillOpen()
        self._rules = Rules(registry, volumes)

    # ---- can it be done, and is it ----

    def capability(self) -> Capability:
        """Say whether shut means shut here."""
        try:
            support = policy.decide_support(self._registry.read)
            if not support.works:
                return Capability("lacking", support.why, support.remedy)
            if self._runs_from_usb():
                why = "Windows itself runs from a USB disk here: shutting USB would end it"
                return Capability("lacking", why, 'take usb = "leave" on this machine')
            self._registry.write_number(policy.OWN_USB, "Probe", 1)
            self._registry.delete_value(policy.OWN_USB, "Probe")
        except WinProblem as problem:
            if problem.code in (ACCESS_DENIED, PRIVILEGE_NOT_HELD):
                return Capability("broken", "the service does not run as SYSTEM", "install it by its MSI")
            return Capability("broken", str(problem), "gatepost-agent doctor")
        return Capability("works", support.why, support.remedy)

    def _runs_from_usb(self) -> bool:
        own = set(self._volumes.system_disks())
        disks = {disk.instance.upper() for disk in self._volumes.disks() if disk.number in own}
        return any(
            below.upper() in disks
            for node in self._devices.usb_nodes()
            if is_device(node.instance)
            for below in self._devices.below(node.instance)
        )

    def shuts(self) -> bool:
        """Say whether every rule stands as it should."""
        return self._rules.stand()

    def shut_all(self) -> None:
        """Set the rules; what a service that was killed had let in is let in no longer."""
        self._rules.shut()
        self._forget_absent()
        if not self.shuts():
            raise DeviceFailed("Windows' rules for devices do not stand although they were set")

    def _forget_absent(self) -> None:
        """Uninstall sticks of former days: for a new device Windows surely asks its rules."""
        for node in self._devices.absent_usb_nodes():
            if is_device(node.instance) and identify([node], None).media_class in GATED:
                try:
                    self._devices.forget(node.instance)
                except WinProblem as problem:
                    log.warning("a stick of former days stays installed", extra={"problem": str(problem)})

    def open_all(self) -> None:
        """Leave USB to Windows again, as it was before; raises the first problem when all was tried."""
        try:
            self._rules.give_back()
        finally:
            self._start_all()

    def _start_all(self) -> None:
        for nodes in self._groups():
            media_class = self._see(nodes).media_class
            for node in switched_nodes(nodes, media_class):
                if node.started or media_class not in GATED:
                    continue
                try:
                    self._start(node)
                except WinProblem as problem:  # pulled out meanwhile, or without a driver
                    log.info("a device was not started", extra={"problem": str(problem)})

    # ---- the devices ----

    def present(self) -> list[Seen]:
        """Return every device but hubs of the machine's own, in the order of their names."""
        seen = [self._see(nodes) for nodes in self._groups()]
        here = {each.plug for each in seen}
        # A list first: the watch adds to it meanwhile.
        self._told = {plug: told for plug, told in list(self._told.items()) if plug in here}
        self._made_disks &= here
        return sorted(seen, key=lambda each: each.name)

    def look(self, name: str) -> Seen | None:
        """Return the device with this instance id, or None."""
        nodes = self._nodes_of(name)
        return self._see(nodes) if nodes else None

    def _nodes_of(self, name: str) -> list[Node]:
        if not is_device(name):
            return []
        device = self._devices.node(name)
        if device is None:
            return []
        found = (self._devices.node(each) for each in self._devices.below(name) if _is_function(each))
        return [device, *(node for node in found if node is not None and node.parent == name)]

    def _groups(self) -> Iterator[list[Node]]:
        nodes = self._devices.usb_nodes()
        for device in nodes:
            if is_device(device.instance):
                yield [device, *(each for each in nodes if each.parent == device.instance and each != device
                                 and _is_function(each.instance))]  # fmt: skip

    def _see(self, nodes: Sequence[Node]) -> Seen:
        seen = identify(nodes, self._tell(nodes[0]))
        if seen.media_class in GATED or seen.media_class == "hub":
            return seen
        if seen.plug not in self._made_disks:
            # Windows has drivers for storage that go by maker and model, whatever the device says it is.
            started = any(node.started for node in nodes)
            if not started or not makes_disks(self._devices.below(seen.name)):
                return seen
            self._made_disks.add(seen.plug)
        media_class: MediaClass = "mixed" if seen.media_class == "input" else "storage"
        return seen._replace(
            media_class=media_class,
            authorized=any(node.started for node in switched_nodes(nodes, media_class)),
        )

    def _tell(self, device: Node) -> Told | None:
        """Return what a device says of itself, or None if its hub would not tell."""
        plug = (device.instance, device.arrived)
        if plug in self._told:
            return self._told[plug]
        try:
            told = self._ask_hub(device)
        except WinProblem:
            told = None
        self._told[plug] = told
        return told

    def _ask_hub(self, device: Node) -> Told:
        hub, port = device.parent, device.port
        own = self._hubs.device_descriptor(hub, port)
        configurations = min(own[17] if len(own) > 17 else 0, _CONFIGURATIONS)
        content = own + b"".join(self._hubs.configuration(hub, port, n) for n in range(configurations))
        numbers = Texts(*own[14:17]) if len(own) > 16 else Texts(0, 0, 0)
        maker, product, serial = (self._text(hub, port, number) for number in numbers)
        return Told(content, serial, maker, product)

    def _text(self, hub: str, port: int, number: int) -> str:
        try:
            return self._hubs.text(hub, port, number) if number else ""
        except WinProblem:
            return ""

    # ---- the switch of one device ----

    def let_in(self, seen: Seen) -> None:
        """Have Windows use this very device; raises DeviceFailed if it is another one, or does not start."""
        now, nodes = self.look(seen.name), self._nodes_of(seen.name)
        if now is None or now.plug != seen.plug or now.identity != seen.identity:
            raise DeviceFailed(f"another device is in the place of {seen.name} by now")
        if now.media_class not in GATED:
            return
        for node in (nodes[0], *(each for each in nodes[1:] if each in gated_nodes(nodes))):
            entry = policy.allowed(node.instance)
            self._let_in.setdefault(seen.name, set()).add(entry.name)
            self._rules.allow(entry)
        for node in gated_nodes(nodes):
            if not node.started:
                self._start(node)
        if not self._waits(seen, authorized=True):
            raise DeviceFailed(f"Windows does not start {seen.name}")

    def _start(self, node: Node) -> None:
        if node.problem == _DISABLED:
            self._devices.enable(node.instance)
        else:
            self._devices.install(node.instance)

    def shut(self, seen: Seen) -> None:
        """Take the device away from Windows; does nothing if it is gone. Raises DeviceFailed if it stays."""
        nodes = self._nodes_of(seen.name)
        self._forbid(seen.name, nodes)
        for node in switched_nodes(nodes, seen.media_class):
            if node.started:
                self._disable(node.instance)
        if not self._waits(seen, authorized=False):
            raise DeviceFailed(f"{seen.name} is still in use although it was shut")

    def _forbid(self, name: str, nodes: Sequence[Node] = ()) -> None:
        """Take the permission back, also of functions that are not there any more."""
        names = self._let_in.pop(name, set()) | {policy.allowed(node.instance).name for node in nodes}
        self._rules.forbid(names)

    def _disable(self, instance: str) -> None:
        """Take a node's driver away: politely, by force, and out of the tree where both are refused."""
        ways: tuple[Callable[[], None], ...] = (
            lambda: self._devices.disable(instance, absolute=False),
            lambda: self._devices.disable(instance, absolute=True),  # whoever holds a file open loses it
            lambda: self._devices.remove(instance),  # keyboards and what is one device with them
        )
        last: WinProblem | None = None
        for way in ways:
            try:
                way()
            except WinProblem as problem:
                log.info("a device did not go at once", extra={"problem": str(problem)})
                last = problem
            else:
                return
        if last is not None and self._devices.node(instance) is not None:
            raise last

    def _waits(self, seen: Seen, *, authorized: bool) -> bool:
        """Wait until a device is in use, or is not; one that is gone is not."""
        for _ in range(int(STARTS_WITHIN_SECONDS / _LOOK_SECONDS)):
            nodes = self._nodes_of(seen.name)
            in_use = any(node.started for node in switched_nodes(nodes, seen.media_class))
            if in_use is authorized:
                return True
            if not nodes:
                return False
            self._rest(_LOOK_SECONDS)
        return False

    # ---- what changes ----

    def watch(self, on_change: Callable[[Change], None]) -> None:
        """Tell every change, for ever: Windows' word wakes us, and the list itself says what it was."""
        known: Mapping[str, Mark] = {}
        on_change(Change("lost"))
        hears = True
        while True:
            try:
                known = self.tell_changes(known, on_change)
                hears = True
            except WinProblem as problem:
                if hears:  # said once, not every two seconds
                    log.warning("the devices cannot be listed", extra={"problem": str(problem)})
                hears = False
            self._devices.wait_for_change(RECONCILE_SECONDS)

    def tell_changes(
        self, known: Mapping[str, Mark], on_change: Callable[[Change], None]
    ) -> Mapping[str, Mark]:
        """Compare with what was known, tell it, and put back rules that somebody changed."""
        try:
            self._rules.keep()
        except WinProblem as problem:
            log.error("the rules for devices cannot be kept", extra={"problem": str(problem)})
        groups = list(self._groups())
        now = {each[0].instance: self._mark(each) for each in groups}
        for nodes in groups:
            self._tell(nodes[0])  # here, where waiting for a device that does not answer holds nobody up
        changes = decide_changes(known, now)
        if self._rules.are_wanted:
            again = self._still_open.to_tell(now, self._let_in)
            changes += [Change("add", name) for name in again if Change("add", name) not in changes]
        for change in changes:
            if change.action == "remove":
                # It may come back at once, and must be as shut then as any other.
                self._forbid(change.name)
            on_change(change)
        return now

    def _mark(self, nodes: Sequence[Node]) -> Mark:
        """Return what tells one plugging-in from another, in use from shut, and other contents."""
        seen = self._see(nodes)
        mark = Mark(nodes[0].arrived, seen.authorized, gated=seen.media_class in GATED)
        if not seen.authorized or seen.name not in self._let_in:
            return mark
        disks = self.disks(seen.name)
        numbers = {disk.number for disk in disks}
        return mark._replace(
            disks=tuple(sorted(sequence_of(disk.instance, disk.arrived) for disk in disks)),
            volumes=tuple(sorted(self.volumes_on(numbers))),
        )

    def disks(self, name: str) -> list[DiskFound]:
        """Return the disks behind a device that have a medium."""
        below = {each.upper() for each in self._devices.below(name)}
        return [disk for disk in self._volumes.disks() if disk.instance.upper() in below]

    def volumes_on(self, disks: set[int]) -> list[str]:
        """Return the volumes on the disks with these numbers."""
        return [each for each in self._volumes.volumes() if disks & set(self._on(each))]

    def _on(self, volume: str) -> tuple[int, ...]:
        try:
            return self._volumes.disks_of(volume)
        except WinProblem:
            return ()  # a reader without a card, or gone


def _is_function(instance: str) -> bool:
    return instance.upper().startswith("USB\\") and "&MI_" in instance.upper()
