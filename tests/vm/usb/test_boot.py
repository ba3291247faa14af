"""A cold boot with sticks in the laptop: shut in the initramfs, shut before the agent, shut after it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.image import BOOT_SECONDS, Image
from tests.vm.laptops import one_laptop
from tests.vm.machine import Machine
from tests.vm.usb import sticks
from tests.vm.usb.cold import ColdDisk, boot, make_disk
from tests.vm.usb.desk import KNOWN, Desk
from tests.vm.usb.ready import Ready, school_as_it_was

pytestmark = pytest.mark.thorough

STATE = ("var/lib/gatepost", "etc/machine-id")
"""What an enrolled laptop knows, and what tells it from another one that carries a copy of it."""


@pytest.fixture(scope="module")
def cold(
    ready: Ready, image: Image, package: Path, share: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ColdDisk]:
    """A disk with the package on it, and everything that an enrolled laptop knows."""
    folder = tmp_path_factory.mktemp("cold")
    with one_laptop(), Machine(image.folder, saved=ready.saved, share=share) as laptop:
        laptop.sh("systemctl stop gatepost-agent")
        packed = laptop.sh(f"tar --create --gzip --directory=/ {' '.join(STATE)} | base64 -w0")
    state = folder / "state.tar.gz"
    state.write_bytes(base64.b64decode(packed))
    made = make_disk(image, package, state, folder / "made")
    yield made
    made.disk.unlink()


def test_a_laptop_that_boots_with_sticks_in_it_opens_none_and_its_keyboard_and_mouse_work(
    cold: ColdDisk, ready: Ready, image: Image, share: Path, tmp_path: Path
) -> None:
    plugged = {KNOWN: sticks.fat32(tmp_path / "known"), "NEW": sticks.fat32(tmp_path / "new")}
    with school_as_it_was(ready) as yard, one_laptop(), boot(image, cold, share, plugged) as laptop:
        laptop.wait_ready(BOOT_SECONDS)
        laptop.connect_network()
        laptop.wait_until("test -S /run/gatepost/agent.sock", seconds=BOOT_SECONDS)
        desk = Desk(laptop, yard)
        for serial in plugged:
            yard.wait_for("media-plugged", serial=serial, more_than=int(serial == KNOWN), target="ask")
        looked = {
            name: laptop.sh(f"cat /run/looked/{name} /run/looked/{name}-disks")
            for name in ("initramfs", "before")
        }
        keyboards = laptop.sh("ls /dev/input/by-id/").split()

        for moment, said in looked.items():
            assert {f"{KNOWN} 0", "NEW 0", "MOUSE 1"} <= set(said.splitlines()), moment
            assert "/dev/sd" not in said, moment
        assert [False, False] == [desk.is_open(serial) for serial in plugged]
        assert any(name.endswith("event-kbd") for name in keyboards)
        assert any(name.endswith("event-mouse") for name in keyboards)
        assert laptop.run("dmesg | grep -E ' sd[a-z]|usb-storage.*detected'").status
