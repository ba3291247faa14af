"""What a plugged device is, by its bytes and by the ids that Windows gives it. Pure, and believes neither.

The bytes are those that Linux reads too, so an approval for a stick holds on both. Where the hub will not
tell them, the ids stand in: then the same stick is another one than on Linux, and is asked for again.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent.backends.usb import Seen
from agent.backends.usb_descriptors import Descriptors, decide_class, read_descriptors
from agent.backends.windows_nodes import Node
from policies.media import GATED, Identity, MediaClass, classify, join_interfaces
from policies.records import short

_DEVICE = re.compile(r"^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})\\(.+)$")
_CLASS = re.compile(r"^USB\\CLASS_([0-9A-F]{2})(?:&SUBCLASS_([0-9A-F]{2})(?:&PROT_([0-9A-F]{2}))?)?$")
_DISKS = ("USBSTOR\\", "SCSI\\")
_MTP = ("USB\\MS_COMP_MTP", "USB\\MS_COMP_PTP")
_VOLUME = re.compile(
    r"^\\\\\?\\Volume\{[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}\\$"
)
MOST_TEXT = 120


class Told(NamedTuple):
    """What a device says of itself through its hub."""

    content: bytes
    """Its descriptors: the device's, then every configuration, as Linux has them in `descriptors`."""
    serial: str
    maker: str
    product: str


def is_device(instance: str) -> bool:
    """Say whether this is a whole device: neither a hub of the machine's own nor one function of several."""
    return _DEVICE.match(instance.upper()) is not None


def makes_disks(below: Iterable[str]) -> bool:
    """
    Say whether a driver has made disks of what these nodes are beneath.

    What has whole devices beneath it is a hub: their disks are their own.
    """
    names = [each.upper() for each in below]
    return any(each.startswith(_DISKS) for each in names) and not any(is_device(each) for each in names)


def is_volume(name: str) -> bool:
    """Say whether this names a volume, and nothing else that a path may reach."""
    return _VOLUME.match(name) is not None


def serial_of(instance: str) -> str:
    """
    Return the serial number in an instance id; empty if Windows made it up.

    It makes one up, with `&` as its second letter, where the device gives none or gives one twice: then it
    stands for the port, not for the device.
    """
    last = instance.rpartition("\\")[2]
    return "" if last[1:2] == "&" else last


def interfaces_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the interfaces (`080650`) that Windows found, by the compatible ids of a device's nodes."""
    found: dict[str, None] = {}
    for node in nodes:
        whole = [m for each in node.compatible_ids if (m := _CLASS.match(each.upper())) and m[3]]
        for match in whole:
            found[f"{match[1]}{match[2]}{match[3]}".lower()] = None
    return tuple(found)


def class_by_ids(nodes: Sequence[Node]) -> MediaClass:
    """Return what Windows would use a device as."""
    ids = [each.upper() for node in nodes for each in (*node.compatible_ids, *node.hardware_ids)]
    classes = {f"{match[1]}0000".lower() for each in ids if (match := _CLASS.match(each))}
    return classify(classes, speaks_mtp=any(each in _MTP for each in ids))


def gated_nodes(nodes: Sequence[Node]) -> list[Node]:
    """Return those nodes of one device that give access to files; the device itself if no id says which."""
    found = [node for node in nodes if class_by_ids([node]) in GATED]
    return found or list(nodes[:1])


def switched_nodes(nodes: Sequence[Node], media_class: MediaClass) -> list[Node]:
    """Return which nodes of a device are switched: all of it, at its top, where it is refused whole."""
    return list(nodes[:1]) if media_class == "mixed" else gated_nodes(nodes)


def decide_windows_class(said: Descriptors | None, nodes: Sequence[Node]) -> MediaClass:
    """
    Return what a device is to us: gated if Windows would use it so, or if its bytes say so and add up.

    Bytes that do not add up shut nothing by themselves: a laptop whose hub tells them wrongly would lose its
    keyboard. What Windows takes for storage is shut whatever the bytes say.
    """
    by_ids = class_by_ids(nodes)
    if said is None or not said.whole:
        return by_ids
    by_bytes = decide_class(said)
    kinds = {by_ids, by_bytes}
    if not kinds & GATED:
        return by_bytes
    if "mixed" in kinds or "input" in kinds:
        return "mixed"
    return by_bytes if by_bytes in GATED else by_ids


def identify(nodes: Sequence[Node], told: Told | None) -> Seen:
    """Return the device whose nodes these are: its own first, then its functions."""
    device = nodes[0]
    match = _DEVICE.match(device.instance)
    vendor, model = (match[1].lower(), match[2].lower()) if match else ("0000", "0000")
    said = read_descriptors(told.content) if told is not None else None
    media_class = decide_windows_class(said, nodes)
    if told is not None and said is not None and said.whole:
        if (int(vendor, 16), int(model, 16)) != (said.vendor, said.product) and media_class in GATED:
            media_class = "mixed"  # it told Windows and us different things
        descriptors = hashlib.sha256(told.content).hexdigest()
        interfaces = join_interfaces(said.interfaces)
        serial, maker, product = told.serial, told.maker, told.product
    else:
        ids = "\n".join(sorted({each.upper() for node in nodes for each in node.compatible_ids}))
        descriptors = hashlib.sha256(f"ids\n{ids}".encode()).hexdigest()
        interfaces = join_interfaces(interfaces_of(nodes))
        serial, maker, product = serial_of(device.instance), device.maker, device.product
    return Seen(
        name=device.instance,
        number=device.arrived,
        bus=0,
        identity=Identity(
            vendor=vendor,
            model=model,
            serial=harmless(serial)[:200],
            descriptors=descriptors,
            interfaces=interfaces,
        ),
        maker=harmless(maker),
        model=harmless(product),
        media_class=media_class,
        authorized=any(node.started for node in switched_nodes(nodes, media_class)),
    )


def harmless(text: str) -> str:
    """Return a device's text without anything that is not seen itself."""
    plain = text.strip().strip("\0").strip()
    return short("".join(c if c == " " or c.isprintable() else "\ufffd" for c in plain))


def sequence_of(instance: str, arrived: int) -> int:
    """Return a number for a disk at this plugging-in; another plug or another disk gives another one."""
    content = f"{instance.upper()}\n{arrived}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") >> 1
