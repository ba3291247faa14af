"""What a USB device says it is, read from its own bytes. Pure, and believes none of them.

The kernel hands over the `descriptors` file of a device that no driver has touched yet: the device
descriptor (18 bytes) and every configuration with its interfaces (USB 2.0, chapter 9.6). A hostile stick
writes what it likes there, so a length that is wrong ends the reading and the device is refused whole.
"""

from typing import NamedTuple

from policies.media import MediaClass, classify

MOST_BYTES = 65536
_DEVICE, _CONFIGURATION, _INTERFACE = 1, 2, 4
_DEVICE_BYTES, _CONFIGURATION_BYTES, _INTERFACE_BYTES = 18, 9, 9
_HUB = 0x09
_INPUT, _HUB_HEX = "03", "09"
_VENDOR_MTP, _ADB = "ffff00", "ff4201"


class Descriptors(NamedTuple):
    """Everything of a device's descriptors that is decided on."""

    vendor: int
    product: int
    device_class: int
    interfaces: tuple[str, ...]
    """Class, subclass and protocol of each interface in every configuration, as `080650`; each once."""
    whole: bool
    """Every length was right, and as many configurations came as were announced."""


def read_descriptors(content: bytes) -> Descriptors:
    """Return what the bytes say; never raises. Alternate settings count like interfaces of their own."""
    if len(content) < _DEVICE_BYTES or content[0] < _DEVICE_BYTES or content[1] != _DEVICE:
        return Descriptors(0, 0, 0, (), whole=False)
    vendor = int.from_bytes(content[8:10], "little")
    product = int.from_bytes(content[10:12], "little")
    announced = content[17]
    interfaces: dict[str, None] = {}
    configurations = 0
    whole = len(content) <= MOST_BYTES and content[0] == _DEVICE_BYTES
    position = content[0]
    while position < min(len(content), MOST_BYTES):
        length = content[position]
        if length < 2 or position + length > len(content):
            whole = False
            break
        kind = content[position + 1]
        if kind == _CONFIGURATION:
            configurations += 1
            whole = whole and length >= _CONFIGURATION_BYTES
        elif kind == _INTERFACE:
            if length < _INTERFACE_BYTES or not configurations:
                whole = False
                break
            interfaces[content[position + 5 : position + 8].hex()] = None
        position += length
    whole = whole and configurations == announced and configurations > 0
    return Descriptors(vendor, product, content[4], tuple(interfaces), whole)


def decide_class(said: Descriptors) -> MediaClass:
    """
    Return what this device is to us; one whose descriptors do not add up is `mixed`, and refused whole.

    Phones often put MTP, and always put ADB, behind vendor-specific interfaces. Keyboards with lights have
    vendor-specific interfaces too, so these count only where there is no input beside them.
    """
    if not said.whole or not said.interfaces:
        return "mixed"
    classes = {each[:2] for each in said.interfaces}
    if said.device_class == _HUB or _HUB_HEX in classes:
        return "hub" if classes == {_HUB_HEX} else "mixed"
    speaks_mtp = _ADB in said.interfaces or (_VENDOR_MTP in said.interfaces and _INPUT not in classes)
    return classify(said.interfaces, speaks_mtp=speaks_mtp)
