"""What else on this machine has a say in plugged media, and what a technician does about it.

None of it opens what the kernel was not told to use. But once a stick is let in for its check, a program
that mounts for whoever asks could be quicker than the check.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

RULE = Path("/usr/lib/udev/rules.d/74-gatepost-usb.rules")
_SEARCH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
FIGHTS = ("usbauth",)
"""Writes the same switch: two that write it would undo each other's word."""
MOUNTS = ("pmount", "udevil", "devmon", "usbmount")
"""Mounts with root's rights for whoever asks, and knows nothing of our rule."""
ASKS_UDEV = ("udisksctl", "udiskie", "gvfs-mount")
"""Mounts for whoever asks, but leaves alone what our rule marks."""


class Rivals(NamedTuple):
    """What was found."""

    fights: str = ""
    """The program that has to go before anything is shut here."""
    notes: tuple[str, ...] = ()
    """What doctor says beside *works*."""
    remedies: tuple[str, ...] = ()


def decide_rivals(has: Callable[[str], bool], *, rule: bool, kernel: str) -> Rivals:
    """Return what these programs, our udev rule and the kernel's command line mean. Pure."""
    fights = next((name for name in FIGHTS if has(name)), "")
    notes: list[str] = []
    remedies: list[str] = []
    for name in MOUNTS:
        if has(name):
            notes.append(f"{name} mounts sticks for whoever asks")
            remedies.append(f"remove {name}")
    asks = next((name for name in ASKS_UDEV if has(name)), "")
    if asks and not rule:
        notes.append(f"{asks} may mount a stick while it is checked, since our udev rule is not there")
        remedies.append("install the package, which brings it")
    words = kernel.split()
    if "usbcore.authorized_default=1" in words:
        notes.append("the kernel's command line leaves USB open until this service starts")
        remedies.append("take usbcore.authorized_default=1 out of it")
    if "nousb" in words:
        notes.append("the kernel's command line switches USB off altogether")
    return Rivals(fights, tuple(notes), tuple(remedies))


def find_rivals(rule: Path = RULE) -> Rivals:
    """Look for them on this machine. *Slow.*"""
    try:
        kernel = Path("/proc/cmdline").read_text()
    except OSError:
        kernel = ""
    return decide_rivals(
        lambda name: shutil.which(name, path=_SEARCH) is not None, rule=rule.exists(), kernel=kernel
    )
