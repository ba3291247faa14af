"""What the media worker is told, and what it answers. One job for one process; data only.

A job is one line of JSON, and so is every answer. What a worker may touch does not depend on what it is
told: `media_worker` looks at every name again.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from agent.backends.scan_job import AnySaid, Failed, Mounted, Part, Said, ScanJob
from agent.backends.usb import Disk, Volume
from policies.decoding import UNREADABLE

MOST_JOB_BYTES = 256 * 1024


class Listen(Part, frozen=True, tag="listen", tag_field="job"):
    """Open a socket on which the kernel tells what is plugged in, and hand it over."""


class Look(Part, frozen=True, kw_only=True, tag="look", tag_field="job"):
    """Wait for the disks of a device that was let in, make them read-only, and say what is on them."""

    device: Annotated[str, Meta(pattern=r"^[0-9]{1,4}-[0-9]{1,4}(\.[0-9]{1,4}){0,8}$")]
    """The kernel's name for the place, e.g. `2-1.4`."""
    within_seconds: float


class Mount(Part, frozen=True, kw_only=True, tag="mount", tag_field="job"):
    """Mount these volumes where only this user reaches them."""

    volumes: tuple[Mounted, ...]
    uid: int
    gid: int
    writable: bool = False


class TakeBack(Part, frozen=True, kw_only=True, tag="take-back", tag_field="job"):
    """Unmount these folders and remove them."""

    folders: tuple[str, ...]


class Unlock(Part, frozen=True, kw_only=True, tag="unlock", tag_field="job"):
    """Open these encrypted volumes, read-only, with one passphrase; all of them or none."""

    volumes: tuple[Volume, ...]
    passphrase: Annotated[str, Meta(min_length=1, max_length=512)]

    def __repr__(self) -> str:
        """Say nothing of the passphrase, whoever prints it."""
        return "Unlock(…)"


class Lock(Part, frozen=True, kw_only=True, tag="lock", tag_field="job"):
    """Close what was opened, these or (none named) every one there is."""

    nodes: tuple[str, ...] = ()


AnyJob = Listen | Look | ScanJob | Mount | TakeBack | Unlock | Lock


class Looked(Said, frozen=True, kw_only=True, tag="looked"):
    """These disks are there, and this is on them."""

    disks: tuple[Disk, ...]
    volumes: tuple[Volume, ...]


class Done(Said, frozen=True, kw_only=True, tag="done"):
    """It is done; the folders are where the user finds it."""

    folders: tuple[str, ...] = ()


class Refused(Said, frozen=True, kw_only=True, tag="refused"):
    """It could not be done, and nothing of it stays."""

    problem: str


class Unlocked(Said, frozen=True, kw_only=True, tag="unlocked"):
    """This is in them. None: the passphrase is another one."""

    volumes: tuple[Volume, ...] | None


AnyAnswer = Looked | Done | Unlocked | Refused | Failed
"""The one answer to every job but a check, which says more than one thing."""

_JOB: "msgspec.json.Decoder[AnyJob]" = msgspec.json.Decoder(AnyJob)
_ANSWER: "msgspec.json.Decoder[AnyAnswer]" = msgspec.json.Decoder(AnyAnswer)


def read_job(line: bytes) -> AnyJob | None:
    """Return the job that a line tells, or None if it tells none."""
    try:
        return _JOB.decode(line)
    except UNREADABLE:
        return None


def read_answer(line: bytes) -> AnyAnswer | None:
    """Return what a line answers, or None if nothing."""
    try:
        return _ANSWER.decode(line)
    except UNREADABLE:
        return None


def write_line(word: AnyJob | AnyAnswer | AnySaid) -> bytes:
    """Return a job or an answer as its line."""
    return msgspec.json.encode(word) + b"\n"
