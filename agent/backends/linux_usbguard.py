"""Machines where USBGuard runs already: two writers of one switch would fight, so we drive it instead.

USBGuard shuts by default and fails closed; we only say allow or block about single devices, through its
own command line, never permanently. Device numbers there are its own; they are found by the kernel's place.
"""

import re
import shutil
import subprocess

from agent.backends.usb import Seen
from agent.errors import DeviceFailed

_SECONDS = 30.0
"""It asks its daemon over a bus: seen to take 10 s on a laptop with one busy processor."""
_LINE = re.compile(r"^(?P<id>[0-9]+): (?P<target>allow|block|reject) id (?P<usb>[0-9a-f]{4}:[0-9a-f]{4}) ")
_PORT = re.compile(r' via-port "(?P<port>[^"\\]*)"')


def find_number(listing: str, seen: Seen) -> str | None:
    """
    Return USBGuard's number of a device from the output of `list-devices`, or None.

    Strings of the device stand quoted and escaped in it; only the id and the port are read.
    """
    wanted = f"{seen.identity.vendor}:{seen.identity.model}"
    for line in listing.splitlines():
        head, port = _LINE.match(line), _PORT.search(line)
        if head and port and head["usb"] == wanted and port["port"] == seen.name:
            return head["id"]
    return None


def is_active() -> bool:
    """Say whether USBGuard's daemon runs here. *Slow.*"""
    if not shutil.which("usbguard"):
        return False
    try:
        return _run("systemctl", "is-active", "--quiet", "usbguard").returncode == 0
    except DeviceFailed:
        return False


class UsbGuard:
    """USBGuard's switch for single devices."""

    def let_in(self, seen: Seen) -> None:
        """Allow this device until it is pulled out."""
        self._say("allow-device", seen)

    def shut(self, seen: Seen) -> None:
        """Block this device."""
        self._say("block-device", seen)

    def _say(self, word: str, seen: Seen) -> None:
        number = find_number(_run("usbguard", "list-devices").stdout, seen)
        if number is None:
            raise DeviceFailed(f"USBGuard does not know {seen.name}")
        done = _run("usbguard", word, number)
        if done.returncode != 0:
            raise DeviceFailed(f"USBGuard would not {word} {seen.name}: {done.stderr.strip()[:120]}")


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DeviceFailed(f"{command[0]} did not answer") from problem
