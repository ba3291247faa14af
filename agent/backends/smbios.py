"""The firmware's own table of what a machine is (SMBIOS, DMTF DSP0134), from its raw bytes. Pure.

Who made the machine writes it, so every length is checked and every text may be nonsense.
"""

import struct
import uuid
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = struct.Struct("<BBBBI")
"""RawSMBIOSData of Windows: calling method, major, minor, revision, length; then the table."""
_BIOS_END = 127
_SYSTEM, _BOARD, _CHASSIS = 1, 2, 3
_MOST_STRUCTURES = 4096


class Machine(NamedTuple):
    """What the firmware says. Empty: nothing."""

    maker: str = ""
    model: str = ""
    version: str = ""
    serial: str = ""
    uuid: str = ""
    board_maker: str = ""
    board_serial: str = ""
    chassis_serial: str = ""


class Structure(NamedTuple):
    """One entry of the table."""

    kind: int
    body: bytes
    """With its own header of four bytes."""
    texts: tuple[str, ...]

    def text(self, offset: int) -> str:
        """Return the text whose number stands at this offset, or nothing."""
        if offset >= len(self.body):
            return ""
        number = self.body[offset]
        return self.texts[number - 1] if 1 <= number <= len(self.texts) else ""


def structures(raw: bytes) -> Iterator[Structure]:
    """Return the entries of a raw table as far as they are whole; nothing raises."""
    if len(raw) < _HEADER.size:
        return
    length = _HEADER.unpack_from(raw)[4]
    table = raw[_HEADER.size : _HEADER.size + length]
    at = 0
    for _ in range(_MOST_STRUCTURES):
        if at + 4 > len(table):
            return
        kind, size = table[at], table[at + 1]
        end = table.find(b"\0\0", at + size)
        if size < 4 or at + size > len(table) or end < 0:
            return
        texts = table[at + size : end].split(b"\0") if end > at + size else []
        yield Structure(
            kind, table[at : at + size], tuple(text.decode("utf-8", "replace").strip() for text in texts)
        )
        if kind == _BIOS_END:
            return
        at = end + 2


def read_machine(raw: bytes) -> Machine:
    """Return what a raw table says of the machine; empty texts where it says nothing."""
    machine = Machine()
    seen: set[int] = set()
    for entry in structures(raw):
        if entry.kind in seen:
            continue  # the first of a kind is the machine's own
        seen.add(entry.kind)
        if entry.kind == _SYSTEM:
            machine = machine._replace(
                maker=entry.text(4),
                model=entry.text(5),
                version=entry.text(6),
                serial=entry.text(7),
                uuid=_uuid(entry.body[8:24]),
            )
        elif entry.kind == _BOARD:
            machine = machine._replace(board_maker=entry.text(4), board_serial=entry.text(7))
        elif entry.kind == _CHASSIS:
            machine = machine._replace(chassis_serial=entry.text(7))
    return machine


def _uuid(raw: bytes) -> str:
    """Return the machine's number; one that was never set (all 0, all F) is none."""
    if len(raw) != 16 or raw in (b"\0" * 16, b"\xff" * 16):
        return ""
    return str(uuid.UUID(bytes_le=raw))
