"""FAT32 file systems that no formatter would write: chains that bite their tail, folders without end."""

import struct
from pathlib import Path

from tests.vm.usb import sticks

END = 0x0FFFFFFF
FOLDER, FILE = 0x10, 0x20
ENTRY_BYTES = 32
MOST_ENTRIES = 2_000
"""In one folder: Linux looks each name up from the beginning, so a fuller one takes minutes, not seconds."""


class Fat:
    """A freshly made file system, open for meddling. Clusters are given from the front."""

    def __init__(self, path: Path, *, megabytes: int = 64) -> None:
        # Large clusters: Linux follows a chain for as many steps as 4 GiB have clusters before it gives up.
        self.path = sticks.empty_fat32(path, megabytes=megabytes, sectors_per_cluster=8)
        self._data = bytearray(self.path.read_bytes())
        head = struct.unpack_from("<HBHB", self._data, 11)
        self._sector, per_cluster, reserved, self._fats = head
        self._fat_bytes = struct.unpack_from("<I", self._data, 36)[0] * self._sector
        self._fat_at = reserved * self._sector
        self._cluster = per_cluster * self._sector
        self._files_at = self._fat_at + self._fats * self._fat_bytes
        self._root: int = struct.unpack_from("<I", self._data, 44)[0]
        self._next = 100
        essay = self.take(len(sticks.SECRET))
        self.put(essay, sticks.SECRET)
        self.add_to_root(b"ESSAY   TXT", FILE, essay[0], len(sticks.SECRET))

    def close(self) -> Path:
        """Write it and return where."""
        self.path.write_bytes(self._data)
        return self.path

    def chain(self, clusters: list[int], end: int = END) -> None:
        """Make these clusters one file's, in this order; `end` is where the last one leads."""
        for cluster, follows in zip(clusters, [*clusters[1:], end], strict=True):
            for copy in range(self._fats):
                at = self._fat_at + copy * self._fat_bytes + cluster * 4
                struct.pack_into("<I", self._data, at, follows)

    def take(self, size_bytes: int) -> list[int]:
        """Return as many free clusters as hold so much, chained."""
        count = max(1, -(-size_bytes // self._cluster))
        clusters = list(range(self._next, self._next + count))
        self._next += count
        self.chain(clusters)
        return clusters

    def put(self, clusters: list[int], content: bytes) -> None:
        """Write content into a run of clusters."""
        at = self._files_at + (clusters[0] - 2) * self._cluster
        self._data[at : at + len(content)] = content

    def add_to_root(self, name: bytes, kind: int, cluster: int, size: int = 0) -> None:
        """Add an entry to the first folder."""
        at = self._files_at + (self._root - 2) * self._cluster
        while self._data[at]:
            at += ENTRY_BYTES
        self._data[at : at + ENTRY_BYTES] = entry(name, kind, cluster, size)


def entry(name: bytes, kind: int, cluster: int, size: int = 0) -> bytes:
    """Return one line of a folder."""
    day = (2026 - 1980) << 9 | 9 << 5 | 1
    high, low = cluster >> 16, cluster & 0xFFFF
    return struct.pack(
        "<11sBBBHHHHHHHI", name.ljust(11)[:11], kind, 0, 0, 0, day, day, high, 0, day, low, size
    )


def folder_in_itself(path: Path) -> Path:
    """Write a folder that holds itself."""
    fat = Fat(path)
    own = fat.take(1)
    dots = entry(b".", FOLDER, own[0]) + entry(b"..", FOLDER, 0)
    fat.put(own, dots + entry(b"AGAIN", FOLDER, own[0]))
    fat.add_to_root(b"FOREVER", FOLDER, own[0])
    return fat.close()


def folder_without_end(path: Path) -> Path:
    """Write a folder whose chain of clusters leads back to its beginning."""
    fat = Fat(path)
    own = fat.take(1)
    fat.chain(own, end=own[0])
    lines = [entry(b"%08d" % number, FILE, 0) for number in range(8 * sticks.SECTOR // ENTRY_BYTES - 2)]
    fat.put(own, entry(b".", FOLDER, own[0]) + entry(b"..", FOLDER, 0) + b"".join(lines))
    fat.add_to_root(b"ENDLESS", FOLDER, own[0])
    return fat.close()


def file_without_end(path: Path) -> Path:
    """Write a file that claims 4 GiB on two clusters in a circle."""
    fat = Fat(path)
    own = fat.take(8192)
    fat.chain(own, end=own[0])
    fat.add_to_root(b"CIRCLE  BIN", FILE, own[0], 0xFFFFFFFF)
    return fat.close()


def many_files(path: Path, count: int) -> Path:
    """Write so many empty files, in folders as full as folders get."""
    fat = Fat(path)
    for first in range(0, count, MOST_ENTRIES):
        here = range(first, min(count, first + MOST_ENTRIES))
        own = fat.take((len(here) + 2) * ENTRY_BYTES)
        lines = b"".join(entry(b"%08dTXT" % number, FILE, 0) for number in here)
        fat.put(own, entry(b".", FOLDER, own[0]) + entry(b"..", FOLDER, 0) + lines)
        fat.add_to_root(b"D%07d" % first, FOLDER, own[0])
    return fat.close()
