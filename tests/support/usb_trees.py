"""A /sys that exists only as files, and descriptors written by hand, for tests without a kernel."""

import struct

STICK = ((0x08, 0x06, 0x50),)
KEYBOARD = ((0x03, 0x01, 0x01),)
MOUSE = ((0x03, 0x01, 0x02),)
HUB = ((0x09, 0x00, 0x00),)
CAMERA = ((0x06, 0x01, 0x01),)
BAD_USB = STICK + KEYBOARD
HEADSET = ((0x01, 0x01, 0x00), (0x01, 0x02, 0x00), (0x03, 0x00, 0x00))


def descriptors(*configurations, vendor=0x0951, product=0x1666, device_class=0):
    """Return the bytes of a device with these configurations, each a tuple of interfaces."""
    content = struct.pack(
        "<BBHBBBBHHHBBBB", 18, 1, 0x0200, device_class, 0, 0, 64, vendor, product, 0x0110, 1, 2, 3,
        len(configurations),
    )  # fmt: skip
    for number, interfaces in enumerate(configurations, 1):
        body = b"".join(
            struct.pack("<BBBBBBBBB", 9, 4, place, 0, 0, *interface, 0)
            for place, interface in enumerate(interfaces)
        )
        content += struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(interfaces), number, 0, 0x80, 50) + body
    return content


class UsbTree:
    """`bus/usb/devices` and the module's parameter, as files."""

    def __init__(self, root, buses=2):
        self.root = root
        self.devices = root / "bus" / "usb" / "devices"
        self.devices.mkdir(parents=True)
        self.module = root / "module" / "usbcore" / "parameters" / "authorized_default"
        self.module.parent.mkdir(parents=True)
        self.module.write_text("1\n")
        self._numbers = 1
        for bus in range(1, buses + 1):
            self.add_bus(bus)

    def add_bus(self, bus):
        folder = self.devices / f"usb{bus}"
        folder.mkdir()
        (folder / "authorized_default").write_text(self.module.read_text())
        (folder / "devnum").write_text("1\n")

    def plug(self, name, *configurations, serial="AA01", model="DataTraveler", authorized=None, **more):
        """Plug a device in; the bus's default says whether the kernel uses it."""
        self._numbers += 1
        bus = name.partition("-")[0]
        folder = self.devices / name
        folder.mkdir()
        content = descriptors(*configurations, **more)
        default = (self.devices / f"usb{bus}" / "authorized_default").read_text().strip()
        fields = {
            "authorized": f"{default if authorized is None else authorized}\n",
            "devnum": f"{self._numbers}\n",
            "busnum": f"{bus}\n",
            "idVendor": f"{more.get('vendor', 0x0951):04x}\n",
            "idProduct": f"{more.get('product', 0x1666):04x}\n",
            "manufacturer": "Kingston\n",
        }
        if serial is not None:
            fields["serial"] = serial + "\n"
        if model is not None:
            fields["product"] = model + "\n"
        (folder / "descriptors").write_bytes(content)
        for field, value in fields.items():
            (folder / field).write_bytes(value.encode("utf-8", "surrogateescape"))
        return folder

    def pull(self, name):
        folder = self.devices / name
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    def is_open(self, name):
        return (self.devices / name / "authorized").read_text().strip() == "1"
