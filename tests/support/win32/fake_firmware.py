"""Firmware, management objects and voices in memory."""

import struct
from pathlib import Path

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.windows_slices import Memory

NO_NAMESPACE = 0x8004100E


def structure(kind, body, texts=()):
    """Return one entry of the table: what follows its header of four bytes, and its texts."""
    head = bytes([kind, 4 + len(body)]) + struct.pack("<H", kind)
    said = b"".join(text.encode() + b"\0" for text in texts)
    return head + body + (said or b"\0") + b"\0"


def table(*structures):
    """Return a raw table as Windows hands it out."""
    whole = b"".join(structures) + structure(127, b"")
    return struct.pack("<BBBBI", 0, 3, 2, 0, len(whole)) + whole


SLATE = table(
    structure(0, b"\1\2" + b"\0" * 14, ("ACME BIOS", "1.0")),
    structure(1, b"\1\2\3\4" + bytes(range(16)) + b"\6\0\0", ("Acme", "Slate 13", "v2", "AC-0107")),
    structure(2, b"\1\2\0\3", ("Acme Boards", "B1", "BRD-9")),
    structure(3, b"\1\3\0\2", ("Acme", "CH-5")),
)


class FakeFirmware:
    """`fail` is the code every call fails with."""

    def __init__(self, raw=SLATE, total=8 * 2**30):
        self.raw = raw
        self.total = total
        self.fail = 0

    def smbios(self) -> bytes:
        if self.fail:
            raise WinProblem("GetSystemFirmwareTable", self.fail)
        return self.raw

    def memory(self) -> Memory:
        if self.fail:
            raise WinProblem("GlobalMemoryStatusEx", self.fail)
        return Memory(self.total)


class FakeManagement:
    """`answers[class name]` are the objects; a class that is not there fails like a missing namespace."""

    def __init__(self, **answers):
        self.answers = answers

    def query(self, namespace: str, wql: str):
        name = wql.rpartition(" ")[2]
        if name not in self.answers:
            raise WinProblem("ConnectServer", NO_NAMESPACE)
        return self.answers[name]


class FakeSpeech:
    """Voices that write a sound, or what a test has them write."""

    def __init__(self, voices=(("hazel", "809;9"), ("tolga", "41F"))):
        self.known = list(voices)
        self.writes = b"RIFF" + b"\0" * 60
        self.fail = 0
        self.spoken = []

    def voices(self) -> list[tuple[str, str]]:
        if self.fail:
            raise WinProblem("SpVoice.GetVoices", self.fail)
        return list(self.known)

    def speak(self, voice: str, text: str, target: str, rate: int) -> None:
        self.spoken.append((voice, text, rate))
        if self.writes is None:
            raise WinProblem("SpVoice.Speak", FILE_NOT_FOUND)
        Path(target).write_bytes(self.writes)
