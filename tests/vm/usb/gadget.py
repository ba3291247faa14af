#!/usr/bin/python3
"""Runs in the laptop as root: USB devices of our own making, on the kernel's dummy bus.

gadget.py up '{"name": "stick", "files": ["/root/stick.img"], "serial": "STICK"}'
gadget.py down stick
"""

# What stands in these folders are switches, not files.
# ruff: noqa: PTH103, PTH112, PTH119, PTH123, PTH208, PTH211

import json
import os
import subprocess
import sys

TOP = "/sys/kernel/config/usb_gadget"
KEYBOARD = bytes.fromhex(
    "05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910395067508"
    "150025650507190029658100c0"
)


def write(path: str, value: bytes | str) -> None:
    """Write one attribute."""
    with open(path, "wb") as file:
        file.write(value.encode("latin-1") if isinstance(value, str) else value)


def up(wish: dict) -> None:
    """Make a device and plug it in. Texts are taken byte for byte (latin-1)."""
    subprocess.run(["modprobe", "-a", "libcomposite", "dummy_hcd"], check=True)
    if not os.path.isdir(TOP):
        subprocess.run(["mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)
    top = f"{TOP}/{wish['name']}"
    if not os.path.isdir(top):
        make(top, wish)
    write(f"{top}/UDC", sorted(os.listdir("/sys/class/udc"))[0])


def make(top: str, wish: dict) -> None:
    """Describe the device to the kernel."""
    os.makedirs(f"{top}/strings/0x409")
    os.makedirs(f"{top}/configs/c.1")
    write(f"{top}/idVendor", wish.get("vendor", "0x1d6b"))
    write(f"{top}/idProduct", wish.get("product", "0x0104"))
    write(f"{top}/bcdDevice", "0x0100")
    for name in ("serial", "manufacturer", "product_name"):
        if name in wish:
            attribute = {"serial": "serialnumber", "product_name": "product"}.get(name, name)
            write(f"{top}/strings/0x409/{attribute}", wish[name])
    functions = []
    if wish.get("files"):
        functions.append(f"{top}/functions/mass_storage.0")
        os.makedirs(functions[-1])
        write(f"{functions[-1]}/stall", "0")
        for number, file in enumerate(wish["files"]):
            lun = f"{functions[-1]}/lun.{number}"
            os.makedirs(lun, exist_ok=True)
            write(f"{lun}/removable", "1")
            write(f"{lun}/file", file)
    if wish.get("keyboard"):
        functions.append(f"{top}/functions/hid.0")
        os.makedirs(functions[-1])
        for name, value in (("protocol", "1"), ("subclass", "1"), ("report_length", "8")):
            write(f"{functions[-1]}/{name}", value)
        write(f"{functions[-1]}/report_desc", KEYBOARD)
    for function in functions:
        os.symlink(function, f"{top}/configs/c.1/{os.path.basename(function)}")


def down(name: str) -> None:
    """Pull it out; it can be plugged in again."""
    write(f"{TOP}/{name}/UDC", "\n")


if __name__ == "__main__":
    if sys.argv[1] == "up":
        up(json.loads(sys.argv[2]))
    else:
        down(sys.argv[2])
