#!/usr/bin/python3
"""Runs in the laptop as the pupil: tries all the time, in every way we know, to read a stick.

Every success is a line in the file named first: when, how, where. Its rounds are counted in the second.
"""

# It needs plain system calls, and as few of anything else as it can.
# ruff: noqa: PTH115, PTH118, PTH119, PTH123, PTH207, PTH208

import contextlib
import glob
import json
import os
import sys
import time

from gi.repository import Gio, GLib

MARK = b"My holidays were long."
"""Stands in a file of every stick: what else can be read in these places is none of a stick's."""
NODES = ("/dev/sd*", "/dev/sg*", "/dev/bsg/*", "/dev/sr*", "/dev/disk/by-*/*", "/dev/dm-*")
PLACES = ("/media", "/run/media", "/run/gatepost", "/run/mount", "/mnt", "/var/lib/gatepost")
OTHERS_PLACES = ("/run/gatepost/scan", "/media")
"""Looked for in the view of every other process."""
PAUSE_SECONDS = 0.3
UDISKS = "/org/freedesktop/UDisks2/block_devices/"
NO_OPTIONS = GLib.Variant("(a{sv})", ({},))
MOST_FILES = 40
"""In one place and round: more only takes the processor from the laptop."""


class Prying:
    """One pupil who wants to read the stick."""

    def __init__(self, hits: str, rounds: str) -> None:
        self._hits = os.open(hits, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._rounds = os.open(rounds, os.O_WRONLY | os.O_CREAT, 0o644)
        self._udisks = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        self._before = self._mounts()

    def for_ever(self) -> None:
        """Try, again and again."""
        count = 0
        while True:
            for attempt in (self._nodes, self._usbfs, self._places, self._others, self._mount):
                with contextlib.suppress(OSError):
                    attempt()
            count += 1
            os.pwrite(self._rounds, str(count).encode(), 0)
            time.sleep(PAUSE_SECONDS)

    def _hit(self, way: str, path: str) -> None:
        line = json.dumps({"at": time.time(), "way": way, "path": path})
        os.write(self._hits, line.encode() + b"\n")

    def _nodes(self) -> None:
        for pattern in NODES:
            for path in glob.glob(pattern):
                with contextlib.suppress(OSError):
                    node = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                    try:
                        generic = path.startswith(("/dev/sg", "/dev/bsg"))
                        if generic or os.read(node, 512):
                            self._hit("node", path)
                    finally:
                        os.close(node)

    def _usbfs(self) -> None:
        for path in glob.glob("/dev/bus/usb/*/*"):
            with contextlib.suppress(OSError):
                os.close(os.open(path, os.O_RDWR))
                self._hit("usbfs", path)

    def _places(self) -> None:
        for place in PLACES:
            self._look_through(place, "file")
        for mount in self._mounts() - self._before:
            self._look_through(mount, "mount")

    def _others(self) -> None:
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            try:
                os.readlink(f"/proc/{name}/root")
            except OSError:
                continue  # not hers to look at: neither its view nor its files
            for place in OTHERS_PLACES:
                self._look_through(f"/proc/{name}/root{place}", "another's view")
            with contextlib.suppress(OSError):
                for handle in os.listdir(f"/proc/{name}/fd"):
                    target = os.readlink(f"/proc/{name}/fd/{handle}")
                    if target.startswith(("/dev/sd", "/run/gatepost/scan", "/media")):
                        self._read(f"/proc/{name}/fd/{handle}", "another's file")

    def _mount(self) -> None:
        """Ask the system's own service for mounts, as a desktop does, but also by name."""
        for node in glob.glob("/dev/sd*") + glob.glob("/dev/sr*") + glob.glob("/dev/dm-*"):
            with contextlib.suppress(GLib.Error):
                self._udisks.call_sync(
                    "org.freedesktop.UDisks2", UDISKS + os.path.basename(node).replace("-", "_2d"),
                    "org.freedesktop.UDisks2.Filesystem", "Mount", NO_OPTIONS, None, Gio.DBusCallFlags.NONE,
                    5000, None,
                )  # fmt: skip
                self._hit("udisks", node)

    def _look_through(self, place: str, way: str) -> None:
        files = 0
        for folder, _folders, names in os.walk(place):
            for name in names:
                files += 1
                if files > MOST_FILES:
                    return
                self._read(os.path.join(folder, name), way)

    def _read(self, path: str, way: str) -> None:
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                if MARK in os.read(file, 4096):
                    self._hit(way, path)
            finally:
                os.close(file)

    @staticmethod
    def _mounts() -> set[str]:
        with open("/proc/self/mounts") as file:
            lines = [line.split() for line in file]
        return {words[1] for words in lines if words[0].startswith("/dev/")}


if __name__ == "__main__":
    Prying(sys.argv[1], sys.argv[2]).for_ever()
