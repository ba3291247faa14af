"""What the scan worker is told, and the lines it answers with. Data only."""

import msgspec

from policies.decoding import UNREADABLE
from policies.records import Short
from policies.settings import ScanSettings


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Common to all of it."""


class Mounted(Part, frozen=True, kw_only=True):
    """One file system to look through."""

    node: str
    sequence: int
    """The disk's diskseq; another number there means that the stick was changed."""
    filesystem: str


class ScanJob(Part, frozen=True, kw_only=True, tag="scan", tag_field="job"):
    """One check, from first file to last."""

    volumes: tuple[Mounted, ...]
    limits: ScanSettings
    folder: str
    """Where the worker mounts; root only, and in a view of its own."""
    clamd: str = ""
    """The socket of our clamd; empty: `clamscan` is run instead, with these signatures:"""
    signatures: str = ""
    copy_to: str = ""
    """Copy every file here, and check the copy. Empty: check them in place."""
    copy_room_bytes: int = 0
    """How much more this person's copies may take."""
    uid: int = 0
    gid: int = 0
    """Whose the copies are."""
    writable: bool = False
    """It is opened for writing if all of it is clean."""


class Said(Part, frozen=True, kw_only=True, tag_field="scan"):
    """A line of the worker."""


class Counted(Said, frozen=True, kw_only=True, tag="counted"):
    """The first walk is done: so much is to be checked."""

    files: int
    size_bytes: int


class Progress(Said, frozen=True, kw_only=True, tag="progress"):
    """So much is checked."""

    files: int
    size_bytes: int
    seconds: float


class Found(Part, frozen=True, kw_only=True):
    """One harmful file."""

    file: Short
    """Its name without folders, made harmless, for the window only. Never recorded."""
    signature: Short


class Harmful(Said, frozen=True, kw_only=True, tag="harmful"):
    """The first harmful file, said at once: the check may never come to its end."""

    found: Found


class Report(Said, frozen=True, kw_only=True, tag="report"):
    """The end of a check that ran to its end."""

    files: int
    size_bytes: int
    """Counted by us on the first walk."""
    scanned: int
    scanned_bytes: int
    """What the scanner gave an answer for, on the second walk, and read by us to the last byte."""
    harmful: tuple[Found, ...] = ()
    harmful_files: int = 0
    skipped: int = 0
    why: str = ""
    """Why the first one was skipped."""
    seconds: float = 0.0
    filesystems: tuple[str, ...] = ()


class Failed(Said, frozen=True, kw_only=True, tag="failed"):
    """The check could not be made, or not to its end."""

    reason: str
    """A policies.media.ShutReason: too-large, unreadable, changed, no-scanner or not-scanned."""
    problem: str


AnySaid = Counted | Progress | Harmful | Report | Failed
"""A line from the worker."""

_SAID: "msgspec.json.Decoder[AnySaid]" = msgspec.json.Decoder(AnySaid)


def read_said(line: bytes) -> AnySaid | None:
    """Return what a line says, or None for one that says nothing."""
    try:
        return _SAID.decode(line)
    except UNREADABLE:
        return None
