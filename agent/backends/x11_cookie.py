"""The X authority file: of the pupil's, only this display's cookie, so written that every library finds it.

libXau accepts an entry for any host, python-xlib wants this host's name; display managers write either.
"""

import struct
from typing import NamedTuple

from agent.errors import DeviceFailed

COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"
FAMILY_LOCAL = 256
FAMILY_WILD = 0xFFFF


class Entry(NamedTuple):
    """One record of the file (Xauth(5), libXau)."""

    family: int
    address: bytes
    number: bytes
    name: bytes
    data: bytes


def parse(content: bytes) -> list[Entry]:
    """Return the entries up to the first torn one."""
    found: list[Entry] = []
    at = 0
    while at + 2 <= len(content):
        (family,) = struct.unpack_from(">H", content, at)
        at += 2
        parts: list[bytes] = []
        for _part in range(4):
            if at + 2 > len(content):
                return found
            (size,) = struct.unpack_from(">H", content, at)
            at += 2
            if at + size > len(content):
                return found
            parts.append(content[at : at + size])
            at += size
        found.append(Entry(family, *parts))
    return found


def write(entries: list[Entry]) -> bytes:
    """Return the file's content."""
    content = b""
    for entry in entries:
        content += struct.pack(">H", entry.family)
        for part in entry[1:]:
            content += struct.pack(">H", len(part)) + part
    return content


def for_display(content: bytes, display: str, hostname: str) -> bytes:
    """Return a file with this display's cookie alone, for this host and for any; DeviceFailed if none."""
    number = display.rpartition(":")[2].partition(".")[0].encode()
    for entry in parse(content):
        local = entry.family in (FAMILY_LOCAL, FAMILY_WILD)
        if local and entry.name == COOKIE_NAME and entry.number in (number, b""):
            return write(
                [
                    Entry(FAMILY_LOCAL, hostname.encode(), number, COOKIE_NAME, entry.data),
                    Entry(FAMILY_WILD, b"", number, COOKIE_NAME, entry.data),
                ]
            )
    raise DeviceFailed(f"the X authority file has no cookie for {display}")
