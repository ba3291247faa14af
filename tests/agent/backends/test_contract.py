"""What the doors promise is what stands behind them, and what the tests' fakes pretend."""

import inspect
from typing import Protocol

import pytest

from agent.backends import checker as checker_door
from agent.backends import desktop as desktop_door
from agent.backends import device as device_door
from agent.backends import usb as usb_door
from agent.backends.clam_checker import ClamChecker
from agent.backends.desktop_linux import X11Desktop
from agent.backends.device_linux import LinuxDevice
from agent.backends.linux_media import LinuxUsb
from agent.backends.media_helper import Worker
from agent.backends.window_child import WindowChild
from agent.backends.windows_checker import DefenderChecker
from agent.backends.windows_media import WindowsUsb
from agent.backends.windows_scan_child import ScanChild
from tests.support.fake_usb import FakeUsb


def promises(door: type) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(found).parameters)
        for name, found in inspect.getmembers(door, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("door", "real"),
    [
        (device_door.Device, LinuxDevice),
        (usb_door.UsbDoor, LinuxUsb),
        (usb_door.UsbDoor, FakeUsb),
        (usb_door.UsbDoor, WindowsUsb),
        (usb_door.Running, Worker),
        (usb_door.Running, ScanChild),
        (checker_door.Checker, ClamChecker),
        (checker_door.Checker, DefenderChecker),
        (desktop_door.Desktop, X11Desktop),
        (desktop_door.Window, WindowChild),
    ],
)
def test_the_real_thing_keeps_every_promise(door: type[Protocol], real: type) -> None:  # type: ignore[valid-type]
    wanted = promises(door)

    assert wanted == {name: found for name, found in promises(real).items() if name in wanted}
