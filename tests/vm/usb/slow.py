"""A stick that reads as slowly as a test wants, or stands still altogether."""

from pathlib import Path

from tests.vm.machine import Machine

STANDSTILL = 1
"""Bytes a second: QEMU has no word for none at all."""


class SlowStick:
    """Plugged at once; `at` changes its pace while it is used."""

    def __init__(self, laptop: Machine, image: Path, *, serial: str, bytes_per_second: int = 0) -> None:
        self._laptop, self._name, self.serial = laptop, f"slow-{serial}", serial
        limits = {"bps-total": bytes_per_second}
        laptop.qemu("object-add", qom_type="throttle-group", id=f"pace-{serial}", limits=limits)
        laptop.qemu(
            "blockdev-add", driver="throttle", node_name=f"disk-{self._name}",
            throttle_group=f"pace-{serial}",
            file={"driver": "raw", "file": {"driver": "file", "filename": str(image), "locking": "off"}},
        )  # fmt: skip
        laptop.plug("usb-storage", self._name, drive=f"disk-{self._name}", serial=serial, removable=True)

    def at(self, bytes_per_second: int) -> None:
        """Go on at this pace; 0: as fast as it can."""
        self._laptop.qemu(
            "qom-set", path=f"/objects/pace-{self.serial}", property="limits",
            value={"bps-total": bytes_per_second},
        )  # fmt: skip

    def pull(self) -> None:
        """Pull it out; what it was asked for and has not answered is let go first."""
        self.at(0)
        self._laptop.unplug(self._name)
