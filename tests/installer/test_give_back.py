"""USB given back when the package is removed: as it was without Gatepost, and no more than that."""

import subprocess
from pathlib import Path

import pytest

from installer import deb
from tests.support.usb_trees import STICK, UsbTree


@pytest.fixture
def tree(tmp_path: Path) -> UsbTree:
    """A laptop whose USB is shut, with a stick in it."""
    (tmp_path / "root").mkdir()
    tree = UsbTree(tmp_path / "root" / "sys")
    for file in (tree.module, *tree.devices.glob("usb*/authorized_default")):
        file.write_text("0\n")
    tree.plug("1-1", STICK)
    return tree


def give_back(folder: Path, *, usbguard: bool, active: bool) -> list[str]:
    """Run the script as the package does, but for the paths; return the marks it leaves to the udev rule."""
    programs = folder / "programs"
    programs.mkdir()
    said = {"systemctl": f"exit {0 if active else 3}"} | ({"usbguard": "exit 0"} if usbguard else {})
    for name, words in said.items():
        (programs / name).write_text(f"#!/bin/sh\n{words}\n")
        (programs / name).chmod(0o755)
    source, _mode = deb.plan()[str(deb.HOME / "give-back")]
    path = f"{programs}:/usr/bin:/bin"
    subprocess.run(["/bin/sh", source, folder / "root"], check=True, timeout=60, env={"PATH": path})
    return sorted(each.name for each in (folder / "root" / "run" / "gatepost").iterdir())


def is_open(tree: UsbTree) -> set[bool]:
    """Say what is let in: the stick, and what comes to each bus."""
    defaults = (tree.module, *tree.devices.glob("usb*/authorized_default"))
    return {tree.is_open("1-1"), *(file.read_text().strip() == "1" for file in defaults)}


@pytest.mark.parametrize(("usbguard", "active"), [(False, False), (True, False), (False, True)])
def test_without_a_usbguard_that_runs_every_device_is_let_in(
    tree: UsbTree, tmp_path: Path, usbguard: bool, active: bool
) -> None:
    marks = give_back(tmp_path, usbguard=usbguard, active=active)

    assert ({True}, ["usb-open"]) == (is_open(tree), marks)


def test_what_usbguard_keeps_out_stays_out(tree: UsbTree, tmp_path: Path) -> None:
    marks = give_back(tmp_path, usbguard=True, active=True)

    assert ({False}, ["usb-guarded", "usb-open"]) == (is_open(tree), marks)
