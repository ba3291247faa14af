"""A check: mount read-only where nobody else sees it, read and check every file, say how it went.

Done by `media_worker` in a process of its own, so that a stick that stalls can be killed with everything
that hangs on it. Its mounts end with it. It decides nothing: it counts what it found, what it read and what
the scanner answered for, and the service compares.
"""

import sys

assert sys.platform == "linux"

import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

from agent.backends import clamscan, linux_disks, linux_mounts, scan_walk
from agent.backends.clam_session import ClamSession
from agent.backends.scan_copy import Copier
from agent.backends.scan_count import no_more_than
from agent.backends.scan_job import AnySaid, Counted, Failed, Found, Progress, ScanJob
from agent.backends.scan_tally import Tally, check_room
from agent.backends.scan_walk import FileSeen, WalkFailed
from agent.backends.virus_sample import Answer
from agent.errors import DeviceFailed
from policies.records import short

_READ_BYTES = 1024 * 1024
_SAY_EVERY_SECONDS = 0.5
_AT_ONCE = 3
"""Files on their way: clamd checks two at a time (its `MaxThreads`) while one is read."""


class Whole(NamedTuple):
    """When a check began, and what was counted then."""

    began: float
    files: int
    size_bytes: int


Session = ClamSession[tuple[FileSeen, int]]
Pauses = Generator[None, None, None]
"""Work that pauses often enough for a word of progress and a look at the time."""


class FileTally(Tally):
    """What has been checked so far."""

    def add(self, seen: FileSeen, read_bytes: int, answer: Answer) -> None:
        """Count one file. One that changed its size while it was read was not checked."""
        if read_bytes != seen.size_bytes and answer.verdict == "clean":
            answer = Answer("not-scanned", "a file changed its size while it was read")
        if answer.verdict == "not-scanned":
            self.skip(answer.name)
            return
        self.files += 1
        self.size_bytes += read_bytes
        if answer.verdict == "harmful":
            name = short(seen.path.rpartition(b"/")[2].decode("utf-8", "replace"))
            self.find(Found(file=name, signature=short(answer.name)))


def check(job: ScanJob, tops: list[bytes]) -> Iterator[AnySaid]:
    """Count, then read and scan everything under these folders. Raises WalkFailed."""
    began = time.monotonic()
    files, size_bytes = scan_walk.count(tops, job.limits)
    yield Counted(files=files, size_bytes=size_bytes)
    if job.copy_to:
        check_room(Path(job.copy_to), size_bytes, job.copy_room_bytes)
    tally = FileTally()
    try:
        if job.clamd:
            yield from _scan_by_clamd(job, tops, tally, Whole(began, files, size_bytes))
        else:
            clamscan.scan(job, tops, tally.add)
    except WalkFailed as problem:
        tally.break_off(problem)
    yield from tally.news()
    yield tally.report(job, files, size_bytes, time.monotonic() - began)


def _scan_by_clamd(job: ScanJob, tops: list[bytes], tally: FileTally, whole: Whole) -> Iterator[AnySaid]:
    """Say a find at once and how far it is now and then, until every file was answered for."""
    said = 0.0
    with Session(Path(job.clamd), _SAY_EVERY_SECONDS) as session:
        for _pause in _hand_all_over(job, tops, tally, session, whole):
            yield from tally.news()
            seconds = time.monotonic() - whole.began
            if seconds >= job.limits.longest_seconds:
                raise WalkFailed("not-scanned", "it took longer than the policy allows")
            if seconds - said >= _SAY_EVERY_SECONDS:
                said = seconds
                yield Progress(files=tally.files, size_bytes=tally.size_bytes, seconds=seconds)


def _hand_all_over(
    job: ScanJob, tops: list[bytes], tally: FileTally, session: Session, whole: Whole
) -> Pauses:
    """Hand every file over, a few at a time, and wait for the last answers."""
    copier = Copier(job) if job.copy_to else None
    found = ((top, seen) for top in tops for seen in scan_walk.walk(top))
    try:
        for top, seen in no_more_than(whole.files, whole.size_bytes, found):
            for _pause in _hand_over(session, tally, top, seen, copier):
                _take_what_came(session, tally)
                yield
            yield from _take_answers(session, tally, _AT_ONCE - 1)
    except WalkFailed:
        # What is on its way may be a virus, of which the school has to hear.
        yield from _take_answers(session, tally, 0)
        raise
    yield from _take_answers(session, tally, 0)


def _take_answers(session: Session, tally: FileTally, most_waiting: int) -> Pauses:
    while session.waiting > most_waiting:
        for (seen, size), answer in session.answers():
            tally.add(seen, size, answer)
        # A find is told before the next file is read: that may stand still for minutes.
        yield


def _take_what_came(session: Session, tally: FileTally) -> None:
    """Take the answers that are here already, while a file is still read."""
    if session.has_answer:
        for (seen, size), answer in session.answers():
            tally.add(seen, size, answer)


def _hand_over(
    session: Session, tally: FileTally, top: bytes, seen: FileSeen, copier: Copier | None
) -> Pauses:
    """Read the file to its end ourselves, then hand it over: what cannot be read was not checked."""
    try:
        file = scan_walk.open_file(seen.path)
    except OSError as problem:
        tally.add(seen, 0, Answer("not-scanned", f"a file cannot be opened: {problem.strerror}"))
        return
    try:
        if copier is not None:
            copy = yield from copier.copy(file, os.path.relpath(seen.path, top), seen.size_bytes)
            os.close(file)
            file = copy
            size = os.fstat(file).st_size
        else:
            size = yield from _read_through(file, seen.size_bytes)
        os.lseek(file, 0, os.SEEK_SET)
    except OSError as problem:
        os.close(file)
        tally.add(seen, 0, Answer("not-scanned", f"a file cannot be read: {problem.strerror}"))
        return
    if size:
        session.hand((seen, size), file)
    else:
        os.close(file)
        tally.add(seen, 0, Answer("clean"))


def _read_through(file: int, most_bytes: int) -> Generator[None, None, int]:
    """Return how many bytes there are, or some more than `most_bytes`. Pauses after every piece."""
    total = 0
    while total <= most_bytes and (piece := os.read(file, _READ_BYTES)):
        total += len(piece)
        yield
    return total


def run(job: ScanJob) -> Iterator[AnySaid]:
    """Mount, check, and look once more whether it is still the same stick."""
    try:
        linux_mounts.leave_for_a_private_view()
        tops = [_mount(job, place) for place in range(len(job.volumes))]
        yield from check(job, tops)
    except WalkFailed as problem:
        yield Failed(reason=problem.reason, problem=short(str(problem)))
    except DeviceFailed as problem:
        yield Failed(reason="unreadable", problem=short(str(problem)))
    except OSError as problem:
        yield Failed(reason="unreadable", problem=short(str(problem.strerror)))


def _mount(job: ScanJob, place: int) -> bytes:
    volume = job.volumes[place]
    if linux_disks.sequence_of(volume.node) != volume.sequence:
        raise WalkFailed("changed", "another disk is in its place")
    target = Path(job.folder) / str(place)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = linux_mounts.kernel_name(volume.filesystem)
    how = linux_mounts.options(name, 0, 0, writable=False, will_be_writable=job.writable)
    linux_mounts.mount(volume.node, target, name, *how)
    return os.fsencode(target)
