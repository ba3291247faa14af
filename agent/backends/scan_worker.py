"""A check: mount read-only where nobody else sees it, read and check every file, say how it went.

Done by `media_worker` in a process of its own, so that a stick that stalls can be killed with everything
that hangs on it. Its mounts end with it. It decides nothing: it counts what it found, what it read and what
the scanner answered for, and the service compares.
"""

import sys

assert sys.platform == "linux"

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from agent.backends import clamd, clamscan, linux_disks, linux_mounts, scan_walk
from agent.backends.scan_copy import Copier
from agent.backends.scan_job import AnySaid, Counted, Failed, Found, Progress, ScanJob
from agent.backends.scan_tally import Tally, check_room
from agent.backends.scan_walk import FileSeen, WalkFailed
from agent.backends.virus_sample import Answer
from agent.errors import DeviceFailed
from policies.records import short

_READ_BYTES = 1024 * 1024
_SAY_EVERY_SECONDS = 0.5
_THREADS = max(1, min(2, len(os.sched_getaffinity(0))))
"""One waits for the disk while the other's file is checked; on one processor both only wait for one another
(in the virtual laptop 12 MB took 1.5 s by one thread, 2.1 to 2.4 s by two)."""


class SharedTally(Tally):
    """What has been checked so far; shared by the scanning threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, seen: FileSeen, read_bytes: int, answer: Answer) -> None:
        """Count one file. One that changed its size while it was read was not checked."""
        if read_bytes != seen.size_bytes and answer.verdict == "clean":
            answer = Answer("not-scanned", "a file changed its size while it was read")
        with self._lock:
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
    tally = SharedTally()
    if job.clamd:
        for seconds in _scan_by_clamd(job, tops, tally, began):
            yield Progress(files=tally.files, size_bytes=tally.size_bytes, seconds=seconds)
    else:
        clamscan.scan(job, tops, tally.add)
    yield tally.report(job, files, size_bytes, time.monotonic() - began)


def _scan_by_clamd(job: ScanJob, tops: list[bytes], tally: SharedTally, began: float) -> Iterator[float]:
    """Yield the seconds passed, now and then, until every file was handed over."""
    source = _one_ahead((top, seen) for top in tops for seen in scan_walk.walk(top))
    guard = threading.Lock()
    problems: list[WalkFailed] = []
    copier = Copier(job) if job.copy_to else None
    clamd_socket = Path(job.clamd)

    def work() -> None:
        while not problems and time.monotonic() - began < job.limits.longest_seconds:
            try:
                with guard:
                    found = next(source, None)
                if found is None:
                    return
                tally.add(found[1], *_scan_one(clamd_socket, *found, copier))
            except WalkFailed as problem:
                problems.append(problem)
        if not problems:
            problems.append(WalkFailed("not-scanned", "it took longer than the policy allows"))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(_SAY_EVERY_SECONDS / _THREADS)
        yield time.monotonic() - began
    if problems:
        raise problems[0]


def _one_ahead(source: Iterator[tuple[bytes, FileSeen]]) -> Iterator[tuple[bytes, FileSeen]]:
    """Yield the same, each once the kernel was told to fetch the one behind it: the stick never rests."""
    waiting: tuple[bytes, FileSeen] | None = None
    for found in source:
        scan_walk.read_ahead(found[1])
        if waiting is not None:
            yield waiting
        waiting = found
    if waiting is not None:
        yield waiting


def _scan_one(clamd_socket: Path, top: bytes, seen: FileSeen, copier: Copier | None) -> tuple[int, Answer]:
    """Read the file to its end ourselves, then hand it over: what cannot be read was not checked."""
    try:
        file = scan_walk.open_file(seen.path)
    except OSError as problem:
        return 0, Answer("not-scanned", f"a file cannot be opened: {problem.strerror}")
    try:
        if copier is not None:
            copy = copier.copy(file, os.path.relpath(seen.path, top))
            os.close(file)
            file = copy
        size = os.fstat(file).st_size if copier is not None else _read_through(file)
        os.lseek(file, 0, os.SEEK_SET)
        if size == 0:
            return 0, Answer("clean")
        return size, clamd.scan_file(clamd_socket, file)
    except OSError as problem:
        return 0, Answer("not-scanned", f"a file cannot be read: {problem.strerror}")
    finally:
        os.close(file)


def _read_through(file: int) -> int:
    total = 0
    while piece := os.read(file, _READ_BYTES):
        total += len(piece)
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
    linux_mounts.mount(volume.node, target, name, *linux_mounts.options(name, 0, 0, writable=False))
    return os.fsencode(target)
